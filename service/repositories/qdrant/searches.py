"""Searches a collection on a Qdrant server: exactly if it is small, otherwise by the graph."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from qdrant_client import models

from service.core.filter import Filter
from service.repositories.qdrant.calls import Call
from service.repositories.qdrant.collection import MAX_HNSW_EF, Collection
from service.repositories.qdrant.conditions import filter_of, has_any, to_condition
from service.repositories.shared.filter_payload import FILTER
from service.repositories.shared.payload import PRODUCT_ID

EXACT = models.SearchParams(exact=True)
ALL_BUT_FILTER = models.PayloadSelectorExclude(exclude=[FILTER])
_COUNT_AGE_S = 10.0


class Searches:
    """Chooses between an exact scan and the graph, by the number of points that qualify."""

    def __init__(self, collection: Collection, call: Call, exact_max_points: int) -> None:
        self._name = collection.name
        self._quantization = collection.quantization
        self._call = call
        self._exact_max_points = exact_max_points
        self._counted: tuple[float, int] | None = None

    async def search(
        self,
        query: list[float],
        *,
        limit: int,
        exclude_products: Sequence[str],
        filter: Filter | None,
        width: int,
    ) -> list[models.ScoredPoint]:
        """Returns the `limit` points with the largest inner products, in descending order."""
        conditions = [] if filter is None else [to_condition(filter)]
        without = [has_any(PRODUCT_ID, exclude_products)] if exclude_products else []
        only = filter_of(conditions, without)
        params = await self._search_params(width, only if conditions else None)
        points = await self._nearest(query, limit, only, params)
        if conditions and len(points) < limit and not params.exact:
            # A filter may disconnect the graph, so that the search ends too early.
            points = await self._nearest(query, limit, only, EXACT)
        return points

    async def count(self, **options: Any) -> int:
        """Returns the number of points. `options` are passed to the client's `count`."""
        return (await self._call(lambda node: node.count(self._name, **options))).count

    async def _nearest(
        self,
        query: list[float],
        limit: int,
        only: models.Filter | None,
        params: models.SearchParams,
    ) -> list[models.ScoredPoint]:
        found = await self._call(
            lambda node: node.query_points(
                self._name,
                query=query,
                limit=limit,
                query_filter=only,
                search_params=params,
                with_payload=ALL_BUT_FILTER,
            )
        )
        return found.points

    async def _search_params(self, width: int, only: models.Filter | None) -> models.SearchParams:
        """Returns the parameters: exact if few points qualify, otherwise by the graph.

        Scores are exact in both cases, because quantized candidates are rescored.
        """
        few = self._exact_max_points
        if await self._size() <= few:
            return EXACT
        if only is not None and await self.count(count_filter=only, exact=False) <= few:
            return EXACT
        quantized = self._quantization != "none"
        rescored = models.QuantizationSearchParams(rescore=True, oversampling=2.0)
        return models.SearchParams(
            hnsw_ef=min(width, MAX_HNSW_EF), quantization=rescored if quantized else None
        )

    async def _size(self) -> int:
        """Returns a number of points that is at most _COUNT_AGE_S old, to save calls."""
        now = time.monotonic()
        if self._counted is None or now - self._counted[0] > _COUNT_AGE_S:
            self._counted = (now, await self.count(exact=False))
        return self._counted[1]
