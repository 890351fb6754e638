"""Fixtures that tests of several folders share."""

from __future__ import annotations

# Its pytest plugin would import it at the very end, from a depth of the stack at which the parser
# of CPython 3.11 fails where no compiled files may be kept.
import hypothesis  # noqa: F401
import pytest

from tests.house import House


@pytest.fixture
def house() -> House:
    return House()
