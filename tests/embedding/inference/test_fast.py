"""Faster ways to run the models: the plain models' vectors, or not taken at all."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from service.embedding.clip.accelerated import clip_stages
from service.embedding.clip.encoder import ClipEncoder
from service.embedding.inference.plans import (
    BuildStage,
    Candidate,
    Stage,
    Unsupported,
    Way,
    fastest,
    reduced_precision,
)
from service.embedding.inference.processor import computes_bfloat16
from service.embedding.inference.vision import Precision
from service.embedding.resnet50.accelerated import resnet50_stages
from service.embedding.resnet50.encoder import Resnet50Encoder
from tests.embedding.checkpoints import write_clip
from tests.embedding.pictures import noise, smooth

packs_bfloat16 = pytest.mark.skipif(
    not torch.ops.mkldnn._is_mkldnn_bf16_supported(),
    reason="oneDNN packs no layers in bfloat16 for this processor (on x86 it takes AVX-512)",
)
PRECISIONS = (
    pytest.param(torch.float32, 0.999999, id="float32"),
    pytest.param(torch.bfloat16, 0.9995, id="bfloat16", marks=packs_bfloat16),
)
PICTURES = [noise(300, 200), smooth(), noise(64, 64, seed=1), smooth(224, 500)]


def pixels(encoder: ClipEncoder | Resnet50Encoder) -> NDArray[np.generic]:
    return np.stack([encoder.preprocess(picture) for picture in PICTURES])


def cosines(one: NDArray[np.float32], other: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(np.sum(one * other, axis=1))


def built(stages: Sequence[BuildStage], dtype: torch.dtype) -> tuple[Stage, ...]:
    with torch.inference_mode():
        return tuple(build(dtype) for build in stages)


def through(stages: tuple[Stage, ...], tensor: torch.Tensor) -> torch.Tensor:
    return Way("under test", stages).features(tensor)


@pytest.mark.parametrize(("dtype", "least"), PRECISIONS)
@pytest.mark.parametrize("activation", ["quick_gelu", "gelu", "gelu_new"])
def test_clip_over_packed_layers_gives_the_librarys_vectors(
    dtype: torch.dtype, least: float, activation: str, tmp_path: Path
) -> None:
    clip = ClipEncoder.load(write_clip(tmp_path / "clip", activation=activation), name="clip")
    batch = pixels(clip)
    normalised = clip.recipe.normalised(batch, torch.device("cpu"))
    plain = clip.encode(batch)
    fast = through(built(clip_stages(clip._model[0].model), dtype), normalised).numpy()
    fast /= np.linalg.norm(fast, axis=1, keepdims=True)
    assert cosines(fast, plain).min() >= least


@pytest.mark.parametrize(("dtype", "least"), PRECISIONS)
def test_resnet50_over_packed_layers_gives_torchvisions_vectors(
    dtype: torch.dtype,
    least: float,
    resnet50: Resnet50Encoder,
) -> None:
    batch = pixels(resnet50)
    normalised = resnet50.recipe.normalised(batch, torch.device("cpu"))
    stages = built(resnet50_stages(resnet50._model, 224), dtype)
    fast = through(stages, normalised).numpy()
    fast /= np.linalg.norm(fast, axis=1, keepdims=True)
    assert cosines(fast, resnet50.encode(batch)).min() >= least


def test_the_state_before_the_last_stage_of_resnet50_is_its_feature_map(
    resnet50: Resnet50Encoder,
) -> None:
    stages = built(resnet50_stages(resnet50._model, 224), torch.float32)
    tensor = resnet50.recipe.normalised(pixels(resnet50), torch.device("cpu"))
    assert through(stages[:-1], tensor).shape == (4, 2048, 7, 7)


@pytest.mark.parametrize("precision", ["float32", "bfloat16", "auto"])
def test_an_accelerated_encoder_keeps_its_vectors_and_its_fingerprint(
    precision: Precision, clip_directory: Path, resnet50_file: Path
) -> None:
    for encoder in (
        ClipEncoder.load(clip_directory, name="clip-ViT-B-32"),
        Resnet50Encoder.load(resnet50_file),
    ):
        before, fingerprint = encoder.encode(pixels(encoder)), encoder.fingerprint
        encoder.accelerate(precision)
        assert cosines(encoder.encode(pixels(encoder)), before).min() >= 0.9995
        assert encoder.fingerprint == fingerprint


REFUSAL = RuntimeError("bf16 path needs the cpu support avx512bw, avx512vl and avx512dq")


def refused_when_built(dtype: torch.dtype) -> Stage:
    raise REFUSAL


def refused_when_run(dtype: torch.dtype) -> Stage:
    def stage(pixels: torch.Tensor) -> torch.Tensor:
        raise REFUSAL

    return stage


@pytest.mark.parametrize("refused", [refused_when_built, refused_when_run])
class TestAProcessorThatRefuses:
    """A stage raises what oneDNN raises on a processor that lacks what it needs."""

    def test_bfloat16_runs_packed_float32(self, refused: BuildStage, resnet50_file: Path) -> None:
        resnet50 = Resnet50Encoder.load(resnet50_file)
        before = resnet50.encode(pixels(resnet50))
        *stages, last = resnet50_stages(resnet50._model, 224)

        def only_float32(dtype: torch.dtype) -> Stage:
            return last(dtype) if dtype is torch.float32 else refused(dtype)

        resnet50.vision.accelerate(lambda: [*stages, only_float32], "bfloat16")
        assert resnet50.vision.way.name in {"packed float32", "plain float32"}
        assert cosines(resnet50.encode(pixels(resnet50)), before).min() >= 0.999999

    def test_every_precision_runs_the_plain_model(
        self, refused: BuildStage, resnet50_file: Path
    ) -> None:
        resnet50 = Resnet50Encoder.load(resnet50_file)
        before = resnet50.encode(pixels(resnet50))
        resnet50.vision.accelerate(lambda: [refused], "bfloat16")
        assert resnet50.vision.way.name == "plain float32"
        assert np.array_equal(resnet50.encode(pixels(resnet50)), before)


def test_a_pass_in_steps_pauses_between_layers_and_ends_with_the_same_vectors(
    resnet50_file: Path,
) -> None:
    resnet50 = Resnet50Encoder.load(resnet50_file)
    resnet50.accelerate("float32")
    batch = pixels(resnet50)
    steps = resnet50.encode_in_steps(batch)
    pauses = 0
    while True:
        try:
            next(steps)
        except StopIteration as end:
            vectors = end.value
            break
        pauses += 1
        assert torch.is_inference_mode_enabled() is False
    assert pauses == len(resnet50.vision.way.stages) - 1
    assert np.array_equal(vectors, resnet50.encode(batch))


PLAIN = Way("plain", (lambda pixels: pixels.flatten(1),))
PROBES = torch.rand(3, 3, 2, 2)


def candidate(name: str, stage: Stage, least_cosine: float = 0.999) -> Candidate:
    return Candidate(name, least_cosine, lambda: (stage,))


def chosen(seconds: dict[str, float], *candidates: Candidate) -> str:
    return fastest(PLAIN, candidates, PROBES, seconds=lambda way, _: seconds[way.name]).name


def same(pixels: torch.Tensor) -> torch.Tensor:
    return pixels.flatten(1).clone()


class TestTheChoice:
    def test_is_the_fastest_exact_way(self) -> None:
        quick, quicker = candidate("quick", same), candidate("quicker", same)
        assert chosen({"plain": 10, "quick": 9, "quicker": 8}, quick, quicker) == "quicker"
        assert chosen({"plain": 10, "quick": 8, "quicker": 9}, quick, quicker) == "quick"

    def test_is_the_plain_way_where_nothing_is_faster(self) -> None:
        assert chosen({"plain": 10, "slow": 11}, candidate("slow", same)) == "plain"

    def test_tries_no_further_once_a_way_is_clearly_faster(self) -> None:
        def unwanted() -> tuple[Stage, ...]:
            raise AssertionError("built in vain")

        never = Candidate("never", 0.9, unwanted)
        assert chosen({"plain": 10, "quick": 5}, candidate("quick", same), never) == "quick"

    def test_passes_over_a_way_that_strays(self) -> None:
        def reversed_(pixels: torch.Tensor) -> torch.Tensor:
            return pixels.flatten(1).flip(1)

        assert chosen({"plain": 10, "wrong": 1}, candidate("wrong", reversed_)) == "plain"

    def test_passes_over_a_way_that_answers_nan(self) -> None:
        broken = candidate("nan", lambda pixels: pixels.flatten(1) * float("nan"))
        assert chosen({"plain": 10, "nan": 1}, broken) == "plain"

    def test_passes_over_a_way_that_is_right_only_in_a_batch(self) -> None:
        def lonely(pixels: torch.Tensor) -> torch.Tensor:
            return pixels.flatten(1).flip(1) if len(pixels) == 1 else pixels.flatten(1)

        assert chosen({"plain": 10, "lonely": 1}, candidate("lonely", lonely)) == "plain"

    @pytest.mark.parametrize("error", [Unsupported("x"), AttributeError("x"), RuntimeError("x")])
    def test_passes_over_a_way_that_cannot_be_built(self, error: Exception) -> None:
        def build() -> tuple[Stage, ...]:
            raise error

        assert chosen({"plain": 10}, Candidate("broken", 0.9, build)) == "plain"

    def test_measures_real_passes_where_no_clock_is_given(self) -> None:
        assert fastest(PLAIN, [candidate("same", same)], PROBES).name in {"plain", "same"}


def test_the_first_stages_are_kept_exact_where_all_in_bfloat16_stray() -> None:
    def first(dtype: torch.dtype) -> Stage:
        # A sum that bfloat16 loses: 256 + 1 is 256.
        return lambda pixels: (pixels.to(dtype) + 256 - 256).float()

    def later(dtype: torch.dtype) -> Stage:
        return lambda pixels: pixels.to(dtype).float().flatten(1)

    candidates = reduced_precision((first, later, later, later), torch.bfloat16, 0.999)
    seconds = {candidate.name: number for number, candidate in enumerate(candidates)}
    assert chosen({"plain": 10, **seconds}, *candidates) == candidates[1].name
    assert "the first 1 of 4 stages float32" in candidates[1].name


def test_a_model_of_another_layout_stays_plain(clip_directory: Path) -> None:
    clip = ClipEncoder.load(clip_directory, name="clip")
    before = clip.encode(pixels(clip))
    clip._model[0].model.vision_model.pre_layrnorm = torch.nn.Identity()
    other = clip.encode(pixels(clip))
    clip.accelerate("float32")
    assert clip.vision.way.name == "plain float32"
    assert np.array_equal(clip.encode(pixels(clip)), other)
    assert not np.array_equal(before, other)


@pytest.mark.parametrize(
    ("cpu_info", "expected"),
    [
        ("processor : 0\nflags\t\t: fpu avx512f avx512_bf16 avx512_vnni\n", True),
        ("flags\t\t: fpu amx_bf16 amx_tile\n", True),
        ("Features\t: fp asimd bf16 i8mm\n", True),
        ("flags\t\t: fpu avx2 avx512f avx512bw\n", False),
        ("model name\t: made for avx512_bf16 one day\n", False),
        ("", False),
    ],
)
def test_hardware_bfloat16_is_read_from_the_processors_flags(
    cpu_info: str, expected: bool, tmp_path: Path
) -> None:
    file = tmp_path / "cpuinfo"
    file.write_text(cpu_info)
    assert computes_bfloat16(file) is expected


def test_a_system_that_does_not_tell_counts_as_without_bfloat16(tmp_path: Path) -> None:
    assert computes_bfloat16(tmp_path / "missing") is False
