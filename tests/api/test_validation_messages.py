"""Errors of validation as sentences."""

from __future__ import annotations

from service.api.validation_messages import validation_message


def test_a_sentence_of_its_own_has_its_bounds_filled_in() -> None:
    error = {"type": "greater_than_equal", "loc": ("x",), "msg": "…", "ctx": {"ge": 1.0}}
    assert validation_message(error) == "This number is too small; give at least 1."


def test_another_error_is_told_as_it_is_braces_and_all() -> None:
    error = {"type": "value_error", "loc": ("x",), "msg": "Not {this}", "ctx": {"error": "x"}}
    assert validation_message(error) == "Not {this}."
