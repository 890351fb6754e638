"""Many products in one request: one bad entry fails alone."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Literal

import structlog
from fastapi import APIRouter, Request

from service.api import schemas
from service.api import serializers as views
from service.api.bodies import form_schemas as forms
from service.api.bodies.manifest import Entry, read_batch
from service.api.dependencies import CatalogDep, DuplicatesDep, RootDep, SettingsDep
from service.api.openapi import described, multipart_body
from service.api.problems import FieldError, Problem, problem_of
from service.catalogue.products import Catalogue
from service.core.product import Product

log = structlog.stdlib.get_logger(__name__)
router = APIRouter(tags=["products"])

CONCURRENT_ENTRIES = 16
"""Enough to fill the batches of the models, and few enough to leave room in their queue."""


@router.post(
    "/products/batch",
    operation_id="batchProducts",
    **described(413, 415, body=multipart_body(forms.BatchForm)),
)
async def batch_products(
    request: Request,
    catalogue: CatalogDep,
    duplicates: DuplicatesDep,
    settings: SettingsDep,
    root: RootDep,
) -> schemas.BatchAnswer:
    """Create or replace up to 64 products. Each has its own result: a bad one fails alone."""
    entries = await read_batch(request, settings)
    room = asyncio.Semaphore(CONCURRENT_ENTRIES)

    async def result(index: int, entry: Entry | Exception) -> schemas.BatchResult:
        async with room:
            if isinstance(entry, Exception):
                return _failed(index, None, entry, request_id)
            try:
                await duplicates.prepare()
                product, status = await _write(catalogue, entry)
            except Exception as error:
                return _failed(index, entry.product_id, error, request_id)
            return schemas.BatchResult(
                index=index,
                product_id=product.product_id,
                status=status,
                near_duplicates=views.near_duplicates(root, await duplicates.of(product)),
            )

    request_id = request.scope.get("request_id")
    results = await asyncio.gather(*(result(n, entry) for n, entry in enumerate(entries)))
    return schemas.BatchAnswer(results=list(results))


async def _write(
    catalogue: Catalogue, entry: Entry
) -> tuple[Product, Literal["created", "replaced", "unchanged"]]:
    if entry.product_id is None:
        product = await catalogue.create(None, entry.fields, entry.images)
        return product, "created"
    written = await catalogue.replace(entry.product_id, entry.fields, entry.images)
    return written.product, written.status


def _failed(
    index: int, product_id: str | None, error: Exception, request_id: str | None
) -> schemas.BatchResult:
    problem = problem_of(error)
    if problem.status == 500:
        log.error("batch entry failed", index=index, exc_info=error)
    return schemas.BatchResult(
        index=index,
        product_id=product_id,
        status="failed",
        near_duplicates=[],
        problem=schemas.Problem.model_validate(_within(problem, index).body(request_id)),
    )


def _within(problem: Problem, index: int) -> Problem:
    """The problem with its pointers from the root of this request's body."""
    moved = [FieldError(_moved(error.pointer, index), error.detail) for error in problem.errors]
    return replace(problem, errors=tuple(moved))


def _moved(pointer: str, index: int) -> str:
    entry = f"/manifest/{index}"
    if pointer.startswith("/manifest/"):
        return pointer
    if pointer == "/image" or pointer.startswith("/image/"):
        return f"{entry}/images{pointer.removeprefix('/image')}"
    return entry + pointer
