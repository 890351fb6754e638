"""Measures the catalogue's baseline in the background, and judges scores by it."""

from __future__ import annotations

import asyncio
import math
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from service.confidence import estimator as confidence
from service.confidence.estimator import Baseline, Nearnesses, Probes, Shape
from service.core.embedding import Priority, Vector
from service.core.errors import InvalidText, Overloaded
from service.core.index import Point
from service.core.interfaces import Embedder, VectorStore
from service.core.periodic import repeat
from service.core.query import QueryPart, shares_by_kind
from service.core.search import Match
from service.scoring.hybrid import split

CHECK_EVERY_S = 2.0
REFRESH_AFTER_S = 600.0
"""The baseline is measured again after this time: as many pictures may be different ones."""
REFRESH_AFTER_GROWTH = 0.1
REFRESH_WHILE_CHANGING_S = 60.0
"""The shortest time between two measurements during an import.

Embedding 128 names costs as much as embedding thirty pictures.
"""
NAMES_PER_BATCH = 8
"""Eight short texts that share a forward pass take three times as long as one."""
CACHED_DISTRIBUTIONS = 256

NameVectors: TypeAlias = Mapping[str, Vector]
"""A product's name as a text: a unit vector for each signal whose encoder reads texts."""


class CatalogueBaseline:
    """Judges scores by what the catalogue's own products find in it.

    Equal searches in an unchanged catalogue are judged equally by every process, because the
    sample is drawn by the points' ids, which are hashes.
    """

    def __init__(
        self,
        store: VectorStore,
        embedder: Embedder,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._embedder = embedder
        self._clock = clock
        self._baseline: Baseline | None = None
        self._measured = False
        self._texts_pending = False
        """True while searches by picture are judged already, and those by text are not yet."""
        self._measured_images: int | None = None
        """The number of pictures in the index when the baseline was measured."""
        self._checked_images: int | None = None
        """The number of pictures in the index at the last check."""
        self._changing_since: float | None = None
        self._measured_at = 0.0
        self._names: dict[str, NameVectors | None] = {}
        self._null_distributions: OrderedDict[object, Nearnesses | None] = OrderedDict()

    async def run(self) -> None:
        """Keeps the baseline up to date until cancelled."""
        await repeat(self.check, every_s=CHECK_EVERY_S, name="baseline")

    async def check(self) -> None:
        """Calls `refresh` if the catalogue has stopped changing, or has kept changing for a minute.

        Raises StoreUnavailable.
        """
        images, now = await self._store.count_points(), self._clock()
        if images == self._checked_images:
            self._changing_since = None
        elif self._changing_since is None:
            self._changing_since = now
        self._checked_images = images
        since = self._changing_since
        settled = since is None or now - max(since, self._measured_at) >= REFRESH_WHILE_CHANGING_S
        if self._measured_images is None or settled:
            await self.refresh()

    async def refresh(self) -> None:
        """Measures the baseline if the catalogue has changed by a tenth, or after ten minutes.

        Raises StoreUnavailable.
        """
        images = await self._store.count_points()
        if not self._is_due(images):
            return
        started = self._clock()
        sample = _one_per_product(await self._store.sample(confidence.SAMPLE_PRODUCTS))
        points = _one_per_picture(sample)
        baseline = None
        if len(points) >= confidence.MIN_PRODUCTS:
            different = round(images * len(points) / len(sample))
            baseline = await asyncio.to_thread(self._measure, points, different)
            if self._baseline is None:
                # Searches by picture need not wait for the texts.
                self._publish(baseline, texts_pending=True)
            names = await self._embed_names(points)
            texts = await asyncio.to_thread(self._measure_texts, points, names)
            baseline = replace(baseline, texts=texts)
        self._publish(baseline)
        self._measured_images, self._measured_at = images, started

    def confidences(
        self, parts: Sequence[QueryPart], weights: Mapping[str, float], scores: Sequence[float]
    ) -> list[float] | None:
        """Returns how unusual each score is, 0 to 1, or None if the baseline cannot tell."""
        if self._baseline is None:
            return None
        null = self._null_distribution(self._baseline, _shape(parts), weights)
        return None if null is None else confidence.confidences(scores, null)

    def match(
        self,
        parts: Sequence[QueryPart],
        weights: Mapping[str, float],
        best: float | None,
        *,
        ignored_words: Sequence[str] = (),
        partial: bool = False,
    ) -> Match:
        """Judges whether the search found what it looked for, by the score of its best hit.

        `best` is None if there is no hit. `partial` is True if the index lacks products.
        """
        if partial and (best is None or self._baseline is None):
            return _unknown("The index is being filled; try again later.", pending=True)
        if not self._measured or (self._baseline is None and self._has_changed()):
            return _unknown(
                "The catalogue's baseline has not been measured yet; try again soon.", pending=True
            )
        if self._baseline is None:
            return _unknown(
                "The catalogue is too small to tell which scores are unusual in it: that takes "
                f"{confidence.MIN_PRODUCTS} products with different pictures."
            )
        if best is None:
            return Match(
                0.0,
                "nothing_alike",
                "No product in the catalogue meets the conditions of this search.",
            )
        if ignored_words:
            words = ", ".join(f'"{word}"' for word in ignored_words)
            return _unknown(f"The search ignored {words}, which the encoder does not know.")
        judged = self.confidences(parts, weights, [best])
        if judged is None:
            return _unknown(
                "There is no baseline for texts yet: that takes the names of "
                f"{confidence.MIN_PRODUCTS} products that the encoder can read.",
                pending=self._texts_pending,
            )
        return Match(judged[0], *_verdict(judged[0]))

    def _has_changed(self) -> bool:
        """Tells whether the last check saw another number of pictures than the measurement."""
        return self._checked_images is not None and self._checked_images != self._measured_images

    def _is_due(self, images: int) -> bool:
        if self._measured_images is None:
            return True
        age = self._clock() - self._measured_at
        if age >= REFRESH_AFTER_S:
            return True
        if self._baseline is None:
            # The same number of pictures may be different ones by now.
            return images != self._measured_images or (
                images >= confidence.MIN_PRODUCTS and age >= REFRESH_WHILE_CHANGING_S
            )
        return abs(images - self._measured_images) > REFRESH_AFTER_GROWTH * self._measured_images

    def _publish(self, baseline: Baseline | None, *, texts_pending: bool = False) -> None:
        self._baseline, self._measured = baseline, True
        self._texts_pending = texts_pending
        self._null_distributions.clear()

    def _measure(self, points: Sequence[Point], images: int) -> Baseline:
        signals = self._embedder.signals
        first = points[: confidence.PROBES]
        vectors = [split(point.vector, signals).vectors for point in first]
        pictures = confidence.probes(vectors, range(len(first)), self._sample(points))
        return Baseline(pictures, None, sampled=len(points), images=images)

    def _measure_texts(
        self, points: Sequence[Point], names: Sequence[NameVectors | None]
    ) -> Probes | None:
        """Measures the texts by the names of the first points.

        A name is None if the encoder cannot read it. Returns None if too few can be read.
        """
        readable = {row: vector for row, vector in enumerate(names) if vector is not None}
        if len(readable) < confidence.MIN_PRODUCTS:
            return None
        return confidence.probes(list(readable.values()), list(readable), self._sample(points))

    def _sample(self, points: Sequence[Point]) -> dict[str, NDArray[np.float32]]:
        signals = self._embedder.signals
        ends = np.cumsum([signal.dimensions for signal in signals])[:-1]
        parts = np.split(np.stack([point.vector for point in points]), ends, axis=1)
        return {signal.name: part for signal, part in zip(signals, parts, strict=True)}

    async def _embed_names(self, points: Sequence[Point]) -> list[NameVectors | None]:
        """Embeds the names in small batches, so that searches come first, and none twice."""
        names = [point.payload.product.name for point in points[: confidence.PROBES]]
        kept = {name: self._names[name] for name in names if name in self._names}
        new = [name for name in dict.fromkeys(names) if name not in kept]
        for start in range(0, len(new), NAMES_PER_BATCH):
            batch = new[start : start + NAMES_PER_BATCH]
            vectors = await asyncio.gather(*(self._embed_name(name) for name in batch))
            kept.update(zip(batch, vectors, strict=True))
        self._names = kept
        return [kept[name] for name in names]

    async def _embed_name(self, name: str) -> NameVectors | None:
        while True:
            try:
                embedded = await self._embedder.embed_text(name, priority=Priority.BULK)
            except InvalidText:
                return None
            except Overloaded as exc:
                await asyncio.sleep(exc.retry_after_s)
            else:
                return embedded.embedding.vectors

    def _null_distribution(
        self, baseline: Baseline, shape: Shape, weights: Mapping[str, float]
    ) -> Nearnesses | None:
        key = (shape, tuple(weights.items()))
        cache = self._null_distributions
        if key not in cache:
            cache[key] = confidence.null_distribution(
                baseline, shape, weights, self._embedder.signals
            )
            if len(cache) > CACHED_DISTRIBUTIONS:
                cache.popitem(last=False)
        cache.move_to_end(key)
        return cache[key]


def _one_per_product(points: Iterable[Point]) -> list[Point]:
    by_product: dict[str, Point] = {}
    for point in points:
        by_product.setdefault(point.payload.product.product_id, point)
    return list(by_product.values())


def _one_per_picture(points: Iterable[Point]) -> list[Point]:
    """Keeps one product for each picture.

    The sizes of an article share a picture, and as separate products they would find each other.
    """
    by_picture: dict[str, Point] = {}
    for point in points:
        by_picture.setdefault(point.payload.image_id, point)
    return list(by_picture.values())


def _shape(parts: Iterable[QueryPart]) -> Shape:
    """Sums up the weights by kind, scaled to an absolute sum of 1.

    The scaling gives equal mixtures equal shapes.
    """
    return Shape(**{kind: round(share, 6) for kind, share in shares_by_kind(parts).items()})


def _unknown(detail: str, *, pending: bool = False) -> Match:
    return Match(None, "unknown", detail, pending)


def _verdict(value: float) -> tuple[Literal["found", "unsure", "nothing_alike"], str]:
    percent = math.floor(min(value, 0.99) * 100)
    share = (
        f"The best hit is a better match than {percent}% of the catalogue's own"
        " products find once they and their nearest neighbours are hidden"
    )
    if value >= confidence.FOUND_FROM:
        return "found", f"{share}: the catalogue most likely has what you searched for."
    if value <= confidence.NOTHING_ALIKE_TO:
        return (
            "nothing_alike",
            f"{share}: the catalogue most likely does not have what you searched for.",
        )
    return "unsure", f"{share}: it may be what you searched for, or only similar to it."
