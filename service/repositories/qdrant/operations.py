"""Translates changes of the index into update operations of a Qdrant server."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from qdrant_client import models

from service.core.index import Changes, Payload
from service.repositories.shared.chunks import chunks
from service.repositories.shared.payload import to_stored
from service.repositories.shared.vectors import check_vectors

POINTS_PER_CALL = 64
IDS_PER_CALL = 1000


def to_operations(changes: Changes, dimensions: int) -> Iterator[list[models.UpdateOperation]]:
    """Yields the operations in one batch, or in several if there are many changes."""
    vectors = check_vectors([point.vector for point in changes.upserts], dimensions)
    points = [
        models.PointStruct(
            id=point.point_id, vector=vector.tolist(), payload=to_stored(point.payload)
        )
        for point, vector in zip(changes.upserts, vectors, strict=True)
    ]
    updates = list(changes.payloads.items())
    batches = [
        *([_upsert(chunk)] for chunk in chunks(points, POINTS_PER_CALL)),
        *([_overwrite(*update) for update in chunk] for chunk in chunks(updates, POINTS_PER_CALL)),
        *([_delete(chunk)] for chunk in chunks(changes.deletes, IDS_PER_CALL)),
    ]
    if len(points) <= POINTS_PER_CALL and len(updates) <= POINTS_PER_CALL and batches:
        yield [operation for batch in batches for operation in batch]
    else:
        yield from batches


def _upsert(points: Sequence[models.PointStruct]) -> models.UpdateOperation:
    return models.UpsertOperation(upsert=models.PointsList(points=list(points)))


def _overwrite(point_id: str, payload: Payload) -> models.UpdateOperation:
    """Selects the point by a filter, because the server refuses unknown ids elsewhere."""
    only = models.Filter(must=[models.HasIdCondition(has_id=[point_id])])
    return models.OverwritePayloadOperation(
        overwrite_payload=models.SetPayload(payload=to_stored(payload), filter=only)
    )


def _delete(point_ids: Sequence[str]) -> models.UpdateOperation:
    return models.DeleteOperation(delete=models.PointIdsList(points=list(point_ids)))
