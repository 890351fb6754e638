"""Products in order, and counts of terms, on a Qdrant server."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any, ParamSpec, Protocol, TypeVar

from qdrant_client import AsyncQdrantClient, models

from service.core.filter import Filter
from service.core.index import FacetValue
from service.repositories.qdrant.conditions import filter_of, is_number, products_only, to_condition
from service.repositories.qdrant.operations import IDS_PER_CALL
from service.repositories.shared import facets, listing
from service.repositories.shared.filter_payload import ORDER_PATHS, term_path
from service.repositories.shared.payload import CREATED_US, PRODUCT_ID

_LISTED = [CREATED_US, PRODUCT_ID]

P = ParamSpec("P")
T = TypeVar("T")


class Call(Protocol):
    """How the store calls its client: with its timeouts, and with the collection in place."""

    async def __call__(
        self, call: Callable[P, Awaitable[T]], /, *args: P.args, **kwargs: P.kwargs
    ) -> T: ...


class Lists:
    """Runs the plans that both stores share."""

    def __init__(self, client: AsyncQdrantClient, name: str, call: Call) -> None:
        self._client = client
        self._name = name
        self._call = call

    async def run(self, plan: listing.Plan, filter: Filter | None) -> list[str]:
        """The ids of the points, in the plan's order."""
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
        """The most frequent terms of the path, with their counts."""
        answer = await self._call(
            self._client.facet, self._name, path, limit=limit, facet_filter=only, exact=True
        )
        return [(str(hit.value), hit.count) for hit in answer.hits if hit.count]

    async def scroll(self, **options: Any) -> AsyncIterator[list[models.Record]]:
        """Every point, in chunks; `options` are the client's own."""
        start = None
        while True:
            records, start = await self._call(
                self._client.scroll, self._name, limit=IDS_PER_CALL, offset=start, **options
            )
            yield records
            if start is None:
                return

    async def _answer(
        self, question: listing.Question, filter: Filter | None
    ) -> list[listing.Listed]:
        conditions = [] if filter is None else [to_condition(filter)]
        match question:
            case listing.AtTime(created_us):
                return await self._all([*conditions, is_number(CREATED_US, created_us)])
            case listing.WithPrefix(prefix):
                return await self._all(conditions + _prefix(prefix))
            case listing.UpTo(created_us, limit):
                order = models.OrderBy(
                    key=CREATED_US, direction=models.Direction.DESC, start_from=created_us
                )
            case listing.From(prefix, least, limit):
                conditions += _prefix(prefix)
                order = models.OrderBy(
                    key=ORDER_PATHS[len(prefix)], direction=models.Direction.ASC, start_from=least
                )
        records, _ = await self._call(
            self._client.scroll,
            self._name,
            scroll_filter=filter_of(conditions),
            order_by=order,
            limit=limit,
            with_payload=_LISTED,
        )
        return [_listed(record) for record in records]

    async def _all(self, conditions: list[models.Condition]) -> list[listing.Listed]:
        pages = self.scroll(scroll_filter=filter_of(conditions), with_payload=_LISTED)
        return [_listed(record) async for records in pages for record in records]


def _prefix(prefix: Sequence[int]) -> list[models.Condition]:
    return [is_number(path, number) for path, number in zip(ORDER_PATHS, prefix, strict=False)]


def _listed(record: models.Record) -> listing.Listed:
    payload = record.payload or {}
    return listing.Listed(payload[CREATED_US], payload[PRODUCT_ID], str(record.id))
