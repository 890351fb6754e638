"""The calls on a product's pictures."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Request, Response

from service.api import schemas
from service.api import serializers as views
from service.api.bodies import form_schemas as forms
from service.api.bodies.uploads import read_image
from service.api.dependencies import CatalogDep, DuplicatesDep, ProductIdDep, RootDep, SettingsDep
from service.api.openapi import described, multipart_body
from service.api.preconditions import IfMatchDep, IfNoneMatch, etag_matches
from service.catalogue.products import Catalogue
from service.config import Settings
from service.core.errors import NotFound

router = APIRouter(tags=["images"])

ImageId = Annotated[
    str,
    Path(
        description="SHA-256 of the bytes, in hex.",
        max_length=128,
        examples=[schemas.EXAMPLE_IMAGE_ID],
    ),
]
YEAR_S = 365 * 24 * 3600
DAY_S = 24 * 3600


@router.post(
    "/products/{product_id}/images",
    operation_id="addImage",
    status_code=201,
    **described(
        404,
        409,
        412,
        413,
        415,
        body=multipart_body(forms.ImageForm),
        also={200: (schemas.ImageAdded, "The product has this picture already.")},
    ),
)
async def add_image(
    request: Request,
    response: Response,
    product_id: ProductIdDep,
    catalogue: CatalogDep,
    duplicates: DuplicatesDep,
    settings: SettingsDep,
    root: RootDep,
    if_match: IfMatchDep,
) -> schemas.ImageAdded:
    """Add one view of the product: its back, a detail."""
    data = await read_image(request, settings)
    await duplicates.prepare()
    product, image, added = await catalogue.add_image(product_id, data, if_match=if_match)
    response.status_code = 201 if added else 200
    response.headers["Location"] = views.image_url(root, product_id, image.image_id)
    near = await duplicates.of(product, [image.image_id])
    return views.image_added(root, product_id, image, near)


@router.delete(
    "/products/{product_id}/images/{image_id}",
    operation_id="deleteImage",
    status_code=204,
    **described(404, 409, 412),
)
async def delete_image(
    product_id: ProductIdDep, image_id: ImageId, catalogue: CatalogDep, if_match: IfMatchDep
) -> None:
    """Take away one view; the last one stays, for a product without a picture is none."""
    await catalogue.delete_image(product_id, image_id, if_match=if_match)


@router.get(
    "/products/{product_id}/images/{image_id}",
    operation_id="getImage",
    response_class=Response,
    **described(404, image=True),
)
async def get_image(
    product_id: ProductIdDep,
    image_id: ImageId,
    catalogue: CatalogDep,
    settings: SettingsDep,
    size: Annotated[
        Literal["original", "thumbnail"], Query(description="thumbnail: a small JPEG.")
    ] = "original",
    if_none_match: IfNoneMatch = None,
) -> Response:
    """The stored bytes, or a small JPEG of them."""
    etag = f'"{image_id}"' if size == "original" else f'"{image_id}-{size}"'
    # The id is the hash of the stored bytes; a thumbnail's bytes may change with the service.
    headers = {
        "ETag": etag,
        "Cache-Control": cache_control(settings, immutable=size == "original"),
    }
    if etag_matches(if_none_match, etag):
        await _check_exists(catalogue, product_id, image_id)
        return Response(status_code=304, headers=headers)
    if size == "thumbnail":
        thumbnail = await catalogue.thumbnail(product_id, image_id)
        return Response(thumbnail, media_type="image/jpeg", headers=headers)
    image, data = await catalogue.image(product_id, image_id)
    return Response(data, media_type=image.media_type, headers=headers)


def cache_control(settings: Settings, *, immutable: bool) -> str:
    """The header's value: for a year where the bytes can never change, else for a day."""
    # An answer that took a key belongs to who has the key.
    scope = "private" if settings.api_keys or settings.read_api_keys else "public"
    return f"{scope}, max-age={YEAR_S}, immutable" if immutable else f"{scope}, max-age={DAY_S}"


async def _check_exists(catalogue: Catalogue, product_id: str, image_id: str) -> None:
    product = await catalogue.get(product_id)
    if all(image.image_id != image_id for image in product.images):
        raise NotFound(f"Product {product_id!r} has no image {image_id!r}.")
