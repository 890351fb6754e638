"""From starting to stopped: builds the parts in the background and closes them at the end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias

import structlog

from service.errors import ServiceError, SetupError, Starting
from service.observability import Reading

if TYPE_CHECKING:
    from service.catalog import Catalog
    from service.duplicates import Duplicates
    from service.readiness import Readiness
    from service.samples.catalog import SampleCatalog
    from service.search import Search

log = structlog.stdlib.get_logger(__name__)

Phase: TypeAlias = Literal["starting", "serving", "failed", "draining"]


class Services(Protocol):
    """What the API needs of the built parts."""

    @property
    def catalog(self) -> Catalog: ...
    @property
    def duplicates(self) -> Duplicates: ...
    @property
    def search(self) -> Search: ...
    @property
    def samples(self) -> SampleCatalog: ...
    @property
    def readiness(self) -> Readiness: ...
    @property
    def readings(self) -> Mapping[str, Reading]:
        """Numbers for `/metrics`, by metric name."""


Build: TypeAlias = Callable[[], AbstractAsyncContextManager[Services]]


class Lifecycle:
    """Holds the parts while they exist. One per app; everything runs on the app's event loop."""

    def __init__(self) -> None:
        self.progress = "The service is starting."
        self.error: BaseException | None = None
        """Why the parts could not be built."""
        self.settled = asyncio.Event()
        """Set once the parts are built, or cannot be."""
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
        """Raises Starting until the parts are built."""
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
        """From now on new work is refused; what was accepted goes on."""
        self._draining = True
        self.progress = "The service is shutting down."

    async def stop(self) -> None:
        """Closes the parts, or gives up building them. Returns when they are closed."""
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
        # Entered and left in one task: the parts may hold task groups, which insist on it.
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
        # A setup error is the operator's to mend, and its sentence says how.
        trace = None if isinstance(error, SetupError) else error
        log.error("close failed" if closing else "start failed", reason=str(error), exc_info=trace)
        self.error = error
        told = isinstance(error, ServiceError)
        self.progress = str(error) if told else "The service cannot start; its log says why."
        self.settled.set()
        if not closing:
            on_failure()
