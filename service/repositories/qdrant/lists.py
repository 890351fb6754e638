"""Lists products in order, and counts terms, on a Qdrant server."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from qdrant_client import models

from service.core.filter import Filter
from service.core.index import FacetValue
from service.repositories.qdrant.calls import Call
from service.repositories.qdrant.conditions import filter_of, is_number, products_only, to_condition
from service.repositories.qdrant.operations import IDS_PER_CALL
from service.repositories.shared import facets, listing
from service.repositories.shared.filter_payload import term_path


class Lists:
    """Runs the plans of `listing` and `facets`, which the embedded store uses too."""

    def __init__(self, name: str, call: Call) -> None:
        self._name = name
        self._call = call

    async def run(self, plan: listing.Plan, filter: Filter | None) -> list[str]:
        """Returns the ids of the points, in the plan's order."""
        question = next(plan)
        while True:
            answer = await self._answer(question, filter)
            try:
                question = plan.send(answer)
            except StopIteration as end:
                return [item.point_id for item in end.value]

    async def facet(self, name: str, limit: int, filter: Filter | None) -> list[FacetValue]:
        plan = facets.most_frequent(name, limit)
        asked = next(plan)
        only = products_only(facets.counted(name, filter))
        while True:
            hits = await self.terms(term_path(name), asked, only)
            try:
                asked = plan.send(hits)
            except StopIteration as end:
                return list(end.value)

    async def terms(
        self, path: str, limit: int, only: models.Filter | None = None
    ) -> list[tuple[str, int]]:
        """Returns the most frequent terms of the path, with their counts."""
        answer = await self._call(
            lambda node: node.facet(self._name, path, limit=limit, facet_filter=only, exact=True)
        )
        return [(str(hit.value), hit.count) for hit in answer.hits if hit.count]

    async def page(self, **options: Any) -> tuple[list[models.Record], Any]:
        """Returns some points, and the start of the next page or None.

        `options` are passed to the client's `scroll`.
        """
        return await self._call(lambda node: node.scroll(self._name, **options))

    async def scroll(self, **options: Any) -> AsyncIterator[list[models.Record]]:
        """Yields all points in chunks. `options` are passed to the client's `scroll`."""
        start = None
        while True:
            records, start = await self.page(limit=IDS_PER_CALL, offset=start, **options)
            yield records
            if start is None:
                return

    async def _answer(
        self, question: listing.Question, filter: Filter | None
    ) -> list[listing.Listed]:
        conditions = [is_number(path, number) for path, number in question.numbers.items()]
        if filter is not None:
            conditions.append(to_condition(filter))
        options: dict[str, Any] = {
            "scroll_filter": filter_of(conditions),
            "with_payload": listing.LISTED_FIELDS,
        }
        if question.sorting is None:
            records = [record async for chunk in self.scroll(**options) for record in chunk]
        else:
            order, limit = _order(question.sorting), question.sorting.limit
            records, _ = await self.page(order_by=order, limit=limit, **options)
        return [listing.listed(record.id, record.payload) for record in records]


def _order(sorting: listing.Sorting) -> models.OrderBy:
    direction = models.Direction.DESC if sorting.descending else models.Direction.ASC
    return models.OrderBy(key=sorting.path, direction=direction, start_from=sorting.start)
