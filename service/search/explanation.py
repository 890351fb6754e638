"""Explains hits: shows which parts of their pictures resemble the query, for each signal."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import structlog

from service.catalogue.records import ProductRecords, image_id
from service.core.embedding import GRID_SIDE, Embedding, PlacedShares
from service.core.errors import (
    InvalidImage,
    InvalidInput,
    Overloaded,
    StoreUnavailable,
    Unavailable,
)
from service.core.interfaces import Embedder
from service.core.product import ProductImage
from service.core.query import Ranking
from service.core.search import Explanation, Hit, SignalExplanation
from service.search.overlay import draw_overlay

MAX_EXPLAINED_HITS = 20

CONCURRENT_PICTURES = 8
"""The pictures of one search in the queue at once: enough to share a forward pass."""

log = structlog.stdlib.get_logger(__name__)


class Explainer:
    """Explains hits by encoding their pictures once more, together with the query."""

    def __init__(self, records: ProductRecords, embedder: Embedder) -> None:
        self._records, self._embedder = records, embedder

    def unexplained(self, query: Embedding) -> dict[str, str]:
        """Returns the reasons why signals have no explanations, by signal."""
        reasons = dict(self._embedder.unexplained)
        for signal in self._embedder.signals:
            if signal.name not in query.vectors:
                reasons[signal.name] = f"The query has no {signal.name} embedding."
        return reasons

    async def explained(
        self, hits: Sequence[Hit], query: Embedding, *, overlay: bool
    ) -> tuple[Hit, ...]:
        """Returns the hits with their explanations. Raises Overloaded and StoreUnavailable."""
        slots = asyncio.Semaphore(CONCURRENT_PICTURES)

        async def explain(hit: Hit) -> Hit:
            async with slots:
                return replace(hit, explanation=await self._explanation(hit, query, overlay))

        return tuple(await asyncio.gather(*(explain(hit) for hit in hits)))

    async def _explanation(self, hit: Hit, query: Embedding, overlay: bool) -> Explanation | None:
        """Returns None if the picture has been deleted meanwhile, or cannot be read any more."""
        product_id = hit.product.product_id
        picture = next((one for one in hit.product.images if one.image_id == hit.image_id), None)
        data = await self._records.read_image(product_id, hit.image_id)
        if picture is None or data is None:
            return None
        if await asyncio.to_thread(image_id, data) != hit.image_id:
            return None
        try:
            placed = await self._embedder.explain_image(data, query)
        except (Overloaded, StoreUnavailable):
            raise
        except (InvalidImage, Unavailable) as exc:
            log.warning("a hit is not explained", product_id=product_id, reason=exc.detail)
            return None
        return await asyncio.to_thread(_explanation, hit, placed, picture, overlay)


def check_explainable(ranking: Ranking) -> None:
    """Raises InvalidInput if the options ask for more than can be explained."""
    if ranking.overlay and not ranking.explain:
        raise InvalidInput(
            "An overlay shows an explanation; set `explain` to true, too.", place=("overlay",)
        )
    if ranking.explain and ranking.limit > MAX_EXPLAINED_HITS:
        raise InvalidInput(
            f"At most {MAX_EXPLAINED_HITS} hits are explained at once; lower `limit` from "
            f"{ranking.limit}, and use `offset` for more.",
            place=("limit",),
        )


def _explanation(
    hit: Hit, placed: Mapping[str, PlacedShares], picture: ProductImage, overlay: bool
) -> Explanation:
    return {
        name: _signal_explanation(placed[name], score.similarity, picture, overlay)
        if name in placed
        else None
        for name, score in hit.scores.items()
    }


def _signal_explanation(
    placed: PlacedShares, similarity: float, picture: ProductImage, overlay: bool
) -> SignalExplanation:
    """Spreads the part without a place evenly, so that the cells add up to the similarity."""
    cells = placed.cells.astype(np.float64)
    unplaced = similarity - float(cells.sum())
    grid = np.asarray(cells + unplaced / GRID_SIDE**2, np.float32)
    drawn = draw_overlay(grid, placed.view, picture.width, picture.height) if overlay else None
    return SignalExplanation(grid, placed.view, unplaced, drawn)
