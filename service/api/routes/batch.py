"""The call that writes many products in one request."""

from __future__ import annotations

import asyncio

import structlog
from fastapi import APIRouter, Request

from service.api import serializers
from service.api.bodies.manifest import Entry, InvalidEntry, read_batch
from service.api.bodies.models.products import BatchForm
from service.api.dependencies import CatalogueDep, LimitsDep, RootDep
from service.api.openapi import described, multipart_body
from service.api.problems import problem_of
from service.api.schemas.base import Problem
from service.api.schemas.products import BatchAnswer, BatchResult
from service.catalogue.products import Catalogue, Written
from service.core.errors import within

log = structlog.stdlib.get_logger(__name__)
router = APIRouter(tags=["products"])

CONCURRENT_ENTRIES = 16
"""Entries written at the same time: they fill the models' batches but not the models' queue."""


@router.post(
    "/products/batch",
    operation_id="batchProducts",
    **described(413, 415, body=multipart_body(BatchForm)),
)
async def batch_products(
    request: Request, catalogue: CatalogueDep, limits: LimitsDep, root: RootDep
) -> BatchAnswer:
    """Create or replace up to 64 products. Each has its own result: a failure affects no other."""
    entries = await read_batch(request, file_bytes=limits.image_bytes)
    slots = asyncio.Semaphore(CONCURRENT_ENTRIES)

    async def result(index: int, entry: Entry | InvalidEntry) -> BatchResult:
        async with slots:
            if isinstance(entry, InvalidEntry):
                return _failed(index, entry.product_id, entry.error, request_id)
            try:
                with within("manifest", index):
                    written = await _write(catalogue, entry)
            except Exception as error:
                return _failed(index, entry.product_id, error, request_id)
        return BatchResult(
            index=index,
            product_id=written.product.product_id,
            status=written.status,
            near_duplicates=serializers.near_duplicates(root, written.near_duplicates),
            warnings=list(written.warnings),
        )

    request_id = request.scope.get("request_id")
    results = await asyncio.gather(*(result(n, entry) for n, entry in enumerate(entries)))
    return BatchAnswer(results=list(results))


async def _write(catalogue: Catalogue, entry: Entry) -> Written:
    if entry.product_id is None:
        return await catalogue.create(None, entry.fields, entry.images)
    return await catalogue.replace(entry.product_id, entry.fields, entry.images)


def _failed(
    index: int, product_id: str | None, error: Exception, request_id: str | None
) -> BatchResult:
    problem = problem_of(error)
    if problem.status == 500:
        log.error("batch entry failed", index=index, exc_info=error)
    return BatchResult(
        index=index,
        product_id=product_id,
        status="failed",
        near_duplicates=[],
        warnings=[],
        problem=Problem.model_validate(problem.body(request_id)),
    )
