"""The embedded engine's shard in a directory, synchronous: lives in the engine process only.

It builds no graph. Scanning 20,000 vectors of 2560 numbers takes 7 ms and 60,000 take 22 ms, while
the graphs of 16 segments took 15 and 28 ms and building them stopped everything for up to 1.6 s.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import qdrant_edge as engine
from numpy.typing import NDArray

from service.core.filter import Filter
from service.core.index import FacetValue
from service.repositories.edge.conditions import (
    filter_of,
    has_any,
    is_number,
    products_only,
    to_condition,
)
from service.repositories.shared import facets, listing
from service.repositories.shared.filter_payload import (
    FILTER,
    HAS,
    MAX_RANGE_INDEXES,
    ORDER_PATHS,
    TERM_PATHS,
    range_paths,
    term_path,
)
from service.repositories.shared.payload import CREATED_US, FINGERPRINT_FIELDS, NAME, PRODUCT_ID

_NEVER_KB = 10**9
_LISTED = [CREATED_US, PRODUCT_ID]
_EXACT = engine.SearchParams(exact=True)
_ALL_BUT_FILTER = engine.PayloadSelector.Exclude([FILTER])

if TYPE_CHECKING:
    from qdrant_edge import ConditionType as Condition


class Shard:
    """Points in one directory. Raises what the engine raises: a bare Exception."""

    def __init__(self, shard: engine.EdgeShard) -> None:
        self._shard = shard
        self._range_indexes = set(shard.info().payload_schema) - _INDEXES.keys()

    @classmethod
    def create(cls, directory: Path, dimensions: int) -> Shard:
        """In a directory that exists and is empty."""
        shard = engine.EdgeShard.create(str(directory), _config(dimensions))
        for field, schema in _INDEXES.items():
            shard.update(engine.UpdateOperation.create_field_index(field, schema))
        return cls(shard)

    @classmethod
    def load(cls, directory: Path, dimensions: int) -> Shard:
        """Repeats the writes of the log, and takes the time to clear away deleted points.

        It flushes at once. Otherwise a process that is killed again and again would repeat ever
        more writes: after 143 kills under upload a start took 71 s for 120 points.
        """
        shard = engine.EdgeShard.load(str(directory), _config(dimensions))
        loaded = cls(shard)
        loaded.reclaim()
        loaded.flush()
        return loaded

    def upsert(
        self, ids: Sequence[str], vectors: NDArray[np.float32], payloads: Sequence[dict[str, Any]]
    ) -> None:
        self._index_ranges(payloads)
        points = [engine.Point(*point) for point in zip(ids, vectors, payloads, strict=True)]
        self._shard.update(engine.UpdateOperation.upsert_points(points))

    def set_payloads(self, payloads: dict[str, dict[str, Any]]) -> None:
        """The engine refuses unknown points, and so they are asked for first."""
        self._index_ranges(list(payloads.values()))
        for record in self._retrieve(list(payloads), with_payload=False):
            payload = payloads[str(record.id)]
            self._shard.update(engine.UpdateOperation.overwrite_payload([record.id], payload))

    def delete(self, ids: Sequence[str]) -> None:
        self._shard.update(engine.UpdateOperation.delete_points(list(ids)))

    def search(
        self,
        vector: NDArray[np.float32],
        limit: int,
        exclude_products: Sequence[str],
        filter: Filter | None,
    ) -> list[tuple[str, float, dict[str, Any]]]:
        conditions = [] if filter is None else [to_condition(filter)]
        without = [has_any(PRODUCT_ID, exclude_products)] if exclude_products else []
        found = self._shard.query(
            engine.QueryRequest(
                query=_nearest(vector),
                limit=limit,
                filter=filter_of(conditions, without),
                with_payload=_ALL_BUT_FILTER,
                params=_EXACT,
            )
        )
        return [(str(point.id), point.score, point.payload or {}) for point in found]

    def similarities(
        self, vectors: NDArray[np.float32], ids: Sequence[str]
    ) -> list[dict[str, float]]:
        only = engine.Filter(must=[engine.HasIdCondition(set(ids))])
        queries = [
            engine.QueryRequest(query=_nearest(row), limit=len(ids), filter=only, params=_EXACT)
            for row in vectors
        ]
        answers = self._shard.query_batch(engine.QueryBatchRequest(queries))
        return [{str(point.id): point.score for point in answer} for answer in answers]

    def payloads(self, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
        return {str(record.id): record.payload or {} for record in self._retrieve(ids)}

    def vectors(self, ids: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        records = self._retrieve(ids, with_payload=False, with_vector=True)
        return {str(record.id): np.array(record.vector, dtype=np.float32) for record in records}

    def newest(
        self, limit: int, after: tuple[int, str] | None, filter: Filter | None
    ) -> list[dict[str, Any]]:
        return self._listed(listing.newest(limit, after), filter)

    def by_id(self, limit: int, after: str | None, filter: Filter | None) -> list[dict[str, Any]]:
        return self._listed(listing.by_id(limit, after), filter)

    def point_ids(self, start: str | None, limit: int) -> tuple[list[str], str | None]:
        """`limit` ids from `start` on, and where the next ones start."""
        records, following = self._shard.scroll(
            engine.ScrollRequest(offset=start, limit=limit, with_payload=False)
        )
        return [str(record.id) for record in records], str(following) if following else None

    def points(
        self, start: str | None, limit: int
    ) -> tuple[list[tuple[str, NDArray[np.float32], dict[str, Any]]], str | None]:
        """`limit` points by id from `start` on, and where the next ones start."""
        records, following = self._shard.scroll(
            engine.ScrollRequest(
                offset=start, limit=limit, with_payload=_ALL_BUT_FILTER, with_vector=True
            )
        )
        rows = [
            (str(record.id), np.array(record.vector, dtype=np.float32), record.payload or {})
            for record in records
        ]
        return rows, str(following) if following else None

    def fingerprints(
        self, start: str | None, limit: int
    ) -> tuple[list[tuple[str, dict[str, Any]]], str | None]:
        """What fingerprints are made of, of `limit` points by id, and where the next ones start."""
        records, following = self._shard.scroll(
            engine.ScrollRequest(offset=start, limit=limit, with_payload=FINGERPRINT_FIELDS)
        )
        rows = [(str(record.id), record.payload or {}) for record in records]
        return rows, str(following) if following else None

    def count_products(self, filter: Filter | None) -> int:
        return self._shard.count(engine.CountRequest(exact=True, filter=products_only(filter)))

    def facet(self, name: str, limit: int, filter: Filter | None) -> list[FacetValue]:
        """Exact: what the engine calls that counts each value by a query of its own, 35 us a value.

        The other way adds up the segments, and here no point is in two of them.
        """
        plan = facets.most_frequent(name, limit)
        terms = next(plan)
        only = products_only(facets.counted(name, filter))
        while True:
            request = engine.FacetRequest(term_path(name), limit=terms, exact=False, filter=only)
            hits = [(str(hit.value), hit.count) for hit in self._shard.facet(request).hits]
            try:
                terms = plan.send(hits)
            except StopIteration as end:
                return list(end.value)

    def attribute_kinds(self, limit: int) -> list[str]:
        """The most frequent ones, as `kind` writes them."""
        request = engine.FacetRequest(HAS, limit=limit, exact=True)
        # Values that nothing has any more may still be there, with a count of 0.
        return [str(hit.value) for hit in self._shard.facet(request).hits if hit.count]

    def count_points(self) -> int:
        return self._shard.count(engine.CountRequest(exact=True))

    def ping(self) -> None:
        self._shard.info()

    def flush(self) -> None:
        self._shard.flush()

    def reclaim(self) -> None:
        """Writes anew what is for a fifth deleted points, and 1,000 points at least.

        Takes 20 us where nothing is, and 1.1 s for 20,000 vectors of 2560 numbers where it is.
        """
        self._shard.optimize()

    def close(self) -> None:
        self._shard.flush()
        self._shard.close()

    def _retrieve(
        self, ids: Sequence[str], *, with_payload: bool = True, with_vector: bool = False
    ) -> list[engine.Record]:
        payload = _ALL_BUT_FILTER if with_payload else False
        return self._shard.retrieve(list(ids), with_payload=payload, with_vector=with_vector)

    def _index_ranges(self, payloads: Sequence[dict[str, Any]]) -> None:
        """An index takes 0.4 s at 20,000 points, once for each attribute with numbers or dates."""
        for path, table in range_paths(one[FILTER] for one in payloads).items():
            if path not in self._range_indexes and len(self._range_indexes) < MAX_RANGE_INDEXES:
                schema = _RANGE_INDEXES[table]
                self._shard.update(engine.UpdateOperation.create_field_index(path, schema))
                self._range_indexes.add(path)

    def _listed(self, plan: listing.Plan, filter: Filter | None) -> list[dict[str, Any]]:
        question = next(plan)
        while True:
            try:
                question = plan.send(self._answer(question, filter))
            except StopIteration as end:
                payloads = self.payloads([item.point_id for item in end.value])
                return [payloads[item.point_id] for item in end.value]

    def _answer(self, question: listing.Question, filter: Filter | None) -> list[listing.Listed]:
        conditions = [] if filter is None else [to_condition(filter)]
        order, limit = None, self.count_points()
        match question:
            case listing.AtTime(created_us):
                conditions.append(is_number(CREATED_US, created_us))
            case listing.UpTo(created_us, limit):
                order = engine.OrderBy(CREATED_US, engine.Direction.Desc, start_from=created_us)
            case listing.WithPrefix(prefix):
                conditions += _prefix(prefix)
            case listing.From(prefix, least, limit):
                conditions += _prefix(prefix)
                order = engine.OrderBy(
                    ORDER_PATHS[len(prefix)], engine.Direction.Asc, start_from=least
                )
        records, _ = self._shard.scroll(
            engine.ScrollRequest(
                filter=filter_of(conditions),
                order_by=order,
                limit=limit,
                with_payload=_LISTED,
            )
        )
        return [_listed(record) for record in records]


_INTEGERS = engine.IntegerIndexParams(lookup=True, range=True)
_INDEXES: dict[str, Any] = {
    CREATED_US: _INTEGERS,
    **dict.fromkeys((PRODUCT_ID, NAME, HAS, *TERM_PATHS), engine.KeywordIndexParams()),
    **dict.fromkeys(ORDER_PATHS, _INTEGERS),
}
_RANGE_INDEXES: dict[str, Any] = {
    "numbers": engine.FloatIndexParams(),
    "dates": engine.DatetimeIndexParams(),
}


def _config(dimensions: int) -> engine.EdgeConfig:
    return engine.EdgeConfig(
        vectors=engine.EdgeVectorParams(size=dimensions, distance=engine.Distance.Dot),
        optimizers=engine.EdgeOptimizersConfig(
            indexing_threshold=_NEVER_KB, deleted_threshold=0.2, vacuum_min_vector_number=1000
        ),
        wal_enabled=True,
    )


def _nearest(vector: NDArray[np.float32]) -> engine.Query:
    return engine.Query.Nearest(vector)  # type: ignore[arg-type]  # numpy rows are taken as they are


def _prefix(prefix: Sequence[int]) -> list[Condition]:
    return [is_number(path, number) for path, number in zip(ORDER_PATHS, prefix, strict=False)]


def _listed(record: engine.Record) -> listing.Listed:
    payload = record.payload or {}
    return listing.Listed(payload[CREATED_US], payload[PRODUCT_ID], str(record.id))
