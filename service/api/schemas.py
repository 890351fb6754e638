"""What goes over the wire: the models of requests and answers."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, WithJsonSchema
from typing_extensions import TypeAliasType

from service import product_rules as rules

EXAMPLE_ID = "TEE-0042-GREEN"
EXAMPLE_IMAGE_ID = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
EXAMPLE_IMAGE_URL = f"/products/{EXAMPLE_ID}/images/{EXAMPLE_IMAGE_ID}"
EXAMPLE_ATTRIBUTES = {
    "colour": "green",
    "price": 19.9,
    "in_stock": True,
    "tags": ["summer", "cotton"],
}

AttributeValue = TypeAliasType(
    "AttributeValue",
    Annotated[
        str | bool | int | float | list[str],
        WithJsonSchema(
            {
                "title": "AttributeValue",
                "description": "A string, a finite number, a boolean or a list of strings.",
                "oneOf": [
                    {"type": "string", "maxLength": rules.MAX_ATTRIBUTE_STRING_CHARS},
                    {"type": "number"},
                    {"type": "boolean"},
                    {
                        "type": "array",
                        "items": {"type": "string", "maxLength": rules.MAX_ATTRIBUTE_STRING_CHARS},
                        "maxItems": rules.MAX_ATTRIBUTE_LIST_ITEMS,
                    },
                ],
            }
        ),
    ],
)

Attributes = TypeAliasType(
    "Attributes",
    Annotated[
        dict[str, AttributeValue],
        Field(
            title="Attributes",
            description="A flat object of the product's own properties.",
            max_length=rules.MAX_ATTRIBUTES,
            examples=[EXAMPLE_ATTRIBUTES],
        ),
    ],
)


class Wire(BaseModel):
    """Base of all: what is not described is not there."""

    # An answer has every field, also where it is null or empty.
    model_config = ConfigDict(extra="forbid", json_schema_serialization_defaults_required=True)


class FieldError(Wire):
    """One thing wrong with the request."""

    pointer: str = Field(description="JSON pointer to the field.", examples=["/attributes/colour"])
    detail: str = Field(description="What is wrong, and what would be right.")


class Problem(Wire):
    """An error (RFC 9457)."""

    type: str = Field(description="Stable name of the kind.", examples=["/problems/not-found"])
    title: str = Field(examples=["Not found"])
    status: int = Field(examples=[404])
    detail: str = Field(
        description="A sentence that says what to do.",
        examples=["There is no product 'TEE-0042-GREEN'."],
    )
    request_id: str | None = Field(default=None, description="The X-Request-ID of this answer.")
    errors: list[FieldError] = Field(
        default_factory=list, description="Every place in the request that is wrong."
    )


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
    created_at: datetime
    updated_at: datetime


class ProductWritten(Product):
    """A product, and whether the request changed anything."""

    unchanged: bool = Field(description="True where product and pictures were the same already.")


class ProductPage(Wire):
    """One page of products, newest first."""

    items: list[Product]
    next_cursor: str | None = Field(
        description="Give it as `cursor` for the next page; null at the end."
    )
    total: int = Field(description="Products in all.", examples=[1])


class Query(Wire):
    """What the search used."""

    # Here only where there is something to say.
    model_config = ConfigDict(extra="forbid", json_schema_serialization_defaults_required=False)

    weights: dict[str, FiniteFloat] = Field(
        description="Weight of each signal, sum 1.", examples=[{"semantic": 0.6, "visual": 0.4}]
    )
    encoders: dict[str, str] = Field(
        description="The model behind each signal.",
        examples=[{"semantic": "clip-ViT-B-32", "visual": "resnet50"}],
    )
    ignored_words: list[str] = Field(
        default_factory=list,
        description="Words of the text that the encoder does not know: they played no part.",
        examples=[["zeppelin"]],
    )


class SignalScore(Wire):
    """One signal's share of a score: contribution = weight * similarity."""

    similarity: FiniteFloat = Field(description="Cosine similarity.", examples=[0.871])
    weight: FiniteFloat = Field(examples=[0.6])
    contribution: FiniteFloat = Field(examples=[0.5226])


class MatchedImage(Wire):
    """The product's picture that matched best."""

    image_id: str = Field(examples=[EXAMPLE_IMAGE_ID])
    url: str = Field(examples=[EXAMPLE_IMAGE_URL])


class Hit(Wire):
    """A product found."""

    rank: int = Field(description="From 1.", examples=[1])
    score: FiniteFloat = Field(description="Sum of the contributions.", examples=[0.8312])
    scores: dict[str, SignalScore]
    image: MatchedImage
    product: ProductSummary


class SearchAnswer(Wire):
    """The products found, best first, and how."""

    query: Query
    hits: list[Hit]
    took_ms: dict[str, FiniteFloat] = Field(
        description="Milliseconds by step.",
        examples=[{"decode": 4.1, "embed": 21.0, "search": 2.4, "total": 28.0}],
    )


class BatchResult(Wire):
    """What became of one entry of the manifest."""

    index: int = Field(description="Place in the manifest, from 0.", examples=[0])
    product_id: str | None = Field(description="Null where the entry failed before it had one.")
    status: Literal["created", "replaced", "unchanged", "failed"]
    problem: Problem | None = Field(default=None, description="Only where the entry failed.")


class BatchAnswer(Wire):
    """One result an entry, in the manifest's order."""

    results: list[BatchResult]


class Check(Wire):
    """What one part answered."""

    ok: bool
    detail: str | None = Field(default=None, description="What is wrong.")
    took_ms: FiniteFloat


class Health(Wire):
    """Readiness: whether the service can do its work now."""

    status: Literal["ready", "unavailable", "starting", "failed", "draining"]
    version: str
    detail: str | None = Field(default=None, description="Progress while starting; why it failed.")
    checks: dict[str, Check] = Field(default_factory=dict)
    encoders: dict[str, str] = Field(default_factory=dict)
    collection: str | None = None
    products: int | None = Field(default=None, description="Null where the store does not answer.")
    warnings: list[str] = Field(default_factory=list)


class Liveness(Wire):
    """The process serves."""

    status: Literal["alive"]
    version: str
