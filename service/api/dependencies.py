"""Typed access to the parts, and the checks that every call shares.

All are coroutines, though none awaits: FastAPI runs plain functions in threads.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Path, Query, Request

from service.api.complaints import unknown_name
from service.api.lifecycle import Lifecycle
from service.api.multipart import pointer
from service.api.problems import FieldError, invalid_request
from service.api.schemas import EXAMPLE_CURSOR, EXAMPLE_ID
from service.catalog import Catalog
from service.config import Settings
from service.duplicates import Duplicates
from service.product_rules import MAX_PRODUCT_ID_CHARS, check_product_id
from service.samples.catalog import SampleCatalog
from service.search import Search


async def lifecycle(request: Request) -> Lifecycle:
    found: Lifecycle = request.app.state.lifecycle
    return found


async def settings(request: Request) -> Settings:
    found: Settings = request.app.state.settings
    return found


async def catalog(lifecycle: Annotated[Lifecycle, Depends(lifecycle)]) -> Catalog:
    return lifecycle.services.catalog


async def duplicates(lifecycle: Annotated[Lifecycle, Depends(lifecycle)]) -> Duplicates:
    return lifecycle.services.duplicates


async def search(lifecycle: Annotated[Lifecycle, Depends(lifecycle)]) -> Search:
    return lifecycle.services.search


async def samples(lifecycle: Annotated[Lifecycle, Depends(lifecycle)]) -> SampleCatalog:
    return lifecycle.services.samples


async def root_path(request: Request) -> str:
    """The path the service is mounted at, which every address it gives out begins with."""
    root: str = request.scope.get("root_path", "")
    return root.rstrip("/")


async def product_id(
    product_id: Annotated[
        str,
        Path(
            description="The caller's own id; percent-encode it.",
            examples=[EXAMPLE_ID],
            json_schema_extra={"minLength": 1, "maxLength": MAX_PRODUCT_ID_CHARS},
        ),
    ],
) -> str:
    return check_product_id(product_id)


async def known_query(request: Request) -> None:
    """A misspelt parameter would be dropped silently, and one given twice half so."""
    known = [field.alias for field in request.scope["route"].dependant.query_params]
    for name in request.query_params:
        if name not in known:
            complaint = unknown_name("query parameter", name, known)
            raise invalid_request(FieldError(pointer(name), complaint))
        if len(request.query_params.getlist(name)) > 1:
            complaint = f"The query parameter {name!r} is there twice; give it once."
            raise invalid_request(FieldError(pointer(name), complaint))


Cursor = Annotated[
    str | None,
    Query(
        description="`next_cursor` of the page before.", max_length=4096, examples=[EXAMPLE_CURSOR]
    ),
]
FilterQuery = Annotated[
    str | None,
    Query(
        description="As `Filter` in the searches, as JSON.",
        examples=['{"colour": "green", "price": {"lt": 50}}'],
    ),
]
FacetsQuery = Annotated[
    str | None,
    Query(
        description="Attributes whose values are counted, as a JSON array.",
        examples=['["colour", "brand"]'],
    ),
]

CatalogDep = Annotated[Catalog, Depends(catalog)]
DuplicatesDep = Annotated[Duplicates, Depends(duplicates)]
LifecycleDep = Annotated[Lifecycle, Depends(lifecycle)]
ProductIdDep = Annotated[str, Depends(product_id)]
RootDep = Annotated[str, Depends(root_path)]
SamplesDep = Annotated[SampleCatalog, Depends(samples)]
SearchDep = Annotated[Search, Depends(search)]
SettingsDep = Annotated[Settings, Depends(settings)]
