"""Samples, health and what else operators ask, on the wire."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, FiniteFloat

from service.api.schemas.base import Wire


class SampleQuery(Wire):
    """A drawn picture to search the sample catalogue with."""

    name: str = Field(examples=["query"])
    title: str = Field(examples=["A green sports car"])
    url: str = Field(examples=["/samples/query.jpg"])


class Samples(Wire):
    """What the sample catalogue has."""

    total: int = Field(description="Products that a load stores.", examples=[166])
    queries: list[SampleQuery] = Field(description="The first is the one to begin with.")


class SamplesLoaded(Wire):
    """What a load of the sample catalogue did."""

    created: int = Field(examples=[166])
    replaced: int = Field(description="Were there, and had been changed.", examples=[0])
    unchanged: int = Field(examples=[0])
    kept: int = Field(
        description="Products of your own under the id of a sample, left as they are.",
        examples=[0],
    )
    total: int = Field(description="Samples that are there now.", examples=[166])


class SamplesDeleted(Wire):
    """What deleting the sample catalogue did."""

    deleted: int = Field(description="Products that were there.", examples=[166])


class Check(Wire):
    """What one part answered."""

    ok: bool
    detail: str | None = Field(
        default=None, description="What is wrong.", examples=["The engine does not answer."]
    )
    took_ms: FiniteFloat = Field(examples=[1.4])
    age_s: FiniteFloat = Field(
        description="Seconds since it answered: parts are asked in the background.", examples=[1.2]
    )


class Signal(Wire):
    """One signal of the hybrid score."""

    name: str = Field(examples=["semantic"])
    caption: str = Field(description="What pictures are compared by.", examples=["what it is"])
    weight: FiniteFloat = Field(
        description="Its weight in searches that bring none; all of them sum to 1.",
        examples=[0.6],
    )
    text_encoder: str | None = Field(
        description="The model that reads texts; null for a signal that texts do not have.",
        examples=["clip-ViT-B-32"],
    )


class Filling(Wire):
    """How far an incomplete index has come, in products."""

    indexed: int = Field(examples=[4100])
    expected: int = Field(examples=[10000])


class Health(Wire):
    """Readiness: whether the service can do its work now."""

    status: Literal["ready", "filling", "unavailable", "starting", "failed", "draining"]
    version: str = Field(examples=["0.1.0"])
    detail: str | None = Field(
        default=None,
        description="Progress while starting; why it failed.",
        examples=["Loading clip-ViT-B-32 and resnet50."],
    )
    checks: dict[str, Check] = Field(default_factory=dict)
    encoders: dict[str, str] = Field(
        default_factory=dict, examples=[{"semantic": "clip-ViT-B-32", "visual": "resnet50"}]
    )
    signals: list[Signal] = Field(
        default_factory=list, description="In their order; empty until the service has started."
    )
    collection: str | None = Field(default=None, examples=["products-3f9d2c71a0b4"])
    products: int | None = Field(
        default=None, description="Null where the store does not answer.", examples=[81]
    )
    filling: Filling | None = Field(
        default=None, description="Null where the index has every product."
    )
    warnings: list[str] = Field(
        default_factory=list, examples=[["Running on the compact encoders."]]
    )


class Liveness(Wire):
    """The process serves."""

    status: Literal["alive"]
    version: str = Field(examples=["0.1.0"])
