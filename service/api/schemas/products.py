"""The answers about products, their pictures, lists of them, and near-duplicates."""

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
    """A stored picture of a product."""

    image_id: str = Field(
        description="SHA-256 of the file, in hexadecimal.", examples=[EXAMPLE_IMAGE_ID]
    )
    url: str = Field(description="Address of the stored file.", examples=[EXAMPLE_IMAGE_URL])
    thumbnail_url: str = Field(
        description="Address of a small JPEG.", examples=[f"{EXAMPLE_IMAGE_URL}?size=thumbnail"]
    )
    media_type: str = Field(examples=["image/jpeg"])
    width: int = Field(description="Width of the upright picture in pixels.", examples=[1200])
    height: int = Field(description="Height of the upright picture in pixels.", examples=[1600])
    size_bytes: int = Field(examples=[183_402])


class ProductSummary(Wire):
    """A product without its pictures."""

    product_id: str = Field(
        min_length=1, max_length=rules.MAX_PRODUCT_ID_CHARS, examples=[EXAMPLE_ID]
    )
    name: str = Field(examples=["Crew-neck T-shirt"])
    description: str = Field(examples=["Heavy cotton, cut straight."])
    attributes: Attributes


class Product(ProductSummary):
    """A product with its pictures; the first one is the main picture."""

    images: list[Image]
    created_at: datetime = Field(examples=["2026-01-31T09:30:00Z"])
    updated_at: datetime = Field(examples=["2026-02-14T16:05:12Z"])


class NearDuplicate(Wire):
    """An identical or nearly identical picture of another product."""

    product_id: str = Field(examples=["TEE-0042-OLIVE"])
    name: str = Field(examples=["Crew-neck T-shirt, olive"])
    image_id: str = Field(examples=[EXAMPLE_IMAGE_ID])
    url: str = Field(examples=[f"/products/TEE-0042-OLIVE/images/{EXAMPLE_IMAGE_ID}"])
    similarity: FiniteFloat = Field(
        ge=0,
        le=1,
        description="Similarity of the colours of both pictures, cell by cell; the encoders do not"
        " affect it. Near-duplicates have at least 0.95.",
        examples=[0.991],
    )
    same_bytes: bool = Field(description="True if both files are identical.")
    of_image_id: str = Field(
        description="The picture of the written product that it resembles.",
        examples=[EXAMPLE_IMAGE_ID],
    )


NearDuplicates = Annotated[
    list[NearDuplicate],
    Field(
        description="Pictures of other products that are identical to one of this product's, or"
        " nearly so (saved again, scaled, or slightly cropped or brightened): up to 20, the most"
        " similar first."
    ),
]


Warnings = Annotated[
    list[str],
    Field(
        description="Warnings about the pictures that were sent, such as one that is cut off.",
        examples=[["This JPEG breaks off before its end marker."]],
    ),
]


class ProductCreated(Product):
    """A created product, and the near-duplicates of its pictures."""

    near_duplicates: NearDuplicates
    warnings: Warnings


class ImageAdded(Image):
    """An added picture, and its near-duplicates."""

    near_duplicates: NearDuplicates
    warnings: Warnings


class DuplicateImage(Wire):
    """One of the pictures in a group of near-duplicates."""

    product_id: str = Field(examples=[EXAMPLE_ID])
    name: str = Field(examples=["Crew-neck T-shirt"])
    image_id: str = Field(examples=[EXAMPLE_IMAGE_ID])
    url: str = Field(examples=[EXAMPLE_IMAGE_URL])
    thumbnail_url: str = Field(examples=[f"{EXAMPLE_IMAGE_URL}?size=thumbnail"])


class DuplicateGroup(Wire):
    """Identical or nearly identical pictures of at least two products."""

    same_bytes: bool = Field(description="True if all files are identical.")
    similarity: FiniteFloat = Field(
        ge=0,
        le=1,
        description="Lowest similarity of the pairs that connect the group.",
        examples=[0.984],
    )
    images: list[DuplicateImage]


class DuplicatePage(Wire):
    """One page of groups, ordered by the product id of their first picture."""

    items: list[DuplicateGroup]
    next_cursor: str | None = Field(
        description="Send it as `cursor` to get the next page; null on the last page.",
        examples=[EXAMPLE_CURSOR],
    )
    total: int = Field(description="Number of groups in the catalogue.", examples=[1])


class ProductWritten(ProductCreated):
    """A written product, the near-duplicates of its pictures, and whether anything changed."""

    unchanged: bool = Field(
        description="True if the product and its pictures were already the same."
    )


class FacetValue(Wire):
    """A value of an attribute, and the number of products that have it."""

    value: str | bool | int | float = Field(examples=["green"])
    count: int = Field(examples=[3])


Facets = Annotated[
    dict[str, list[FacetValue]],
    Field(
        description="Only present if asked for. For each attribute, its values in all products that"
        f" match the filter: up to {MAX_FACET_VALUES}, the most frequent first.",
        examples=[{"colour": [{"value": "green", "count": 3}]}],
    ),
]


class Attribute(Wire):
    """An attribute that products of the catalogue have."""

    name: str = Field(examples=["price"])
    types: list[AttributeType] = Field(
        description="The types of its values; a `date` is a string with an RFC 3339 date or time.",
        examples=[["number"]],
    )


class AttributeList(Wire):
    """The attributes, ordered by name."""

    attributes: list[Attribute]


class ProductPage(Wire):
    """One page of products."""

    # `facets` is only present if asked for.
    model_config = ConfigDict(extra="forbid", json_schema_serialization_defaults_required=False)

    items: list[Product]
    next_cursor: str | None = Field(
        description="Send it as `cursor` to get the next page; null on the last page.",
        examples=[EXAMPLE_CURSOR],
    )
    total: int = Field(description="Number of products that match the filter.", examples=[1])
    facets: Facets = Field(default_factory=dict)


class BatchResult(Wire):
    """The result of one entry of the manifest."""

    index: int = Field(description="Position in the manifest, from 0.", examples=[0])
    product_id: str | None = Field(
        description="Null if the entry failed and has no valid id.", examples=[EXAMPLE_ID]
    )
    status: Literal["created", "replaced", "unchanged", "failed"]
    near_duplicates: NearDuplicates
    warnings: Warnings
    problem: Problem | None = Field(
        default=None, description="The error; null unless the entry failed."
    )


class BatchAnswer(Wire):
    """One result per entry, in the order of the manifest."""

    results: list[BatchResult]
