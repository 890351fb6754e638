"""Use cases on queries: embed, weigh, find, rank."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence

from service.errors import InvalidQuery, NotFound
from service.interfaces import VectorStore
from service.models import (
    Embedding,
    Hit,
    ProductPart,
    QueryPart,
    Ranking,
    ScoredPoint,
    SearchResult,
    Signal,
    SignalScore,
    Vector,
)
from service.query import QueryEmbedder
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
        self,
        queries: QueryEmbedder,
        store: VectorStore,
        signals: Sequence[Signal],
        default_weights: Mapping[str, float],
    ) -> None:
        self._queries = queries
        self._store = store
        self._signals = signals
        self._names = [signal.name for signal in signals]
        self._default_weights = normalise(default_weights, self._names)

    async def find(
        self, parts: Sequence[QueryPart], ranking: Ranking, *, exclude: Sequence[str] = ()
    ) -> SearchResult:
        """The products nearest to all parts together, as `service.scoring.mixture` joins them.

        `exclude` are ids of products to leave out. Raises InvalidImage, InvalidCrop, InvalidText,
        InvalidQuery, InvalidWeights, Overloaded, StoreUnavailable.
        """
        started = time.perf_counter()
        weights = self._weights(ranking.weights)
        query = await self._queries.embed(parts)
        searching = time.perf_counter()
        used = restrict(weights, list(query.embedding.vectors))
        hits = await self._hits(query.embedding, used, ranking, exclude)
        took_ms = {
            "decode": query.decode_ms,
            "embed": query.embed_ms,
            "search": _ms_since(searching),
            "total": _ms_since(started),
        }
        encoders = {signal.name: signal.encoder for signal in self._signals}
        return SearchResult(used, encoders, query.ignored_words, hits, took_ms)

    async def similar(self, product_id: str, ranking: Ranking) -> SearchResult:
        """The products nearest to this one, itself left out. Raises NotFound, InvalidWeights,
        StoreUnavailable."""
        try:
            return await self.find([ProductPart(product_id)], ranking, exclude=[product_id])
        except InvalidQuery as exc:
            raise NotFound(exc.detail) from exc

    def _weights(self, weights: Mapping[str, float] | None) -> Mapping[str, float]:
        return self._default_weights if weights is None else normalise(weights, self._names)

    async def _hits(
        self,
        embedding: Embedding,
        weights: Mapping[str, float],
        ranking: Ranking,
        exclude: Sequence[str],
    ) -> tuple[Hit, ...]:
        vector = hybrid.query_vector(embedding, weights, self._signals)
        last = ranking.offset + ranking.limit
        least = ranking.min_score
        floor = None if least is None else least - SCORE_MARGIN
        points = await self._best_points(vector, last, floor, _search_width(weights), exclude)
        scores = await self._breakdowns(embedding, weights, points)
        ranked = sorted(
            ((_total(scores[p.point_id]), p) for p in points if p.point_id in scores),
            key=lambda scored: (-scored[0], scored[1].payload.product.product_id),
        )
        kept = [scored for scored in ranked if least is None or scored[0] >= least]
        return tuple(
            _hit(rank, score, point, scores[point.point_id])
            for rank, (score, point) in enumerate(kept[:last], start=1)
            if rank > ranking.offset
        )

    async def _best_points(
        self,
        vector: Vector,
        limit: int,
        min_score: float | None,
        width: int,
        exclude: Sequence[str],
    ) -> list[ScoredPoint]:
        """Each product's best image, until there are `limit` products or no more images."""
        best: dict[str, ScoredPoint] = {}
        fetch = 2 * limit
        while True:
            points = await self._store.search(
                vector,
                limit=fetch,
                min_score=min_score,
                exclude_products=(*exclude, *best),
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
