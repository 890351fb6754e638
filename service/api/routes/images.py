"""The calls on a product's pictures."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from service.api import serializers as views
from service.api.bodies.forms import read_multipart, read_query
from service.api.bodies.requests import ImageForm, ImageQuery
from service.api.dependencies import CatalogDep, LimitsDep, ProductIdDep, RootDep
from service.api.openapi import described, multipart_body
from service.api.preconditions import IfMatchDep, IfNoneMatch, etag_matches
from service.api.problems import renamed
from service.api.schemas.base import EXAMPLE_IMAGE_ID
from service.api.schemas.products import ImageAdded
from service.catalogue.products import Catalogue
from service.core.errors import NotFound

router = APIRouter(tags=["images"])

ImageId = Annotated[
    str,
    Path(
        description="SHA-256 of the bytes, in hex.",
        max_length=128,
        examples=[EXAMPLE_IMAGE_ID],
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
        body=multipart_body(ImageForm),
        also={200: (ImageAdded, "The product has this picture already.")},
    ),
)
async def add_image(
    request: Request,
    response: Response,
    product_id: ProductIdDep,
    catalogue: CatalogDep,
    limits: LimitsDep,
    root: RootDep,
    if_match: IfMatchDep,
) -> ImageAdded:
    """Add one view of the product: its back, a detail."""
    # Room for a second file, so that one too many is told as such.
    form = await read_multipart(request, ImageForm, files=4, file_bytes=limits.image_bytes)
    with renamed({("images", 0): ("image",), ("images",): ("image",)}):
        written = await catalogue.add_image(product_id, bytes(form.image.data), if_match=if_match)
    response.status_code = 201 if written.added else 200
    response.headers["Location"] = views.image_url(root, product_id, written.image.image_id)
    return views.image_added(root, product_id, written)


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
    **described(404, image=True, query=ImageQuery),
)
async def get_image(
    request: Request,
    product_id: ProductIdDep,
    image_id: ImageId,
    catalogue: CatalogDep,
    limits: LimitsDep,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """The stored bytes, or a small JPEG of them."""
    size = read_query(request, ImageQuery).size
    etag = f'"{image_id}"' if size == "original" else f'"{image_id}-{size}"'
    # The id is the hash of the stored bytes; a thumbnail's bytes may change with the service.
    headers = {
        "ETag": etag,
        "Cache-Control": cache_control(private=limits.private, immutable=size == "original"),
    }
    if etag_matches(if_none_match, etag):
        await _check_exists(catalogue, product_id, image_id)
        return Response(status_code=304, headers=headers)
    if size == "thumbnail":
        thumbnail = await catalogue.thumbnail(product_id, image_id)
        return Response(thumbnail, media_type="image/jpeg", headers=headers)
    image, data = await catalogue.image(product_id, image_id)
    return Response(data, media_type=image.media_type, headers=headers)


def cache_control(*, private: bool, immutable: bool) -> str:
    """The header's value: for a year where the bytes can never change, else for a day."""
    scope = "private" if private else "public"
    return f"{scope}, max-age={YEAR_S}, immutable" if immutable else f"{scope}, max-age={DAY_S}"


async def _check_exists(catalogue: Catalogue, product_id: str, image_id: str) -> None:
    product = await catalogue.get(product_id)
    if all(image.image_id != image_id for image in product.images):
        raise NotFound(f"Product {product_id!r} has no image {image_id!r}.")
