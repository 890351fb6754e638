"""The calls that search."""

from __future__ import annotations

import json
from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import FiniteFloat

from service.api import schemas
from service.api import serializers as views
from service.api.bodies import form_schemas as forms
from service.api.bodies import queries
from service.api.bodies.json_body import JSON_TYPES
from service.api.dependencies import (
    FacetsQuery,
    FilterQuery,
    ProductIdDep,
    RootDep,
    SearchDep,
    SettingsDep,
)
from service.api.openapi import described, json_body, multipart_body
from service.api.schemas.signals import EXAMPLE_WEIGHTS
from service.core.query import Ranking

router = APIRouter(tags=["search"])

MIXED_BODY = multipart_body(forms.MixedSearchForm)
MIXED_BODY["content"] |= json_body(forms.MixedSearch, JSON_TYPES)["content"]


@router.post(
    "/search/image",
    operation_id="searchByImage",
    response_model_exclude_unset=True,
    **described(413, 415, body=multipart_body(forms.ImageSearchForm)),
)
async def search_by_image(
    request: Request, search: SearchDep, settings: SettingsDep, root: RootDep
) -> schemas.SearchAnswer:
    """The products that look most like a picture, by one exact hybrid score."""
    asked = await queries.read_image_search(request, settings)
    return views.search_answer(root, await search.find(asked.parts, asked.ranking))


@router.post(
    "/search/text",
    operation_id="searchByText",
    response_model_exclude_unset=True,
    **described(413, 415, body=json_body(forms.TextSearch, JSON_TYPES)),
)
async def search_by_text(
    request: Request, search: SearchDep, root: RootDep
) -> schemas.SearchAnswer:
    """The products that fit a text best, by the signals that texts have."""
    asked = await queries.read_text_search(request)
    return views.search_answer(root, await search.find(asked.parts, asked.ranking))


@router.post(
    "/search",
    operation_id="search",
    response_model_exclude_unset=True,
    **described(413, 415, body=MIXED_BODY),
)
async def search_by_mixture(
    request: Request, search: SearchDep, settings: SettingsDep, root: RootDep
) -> schemas.SearchAnswer:
    """The products nearest to a mixture of pictures, texts and products, each with a weight."""
    asked = await queries.read_mixed_search(request, settings)
    return views.search_answer(root, await search.find(asked.parts, asked.ranking))


@router.get(
    "/products/{product_id}/similar",
    operation_id="findSimilar",
    response_model_exclude_unset=True,
    **described(404),
)
async def find_similar(
    product_id: ProductIdDep,
    search: SearchDep,
    root: RootDep,
    limit: Annotated[int, Query(ge=1, le=forms.MAX_LIMIT)] = 5,
    offset: Annotated[int, Query(ge=0, le=forms.MAX_OFFSET)] = 0,
    weights: Annotated[
        str | None,
        Query(
            description="As in the other searches, as JSON.",
            examples=[json.dumps(EXAMPLE_WEIGHTS)],
        ),
    ] = None,
    min_score: Annotated[
        FiniteFloat | None, Query(description="Leave out hits below it.", examples=[0.35])
    ] = None,
    explain: Annotated[bool, Query(description=forms.EXPLAIN)] = False,
    overlay: Annotated[bool, Query(description=forms.OVERLAY)] = False,
    filter: FilterQuery = None,
    facets: FacetsQuery = None,
) -> schemas.SearchAnswer:
    """The products most like this one, itself left out."""
    ranking = Ranking(
        limit=limit,
        offset=offset,
        weights=None if weights is None else queries.read_weights(weights),
        min_score=min_score,
        explain=explain,
        overlay=overlay,
        filter=None if filter is None else queries.filter_of_text(filter),
        facets=None if facets is None else queries.facets_of_text(facets),
    )
    result = await search.similar(product_id, ranking)
    return views.search_answer(root, result)
