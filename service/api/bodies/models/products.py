"""The models of requests about products and their pictures."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, SkipValidation

from service.api.bodies.models.fields import (
    MAX_LIMIT,
    Binary,
    Integer,
    Picture,
    at_most,
    optional,
)
from service.api.bodies.models.filters import EXAMPLE_FACETS, FACETS, FacetsField, FilterField
from service.api.bodies.validation import checked_by
from service.api.schemas.base import EXAMPLE_CURSOR, EXAMPLE_ID, Attributes, AttributeValue, Wire
from service.catalogue import rules
from service.catalogue.cursors import Order
from service.core import product as core_product

MAX_BATCH_ENTRIES = 64

MAX_BATCH_FILES = 1024
"""Files of a batch, and file names of an entry; MAX_IMAGES_PER_PRODUCT limits entries further."""

_DescribedName = Annotated[
    str,
    Field(min_length=1, max_length=rules.MAX_NAME_CHARS, examples=["Crew-neck T-shirt"]),
]
_DescribedDescription = Annotated[
    str,
    Field(max_length=rules.MAX_DESCRIPTION_CHARS, examples=["Heavy cotton, cut straight."]),
]
_DescribedProductId = Annotated[
    str,
    Field(
        min_length=1,
        max_length=rules.MAX_PRODUCT_ID_CHARS,
        description="The client's own id, without control characters and slashes.",
        examples=[EXAMPLE_ID],
    ),
]
Name = Annotated[str, checked_by(rules.check_name, _DescribedName)]
Description = Annotated[str, checked_by(rules.check_description, _DescribedDescription)]
ProductId = Annotated[str, checked_by(rules.check_product_id, _DescribedProductId)]
ProductAttributes = Annotated[
    core_product.Attributes, checked_by(rules.check_attributes, Attributes)
]


class _ProductFields(Wire):
    name: Name
    description: Description = ""
    product_id: ProductId | None = optional()
    attributes: ProductAttributes = Field(default_factory=dict)

    def fields(self) -> core_product.ProductFields:
        return core_product.ProductFields(self.name, self.description, self.attributes)


class ProductForm(_ProductFields):
    """A product and its pictures."""

    image: list[Binary] = Field(description="One or more picture files; the first is the main one.")

    def pictures(self) -> list[bytes]:
        return [bytes(part.data) for part in self.image]


class ProductPatch(Wire):
    """A JSON merge patch: absent fields stay as they are, and null removes a value."""

    name: Name | None = optional()
    description: Description | None = optional(nullable=True)
    # The result of the merge is checked, because the patch alone does not show what it breaks.
    attributes: SkipValidation[dict[str, AttributeValue | None] | None] = optional(
        nullable=True, examples=[{"colour": "blue", "in_stock": None}]
    )


class ImageForm(Wire):
    """A further picture of a product."""

    image: Picture


class BatchEntry(_ProductFields):
    """One product of a batch."""

    images: Annotated[
        list[str],
        Field(min_length=1, max_length=MAX_BATCH_FILES, fail_fast=True),
        at_most(MAX_BATCH_FILES),
    ] = Field(
        description="The file names of the product's uploaded pictures.",
        examples=[["tee-front.jpg"]],
    )


class BatchForm(Wire):
    """A manifest of up to 64 products, and their pictures."""

    # Entries are validated one by one, so that an invalid one does not affect the others.
    manifest: SkipValidation[list[BatchEntry]]
    files: list[Binary] | None = optional(description="The picture files that the manifest names.")


class NoFields(Wire):
    """The query string of a call without query parameters."""


class ImageQuery(Wire):
    """The query string of a picture: its size."""

    size: Literal["original", "thumbnail"] = Field(
        default="original", description="original: the stored file; thumbnail: a small JPEG."
    )


class PageQuery(Wire):
    """The query string of a list: which page to return."""

    limit: Integer = Field(
        default=20, ge=1, le=MAX_LIMIT, description="Largest number of items on the page."
    )
    cursor: str | None = optional(
        description="The `next_cursor` of the previous page.",
        max_length=4096,
        examples=[EXAMPLE_CURSOR],
    )


class ProductsQuery(PageQuery):
    """The query string of the list of products: page, order, filter and facets."""

    order: Order = Field(default="newest", description="newest: newest first; id: by product id.")
    filter: FilterField | None = optional()
    facets: FacetsField | None = optional(description=FACETS, examples=[EXAMPLE_FACETS])
