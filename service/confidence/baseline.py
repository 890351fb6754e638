"""The catalogue's background: a sample of it, kept up to date beside the searches."""

from __future__ import annotations

import asyncio
import math
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Literal, TypeAlias

import numpy as np
import structlog
from numpy.typing import NDArray

from service.confidence import estimator as confidence
from service.confidence.estimator import Background, Nearnesses, Probes, Shape
from service.core.embedding import Priority, Vector
from service.core.errors import InvalidText, Overloaded, Unavailable
from service.core.index import Point
from service.core.interfaces import Embedder, VectorStore
from service.core.query import QueryPart, TextPart
from service.core.search import Match
from service.scoring.hybrid import split

LOOK_EVERY_S = 2.0
RENEW_AFTER_S = 600.0
"""Also where the catalogue is as large as it was: its pictures may be others."""
RENEW_AFTER_GROWTH = 0.1
RENEW_WHILE_CHANGING_S = 60.0
"""While an import runs: 128 names cost the models as much as thirty pictures."""
NAMES_AT_ONCE = 8
"""They share a pass: eight short texts take three times as long as one."""
KEPT_LEVELS = 256

NameVectors: TypeAlias = Mapping[str, Vector]
"""A product's name as a text: a unit vector for each signal whose encoder reads texts."""

log = structlog.stdlib.get_logger(__name__)


class CatalogueBackground:
    """Judges scores by what the catalogue's own products find; `run` keeps the sample fresh.

    Equal searches on an unchanged catalogue are judged equally: the sample is drawn by the hashes
    that points are named by, in every process alike.
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
        self._background: Background | None = None
        self._known = False
        self._images: int | None = None
        """In the index when it was measured."""
        self._seen: int | None = None
        self._changing_since: float | None = None
        self._measured_at = 0.0
        self._names: dict[str, NameVectors | None] = {}
        self._levels: OrderedDict[object, Nearnesses | None] = OrderedDict()

    async def run(self) -> None:
        """Until cancelled. An outage only puts it off."""
        while True:
            try:
                await self.look()
            except Unavailable as exc:
                log.warning("the background is measured later", reason=exc.detail)
            except Exception:
                log.exception("the background could not be measured")
            await asyncio.sleep(LOOK_EVERY_S)

    async def look(self) -> None:
        """`refresh`, once the catalogue is as it was at the last look, or has changed for a minute.

        Raises StoreUnavailable.
        """
        images, now = await self._store.count_points(), self._clock()
        if images == self._seen:
            self._changing_since = None
        elif self._changing_since is None:
            self._changing_since = now
        self._seen = images
        since = self._changing_since
        rested = since is None or now - max(since, self._measured_at) >= RENEW_WHILE_CHANGING_S
        if self._images is None or rested:
            await self.refresh()

    async def refresh(self) -> None:
        """Measures anew where the catalogue has changed by a tenth, or ten minutes have passed.

        Raises StoreUnavailable.
        """
        images = await self._store.count_points()
        if not self._is_due(images):
            return
        begun = self._clock()
        sample = _one_a_product(await self._store.sample(confidence.SAMPLE_PRODUCTS))
        points = _one_a_picture(sample)
        background = None
        if len(points) >= confidence.LEAST_PRODUCTS:
            different = round(images * len(points) / len(sample))
            background = await asyncio.to_thread(self._measure, points, different)
            if self._background is None:
                self._publish(background)  # searches by picture need not wait for the texts
            names = await self._embed_names(points)
            texts = await asyncio.to_thread(self._measure_texts, points, names)
            background = replace(background, texts=texts)
        self._publish(background)
        self._images, self._measured_at = images, begun

    def confidences(
        self, parts: Sequence[QueryPart], weights: Mapping[str, float], scores: Sequence[float]
    ) -> list[float] | None:
        """How unusual each score is, 0 to 1; None where the background cannot tell."""
        if self._background is None:
            return None
        levels = self._levels_of(self._background, _shape(parts), weights)
        return None if levels is None else confidence.confidences(scores, levels)

    def match(
        self,
        parts: Sequence[QueryPart],
        weights: Mapping[str, float],
        best: float | None,
        *,
        ignored_words: Sequence[str] = (),
    ) -> Match:
        """Whether the search found what was searched for; `best` is None where it found nothing."""
        if not self._known or (self._background is None and self._has_changed()):
            return _unknown("The catalogue's background is not measured yet; ask again soon.")
        if self._background is None:
            return _unknown(
                "The catalogue is too small to tell what is unusual in it: that takes "
                f"{confidence.LEAST_PRODUCTS} products with different pictures."
            )
        if best is None:
            return Match(0.0, "nothing_alike", "There is no product to find in this search.")
        if ignored_words:
            words = ", ".join(f'"{word}"' for word in ignored_words)
            return _unknown(f"The search was made without {words}, which the encoder cannot read.")
        judged = self.confidences(parts, weights, [best])
        if judged is None:
            return _unknown(
                "There is no background for texts (yet): it takes the names of "
                f"{confidence.LEAST_PRODUCTS} products that the encoder can read."
            )
        return Match(judged[0], *_verdict(judged[0]))

    def _has_changed(self) -> bool:
        """Since it was measured, by the last look."""
        return self._seen is not None and self._seen != self._images

    def _is_due(self, images: int) -> bool:
        if self._images is None:
            return True
        age = self._clock() - self._measured_at
        if age >= RENEW_AFTER_S:
            return True
        if self._background is None:
            # As many pictures as before may be different ones by now.
            return images != self._images or (
                images >= confidence.LEAST_PRODUCTS and age >= RENEW_WHILE_CHANGING_S
            )
        return abs(images - self._images) > RENEW_AFTER_GROWTH * self._images

    def _publish(self, background: Background | None) -> None:
        self._background, self._known = background, True
        self._levels.clear()

    def _measure(self, points: Sequence[Point], images: int) -> Background:
        signals = self._embedder.signals
        first = points[: confidence.PROBES]
        vectors = [split(point.vector, signals).vectors for point in first]
        pictures = confidence.probes(vectors, range(len(first)), self._sample(points))
        return Background(pictures, None, sampled=len(points), images=images)

    def _measure_texts(
        self, points: Sequence[Point], names: Sequence[NameVectors | None]
    ) -> Probes | None:
        """The names are those of the first points; None where too few of them could be read."""
        readable = {row: vector for row, vector in enumerate(names) if vector is not None}
        if len(readable) < confidence.LEAST_PRODUCTS:
            return None
        return confidence.probes(list(readable.values()), list(readable), self._sample(points))

    def _sample(self, points: Sequence[Point]) -> dict[str, NDArray[np.float32]]:
        signals = self._embedder.signals
        ends = np.cumsum([signal.dimensions for signal in signals])[:-1]
        parts = np.split(np.stack([point.vector for point in points]), ends, axis=1)
        return {signal.name: part for signal, part in zip(signals, parts, strict=True)}

    async def _embed_names(self, points: Sequence[Point]) -> list[NameVectors | None]:
        """A few at a time, and none twice: searches come first."""
        names = [point.payload.product.name for point in points[: confidence.PROBES]]
        kept = {name: self._names[name] for name in names if name in self._names}
        new = [name for name in dict.fromkeys(names) if name not in kept]
        for start in range(0, len(new), NAMES_AT_ONCE):
            few = new[start : start + NAMES_AT_ONCE]
            vectors = await asyncio.gather(*(self._embed_name(name) for name in few))
            kept.update(zip(few, vectors, strict=True))
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

    def _levels_of(
        self, background: Background, shape: Shape, weights: Mapping[str, float]
    ) -> Nearnesses | None:
        key = (shape, tuple(weights.items()))
        if key in self._levels:
            self._levels.move_to_end(key)
        else:
            found = confidence.levels(background, shape, weights, self._embedder.signals)
            self._levels[key] = found
            if len(self._levels) > KEPT_LEVELS:
                self._levels.popitem(last=False)
        return self._levels[key]


def _one_a_product(points: Iterable[Point]) -> list[Point]:
    by_product: dict[str, Point] = {}
    for point in points:
        by_product.setdefault(point.payload.product.product_id, point)
    return list(by_product.values())


def _one_a_picture(points: Iterable[Point]) -> list[Point]:
    """Sizes of one article share a picture: as products they would all find each other."""
    by_picture: dict[str, Point] = {}
    for point in points:
        by_picture.setdefault(point.payload.image_id, point)
    return list(by_picture.values())


def _shape(parts: Iterable[QueryPart]) -> Shape:
    """The weights by kind, their absolute sum 1, so that equal mixtures have equal shapes."""
    totals = dict.fromkeys(("picture", "text", "unlike_picture", "unlike_text"), 0.0)
    for part in parts:
        kind = "text" if isinstance(part, TextPart) else "picture"
        totals[kind if part.weight > 0 else f"unlike_{kind}"] += abs(part.weight)
    whole = sum(totals.values())
    return Shape(**{kind: round(total / whole, 6) for kind, total in totals.items()})


def _unknown(detail: str) -> Match:
    return Match(None, "unknown", detail)


def _verdict(value: float) -> tuple[Literal["found", "unsure", "nothing_alike"], str]:
    percent = math.floor(min(value, 0.99) * 100)
    share = (
        f"The best hit is a better match than {percent}% of the catalogue's own"
        " products find once they and what looks most like them are hidden"
    )
    if value >= confidence.FOUND_FROM:
        return "found", f"{share}: what was searched for is most likely there."
    if value <= confidence.NOTHING_ALIKE_TO:
        return "nothing_alike", f"{share}: the catalogue most likely does not have it."
    return "unsure", f"{share}: it may be this, or only something like it."
