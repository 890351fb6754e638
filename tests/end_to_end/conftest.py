from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.end_to_end.process import ServiceProcess


@pytest.fixture(scope="session")
def shared_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServiceProcess]:
    """One service for the tests that leave it as they found it, or do not mind what is there."""
    service = ServiceProcess(tmp_path_factory.mktemp("service"))
    try:
        yield service.start()
    finally:
        service.close()


@pytest.fixture
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServiceProcess]:
    """A service of the test's own, to be killed."""
    service = ServiceProcess(tmp_path_factory.mktemp("service"))
    try:
        yield service.start()
    finally:
        service.close()
