"""The calls on a product's pictures."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from service.api import serializers
from service.api.bodies.forms import read_multipart, read_query
from service.api.bodies.models.products import ImageForm, ImageQuery
from service.api.dependencies import CatalogueDep, LimitsDep, ProductIdDep, RootDep
from service.api.openapi import described, multipart_body
from service.api.preconditions import IfMatchDep, IfNoneMatch, cache_headers, etag_matches
from service.api.problems import translated_places
from service.api.schemas.base import EXAMPLE_IMAGE_ID
from service.api.schemas.products import ImageAdded
from service.catalogue.products import Catalogue
from service.core.errors import NotFound

router = APIRouter(tags=["images"])

ImageId = Annotated[
    str,
    Path(
        description="SHA-256 of the picture file, in hexadecimal.",
        max_length=128,
        examples=[EXAMPLE_IMAGE_ID],
    ),
]


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
        also={200: (ImageAdded, "The product already has this picture.")},
    ),
)
async def add_image(
    request: Request,
    response: Response,
    product_id: ProductIdDep,
    catalogue: CatalogueDep,
    limits: LimitsDep,
    root: RootDep,
    if_match: IfMatchDep,
) -> ImageAdded:
    """Add a picture to the product, such as its back or a detail."""
    # More than one file is read, so that the message can say that there are too many.
    form = await read_multipart(request, ImageForm, files=4, file_bytes=limits.image_bytes)
    with translated_places({("images", 0): ("image",), ("images",): ("image",)}):
        written = await catalogue.add_image(product_id, bytes(form.image.data), if_match=if_match)
    response.status_code = 201 if written.added else 200
    response.headers["Location"] = serializers.image_url(root, product_id, written.image.image_id)
    return serializers.image_added(root, product_id, written)


@router.delete(
    "/products/{product_id}/images/{image_id}",
    operation_id="deleteImage",
    status_code=204,
    **described(404, 409, 412),
)
async def delete_image(
    product_id: ProductIdDep, image_id: ImageId, catalogue: CatalogueDep, if_match: IfMatchDep
) -> None:
    """Delete a picture of the product. Its last picture cannot be deleted."""
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
    catalogue: CatalogueDep,
    limits: LimitsDep,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Return the stored picture file, or a thumbnail of it as a JPEG."""
    size = read_query(request, ImageQuery).size
    etag = f'"{image_id}"' if size == "original" else f'"{image_id}-{size}"'
    # The id is the hash of the stored file. Thumbnails may change with the service's version.
    headers = cache_headers(etag, private=limits.private, immutable=size == "original")
    if etag_matches(if_none_match, etag):
        await _check_exists(catalogue, product_id, image_id)
        return Response(status_code=304, headers=headers)
    if size == "thumbnail":
        thumbnail = await catalogue.thumbnail(product_id, image_id)
        return Response(thumbnail, media_type="image/jpeg", headers=headers)
    image, data = await catalogue.image(product_id, image_id)
    return Response(data, media_type=image.media_type, headers=headers)


async def _check_exists(catalogue: Catalogue, product_id: str, image_id: str) -> None:
    product = await catalogue.get(product_id)
    if all(image.image_id != image_id for image in product.images):
        raise NotFound(f"Product {product_id!r} has no image {image_id!r}.")
