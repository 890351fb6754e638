"""The forms of this API, from the wire to what the use cases take."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from starlette.requests import Request

from service.api.forms import (
    Field,
    Form,
    finite_number,
    json_numbers,
    json_object,
    unknown_name,
    whole_number,
)
from service.api.multipart import Limits, pointer, read_form
from service.api.problems import FieldError, invalid_request
from service.config import Settings
from service.models import Attributes, Crop, ProductFields
from service.product_rules import (
    check_attributes,
    check_description,
    check_name,
    check_product_id,
)

DEFAULT_LIMIT, MAX_LIMIT = 5, 100

PRODUCT_FIELDS: Mapping[str, Field] = {
    "image": Field("files", required=True),
    "name": Field("text", required=True),
    "description": Field("text"),
    "product_id": Field("text"),
    "attributes": Field("text"),
}
SEARCH_FIELDS: Mapping[str, Field] = {
    "image": Field("file", required=True),
    "limit": Field("text"),
    "weights": Field("text"),
    "min_score": Field("text"),
    "crop": Field("text"),
}
IMAGE_FIELDS: Mapping[str, Field] = {"image": Field("file", required=True)}

SPARE_TEXTS = 16
"""Room for fields that do not exist: their names are better told than their number."""


@dataclass(frozen=True, slots=True)
class ProductUpload:
    product_id: str | None
    fields: ProductFields
    images: list[bytes]


@dataclass(frozen=True, slots=True)
class ImageQuery:
    image: bytes
    limit: int
    weights: Mapping[str, float] | None
    min_score: float | None
    crop: Crop | None


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
    form = Form(await read_form(request, _one_image(settings)), IMAGE_FIELDS)
    form.check()
    return form.files("image")[0]


async def read_image_query(request: Request, settings: Settings) -> ImageQuery:
    """The form of a search by picture. Raises ProblemError."""
    form = Form(await read_form(request, _one_image(settings)), SEARCH_FIELDS)
    limit = form.read("limit", _limit, DEFAULT_LIMIT)
    weights = form.read("weights", _weights, None)
    min_score = form.read("min_score", _min_score, None)
    crop = form.read("crop", _crop, None)
    form.check()
    return ImageQuery(form.files("image")[0], limit, weights, min_score, crop)


def _one_image(settings: Settings) -> Limits:
    # Room for a second file, so that `image` twice is told as such.
    return Limits(
        files=4, texts=len(SEARCH_FIELDS) + SPARE_TEXTS, file_bytes=settings.max_image_bytes
    )


def _attributes(text: str) -> Attributes:
    return check_attributes(json_object(text, at="/attributes"))


def _limit(text: str) -> int:
    return whole_number(text, at="/limit", least=1, most=MAX_LIMIT)


def _weights(text: str) -> Mapping[str, float] | None:
    return json_numbers(text, at="/weights")


def _min_score(text: str) -> float | None:
    return finite_number(text, at="/min_score")


def _crop(text: str) -> Crop | None:
    numbers = json_numbers(text, at="/crop")
    sides = ("x", "y", "width", "height")
    wrong = [
        FieldError(f"/crop{pointer(name)}", unknown_name("side", name, sides))
        for name in numbers
        if name not in sides
    ]
    wrong += [
        FieldError(f"/crop/{side}", f"The crop has no {side}; give x, y, width and height.")
        for side in sides
        if side not in numbers
    ]
    if wrong:
        raise invalid_request(*wrong)
    return Crop(**numbers)
