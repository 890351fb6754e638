"""Fixtures that tests of several folders share."""

from __future__ import annotations

import pytest

from tests.house import House


@pytest.fixture
def house() -> House:
    return House()
