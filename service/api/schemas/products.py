"""Products, their pictures, lists and near duplicates on the wire."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import ConfigDict, Field, FiniteFloat

from service.api.schemas.base import (
    EXAMPLE_CURSOR,
    EXAMPLE_ID,
    EXAMPLE_IMAGE_ID,
    EXAMPLE_IMAGE_URL,
    Attributes,
    Problem,
    Wire,
)
from service.catalogue import rules
from service.core.product import AttributeType
from service.filters.facets import MAX_FACET_VALUES


class Image(Wire):
    """One stored picture of a product."""

    image_id: str = Field(description="SHA-256 of the bytes, in hex.", examples=[EXAMPLE_IMAGE_ID])
    url: str = Field(description="The stored bytes.", examples=[EXAMPLE_IMAGE_URL])
    thumbnail_url: str = Field(
        description="A small JPEG.", examples=[f"{EXAMPLE_IMAGE_URL}?size=thumbnail"]
    )
    media_type: str = Field(examples=["image/jpeg"])
    width: int = Field(description="Pixels, upright.", examples=[1200])
    height: int = Field(description="Pixels, upright.", examples=[1600])
    size_bytes: int = Field(examples=[183_402])


class ProductSummary(Wire):
    """A product without its images."""

    product_id: str = Field(
        min_length=1, max_length=rules.MAX_PRODUCT_ID_CHARS, examples=[EXAMPLE_ID]
    )
    name: str = Field(examples=["Crew-neck T-shirt"])
    description: str = Field(examples=["Heavy cotton, cut straight."])
    attributes: Attributes


class Product(ProductSummary):
    """A product; the first image is its main one."""

    images: list[Image]
    created_at: datetime = Field(examples=["2026-01-31T09:30:00Z"])
    updated_at: datetime = Field(examples=["2026-02-14T16:05:12Z"])


class NearDuplicate(Wire):
    """A picture of another product that is the same, or nearly."""

    product_id: str = Field(examples=["TEE-0042-OLIVE"])
    name: str = Field(examples=["Crew-neck T-shirt, olive"])
    image_id: str = Field(examples=[EXAMPLE_IMAGE_ID])
    url: str = Field(examples=[f"/products/TEE-0042-OLIVE/images/{EXAMPLE_IMAGE_ID}"])
    similarity: FiniteFloat = Field(
        ge=0,
        le=1,
        description="Of the colours of both pictures field by field, whatever the encoders think;"
        " those below 0.95 are no near duplicates.",
        examples=[0.991],
    )
    same_bytes: bool = Field(description="Whether it is the same file.")
    of_image_id: str = Field(
        description="The picture of this product that it is like.", examples=[EXAMPLE_IMAGE_ID]
    )


NearDuplicates = Annotated[
    list[NearDuplicate],
    Field(
        description="Pictures of other products that are the same as this product's, or nearly"
        " (saved again, scaled, cropped or brightened a little): the most similar 20."
    ),
]


Warnings = Annotated[
    list[str],
    Field(
        description="What is missing from the pictures that were sent.",
        examples=[["This JPEG breaks off before its end marker."]],
    ),
]


class ProductCreated(Product):
    """A new product, and what there is already like it."""

    near_duplicates: NearDuplicates
    warnings: Warnings


class ImageAdded(Image):
    """A picture of a product, and what there is already like it."""

    near_duplicates: NearDuplicates
    warnings: Warnings


class DuplicateImage(Wire):
    """One of the pictures that are nearly the same."""

    product_id: str = Field(examples=[EXAMPLE_ID])
    name: str = Field(examples=["Crew-neck T-shirt"])
    image_id: str = Field(examples=[EXAMPLE_IMAGE_ID])
    url: str = Field(examples=[EXAMPLE_IMAGE_URL])
    thumbnail_url: str = Field(examples=[f"{EXAMPLE_IMAGE_URL}?size=thumbnail"])


class DuplicateGroup(Wire):
    """Pictures of at least two products that are the same, or nearly."""

    same_bytes: bool = Field(description="Whether all are the same file.")
    similarity: FiniteFloat = Field(
        ge=0, le=1, description="The least of the pairs that link the group.", examples=[0.984]
    )
    images: list[DuplicateImage]


class DuplicatePage(Wire):
    """One page of groups, by the product id of their first picture."""

    items: list[DuplicateGroup]
    next_cursor: str | None = Field(
        description="Give it as `cursor` for the next page; null at the end.",
        examples=[EXAMPLE_CURSOR],
    )
    total: int = Field(description="Groups in all.", examples=[1])


class ProductWritten(ProductCreated):
    """A product, and whether the request changed anything."""

    unchanged: bool = Field(description="True where product and pictures were the same already.")


class FacetValue(Wire):
    """One value of an attribute, and how many products have it."""

    value: str | bool | int | float = Field(examples=["green"])
    count: int = Field(examples=[3])


Facets = Annotated[
    dict[str, list[FacetValue]],
    Field(
        description="Only where asked for. The values of each attribute among all products that the"
        f" filter admits, the most frequent first, at most {MAX_FACET_VALUES}.",
        examples=[{"colour": [{"value": "green", "count": 3}]}],
    ),
]


class Attribute(Wire):
    """An attribute that products have."""

    name: str = Field(examples=["price"])
    types: list[AttributeType] = Field(
        description="What its values are; `date` is a string that is an RFC 3339 date or time.",
        examples=[["number"]],
    )


class AttributeList(Wire):
    """The attributes by name."""

    attributes: list[Attribute]


class ProductPage(Wire):
    """One page of products."""

    # Facets are here only where asked for.
    model_config = ConfigDict(extra="forbid", json_schema_serialization_defaults_required=False)

    items: list[Product]
    next_cursor: str | None = Field(
        description="Give it as `cursor` for the next page; null at the end.",
        examples=[EXAMPLE_CURSOR],
    )
    total: int = Field(description="Products that the filter admits.", examples=[1])
    facets: Facets = Field(default_factory=dict)


class BatchResult(Wire):
    """What became of one entry of the manifest."""

    index: int = Field(description="Place in the manifest, from 0.", examples=[0])
    product_id: str | None = Field(
        description="Null where the entry failed before it had one.", examples=[EXAMPLE_ID]
    )
    status: Literal["created", "replaced", "unchanged", "failed"]
    near_duplicates: NearDuplicates
    warnings: Warnings
    problem: Problem | None = Field(default=None, description="Only where the entry failed.")


class BatchAnswer(Wire):
    """One result an entry, in the manifest's order."""

    results: list[BatchResult]
