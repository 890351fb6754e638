"""Untrusted bytes become one unit vector a signal, with bounds on every stage."""

from __future__ import annotations

import asyncio
import io
import threading
from collections.abc import AsyncIterator
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pytest
import pytest_asyncio
from PIL import Image

from service.core.embedding import Crop, Priority, Signal
from service.core.errors import InvalidCrop, InvalidImage, InvalidText, Overloaded
from service.core.interfaces import Embedder
from service.duplicates.fingerprint import similar, split
from service.embedding.clip.encoder import ClipEncoder
from service.embedding.embedder import HybridEmbedder, golden_image
from service.embedding.images.decoding_pool import DecodePool, PixelBudget
from service.embedding.images.reader import ImageLimits, decode
from service.embedding.inference import cores
from service.embedding.resnet50.encoder import Resnet50Encoder
from tests.embedding.encoders import ScriptedEncoder, limits, loaded, until
from tests.embedding.pictures import exif, noise, smooth, written
from tests.fakes import SEMANTIC, VISUAL


@pytest_asyncio.fixture
async def embedder(clip: ClipEncoder, resnet50: Resnet50Encoder) -> AsyncIterator[HybridEmbedder]:
    made = HybridEmbedder(loaded(clip, resnet50), limits())
    made.start()
    yield made
    await made.close()


@pytest.mark.parametrize("side", [3000, 3024])
async def test_a_photo_of_12_megapixels_comes_at_an_eighth(
    embedder: HybridEmbedder, side: int
) -> None:
    data = written(Image.new("RGB", (side * 4 // 3, side)), "JPEG")

    assert decode(data, embedder.limits).size == (side // 6, side // 8)


async def test_embeds_a_picture_with_every_signal(embedder: HybridEmbedder) -> None:
    part: Embedder = embedder
    assert part.signals == (
        Signal(SEMANTIC, "clip-ViT-B-32", 16, text_encoder="clip-ViT-B-32"),
        Signal(VISUAL, "resnet50", 2048),
    )
    embedded = await part.embed_image(written(smooth(), "PNG"))
    assert (embedded.info.media_type, embedded.info.width, embedded.info.height) == (
        "image/png",
        96,
        64,
    )
    assert embedded.decode_ms > 0
    assert embedded.embed_ms > 0
    for signal in part.signals:
        vector = embedded.embedding.vectors[signal.name]
        assert vector.shape == (signal.dimensions,)
        assert np.isclose(np.linalg.norm(vector), 1)


async def test_a_copy_turned_by_exif_has_the_same_vectors(embedder: HybridEmbedder) -> None:
    upright = noise(64, 48)
    stored = upright.transpose(Image.Transpose.ROTATE_90)
    one = await embedder.embed_image(written(upright, "PNG"))
    other = await embedder.embed_image(written(stored, "PNG", exif=exif(6)))
    for signal in (SEMANTIC, VISUAL):
        same = one.embedding.vectors[signal] @ other.embedding.vectors[signal]
        assert same == pytest.approx(1, abs=1e-5)


async def test_a_picture_to_be_stored_has_a_fingerprint_that_saving_it_again_leaves(
    embedder: HybridEmbedder,
) -> None:
    large = smooth().resize((960, 640))
    original = await embedder.embed_image(written(large, "PNG"), priority=Priority.BULK)
    again = await embedder.embed_image(
        written(large.resize((300, 200)), "JPEG"), priority=Priority.BULK
    )
    searched = await embedder.embed_image(written(large, "PNG"), priority=Priority.SEARCH)

    hash_, colours = split(again.fingerprint)
    stored = split(original.fingerprint)
    rows, _ = similar(hash_, colours, np.array([stored[0]]), stored[1][None])
    assert list(rows) == [0]
    assert searched.fingerprint == b""


async def test_a_batch_gives_the_vectors_of_one_by_one(embedder: HybridEmbedder) -> None:
    pictures = [written(noise(50, 40, seed=seed), "PNG") for seed in range(5)]
    alone = [await embedder.embed_image(picture) for picture in pictures]
    together = await asyncio.gather(*(embedder.embed_image(picture) for picture in pictures))
    for one, other in zip(alone, together, strict=True):
        for signal in (SEMANTIC, VISUAL):
            same = one.embedding.vectors[signal] @ other.embedding.vectors[signal]
            assert same == pytest.approx(1, abs=1e-5)


async def test_embeds_a_text_with_the_semantic_signal_alone(embedder: HybridEmbedder) -> None:
    embedded = await embedder.embed_text("a red shoe")
    assert set(embedded.embedding.vectors) == {SEMANTIC}
    assert embedded.embed_ms > 0
    with pytest.raises(InvalidText):
        await embedder.embed_text("red " * 100)


async def test_an_encoder_without_texts_says_so() -> None:
    made = HybridEmbedder(loaded(ScriptedEncoder("mute"), ScriptedEncoder()), limits())
    made.start()
    with pytest.raises(InvalidText, match=r"mute.* reads texts"):
        await made.embed_text("a red shoe")
    await made.close()


async def test_bad_pictures_among_good_ones_fail_alone(embedder: HybridEmbedder) -> None:
    good = written(smooth(), "PNG")
    results = await asyncio.gather(
        embedder.embed_image(good),
        embedder.embed_image(b"<svg/>"),
        embedder.embed_image(good[:200], priority=Priority.BULK),
        embedder.embed_image(good, crop=Crop(0.5, 0.5, 1, 1)),
        embedder.embed_image(good, crop=Crop(0.5, 0.5, 0.5, 0.5)),
        return_exceptions=True,
    )
    kinds = [type(result) for result in results]
    assert kinds[1:4] == [InvalidImage, InvalidImage, InvalidCrop]
    assert kinds[0] is kinds[4]
    assert not isinstance(results[4], BaseException)


async def test_a_full_queue_refuses_before_anything_is_decoded() -> None:
    semantic = ScriptedEncoder()
    made = HybridEmbedder(loaded(semantic, ScriptedEncoder()), limits(queue_max_items=1))
    made.start()
    semantic.gate.clear()
    data = written(smooth(), "PNG")
    running = asyncio.create_task(made.embed_image(data))
    await asyncio.to_thread(semantic.entered.acquire)
    waiting = asyncio.create_task(made.embed_image(data))
    await until(lambda: made.batcher.depth == 1)
    with pytest.raises(Overloaded):
        await made.embed_image(b"never looked at")
    semantic.gate.set()
    await asyncio.gather(running, waiting)
    await made.close()


@pytest.mark.parametrize("device", ["cpu", "cuda"])
async def test_each_core_runs_a_bulk_pass_and_a_gpu_runs_one(device: str) -> None:
    encoders = replace(loaded(ScriptedEncoder(), ScriptedEncoder()), device=device)
    made = HybridEmbedder(encoders, limits())
    others = set(threading.enumerate())
    made.start()
    new = {thread.name for thread in set(threading.enumerate()) - others}
    workers = cores.count() if device == "cpu" else 1
    assert new == {"passes-search", *(f"passes-bulk-{n}" for n in range(workers))}
    await made.close()


async def test_makes_thumbnails(embedder: HybridEmbedder) -> None:
    data = await embedder.thumbnail(written(smooth(400, 200), "PNG", exif=exif(6)), size_px=100)
    with Image.open(io.BytesIO(data)) as image:
        assert (image.format, image.size) == ("JPEG", (50, 100))
    with pytest.raises(InvalidImage):
        await embedder.thumbnail(b"", size_px=100)


async def test_a_jpeg_at_reduced_scale_keeps_its_vectors(embedder: HybridEmbedder) -> None:
    large = smooth(2400, 1800)
    small = await embedder.embed_image(written(large, "JPEG", quality=95))
    full = await embedder.embed_image(written(large, "PNG"))
    for signal in (SEMANTIC, VISUAL):
        assert small.embedding.vectors[signal] @ full.embedding.vectors[signal] > 0.995


def test_the_golden_image_is_always_the_same() -> None:
    image = decode(golden_image(), ImageLimits())
    assert image.size == (128, 96)
    assert golden_image() == golden_image()
    assert image.getpixel((0, 0)) == (0, 0, 0)
    assert image.getpixel((64, 48)) == (127, 120, 200)


class TestDecodePool:
    async def test_searches_get_the_next_free_thread(self) -> None:
        pool = DecodePool(1, max_waiting=10, timeout_s=30)
        gate, order = threading.Event(), list[str]()
        first = asyncio.create_task(pool.run(Priority.SEARCH, lambda: gate.wait(30)))
        await asyncio.sleep(0)
        bulk = asyncio.create_task(pool.run(Priority.BULK, lambda: order.append("bulk")))
        await asyncio.sleep(0)
        search = asyncio.create_task(pool.run(Priority.SEARCH, lambda: order.append("search")))
        await until(lambda: pool.waiting == 2)
        gate.set()
        await asyncio.gather(first, bulk, search)
        assert order == ["search", "bulk"]
        pool.close()

    async def test_aged_bulk_work_goes_between_searches_one_at_a_time(self) -> None:
        now = 0.0
        pool = DecodePool(1, max_waiting=10, timeout_s=30, clock=lambda: now)
        gate, order = threading.Event(), list[str]()
        first = pool.run(Priority.BULK, lambda: gate.wait(30))
        tasks: list[asyncio.Task[Any]] = [asyncio.create_task(first)]
        await asyncio.sleep(0)

        def send(priority: Priority, name: str) -> None:
            tasks.append(asyncio.create_task(pool.run(priority, partial(order.append, name))))

        for name in ("bulk 1", "bulk 2", "bulk 3"):
            send(Priority.BULK, name)
        await until(lambda: pool.waiting == 3)
        now = 60.0
        for name in ("search 1", "search 2"):
            send(Priority.SEARCH, name)
        await until(lambda: pool.waiting == 5)
        gate.set()
        await asyncio.gather(*tasks)
        assert order == ["search 1", "bulk 1", "search 2", "bulk 2", "bulk 3"]
        pool.close()

    async def test_bulk_work_begins_once_no_search_is_under_way(self) -> None:
        pool = DecodePool(2, max_waiting=10, timeout_s=30)
        order: list[str] = []
        with pool.bulk_held():
            bulk = asyncio.create_task(pool.run(Priority.BULK, lambda: order.append("bulk")))
            await until(lambda: pool.waiting == 1)
            with pool.bulk_held():
                await pool.run(Priority.SEARCH, lambda: order.append("search"))
            assert pool.waiting == 1
        await bulk
        assert order == ["search", "bulk"]
        pool.close()

    async def test_aged_bulk_work_begins_beside_a_search(self) -> None:
        now = 0.0
        pool = DecodePool(2, max_waiting=10, timeout_s=30, clock=lambda: now)
        with pool.bulk_held():
            bulk = asyncio.create_task(pool.run(Priority.BULK, lambda: "done"))
            await until(lambda: pool.waiting == 1)
            now = 60.0
            await pool.run(Priority.SEARCH, lambda: None)
            assert await bulk == "done"
        pool.close()

    async def test_too_many_waiting_are_refused(self) -> None:
        pool = DecodePool(1, max_waiting=1, timeout_s=30)
        gate = threading.Event()
        tasks = [
            asyncio.create_task(pool.run(Priority.SEARCH, lambda: gate.wait(30))) for _ in range(2)
        ]
        await until(lambda: pool.waiting == 1)
        with pytest.raises(Overloaded):
            await pool.run(Priority.SEARCH, lambda: None)
        gate.set()
        await asyncio.gather(*tasks)
        pool.close()

    async def test_waiting_too_long_is_refused_and_gives_up_the_turn(self) -> None:
        pool = DecodePool(1, max_waiting=5, timeout_s=0.02)
        gate = threading.Event()
        first = asyncio.create_task(pool.run(Priority.SEARCH, lambda: gate.wait(30)))
        await asyncio.sleep(0)
        with pytest.raises(Overloaded, match="longer than"):
            await pool.run(Priority.SEARCH, lambda: None)
        gate.set()
        await first
        assert await pool.run(Priority.SEARCH, lambda: "free again") == "free again"
        pool.close()

    async def test_a_thread_left_by_its_caller_is_busy_until_it_is_done(self) -> None:
        pool = DecodePool(1, max_waiting=5, timeout_s=30)
        gate = threading.Event()
        left = asyncio.create_task(pool.run(Priority.SEARCH, lambda: gate.wait(30)))
        await asyncio.sleep(0)
        left.cancel()
        await asyncio.gather(left, return_exceptions=True)
        waits = asyncio.create_task(pool.run(Priority.SEARCH, lambda: "mine"))
        await until(lambda: pool.waiting == 1)
        gate.set()
        assert await waits == "mine"
        pool.close()

    async def test_cancelled_while_waiting_leaves_the_slot_to_others(self) -> None:
        pool = DecodePool(1, max_waiting=5, timeout_s=30)
        gate = threading.Event()
        first = asyncio.create_task(pool.run(Priority.SEARCH, lambda: gate.wait(30)))
        await asyncio.sleep(0)
        gone = asyncio.create_task(pool.run(Priority.SEARCH, lambda: "gone"))
        stays = asyncio.create_task(pool.run(Priority.SEARCH, lambda: "stays"))
        await until(lambda: pool.waiting == 2)
        gone.cancel()
        gate.set()
        assert await asyncio.gather(first, stays) == [True, "stays"]
        pool.close()


class TestPixelBudget:
    def test_waits_for_room(self) -> None:
        budget = PixelBudget(100)
        order: list[str] = []

        def second() -> None:
            with budget.hold(50):
                order.append("second")

        thread = threading.Thread(target=second)
        with budget.hold(60):
            thread.start()
            order.append("first")
        thread.join(30)
        assert order == ["first", "second"]

    def test_a_picture_beyond_the_budget_goes_alone(self) -> None:
        with PixelBudget(100).hold(1000):
            pass
