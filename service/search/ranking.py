"""Finds and ranks the products for a query."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import islice

from service.confidence.baseline import CatalogueBaseline
from service.core.embedding import Embedding, Signal, Vector
from service.core.errors import InvalidQuery, NotFound, within
from service.core.filter import Filter
from service.core.index import ScoredPoint
from service.core.interfaces import VectorStore
from service.core.query import EmbeddedPart, ProductPart, QueryPart, Ranking, shares_by_kind
from service.core.search import Hit, SearchResult, SignalScore
from service.filters.facets import count_facets
from service.filters.types import AttributeTypes
from service.scoring import hybrid
from service.scoring.weights import normalise, restrict
from service.search.explanation import Explainer, check_explainable
from service.search.query_embedding import QueryEmbedder
from service.search.tokens import QueryTokens

SEARCH_WIDTH = 128
SEARCH_WIDTH_SKEWED = 256
SKEWED_BELOW = 0.15
"""A search with a weight below this is wider.

The graph is built for equal weights, and finds less if one signal hardly counts.
"""

SCORE_MARGIN = 1e-4
"""The engine scores in float32, so it is asked for slightly less than `min_score`."""

MAX_TIES = 4096
"""Up to this many products with equal scores have the same order on all pages."""


class Search:
    """Ranks products by the exact hybrid score. The best image of a product represents it."""

    def __init__(
        self,
        queries: QueryEmbedder,
        store: VectorStore,
        signals: Sequence[Signal],
        default_weights: Mapping[str, float],
        baseline: CatalogueBaseline,
        explainer: Explainer,
        tokens: QueryTokens,
        *,
        is_partial: Callable[[], bool] = lambda: False,
    ) -> None:
        self._is_partial = is_partial
        self._queries = queries
        self._store = store
        self._explainer = explainer
        self.tokens = tokens
        self.signals = signals
        self._baseline = baseline
        self._names = [signal.name for signal in signals]
        self.default_weights = normalise(default_weights, self._names)
        self._attributes = AttributeTypes(store)

    async def find(
        self, parts: Sequence[QueryPart], ranking: Ranking, *, exclude: Sequence[str] = ()
    ) -> SearchResult:
        """Finds the products nearest to the parts, which `service.scoring.mixture` joins.

        `exclude` holds ids of products to leave out. The place of an error begins with `parts`
        or with a field of Ranking. Raises InvalidImage, InvalidCrop,
        InvalidText, InvalidQuery, InvalidWeights, InvalidFilter, Overloaded, StoreUnavailable,
        and InvalidInput for too many explanations.
        """
        started = time.perf_counter()
        check_explainable(ranking)
        with within("weights"):
            weights = self._weights(ranking.weights)
        if ranking.filter is not None:
            with within("filter"):
                await self._attributes.check(ranking.filter)
        with within("parts"):
            query = await self._queries.embed(parts)
        searching, partial = time.perf_counter(), self._is_partial()
        used = restrict(weights, list(query.embedding.vectors))
        ranked = await self._ranked(query.embedding, used, ranking, exclude)
        best = ranked[0].score if ranked else None
        ignored = query.ignored_words
        match = self._baseline.match(parts, used, best, ignored_words=ignored, partial=partial)
        hits = _page(ranked, ranking)
        if not ignored:
            hits = self._judged(hits, parts, used)
        facets = await count_facets(self._store, ranking.facets, ranking.filter)
        took_ms = {
            "decode": query.decode_ms,
            "embed": query.embed_ms,
            "search": _ms_since(searching),
        }
        encoders = {signal.name: signal.encoder for signal in self.signals}
        unexplained = {}
        if ranking.explain:
            explaining = time.perf_counter()
            hits = await self._explainer.explained(hits, query.embedding, overlay=ranking.overlay)
            unexplained = self._explainer.unexplained(query.embedding)
            took_ms["explain"] = _ms_since(explaining)
        took_ms["total"] = _ms_since(started)
        return SearchResult(
            used,
            encoders,
            ignored,
            hits,
            match,
            took_ms,
            unexplained,
            facets,
            partial=partial,
            query=EmbeddedPart(query.embedding, 1.0, shares_by_kind(parts), ignored),
            warnings=query.warnings,
        )

    async def similar(self, product_id: str, ranking: Ranking) -> SearchResult:
        """Finds the products nearest to this one, which is left out.

        Raises NotFound, InvalidWeights, InvalidFilter and StoreUnavailable.
        """
        try:
            return await self.find([ProductPart(product_id)], ranking, exclude=[product_id])
        except InvalidQuery as exc:
            raise NotFound(exc.detail) from exc

    def _weights(self, weights: Mapping[str, float] | None) -> Mapping[str, float]:
        return self.default_weights if weights is None else normalise(weights, self._names)

    async def _ranked(
        self,
        embedding: Embedding,
        weights: Mapping[str, float],
        ranking: Ranking,
        exclude: Sequence[str],
    ) -> list[Hit]:
        """Ranks the hits up to the end of the page, or the best one if all miss `min_score`."""
        vector = hybrid.query_vector(embedding, weights, self.signals)
        last = ranking.offset + ranking.limit
        least = ranking.min_score
        floor = None if least is None else least - SCORE_MARGIN
        width, filter = _search_width(weights), ranking.filter
        points = await self._best_points(vector, last, floor, width, exclude, filter)
        if not points and floor is not None:
            points = await self._best_points(vector, 1, None, width, exclude, filter)
        scores = await self._breakdowns(embedding, weights, points)
        scored = sorted(
            ((_total(scores[p.point_id]), p) for p in points if p.point_id in scores),
            key=lambda scored: (-scored[0], scored[1].payload.product.product_id),
        )
        return [
            _hit(rank, score, point, scores[point.point_id])
            for rank, (score, point) in enumerate(scored, start=1)
        ]

    def _judged(
        self, hits: tuple[Hit, ...], parts: Sequence[QueryPart], weights: Mapping[str, float]
    ) -> tuple[Hit, ...]:
        judged = self._baseline.confidences(parts, weights, [hit.score for hit in hits])
        if judged is None:
            return hits
        return tuple(replace(hit, confidence=one) for hit, one in zip(hits, judged, strict=True))

    async def _best_points(
        self,
        vector: Vector,
        limit: int,
        min_score: float | None,
        width: int,
        exclude: Sequence[str],
        filter: Filter | None,
    ) -> list[ScoredPoint]:
        """Returns the best image of each of the best `limit` products.

        Products whose score equals that of the last one are included, because the engine picks
        among them in another order than the pages show.
        """
        best: dict[str, ScoredPoint] = {}
        fetch = 2 * limit
        while True:
            points = await self._store.search(
                vector,
                limit=fetch,
                min_score=min_score,
                exclude_products=(*exclude, *best),
                filter=filter,
                width=max(width, fetch),
            )
            for point in points:
                best.setdefault(point.payload.product.product_id, point)
            if len(points) < fetch or len(best) >= limit + MAX_TIES:
                return list(best.values())
            if len(best) >= limit:
                last = next(islice(best.values(), limit - 1, None))
                if points[-1].score < last.score - SCORE_MARGIN:
                    return list(best.values())
            fetch *= 2

    async def _breakdowns(
        self, embedding: Embedding, weights: Mapping[str, float], points: list[ScoredPoint]
    ) -> dict[str, dict[str, SignalScore]]:
        """Returns the exact scores of every signal for every point, by point id."""
        queries = hybrid.signal_vectors(embedding, self.signals)
        ids = [point.point_id for point in points]
        answers = await self._store.similarities(list(queries.values()), ids) if ids else []
        by_signal = dict(zip(queries, answers, strict=False))
        # A point deleted between the two calls has no similarities, and is left out.
        return {
            point_id: hybrid.breakdown(
                {name: _cosine(answer[point_id]) for name, answer in by_signal.items()}, weights
            )
            for point_id in ids
            if all(point_id in answer for answer in answers)
        }


def _page(ranked: Sequence[Hit], ranking: Ranking) -> tuple[Hit, ...]:
    least = ranking.min_score
    kept = [hit for hit in ranked if least is None or hit.score >= least]
    return tuple(kept[ranking.offset : ranking.offset + ranking.limit])


def _search_width(weights: Mapping[str, float]) -> int:
    return SEARCH_WIDTH_SKEWED if min(weights.values()) < SKEWED_BELOW else SEARCH_WIDTH


def _cosine(similarity: float) -> float:
    """Clips a cosine to the range -1 to 1, which rounding may exceed."""
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
