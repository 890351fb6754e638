"""Calls the embedded engine. Only the engine process uses this module.

The shard has no graph (docs/decisions/0005). Scanning 20,000 vectors of 2560 numbers takes 7 ms,
and 60,000 take 22 ms. The graphs of 16 segments took 15 and 28 ms, and building them blocked
everything for up to 1.6 s.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

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
_EXACT = engine.SearchParams(exact=True)
_ALL_BUT_FILTER = engine.PayloadSelector.Exclude([FILTER])


class Shard:
    """The points in one directory. The engine reports every failure as a plain Exception."""

    def __init__(self, shard: engine.EdgeShard) -> None:
        self._shard = shard
        self._range_indexes = set(shard.info().payload_schema) - _INDEXES.keys()

    @classmethod
    def create(cls, directory: Path, dimensions: int) -> Shard:
        """Creates a shard in an existing, empty directory."""
        shard = engine.EdgeShard.create(str(directory), _config(dimensions))
        for field, schema in _INDEXES.items():
            shard.update(engine.UpdateOperation.create_field_index(field, schema))
        return cls(shard)

    @classmethod
    def load(cls, directory: Path, dimensions: int) -> Shard:
        """Opens a shard: repeats the writes in the log, compacts the segments, and flushes.

        Without the flush, a process that is killed again and again would have to repeat more and
        more writes: after 143 kills during uploads, a start took 71 s for 120 points.
        """
        shard = engine.EdgeShard.load(str(directory), _config(dimensions))
        loaded = cls(shard)
        loaded.compact()
        loaded.flush()
        return loaded

    def upsert(
        self, ids: Sequence[str], vectors: NDArray[np.float32], payloads: Sequence[dict[str, Any]]
    ) -> None:
        self._index_ranges(payloads)
        points = [engine.Point(*point) for point in zip(ids, vectors, payloads, strict=True)]
        self._shard.update(engine.UpdateOperation.upsert_points(points))

    def set_payloads(self, payloads: dict[str, dict[str, Any]]) -> None:
        """Replaces the payloads of existing points, because the engine refuses unknown ids."""
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
        """Returns `limit` ids from `start` on, and the start of the next page or None."""
        records, following = self._shard.scroll(
            engine.ScrollRequest(offset=start, limit=limit, with_payload=False)
        )
        return [str(record.id) for record in records], str(following) if following else None

    def points(
        self, start: str | None, limit: int
    ) -> tuple[list[tuple[str, NDArray[np.float32], dict[str, Any]]], str | None]:
        """Returns `limit` points by id from `start` on, and the start of the next page or None."""
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
        """Returns FINGERPRINT_FIELDS of `limit` points, and the start of the next page or None."""
        records, following = self._shard.scroll(
            engine.ScrollRequest(offset=start, limit=limit, with_payload=FINGERPRINT_FIELDS)
        )
        rows = [(str(record.id), record.payload or {}) for record in records]
        return rows, str(following) if following else None

    def count_products(self, filter: Filter | None) -> int:
        return self._shard.count(engine.CountRequest(exact=True, filter=products_only(filter)))

    def facet(self, name: str, limit: int, filter: Filter | None) -> list[FacetValue]:
        """Returns exact counts, although the request says `exact=False`.

        That option adds up the counts of the segments, and here no point is in two segments. The
        engine's own exact counts would take one query for each value, at 35 us.
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
        """Returns the most frequent names with their types, as written by `kind`."""
        request = engine.FacetRequest(HAS, limit=limit, exact=True)
        # The index may still list values that no point has any more, with a count of 0.
        return [str(hit.value) for hit in self._shard.facet(request).hits if hit.count]

    def count_points(self) -> int:
        return self._shard.count(engine.CountRequest(exact=True))

    def ping(self) -> None:
        self._shard.info()

    def flush(self) -> None:
        self._shard.flush()

    def compact(self) -> None:
        """Compacts segments of at least 1,000 points in which at least 20 % are deleted.

        This takes 20 us if there is no such segment, and 1.1 s for 20,000 vectors of 2560 numbers.
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
        """Creates an index for each new attribute with numbers or dates.

        At 20,000 points an index takes 0.4 s.
        """
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
        conditions = [is_number(path, number) for path, number in question.numbers.items()]
        if filter is not None:
            conditions.append(to_condition(filter))
        sorting = question.sorting
        records, _ = self._shard.scroll(
            engine.ScrollRequest(
                filter=filter_of(conditions),
                order_by=_order(sorting) if sorting else None,
                limit=sorting.limit if sorting else self.count_points(),
                with_payload=listing.LISTED_FIELDS,
            )
        )
        return [listing.listed(record.id, record.payload) for record in records]


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
    return engine.Query.Nearest(vector)  # type: ignore[arg-type]  # the engine accepts numpy arrays


def _order(sorting: listing.Sorting) -> engine.OrderBy:
    direction = engine.Direction.Desc if sorting.descending else engine.Direction.Asc
    return engine.OrderBy(sorting.path, direction, start_from=sorting.start)
