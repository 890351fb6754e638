"""The choice among execution plans: the fastest with the plain model's vectors."""

from __future__ import annotations

import pytest
import torch

from service.embedding.inference.plans import Candidate, Plan, Run, fastest, vectors

PLAIN = Plan("plain", lambda pixels: pixels.flatten(1))
PROBES = (torch.rand(3, 3, 2, 2),)
EXPECTED = vectors(PLAIN, PROBES)


def candidate(name: str, run: Run, least_cosine: float = 0.999) -> Candidate:
    return Candidate(name, least_cosine, lambda: run)


def chosen(seconds: dict[str, float], *candidates: Candidate) -> str:
    return fastest(
        PLAIN, candidates, PROBES, EXPECTED, seconds=lambda plan, _: seconds[plan.name]
    ).name


def same(pixels: torch.Tensor) -> torch.Tensor:
    return pixels.flatten(1).clone()


class TestTheChoice:
    def test_is_the_fastest_exact_plan(self) -> None:
        quick, quicker = candidate("quick", same), candidate("quicker", same)
        assert chosen({"plain": 10, "quick": 9, "quicker": 8}, quick, quicker) == "quicker"
        assert chosen({"plain": 10, "quick": 8, "quicker": 9}, quick, quicker) == "quick"

    def test_is_the_plain_plan_where_nothing_is_faster(self) -> None:
        assert chosen({"plain": 10, "slow": 11}, candidate("slow", same)) == "plain"

    def test_tries_no_further_once_a_plan_is_clearly_faster(self) -> None:
        def unwanted() -> Run:
            raise AssertionError("built in vain")

        never = Candidate("never", 0.9, unwanted)
        assert chosen({"plain": 10, "quick": 5}, candidate("quick", same), never) == "quick"

    def test_passes_over_a_plan_that_strays(self) -> None:
        def reversed_(pixels: torch.Tensor) -> torch.Tensor:
            return pixels.flatten(1).flip(1)

        assert chosen({"plain": 10, "wrong": 1}, candidate("wrong", reversed_)) == "plain"

    def test_passes_over_a_plan_that_answers_nan(self) -> None:
        broken = candidate("nan", lambda pixels: pixels.flatten(1) * float("nan"))
        assert chosen({"plain": 10, "nan": 1}, broken) == "plain"

    def test_passes_over_a_plan_that_is_right_only_in_a_batch(self) -> None:
        def lonely(pixels: torch.Tensor) -> torch.Tensor:
            return pixels.flatten(1).flip(1) if len(pixels) == 1 else pixels.flatten(1)

        assert chosen({"plain": 10, "lonely": 1}, candidate("lonely", lonely)) == "plain"

    @pytest.mark.parametrize("error", [ImportError("x"), AttributeError("x"), RuntimeError("x")])
    def test_passes_over_a_plan_that_cannot_be_built(self, error: Exception) -> None:
        def build() -> Run:
            raise error

        assert chosen({"plain": 10}, Candidate("broken", 0.9, build)) == "plain"

    def test_measures_real_passes_where_no_clock_is_given(self) -> None:
        assert fastest(PLAIN, [candidate("same", same)], PROBES, EXPECTED).name in {"plain", "same"}

    @pytest.mark.parametrize("plans", [1, 2])
    def test_takes_the_next_where_the_processor_refuses_to_run_one(self, plans: int) -> None:
        def refuses(pixels: torch.Tensor) -> torch.Tensor:
            raise RuntimeError("bf16 path needs the cpu support avx512bw, avx512vl and avx512dq")

        refused, works = candidate("bfloat16", refuses), candidate("float32", same)
        seconds = {"plain": 10.0, "bfloat16": 1, "float32": 9}
        assert chosen(seconds, *[refused, works][:plans]) == ("plain" if plans == 1 else "float32")
