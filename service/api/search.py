"""The calls that search."""

from __future__ import annotations

from fastapi import APIRouter, Request

from service.api import form_schemas as forms
from service.api import schemas, views
from service.api.dependencies import RootDep, SearchDep, SettingsDep
from service.api.openapi import described, multipart_body
from service.api.uploads import read_image_query

router = APIRouter(tags=["search"])


@router.post(
    "/search/image",
    operation_id="searchByImage",
    **described(413, 415, body=multipart_body(forms.ImageSearchForm)),
)
async def search_by_image(
    request: Request, search: SearchDep, settings: SettingsDep, root: RootDep
) -> schemas.SearchAnswer:
    """The products that look most like a picture, by one exact hybrid score."""
    query = await read_image_query(request, settings)
    result = await search.by_image(
        query.image,
        limit=query.limit,
        weights=query.weights,
        min_score=query.min_score,
        crop=query.crop,
    )
    return views.search_answer(root, result)
