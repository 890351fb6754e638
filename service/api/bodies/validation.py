"""Validates the values of a request, and reports each mistake with its place."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, PlainValidator, ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError

from service.api.problems import MAX_ERRORS, FieldError, invalid_request, pointer
from service.api.validation_messages import CORE_RULE, validation_message
from service.core.errors import InvalidInput, Place

Model = TypeVar("Model", bound=BaseModel)


def validated(
    model: type[Model], value: object, *, at: Place = (), earlier: Sequence[FieldError] = ()
) -> Model:
    """Returns the value as the model. Raises a 422 ProblemError that lists the mistakes.

    `at` is the place of the value in the request. `earlier` lists mistakes that were already
    found; further mistakes in the same fields are not reported.
    """
    value, surplus = _without_surplus(model, value)
    try:
        found = model.model_validate(value, strict=True)
    except ValidationError as error:
        pointers = {one.pointer for one in earlier}
        wrong = [
            one
            for one in error.errors(include_input=False, include_url=False)
            if pointer((*at, *one["loc"][:1])) not in pointers
        ]
        # A misspelt name goes first, because it explains why the right one is missing.
        wrong.sort(key=lambda one: one["type"] != "extra_forbidden")
        room = max(0, MAX_ERRORS - len(earlier))
        mistakes = [*earlier, *(_field_error(model, one, at) for one in wrong[:room])]
        raise invalid_request(*mistakes, unlisted=surplus + max(0, len(wrong) - room)) from error
    if earlier:
        raise invalid_request(*earlier)
    return found


def _without_surplus(model: type[BaseModel], value: object) -> tuple[object, int]:
    """Leaves out the unknown names that no answer can list, and returns how many these are.

    Otherwise pydantic would build an error for each of them, which can be hundreds of thousands.
    """
    if not isinstance(value, dict):
        return value, 0
    known = model.model_fields
    surplus = [name for name in value if name not in known][MAX_ERRORS:]
    if not surplus:
        return value, 0
    dropped = set(surplus)
    return {name: one for name, one in value.items() if name not in dropped}, len(dropped)


def checked_by(check: Callable[[Any], object], documented: object) -> PlainValidator:
    """Validates a field with a function of the core that returns the value or raises InvalidInput.

    `documented` is the type that the OpenAPI document shows for the field.
    """

    def checked(value: object) -> object:
        try:
            return check(value)
        except InvalidInput as error:
            raise broken_rule(error) from error

    return PlainValidator(checked, json_schema_input_type=documented)


def broken_rule(error: InvalidInput) -> PydanticCustomError:
    """Wraps the error for pydantic, which collects it with its message and place."""
    return PydanticCustomError(
        CORE_RULE, "{detail}", {"detail": error.detail, "place": error.place}
    )


def _field_error(model: type[BaseModel], error: ErrorDetails, at: Place) -> FieldError:
    place = error.get("ctx", {}).get("place", ()) if error["type"] == CORE_RULE else ()
    message = validation_message(error, _names_at(model, error["loc"][:-1]))
    return FieldError(pointer((*at, *error["loc"], *place)), message)


def _names_at(model: type[BaseModel], place: Place) -> list[str]:
    """Returns the field names that are valid at the place."""
    for token in place:
        if isinstance(token, str):
            field = model.model_fields.get(token)
            inner = None if field is None else _model_in(field.annotation)
            if inner is None:
                return []
            model = inner
    return list(model.model_fields)


def _model_in(annotation: object) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for arg in get_args(annotation) if (found := _model_in(arg))), None)
