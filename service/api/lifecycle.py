"""The service's lifecycle: builds the services in the background and closes them at the end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias

import structlog

from service.core.errors import ServiceError, SetupError, Starting
from service.observability import Reading

if TYPE_CHECKING:
    from service.catalogue.products import Catalogue
    from service.duplicates.finder import Duplicates
    from service.health.readiness import Readiness
    from service.samples.installer import SampleCatalogue
    from service.search.ranking import Search

log = structlog.stdlib.get_logger(__name__)

Phase: TypeAlias = Literal["starting", "serving", "failed", "draining"]


class Services(Protocol):
    """The services that the API calls."""

    @property
    def catalogue(self) -> Catalogue: ...
    @property
    def duplicates(self) -> Duplicates: ...
    @property
    def search(self) -> Search: ...
    @property
    def samples(self) -> SampleCatalogue: ...
    @property
    def readiness(self) -> Readiness: ...
    @property
    def readings(self) -> Mapping[str, Reading]:
        """Readings for `/metrics`, by metric name."""


Build: TypeAlias = Callable[[], AbstractAsyncContextManager[Services]]


class Lifecycle:
    """Holds the services while they exist. An app has one, which lives on the app's event loop."""

    def __init__(self) -> None:
        self.progress = "The service is starting."
        self.error: BaseException | None = None
        """The error that ended the start, or None."""
        self.settled = asyncio.Event()
        """Set once the services are built or building them has failed."""
        self._services: Services | None = None
        self._draining = False
        self._stop = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    @property
    def phase(self) -> Phase:
        if self._draining:
            return "draining"
        if self.error is not None:
            return "failed"
        return "starting" if self._services is None else "serving"

    @property
    def services(self) -> Services:
        """The services. Raises Starting until they are built."""
        if self._services is None:
            raise Starting(self.progress, retry_after_s=2)
        return self._services

    def start(
        self,
        build: Build,
        *,
        on_ready: Callable[[Services], None],
        on_failure: Callable[[], None],
    ) -> None:
        self._task = asyncio.create_task(self._run(build, on_ready, on_failure), name="services")

    def drain(self) -> None:
        """Refuses new requests from now on. Accepted requests are still finished."""
        self._draining = True
        self.progress = "The service is shutting down."

    async def stop(self) -> None:
        """Closes the services, or cancels building them. Returns when they are closed."""
        self.drain()
        self._stop.set()
        if self._task is None:
            return
        if self._services is None:
            self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _run(
        self,
        build: Build,
        on_ready: Callable[[Services], None],
        on_failure: Callable[[], None],
    ) -> None:
        # One task enters and leaves the context: task groups in the services require that.
        try:
            async with build() as services:
                self._services = services
                on_ready(services)
                self.settled.set()
                await self._stop.wait()
        except Exception as error:
            self._failed(error, on_failure)
        finally:
            self._services = None

    def _failed(self, error: Exception, on_failure: Callable[[], None]) -> None:
        closing = self._stop.is_set()
        # The message of a SetupError tells the operator what to repair; a traceback adds nothing.
        traceback = None if isinstance(error, SetupError) else error
        event = "close failed" if closing else "start failed"
        log.error(event, reason=str(error), exc_info=traceback)
        self.error = error
        public = isinstance(error, ServiceError)
        self.progress = str(error) if public else "The service cannot start; its log says why."
        self.settled.set()
        if not closing:
            on_failure()
