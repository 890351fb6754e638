"""The forms that bring products, from the wire to what the use cases take."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from starlette.requests import Request

from service.api.bodies.forms import Field, Form, json_object
from service.api.bodies.multipart import Limits, read_form
from service.catalogue.rules import (
    check_attributes,
    check_description,
    check_name,
    check_product_id,
)
from service.config import Settings
from service.core.product import Attributes, ProductFields

PRODUCT_FIELDS: Mapping[str, Field] = {
    "image": Field("files", required=True),
    "name": Field("text", required=True),
    "description": Field("text"),
    "product_id": Field("text"),
    "attributes": Field("text"),
}
IMAGE_FIELDS: Mapping[str, Field] = {"image": Field("file", required=True)}

SPARE_TEXTS = 16
"""Room for fields that do not exist: their names are better told than their number."""


@dataclass(frozen=True, slots=True)
class ProductUpload:
    product_id: str | None
    fields: ProductFields
    images: list[bytes]


async def read_product(request: Request, settings: Settings) -> ProductUpload:
    """The form of POST and PUT. Raises ProblemError."""
    limits = Limits(
        files=settings.max_images_per_product,
        texts=len(PRODUCT_FIELDS) + SPARE_TEXTS,
        file_bytes=settings.max_image_bytes,
    )
    form = Form(await read_form(request, limits), PRODUCT_FIELDS)
    upload = ProductUpload(
        product_id=form.read("product_id", check_product_id, None),
        fields=ProductFields(
            name=form.read("name", check_name, ""),
            description=form.read("description", check_description, ""),
            attributes=form.read("attributes", _attributes, {}),
        ),
        images=form.files("image"),
    )
    form.check()
    return upload


async def read_image(request: Request, settings: Settings) -> bytes:
    """The form that adds one image. Raises ProblemError."""
    form = Form(await read_form(request, one_image(settings)), IMAGE_FIELDS)
    form.check()
    return form.files("image")[0]


def one_image(settings: Settings) -> Limits:
    """Room for a second file, so that one given twice is told as such."""
    return Limits(files=4, texts=SPARE_TEXTS, file_bytes=settings.max_image_bytes)


def _attributes(text: str) -> Attributes:
    return check_attributes(json_object(text, at="/attributes"))
