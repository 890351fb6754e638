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

from service.config import Settings
from service.core.errors import SetupError, WeightsUnavailable
from service.embedding.loading import (
    collection_fingerprint,
    load_encoders,
    load_encoders_in_background,
    resolve_device,
)
from service.embedding.model_files import download, weights
from service.embedding.model_files.download import Progress
from tests.embedding.checkpoints import write_clip, write_hub_cache
from tests.embedding.hub import Hub, black_hole, closed_port, serving

REPOSITORY = "sentence-transformers/clip-ViT-B-32"
DECISION_S = 5.0


def settings(**values: Any) -> Settings:
    return Settings(_env_file=None, **values)  # type: ignore[call-arg]


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    with serving(Hub(write_clip(tmp_path / "origin"), REPOSITORY)) as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        yield hub


class TestWithWeights:
    def test_loads_both_models_offline(
        self,
        clip_directory: Path,
        resnet50_file: Path,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setenv("HF_HUB_OFFLINE", "1")
        write_hub_cache(tmp_path / "caches" / "hub")
        steps: list[Progress] = []
        for choice in ("auto", "clip+resnet50"):
            loaded = load_encoders(
                settings(encoders=choice, resnet50_weights=str(resnet50_file), device="cpu"),
                steps.append,
            )
            assert (loaded.semantic.name, loaded.visual.name) == ("clip-ViT-B-32", "resnet50")
            assert loaded.warning is None
        assert steps[0].step == "looking for weights"

        from_directory = load_encoders(
            settings(
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
                load_encoders(settings(clip_model=str(path), resnet50_weights=str(resnet50_file)))
            )
            for path in (clip_directory, other)
        }
        assert len(prints) == 2
        assert all(len(found) == 12 for found in prints)

    def test_a_damaged_file_is_no_reason_to_fall_back(self, tmp_path: Path) -> None:
        (tmp_path / "resnet50-0676ba61.pth").write_bytes(b"cut off")
        with pytest.raises(SetupError, match="is damaged"):
            load_encoders(settings(encoders="auto", weights_dir=tmp_path))


class TestWithoutWeights:
    def explicit(self, resnet50_file: Path, **values: Any) -> str:
        """The refusal of an explicit choice, which must come in time."""
        started = time.monotonic()
        with pytest.raises(WeightsUnavailable) as caught:
            load_encoders(
                settings(encoders="clip+resnet50", resnet50_weights=str(resnet50_file), **values)
            )
        assert time.monotonic() - started < DECISION_S
        return caught.value.detail

    def test_a_closed_port_is_found_out_in_time(
        self, resnet50_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with closed_port() as url:
            monkeypatch.setenv("HF_ENDPOINT", url)
            detail = self.explicit(resnet50_file, weights_dir=tmp_path / "weights")
        assert url in detail
        for way_out in ("service weights --to", str(tmp_path / "weights"), "ENCODERS=compact"):
            assert way_out in detail

    def test_a_black_hole_is_found_out_in_time(
        self, resnet50_file: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with black_hole() as url:
            monkeypatch.setenv("HF_ENDPOINT", url)
            assert "cannot be reached" in self.explicit(resnet50_file)

    def test_a_proxy_that_is_gone_is_found_out_in_time(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with closed_port() as url:
            monkeypatch.setenv("HTTPS_PROXY", url)
            started = time.monotonic()
            with pytest.raises(WeightsUnavailable):
                load_encoders(settings(encoders="clip+resnet50", weights_dir=tmp_path))
            assert time.monotonic() - started < DECISION_S

    def test_offline_mode_asks_nobody(
        self, hub: Hub, resnet50_file: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("HF_HUB_OFFLINE", "1")
        assert "HF_HUB_OFFLINE is set" in self.explicit(resnet50_file)
        assert hub.requests == []

    def test_a_hub_without_the_model_is_found_out_in_time(
        self, hub: Hub, resnet50_file: Path
    ) -> None:
        detail = self.explicit(resnet50_file, clip_model="nobody/nothing")
        assert "nobody/nothing failed" in detail

    def test_auto_decides_for_compact_with_a_warning(
        self, resnet50_file: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        started = time.monotonic()
        with closed_port() as url, caplog.at_level(logging.WARNING):
            monkeypatch.setenv("HF_ENDPOINT", url)
            loaded = load_encoders(settings(encoders="auto", resnet50_weights=str(resnet50_file)))
        assert time.monotonic() - started < DECISION_S
        assert loaded.warning is not None
        assert "compact" in loaded.warning
        assert loaded.warning in caplog.text
        assert loaded.semantic.name != "clip-ViT-B-32"

    def test_compact_by_choice_needs_no_warning(self) -> None:
        assert load_encoders(settings(encoders="compact")).warning is None

    def test_nothing_heavy_is_imported_before_the_decision(self, tmp_path: Path) -> None:
        code = (
            "import sys\n"
            "from service.config import Settings\n"
            "from service.embedding.loading import load_encoders\n"
            "from service.core.errors import WeightsUnavailable\n"
            "try:\n"
            "    load_encoders(Settings(_env_file=None, encoders='clip+resnet50',"
            f" weights_dir={str(tmp_path)!r}))\n"
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
        given = settings(resnet50_weights=str(resnet50_file), weights_dir=tmp_path)
        loaded = load_encoders(given, steps.append)
        assert loaded.semantic.name == "clip-ViT-B-32"
        fetched = [step for step in steps if step.step == f"downloading {REPOSITORY}"]
        assert fetched[-1].done_bytes == fetched[-1].total_bytes
        assert not any("pytorch_model.bin" in request for request in hub.requests)

        hub.requests.clear()
        again = load_encoders(given)
        assert hub.requests == []
        assert again.semantic.fingerprint == loaded.semantic.fingerprint

    def test_a_download_that_breaks_off_says_so_and_leaves_nothing_half(
        self, hub: Hub, tmp_path: Path
    ) -> None:
        hub.cut = "model.safetensors"
        with pytest.raises(WeightsUnavailable, match=f"download of {REPOSITORY} failed"):
            download.fetch_clip(REPOSITORY, lambda progress: None)
        assert weights.local_clip(settings(weights_dir=tmp_path)) is None
        hub.cut = None
        snapshot = download.fetch_clip(REPOSITORY, lambda progress: None)
        assert weights.local_clip(settings(weights_dir=tmp_path)) == snapshot

    def test_a_download_with_another_checksum_is_thrown_away(
        self, hub: Hub, tmp_path: Path
    ) -> None:
        hub.lie = "0_CLIPModel/model.safetensors"
        with pytest.raises(WeightsUnavailable, match="arrived damaged"):
            download.fetch_clip(REPOSITORY, lambda progress: None)
        assert weights.local_clip(settings(weights_dir=tmp_path)) is None

    def test_a_weights_file_is_checked_against_its_name(self, hub: Hub) -> None:
        content = b"weights" * 1000
        good = hub.directory / "resnet50-made.pth"
        good.write_bytes(content)
        good = good.rename(hub.directory / f"resnet50-{weights.sha256(good)[:8]}.pth")
        base = f"{hub.url}/{REPOSITORY}/resolve/main/"
        steps: list[Progress] = []
        fetched = download.fetch_torchvision(good.name, steps.append, base_url=base)
        assert fetched == weights.torch_cache() / good.name
        assert fetched.read_bytes() == content
        assert steps[-1].done_bytes == steps[-1].total_bytes == len(content)

        bad = good.rename(hub.directory / "resnet50-00000000.pth")
        with pytest.raises(WeightsUnavailable, match="arrived damaged"):
            download.fetch_torchvision(bad.name, steps.append, base_url=base)
        hub.cut = bad.name
        with pytest.raises(WeightsUnavailable, match="failed"):
            download.fetch_torchvision(bad.name, steps.append, base_url=base)
        with pytest.raises(WeightsUnavailable, match="404"):
            download.fetch_torchvision("resnet50-missing.pth", steps.append, base_url=base)
        assert [file.name for file in weights.torch_cache().iterdir()] == [fetched.name]


class TestInBackground:
    async def test_the_encoders_come_and_the_progress_is_told(self) -> None:
        steps: list[Progress] = []
        loaded = await load_encoders_in_background(settings(encoders="compact"), steps.append)
        assert loaded.warning is None
        assert [step.step for step in steps] == ["loading the compact encoders"]

    async def test_a_failure_is_raised(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("HF_HUB_OFFLINE", "1")
        given = settings(encoders="clip+resnet50", weights_dir=tmp_path)
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
            given = settings(clip_model=str(clip_directory), resnet50_weights=str(resnet50_file))
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
