"""Objects with one value for each signal, whose keys the OpenAPI document lists."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field, FiniteFloat, GetJsonSchemaHandler
from pydantic_core import CoreSchema
from typing_extensions import TypeAliasType

from service.embedding.registry import SIGNALS

NAMES = [row.name for row in SIGNALS]
EXAMPLE_WEIGHTS = {row.name: row.default_weight for row in SIGNALS}
EXAMPLE_REASONS = {name: f"The query has no {name} embedding." for name in NAMES}
EXAMPLE_ENCODERS = {name: f"compact-{name}-1" for name in NAMES}


class PerSignal:
    """Turns the schema of a dictionary into that of an object whose keys are the signals' names."""

    def __init__(
        self, *, complete: bool, examples: Mapping[str, float | str] | None = None
    ) -> None:
        """Describes the object: a `complete` one has a value for every signal."""
        self._complete, self._examples = complete, examples

    def __get_pydantic_json_schema__(
        self, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:  # Any: JSON schema.
        schema = handler(core_schema)
        value = schema.pop("additionalProperties", {})
        shown = {name: {"examples": [one]} for name, one in (self._examples or {}).items()}
        schema |= {
            "properties": {name: value | shown.get(name, {}) for name in NAMES},
            "additionalProperties": False,
        }
        return {**schema, "required": NAMES} if self._complete else schema


SignalWeights = TypeAliasType(
    "SignalWeights",
    Annotated[
        dict[str, FiniteFloat],
        PerSignal(complete=True, examples=EXAMPLE_WEIGHTS),
        Field(description="The weight of each signal; the sum is 1.", examples=[EXAMPLE_WEIGHTS]),
    ],
)
Weights = TypeAliasType(
    "Weights",
    Annotated[
        dict[str, Annotated[FiniteFloat, Field(ge=0)]],
        PerSignal(complete=False, examples=EXAMPLE_WEIGHTS),
        Field(
            description="How much each signal counts. The weights are scaled to a sum of 1; an "
            "absent signal has the weight 0.",
            examples=[EXAMPLE_WEIGHTS],
        ),
    ],
)
SignalEncoders = TypeAliasType(
    "SignalEncoders",
    Annotated[
        dict[str, str],
        PerSignal(complete=True, examples=EXAMPLE_ENCODERS),
        Field(description="The model of each signal.", examples=[EXAMPLE_ENCODERS]),
    ],
)
Encoders = TypeAliasType(
    "Encoders",
    Annotated[
        dict[str, str],
        PerSignal(complete=False, examples=EXAMPLE_ENCODERS),
        Field(
            description="The model of each signal; empty until the service has started.",
            examples=[EXAMPLE_ENCODERS],
        ),
    ],
)
SignalReasons = TypeAliasType(
    "SignalReasons",
    Annotated[
        dict[str, str],
        PerSignal(complete=False, examples=EXAMPLE_REASONS),
        Field(
            description="Reasons why signals have no explanation, if explanations were asked for.",
            examples=[EXAMPLE_REASONS],
        ),
    ],
)
