"""A form's parts by field: nothing unknown, nothing twice, files where files belong."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar

from service.api.bodies import strict_json
from service.api.bodies.multipart import Part, pointer, text_of
from service.api.complaints import unknown_name
from service.api.problems import FieldError, ProblemError, invalid_request
from service.core.errors import InvalidInput
from service.core.text import kind_of

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Field:
    """What a form takes under one name."""

    kind: Literal["file", "files", "text"]
    required: bool = False


class Form:
    """The fields of one form. `read` collects complaints, so that an answer names all of them."""

    def __init__(self, parts: Sequence[Part], fields: Mapping[str, Field]) -> None:
        self._complaints: list[FieldError] = []
        self._parts: dict[str, list[Part]] = {}
        for part in parts:
            if not _is_empty_file_input(part):
                self._parts.setdefault(part.name, []).append(part)
        for name in self._parts:
            self._check_given(name, fields)
        for name, field in fields.items():
            if field.required and name not in self._parts:
                self._complain(name, f"The field {name!r} is missing; {_how(field)}.")

    def files(self, name: str) -> list[bytes]:
        return [bytes(part.data) for part in self._parts.get(name, [])]

    def read(self, name: str, convert: Callable[[str], T], default: T) -> T:
        """The field's text, converted; the default where it is absent, or wrong and noted."""
        parts = self._parts.get(name)
        if not parts:
            return default
        try:
            return convert(text_of(parts[0]))
        except InvalidInput as error:
            self._complaints.append(FieldError(error.pointer or pointer(name), error.detail))
        except ProblemError as error:
            if not error.problem.errors:
                raise
            self._complaints.extend(error.problem.errors)
        return default

    def check(self) -> None:
        """Raises 422 with every complaint, if there is one."""
        if self._complaints:
            raise invalid_request(*self._complaints)

    def _check_given(self, name: str, fields: Mapping[str, Field]) -> None:
        field = fields.get(name)
        if field is None:
            self._complain(name, unknown_name("field", name, fields))
            return
        given = self._parts[name]
        if len(given) > 1 and field.kind != "files":
            self._complain(name, f"The field {name!r} is there {len(given)} times; send it once.")
        if any(part.is_file != (field.kind != "text") for part in given):
            self._complain(name, f"The field {name!r} is of the wrong kind; {_how(field)}.")
            # Still given, so that it is not called missing too, and not read.
            self._parts[name] = []

    def _complain(self, name: str, detail: str) -> None:
        self._complaints.append(FieldError(pointer(name), detail))


def _how(field: Field) -> str:
    if field.kind == "text":
        return "send text, without a file name"
    return "send it as a file, with a file name"


def _is_empty_file_input(part: Part) -> bool:
    # What browsers send for a file input that nobody filled.
    return part.filename == "" and not part.data


def json_object(text: str, *, at: str) -> dict[str, object]:
    value = strict_json.parse(text, at=at)
    if not isinstance(value, dict):
        raise invalid_request(FieldError(at, f"This is {kind_of(value)}; give a JSON object."))
    return value


def json_numbers(text: str, *, at: str) -> dict[str, float]:
    """A JSON object whose values are all finite numbers."""
    value = json_object(text, at=at)
    return {name: _number(item, at=at + pointer(name)) for name, item in value.items()}


def whole_number(text: str, *, at: str, least: int, most: int) -> int:
    if re.fullmatch(r"[+-]?[0-9]{1,9}", text.strip()) and least <= int(text) <= most:
        return int(text)
    raise invalid_request(FieldError(at, f"Give a whole number from {least} to {most}."))


def finite_number(text: str, *, at: str) -> float:
    return _number(strict_json.parse(text, at=at), at=at)


def truth(text: str, *, at: str) -> bool:
    """JSON's true or false."""
    if text.strip() not in ("true", "false"):
        raise invalid_request(FieldError(at, "Give true or false."))
    return text.strip() == "true"


def _number(value: object, *, at: str) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise invalid_request(FieldError(at, f"This is {kind_of(value)}; give a number."))
    number = float(value)
    if not math.isfinite(number):
        raise invalid_request(FieldError(at, "Give a finite number."))
    return number
