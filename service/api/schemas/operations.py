"""The answers about health and the sample products."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, FiniteFloat

from service.api.schemas.base import Wire
from service.api.schemas.signals import NAMES, Encoders
from service.embedding.registry import SIGNALS


class SampleQuery(Wire):
    """A drawn picture to search the sample catalogue with."""

    name: str = Field(examples=["query"])
    title: str = Field(examples=["A green sports car"])
    url: str = Field(examples=["/samples/query.jpg"])


class Samples(Wire):
    """The number of sample products, and pictures to search with."""

    total: int = Field(description="The number of sample products.", examples=[166])
    queries: list[SampleQuery] = Field(
        description="Pictures to search with; try the first one first."
    )


class SamplesLoaded(Wire):
    """The result of storing the sample products."""

    created: int = Field(examples=[166])
    replaced: int = Field(
        description="Sample products that had been changed and are restored.", examples=[0]
    )
    unchanged: int = Field(examples=[0])
    kept: int = Field(
        description="Your own products that have the id of a sample; they are not changed.",
        examples=[0],
    )
    total: int = Field(description="Sample products that are stored now.", examples=[166])


class SamplesDeleted(Wire):
    """The result of deleting the sample products."""

    deleted: int = Field(description="Sample products that were deleted.", examples=[166])


class Check(Wire):
    """The last answer of one component."""

    ok: bool
    detail: str | None = Field(
        default=None,
        description="What is wrong; null if nothing is.",
        examples=["The engine does not answer."],
    )
    took_ms: FiniteFloat = Field(examples=[1.4])
    age_s: FiniteFloat = Field(
        description="Seconds since the answer: components are checked in the background.",
        examples=[1.2],
    )


class Filling(Wire):
    """The progress of filling an incomplete index, in products."""

    indexed: int = Field(examples=[4100])
    expected: int = Field(examples=[10000])


class Signal(Wire):
    """One signal of the hybrid score."""

    name: str = Field(examples=[NAMES[0]])
    caption: str = Field(
        description="What the signal compares pictures by.", examples=[SIGNALS[0].caption]
    )
    weight: FiniteFloat = Field(
        description="Weight in searches that set no weights; all weights add up to 1.",
        examples=[SIGNALS[0].default_weight],
    )
    text_encoder: str | None = Field(
        description="The model that embeds texts; null if the signal cannot read texts.",
        examples=["clip-ViT-B-32"],
    )


class Health(Wire):
    """The readiness of the service and its components."""

    status: Literal["ready", "filling", "unavailable", "starting", "failed", "draining"]
    version: str = Field(examples=["0.1.0"])
    detail: str | None = Field(
        default=None,
        description="The progress of the start, or the reason why it failed.",
        examples=["Loading clip-ViT-B-32 and resnet50."],
    )
    checks: dict[str, Check] = Field(default_factory=dict)
    encoders: Encoders = Field(default_factory=dict)
    signals: list[Signal] = Field(
        default_factory=list,
        description="The signals in their order; empty until the service has started.",
    )
    collection: str | None = Field(default=None, examples=["products-3f9d2c71a0b4"])
    products: int | None = Field(
        default=None,
        description="Stored products; null if the store does not answer.",
        examples=[81],
    )
    filling: Filling | None = Field(
        default=None, description="Null if the index contains all products."
    )
    warnings: list[str] = Field(
        default_factory=list,
        description="Warnings for operators: damaged pictures, or a disk that is nearly full.",
        examples=[["Running on the compact encoders."]],
    )


class Liveness(Wire):
    """The process answers requests."""

    status: Literal["alive"]
    version: str = Field(examples=["0.1.0"])
