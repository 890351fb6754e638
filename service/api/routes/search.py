"""The calls that search."""

from __future__ import annotations

from fastapi import APIRouter, Request

from service.api.bodies import queries
from service.api.bodies.forms import read_query
from service.api.bodies.models.searches import (
    ImageSearchForm,
    MixedSearch,
    RankingFields,
    TextSearch,
)
from service.api.bodies.queries import SearchRequest
from service.api.dependencies import LimitsDep, ProductIdDep, RootDep, SearchDep
from service.api.openapi import described, json_body, multipart_body
from service.api.problems import translated_places
from service.api.routing import READS
from service.api.schemas.search import SearchAnswer
from service.api.serializers import search_answer
from service.search.ranking import Search

router = APIRouter(tags=["search"])


@router.post(
    "/search/image",
    operation_id="searchByImage",
    response_model_exclude_unset=True,
    **described(413, 415, body=multipart_body(ImageSearchForm), access=READS),
)
async def search_by_image(
    request: Request, search: SearchDep, limits: LimitsDep, root: RootDep
) -> SearchAnswer:
    """Find the products most similar to pictures, which can be mixed with texts and products."""
    asked = await queries.read_image_search(request, search.tokens, file_bytes=limits.image_bytes)
    return await _answer(search, asked, root)


@router.post(
    "/search/text",
    operation_id="searchByText",
    response_model_exclude_unset=True,
    **described(413, 415, body=json_body(TextSearch), access=READS),
)
async def search_by_text(request: Request, search: SearchDep, root: RootDep) -> SearchAnswer:
    """Find the products that match a text best. Only signals that can read texts are used."""
    return await _answer(search, await queries.read_text_search(request), root)


@router.post(
    "/search",
    operation_id="search",
    response_model_exclude_unset=True,
    **described(413, 415, body=json_body(MixedSearch), access=READS),
)
async def search_by_mixture(request: Request, search: SearchDep, root: RootDep) -> SearchAnswer:
    """Find the products most similar to a weighted mixture of texts, products and tokens.

    A token is the embedded query of an earlier answer. It saves the upload and the embedding.
    """
    asked = await queries.read_mixed_search(request, search.tokens)
    return await _answer(search, asked, root)


@router.get(
    "/products/{product_id}/similar",
    operation_id="findSimilar",
    response_model_exclude_unset=True,
    **described(404, query=RankingFields),
)
async def find_similar(
    request: Request, product_id: ProductIdDep, search: SearchDep, root: RootDep
) -> SearchAnswer:
    """Find the products most similar to this one, except the product itself."""
    asked = read_query(request, RankingFields)
    result = await search.similar(product_id, asked.ranking())
    return search_answer(root, result, search.tokens if asked.return_token else None)


async def _answer(search: Search, asked: SearchRequest, root: str) -> SearchAnswer:
    with translated_places(asked.places):
        result = await search.find(asked.parts, asked.ranking)
    return search_answer(root, result, search.tokens if asked.return_token else None)
