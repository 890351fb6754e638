"""ENCODERS decides: the large models where they can be had, within seconds and in plain words."""

from __future__ import annotations

import asyncio
import logging
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from huggingface_hub import constants

from service.config import Settings
from service.core.errors import SetupError, WeightsUnavailable
from service.embedding.inference.device import resolve_device
from service.embedding.loading import (
    collection_fingerprint,
    load_encoders,
    load_encoders_in_background,
)
from service.embedding.model_files.fingerprints import sha256
from service.embedding.model_files.hub import HubModel
from service.embedding.model_files.progress import Progress
from service.embedding.model_files.torchvision import FILES, TorchvisionWeights, torch_cache
from service.embedding.options import ModelOptions
from tests.embedding.checkpoints import write_clip, write_hub_cache
from tests.embedding.hub import Hub, ask_hub_at, black_hole, closed_port, serving
from tests.fakes import SEMANTIC

REPOSITORY = "sentence-transformers/clip-ViT-B-32"
DECISION_S = 5.0


def model(weights_dir: Path) -> HubModel:
    return HubModel(REPOSITORY, "CLIP_MODEL", weights_dir)


def options(**values: Any) -> ModelOptions:
    # _env_file: the settings class has it from pydantic-settings, whose stubs do not name it.
    made = Settings(_env_file=None, **values)  # type: ignore[call-arg]
    return made.model_options


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    with serving(Hub(write_clip(tmp_path / "origin"), REPOSITORY)) as hub:
        ask_hub_at(hub.url, monkeypatch)
        yield hub


class TestWithWeights:
    def test_loads_both_models_offline(
        self,
        clip_directory: Path,
        resnet50_file: Path,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
        write_hub_cache(tmp_path / "caches" / "hub")
        steps: list[Progress] = []
        for choice in ("auto", "clip+resnet50"):
            loaded = load_encoders(
                options(encoders=choice, resnet50_weights=str(resnet50_file), device="cpu"),
                steps.append,
            )
            assert [one.name for one in loaded.by_signal.values()] == ["clip-ViT-B-32", "resnet50"]
            assert loaded.warning is None
        assert steps[0].step == "looking for weights"

        from_directory = load_encoders(
            options(
                encoders="auto", clip_model=str(clip_directory), resnet50_weights=str(resnet50_file)
            )
        )
        assert collection_fingerprint(from_directory) == collection_fingerprint(loaded)

    def test_other_weights_have_another_collection(
        self, clip_directory: Path, resnet50_file: Path, tmp_path: Path
    ) -> None:
        other = write_clip(tmp_path / "clip-ViT-B-32", seed=1)
        prints = {
            collection_fingerprint(
                load_encoders(options(clip_model=str(path), resnet50_weights=str(resnet50_file)))
            )
            for path in (clip_directory, other)
        }
        assert len(prints) == 2
        assert all(len(found) == 12 for found in prints)

    def test_a_damaged_file_is_no_reason_to_fall_back(self, tmp_path: Path) -> None:
        (tmp_path / "resnet50-0676ba61.pth").write_bytes(b"cut off")
        with pytest.raises(SetupError, match="is damaged"):
            load_encoders(options(encoders="auto", weights_dir=tmp_path))


class TestWithoutWeights:
    def explicit(self, resnet50_file: Path, **values: Any) -> str:
        """The refusal of an explicit choice, which must come in time."""
        started = time.monotonic()
        with pytest.raises(WeightsUnavailable) as caught:
            load_encoders(
                options(encoders="clip+resnet50", resnet50_weights=str(resnet50_file), **values)
            )
        assert time.monotonic() - started < DECISION_S
        return caught.value.detail

    def test_a_closed_port_is_found_out_in_time(
        self, resnet50_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with closed_port() as url:
            ask_hub_at(url, monkeypatch)
            detail = self.explicit(resnet50_file, weights_dir=tmp_path / "weights")
        assert url in detail
        for way_out in ("service weights --to", str(tmp_path / "weights"), "ENCODERS=compact"):
            assert way_out in detail

    def test_a_black_hole_is_found_out_in_time(
        self, resnet50_file: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with black_hole() as url:
            ask_hub_at(url, monkeypatch)
            assert "cannot be reached" in self.explicit(resnet50_file)

    def test_a_proxy_that_is_gone_is_found_out_in_time(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with closed_port() as url:
            monkeypatch.setenv("HTTPS_PROXY", url)
            started = time.monotonic()
            with pytest.raises(WeightsUnavailable):
                load_encoders(options(encoders="clip+resnet50", weights_dir=tmp_path))
            assert time.monotonic() - started < DECISION_S

    def test_offline_mode_asks_nobody(
        self, hub: Hub, resnet50_file: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
        assert "HF_HUB_OFFLINE is set" in self.explicit(resnet50_file)
        assert hub.requests == []

    def test_a_hub_without_the_model_is_found_out_in_time(
        self, hub: Hub, resnet50_file: Path
    ) -> None:
        detail = self.explicit(resnet50_file, clip_model="nobody/nothing")
        assert "nobody/nothing failed" in detail

    def test_auto_decides_for_compact_with_a_warning(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        started = time.monotonic()
        with closed_port() as url, caplog.at_level(logging.WARNING):
            ask_hub_at(url, monkeypatch)
            loaded = load_encoders(options(encoders="auto", weights_dir=tmp_path))
        assert time.monotonic() - started < DECISION_S
        assert loaded.warning is not None
        assert "compact" in loaded.warning
        assert loaded.warning in caplog.text
        assert loaded.by_signal[SEMANTIC].name != "clip-ViT-B-32"

    @pytest.mark.parametrize(
        "chosen", [{"clip_model": "nobody/nothing"}, {"resnet50_weights": "IMAGENET1K_V2"}]
    )
    def test_auto_takes_no_other_model_in_place_of_a_chosen_one(
        self, chosen: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with closed_port() as url:
            ask_hub_at(url, monkeypatch)
            with pytest.raises(WeightsUnavailable, match="cannot be reached"):
                load_encoders(options(encoders="auto", weights_dir=tmp_path, **chosen))

    def test_compact_by_choice_needs_no_warning(self) -> None:
        assert load_encoders(options(encoders="compact")).warning is None

    def test_nothing_heavy_is_imported_before_the_decision(self, tmp_path: Path) -> None:
        code = (
            "import sys\n"
            "from service.config import Settings\n"
            "from service.embedding.loading import load_encoders\n"
            "from service.core.errors import WeightsUnavailable\n"
            "try:\n"
            "    load_encoders(Settings(_env_file=None, encoders='clip+resnet50',"
            f" weights_dir={str(tmp_path)!r}).model_options)\n"
            "except WeightsUnavailable:\n"
            "    heavy = {'torch', 'torchvision', 'transformers', 'sentence_transformers'}\n"
            "    sys.exit(bool(heavy & set(sys.modules)))\n"
            "sys.exit(2)\n"
        )
        environment = {
            "HF_HUB_OFFLINE": "1",
            "HF_HOME": str(tmp_path),
            "TORCH_HOME": str(tmp_path),
            "PYTHONPATH": str(Path(__file__).parents[3]),
        }
        done = subprocess.run([sys.executable, "-c", code], env=environment, check=False)
        assert done.returncode == 0


class TestDownload:
    def test_fetches_a_model_into_the_hubs_cache_with_progress(
        self, hub: Hub, resnet50_file: Path, tmp_path: Path
    ) -> None:
        (hub.directory / "0_CLIPModel" / "pytorch_model.bin").write_bytes(b"the same, pickled")
        steps: list[Progress] = []
        given = options(resnet50_weights=str(resnet50_file), weights_dir=tmp_path)
        loaded = load_encoders(given, steps.append)
        assert loaded.by_signal[SEMANTIC].name == "clip-ViT-B-32"
        fetched = [step for step in steps if step.step == f"downloading {REPOSITORY}"]
        assert fetched[-1].done_bytes == fetched[-1].total_bytes
        assert not any("pytorch_model.bin" in request for request in hub.requests)

        hub.requests.clear()
        again = load_encoders(given)
        assert hub.requests == []
        assert again.by_signal[SEMANTIC].fingerprint == loaded.by_signal[SEMANTIC].fingerprint

    def test_a_download_that_breaks_off_says_so_and_leaves_nothing_half(
        self, hub: Hub, tmp_path: Path
    ) -> None:
        hub.cut = "model.safetensors"
        with pytest.raises(WeightsUnavailable, match=f"download of {REPOSITORY} failed"):
            model(tmp_path).fetch(lambda progress: None)
        assert model(tmp_path).find() is None
        hub.cut = None
        snapshot = model(tmp_path).fetch(lambda progress: None)
        assert model(tmp_path).find() == snapshot

    def test_a_download_with_another_checksum_is_thrown_away(
        self, hub: Hub, tmp_path: Path
    ) -> None:
        hub.lie = "0_CLIPModel/model.safetensors"
        with pytest.raises(WeightsUnavailable, match="arrived damaged"):
            model(tmp_path).fetch(lambda progress: None)
        assert model(tmp_path).find() is None

    def test_a_weights_file_is_checked_against_its_name(
        self, hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        content = b"weights" * 1000
        (hub.directory / "made").write_bytes(content)
        good = f"resnet50-{sha256(hub.directory / 'made')[:8]}.pth"
        (hub.directory / "made").rename(hub.directory / good)
        (hub.directory / "resnet50-00000000.pth").write_bytes(content)
        base = f"{hub.url}/{REPOSITORY}/resolve/main/"
        steps: list[Progress] = []

        def fetch(name: str) -> Path:
            monkeypatch.setitem(FILES, "MADE", name)
            return TorchvisionWeights("MADE", tmp_path, base_url=base).fetch(steps.append)

        fetched = fetch(good)
        assert fetched == torch_cache() / good
        assert fetched.read_bytes() == content
        assert steps[-1].done_bytes == steps[-1].total_bytes == len(content)
        with pytest.raises(WeightsUnavailable, match="arrived damaged"):
            fetch("resnet50-00000000.pth")
        hub.cut = "resnet50-00000000.pth"
        with pytest.raises(WeightsUnavailable, match="failed"):
            fetch("resnet50-00000000.pth")
        with pytest.raises(WeightsUnavailable, match="404"):
            fetch("resnet50-missing.pth")
        assert [file.name for file in torch_cache().iterdir()] == [fetched.name]


class TestInBackground:
    async def test_the_encoders_come_and_the_progress_is_told(self) -> None:
        steps: list[Progress] = []
        loaded = await load_encoders_in_background(options(encoders="compact"), steps.append)
        assert loaded.warning is None
        assert [step.step for step in steps] == [
            "looking for weights",
            "loading compact-semantic-1 and compact-visual-1",
        ]

    async def test_a_failure_is_raised(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
        given = options(encoders="clip+resnet50", weights_dir=tmp_path)
        with pytest.raises(WeightsUnavailable, match="HF_HUB_OFFLINE"):
            await load_encoders_in_background(given, lambda progress: None)

    def test_cancelling_leaves_a_load_that_hangs(
        self, clip_directory: Path, resnet50_file: Path
    ) -> None:
        entered, gate = threading.Event(), threading.Event()
        threads: list[threading.Thread] = []
        steps: list[str] = []

        def hang(progress: Progress) -> None:
            threads.append(threading.current_thread())
            steps.append(progress.step)
            entered.set()
            assert gate.wait(30)

        async def cancel() -> None:
            given = options(clip_model=str(clip_directory), resnet50_weights=str(resnet50_file))
            task = asyncio.create_task(load_encoders_in_background(given, hang))
            await asyncio.to_thread(entered.wait)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

        asyncio.run(cancel())
        # Only now, with the loop closed, may the load go on, and it does no further step.
        assert threads[0].is_alive()
        assert threads[0].daemon
        gate.set()
        threads[0].join()
        assert steps == ["looking for weights"]


def test_a_gpu_asked_for_in_vain_is_named() -> None:
    import torch

    assert resolve_device("cpu") == "cpu"
    if torch.cuda.is_available():
        assert resolve_device("auto") == resolve_device("cuda") == "cuda"
    else:
        assert resolve_device("auto") == "cpu"
        with pytest.raises(SetupError, match="DEVICE"):
            resolve_device("cuda")
