"""Checks a request's values against their declaration, and tells every mistake by its place."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, PlainValidator, ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError

from service.api.complaints import RULE, complaint
from service.api.problems import MAX_ERRORS, FieldError, invalid_request, pointer
from service.core.errors import InvalidInput, Place

Model = TypeVar("Model", bound=BaseModel)


def validated(
    model: type[Model], value: object, *, at: Place = (), told: Sequence[FieldError] = ()
) -> Model:
    """The value as the model. Raises a 422 ProblemError with the places that are wrong.

    `told` are mistakes that were found before; of their fields nothing more is told.
    """
    try:
        found = model.model_validate(value, strict=True)
    except ValidationError as error:
        pointers = {one.pointer for one in told}
        wrong = [
            one
            for one in error.errors(include_input=False, include_url=False)
            if pointer((*at, *one["loc"][:1])) not in pointers
        ]
        # A wrong name explains why the right one is missing.
        wrong.sort(key=lambda one: one["type"] != "extra_forbidden")
        room = max(0, MAX_ERRORS - len(told))
        told = [*told, *(_field_error(model, one, at) for one in wrong[:room])]
        raise invalid_request(*told, unlisted=max(0, len(wrong) - room)) from error
    if told:
        raise invalid_request(*told)
    return found


def follows(check: Callable[[Any], object], described: object) -> PlainValidator:
    """A field's rule: a function of the core that returns the value or raises InvalidInput.

    `described` is the type that the OpenAPI document gives.
    """

    def checked(value: object) -> object:
        try:
            return check(value)
        except InvalidInput as error:
            raise broken_rule(error) from error

    return PlainValidator(checked, json_schema_input_type=described)


def broken_rule(error: InvalidInput) -> PydanticCustomError:
    """The error as pydantic collects it, with its sentence and place."""
    return PydanticCustomError(RULE, "{detail}", {"detail": error.detail, "place": error.place})


def _field_error(model: type[BaseModel], error: ErrorDetails, at: Place) -> FieldError:
    place = error.get("ctx", {}).get("place", ()) if error["type"] == RULE else ()
    sentence = complaint(error, _names_at(model, error["loc"][:-1]))
    return FieldError(pointer((*at, *error["loc"], *place)), sentence)


def _names_at(model: type[BaseModel], place: Place) -> list[str]:
    """The names that the object at the place may have."""
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
