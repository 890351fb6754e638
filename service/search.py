"""Use cases on queries: embed, weigh, find, rank."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping

from service.interfaces import Embedder, VectorStore
from service.models import (
    Crop,
    Embedding,
    Hit,
    Priority,
    ScoredPoint,
    SearchResult,
    SignalScore,
    Vector,
)
from service.scoring import hybrid
from service.scoring.weights import normalise, restrict

SEARCH_WIDTH = 128
SEARCH_WIDTH_LOPSIDED = 256
LOPSIDED_BELOW = 0.15
"""A graph built on equal halves finds less where one hardly counts, so it is searched wider."""

SCORE_MARGIN = 1e-4
"""The engine scores in float32: ask for a little more than `min_score`, then compare exactly."""


class Search:
    """Ranks products by the exact hybrid score; one hit a product, the best of its images."""

    def __init__(
        self, embedder: Embedder, store: VectorStore, default_weights: Mapping[str, float]
    ) -> None:
        self._embedder = embedder
        self._store = store
        self._signals = embedder.signals
        self._names = [signal.name for signal in embedder.signals]
        self._default_weights = normalise(default_weights, self._names)

    async def by_image(
        self,
        data: bytes,
        *,
        limit: int,
        weights: Mapping[str, float] | None = None,
        min_score: float | None = None,
        crop: Crop | None = None,
    ) -> SearchResult:
        """The products that look most like the picture.

        Raises InvalidImage, InvalidCrop, InvalidWeights, Overloaded, StoreUnavailable.
        """
        started = time.perf_counter()
        checked = self._weights(weights)
        image = await self._embedder.embed_image(data, crop=crop, priority=Priority.SEARCH)
        searching = time.perf_counter()
        hits = await self._hits(image.embedding, checked, limit, min_score)
        return self._result(
            checked,
            hits,
            decode=image.decode_ms,
            embed=image.embed_ms,
            search=_ms_since(searching),
            total=_ms_since(started),
        )

    def _weights(self, weights: Mapping[str, float] | None) -> Mapping[str, float]:
        return self._default_weights if weights is None else normalise(weights, self._names)

    async def _hits(
        self,
        embedding: Embedding,
        weights: Mapping[str, float],
        limit: int,
        min_score: float | None,
    ) -> tuple[Hit, ...]:
        weights = restrict(weights, list(embedding.vectors))
        vector = hybrid.query_vector(embedding, weights, self._signals)
        floor = None if min_score is None else min_score - SCORE_MARGIN
        points = await self._best_points(vector, limit, floor, _search_width(weights))
        scores = await self._breakdowns(embedding, weights, points)
        ranked = sorted(
            (
                (_total(scores[point.point_id]), point)
                for point in points
                if point.point_id in scores
            ),
            key=lambda scored: (-scored[0], scored[1].payload.product.product_id),
        )
        kept = [scored for scored in ranked if min_score is None or scored[0] >= min_score]
        return tuple(
            _hit(rank, score, point, scores[point.point_id])
            for rank, (score, point) in enumerate(kept[:limit], start=1)
        )

    async def _best_points(
        self, vector: Vector, limit: int, min_score: float | None, width: int
    ) -> list[ScoredPoint]:
        """Each product's best image, until there are `limit` products or no more images."""
        best: dict[str, ScoredPoint] = {}
        fetch = 2 * limit
        while True:
            points = await self._store.search(
                vector,
                limit=fetch,
                min_score=min_score,
                exclude_products=tuple(best),
                width=max(width, fetch),
            )
            for point in points:
                best.setdefault(point.payload.product.product_id, point)
            if len(best) >= limit or len(points) < fetch:
                return list(best.values())
            fetch *= 2

    async def _breakdowns(
        self, embedding: Embedding, weights: Mapping[str, float], points: list[ScoredPoint]
    ) -> dict[str, dict[str, SignalScore]]:
        """The exact similarity of every signal with every point found, by point id."""
        queries = hybrid.signal_vectors(embedding, self._signals)
        ids = [point.point_id for point in points]
        answers = await self._store.similarities(list(queries.values()), ids) if ids else []
        by_signal = dict(zip(queries, answers, strict=False))
        # A point deleted between the two calls has no similarities, and so is no hit.
        return {
            point_id: hybrid.breakdown(
                {name: _cosine(answer[point_id]) for name, answer in by_signal.items()}, weights
            )
            for point_id in ids
            if all(point_id in answer for answer in answers)
        }

    def _result(
        self, weights: Mapping[str, float], hits: tuple[Hit, ...], **took_ms: float
    ) -> SearchResult:
        return SearchResult(
            weights=weights,
            encoders={signal.name: signal.encoder for signal in self._signals},
            hits=hits,
            took_ms=took_ms,
        )


def _search_width(weights: Mapping[str, float]) -> int:
    return SEARCH_WIDTH_LOPSIDED if min(weights.values()) < LOPSIDED_BELOW else SEARCH_WIDTH


def _cosine(similarity: float) -> float:
    """Rounding may carry the product of two unit vectors past 1."""
    return max(-1.0, min(1.0, similarity))


def _total(scores: Mapping[str, SignalScore]) -> float:
    return math.fsum(score.contribution for score in scores.values())


def _hit(rank: int, score: float, point: ScoredPoint, scores: Mapping[str, SignalScore]) -> Hit:
    return Hit(
        rank=rank,
        score=score,
        scores=scores,
        image_id=point.payload.image_id,
        product=point.payload.product,
    )


def _ms_since(started: float) -> float:
    return (time.perf_counter() - started) * 1000
