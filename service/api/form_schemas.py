"""The request bodies as the OpenAPI document declares them; the readers are in `uploads`."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import ConfigDict, Field, FiniteFloat, WithJsonSchema
from pydantic.config import JsonDict
from pydantic.json_schema import SkipJsonSchema

from service import product_rules as rules
from service.api.schemas import (
    EXAMPLE_ID,
    Attributes,
    AttributeValue,
    Wire,
)

# `format` for the many generators that know only it, the rest as OpenAPI 3.1 has it.
BINARY: JsonDict = {
    "type": "string",
    "format": "binary",
    "contentMediaType": "application/octet-stream",
}
Binary = Annotated[bytes, WithJsonSchema(BINARY)]

Name = Annotated[
    str,
    Field(min_length=1, max_length=rules.MAX_NAME_CHARS, examples=["Crew-neck T-shirt"]),
]
Description = Annotated[
    str,
    Field(max_length=rules.MAX_DESCRIPTION_CHARS, examples=["Heavy cotton, cut straight."]),
]
ProductId = Annotated[
    str,
    Field(
        min_length=1,
        max_length=rules.MAX_PRODUCT_ID_CHARS,
        description="The caller's own id: any characters but control characters and slashes.",
        examples=[EXAMPLE_ID],
    ),
]
Picture = Annotated[Binary, Field(description="A picture file: JPEG, PNG, WebP, GIF and others.")]


def _left_out(**described: Any) -> Any:  # Any: as pydantic's own Field.
    """A field that may be left out, without a default that a client might send.

    Together with `| SkipJsonSchema[None]` one that cannot be null either.
    """
    return Field(default=None, json_schema_extra=_without_default, **described)


def _without_default(schema: dict[str, Any]) -> None:
    schema.pop("default")


class ProductForm(Wire):
    """A product and its pictures."""

    image: list[Binary] = Field(description="One or more picture files; the first is the main one.")
    name: Name
    description: Description = ""
    product_id: ProductId | SkipJsonSchema[None] = _left_out()
    attributes: Attributes = Field(default_factory=dict)


class ProductPatch(Wire):
    """A JSON merge patch: what is left out stays, and null takes away."""

    name: Name | SkipJsonSchema[None] = _left_out()
    description: Description | None = _left_out()
    attributes: dict[str, AttributeValue | None] | None = _left_out(
        examples=[{"colour": "blue", "in_stock": None}]
    )


class ImageForm(Wire):
    """One more view of a product."""

    image: Picture


class Weights(Wire):
    """How much each signal counts; they are normalised to sum 1."""

    semantic: FiniteFloat = Field(default=0.0, ge=0, examples=[0.6])
    visual: FiniteFloat = Field(default=0.0, ge=0, examples=[0.4])


class Crop(Wire):
    """A part of the picture, in fractions (0 to 1) of the upright picture."""

    x: FiniteFloat = Field(ge=0, le=1, examples=[0.1])
    y: FiniteFloat = Field(ge=0, le=1, examples=[0.2])
    width: FiniteFloat = Field(gt=0, le=1, examples=[0.5])
    height: FiniteFloat = Field(gt=0, le=1, examples=[0.6])


class ImageSearchForm(Wire):
    """A search by picture."""

    image: Picture
    limit: int = Field(default=5, ge=1, le=100, description="Most products to find.")
    weights: Weights | SkipJsonSchema[None] = _left_out()
    min_score: FiniteFloat | SkipJsonSchema[None] = _left_out(
        description="Leave out hits below it."
    )
    crop: Crop | SkipJsonSchema[None] = _left_out()


class BatchEntry(Wire):
    """One product of a batch."""

    product_id: ProductId | None = None
    name: Name
    description: Description = ""
    attributes: Attributes = Field(default_factory=dict)
    images: list[str] = Field(
        min_length=1,
        description="The uploaded files, each by its file name or by its field's name.",
        examples=[["tee-front.jpg", "tee-back.jpg"]],
    )


class BatchForm(Wire):
    """Up to 64 products and their pictures, in fields of any name."""

    model_config = ConfigDict(json_schema_extra={"additionalProperties": BINARY})

    manifest: list[BatchEntry] = Field(min_length=1, max_length=64)
    files: list[Binary] = _left_out(description="The pictures that the manifest names.")


FORMS = (ProductForm, ProductPatch, ImageForm, ImageSearchForm, BatchForm)
