"""FastAPI dependencies: typed access to the services, and the checks that all calls share.

They are coroutines, although none of them awaits, because FastAPI runs plain functions in threads.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Path, Request

from service.api.bodies.forms import read_query
from service.api.bodies.models.products import NoFields
from service.api.lifecycle import Lifecycle
from service.api.schemas.base import EXAMPLE_SAMPLE_ID
from service.catalogue.products import Catalogue
from service.catalogue.rules import MAX_PRODUCT_ID_CHARS, check_product_id
from service.core.errors import within
from service.duplicates.finder import Duplicates
from service.samples.installer import SampleCatalogue
from service.search.ranking import Search


@dataclass(frozen=True, slots=True)
class Limits:
    """Values of the configuration that the calls need."""

    image_bytes: int
    """The largest allowed size of a single picture."""
    images_per_product: int
    private: bool
    """True if API keys are set, so that shared caches must not store the answers."""


async def lifecycle(request: Request) -> Lifecycle:
    found: Lifecycle = request.app.state.lifecycle
    return found


async def limits(request: Request) -> Limits:
    found: Limits = request.app.state.limits
    return found


async def catalogue(lifecycle: Annotated[Lifecycle, Depends(lifecycle)]) -> Catalogue:
    return lifecycle.services.catalogue


async def duplicates(lifecycle: Annotated[Lifecycle, Depends(lifecycle)]) -> Duplicates:
    return lifecycle.services.duplicates


async def search(lifecycle: Annotated[Lifecycle, Depends(lifecycle)]) -> Search:
    return lifecycle.services.search


async def samples(lifecycle: Annotated[Lifecycle, Depends(lifecycle)]) -> SampleCatalogue:
    return lifecycle.services.samples


async def root_path(request: Request) -> str:
    """Returns the path that the service is mounted at; all URLs in answers begin with it."""
    root: str = request.scope.get("root_path", "")
    return root.rstrip("/")


async def product_id(
    product_id: Annotated[
        str,
        Path(
            description="The product's id, chosen by the client; percent-encode it.",
            examples=[EXAMPLE_SAMPLE_ID],
            json_schema_extra={"minLength": 1, "maxLength": MAX_PRODUCT_ID_CHARS},
        ),
    ],
) -> str:
    with within("product_id"):
        return check_product_id(product_id)


async def known_query(request: Request) -> None:
    """Refuses query parameters if the route declares none. Other routes check their own."""
    declared = (request.scope["route"].openapi_extra or {}).get("parameters")
    if not declared:
        read_query(request, NoFields)


CatalogueDep = Annotated[Catalogue, Depends(catalogue)]
DuplicatesDep = Annotated[Duplicates, Depends(duplicates)]
LifecycleDep = Annotated[Lifecycle, Depends(lifecycle)]
LimitsDep = Annotated[Limits, Depends(limits)]
ProductIdDep = Annotated[str, Depends(product_id)]
RootDep = Annotated[str, Depends(root_path)]
SamplesDep = Annotated[SampleCatalogue, Depends(samples)]
SearchDep = Annotated[Search, Depends(search)]
