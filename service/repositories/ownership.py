"""Gives a directory or a bucket one owner at a time, by a file lock or an expiring lease."""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import socket
import time
import uuid
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

import structlog

from service.core.blob import BlobVersion
from service.core.errors import SetupError, StoreInUse, StoreUnavailable
from service.core.interfaces import BlobStore

LOCK_FILE = ".lock"
POLL_S = 0.5
OUTAGE_RETRY_S = 2.0
LEASE_S = 30.0
RENEWALS_PER_LEASE = 3

log = structlog.stdlib.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Owner:
    """A process that owns something. The `id` of a directory's owner outlives the process."""

    id: str
    pid: int
    host: str

    @classmethod
    def this_process(cls, id: str | None = None) -> Owner:
        """Returns this process as an owner, with a new id if none is given."""
        return cls(id or uuid.uuid4().hex, os.getpid(), socket.gethostname())

    @classmethod
    def read(cls, text: str | bytes) -> Owner | None:
        """Reads the text that `written` returns. Returns None for any other text."""
        try:
            fields = json.loads(text)
            return cls(str(fields["id"]), int(fields["pid"]), str(fields["host"]))
        except (ValueError, KeyError, TypeError):
            return None

    def written(self) -> str:
        """Returns the owner as JSON."""
        return json.dumps(asdict(self))

    def __str__(self) -> str:
        return f"process {self.pid} on {self.host}"


@asynccontextmanager
async def owned_directory(
    directory: Path, *, wait_s: float, tell: Callable[[str], None]
) -> AsyncIterator[Owner]:
    """Owns the directory until the block ends. Its owner's id stays the same from start to start.

    The kernel releases the lock whenever and however this process ends. Raises StoreInUse if
    another process still holds the lock after `wait_s`, and SetupError if locking fails.
    """
    path = directory / LOCK_FILE
    with _opened(path) as file:
        await _wait_for(file, directory, wait_s, tell)
        known = _holder(file)
        owner = Owner.this_process(known.id if known else None)
        _write(file, owner)
        yield owner


async def _wait_for(
    file: IO[str], directory: Path, wait_s: float, tell: Callable[[str], None]
) -> None:
    deadline = time.monotonic() + wait_s
    told = False
    while not _locked(file):
        holder = _holder(file) or "another process"
        if time.monotonic() > deadline:
            raise StoreInUse(
                f"The directory {directory} is used by {holder}: stop that one, or give this one a"
                " DATA_DIR of its own. Several services share a Qdrant server (QDRANT_URL) and a"
                " bucket (BLOB_URL)."
            )
        if not told:
            tell(f"Waiting until {holder} releases the directory {directory}.")
            told = True
        await asyncio.sleep(POLL_S)


@contextmanager
def _opened(path: Path) -> Iterator[IO[str]]:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("a+")
    except OSError as exc:
        raise SetupError(f"The directory {path.parent} cannot be used: {exc}") from exc
    with file:
        yield file


def _holder(file: IO[str]) -> Owner | None:
    file.seek(0)
    return Owner.read(file.read())


def _write(file: IO[str], owner: Owner) -> None:
    try:
        file.truncate(0)
        file.write(owner.written())
        file.flush()
    except OSError as exc:
        raise SetupError(f"The file {file.name} cannot be written: {exc.strerror}.") from exc


def _locked(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as exc:
        raise SetupError(f"The file {file.name} cannot be locked: {exc}") from exc
    return True


class Lease:
    """The right to use something that several machines share, stored as an object in a blob store.

    Others may take a lease that its owner has not renewed for `lasts_s`. Clocks of machines are
    not compared: a process that wants the lease watches, by its own clock, for a renewal.
    """

    def __init__(
        self, blobs: BlobStore, key: str, owner: Owner, *, lasts_s: float = LEASE_S
    ) -> None:
        self.lasts_s = lasts_s
        self.holder: Owner | None = None
        """The owner that the last call of `take` found."""
        self._blobs = blobs
        self._key = key
        self._owner = owner
        self._seen: BlobVersion | None = None
        self._seen_at = 0.0
        self._contested = False

    async def take(self) -> bool:
        """Takes or renews the lease if it is free, expired or our own.

        Returns False if another owner holds it. Raises StoreUnavailable.
        """
        found = await self._blobs.read(self._key)
        if found is None:
            return await self._blobs.create(self._key, self._text())
        self.holder = Owner.read(found.data)
        ours = self.holder is not None and self.holder.id == self._owner.id
        if not ours and not self._expired(found.version):
            return False
        return await self._blobs.replace(self._key, self._text(), found.version)

    async def take_or_refuse(self, refusal: str, tell: Callable[[str], None]) -> None:
        """Waits until the lease expires, and takes it. Raises StoreInUse if its holder renews it.

        The detail of that error is the holder's name followed by `refusal`.
        """
        if await self._answered(tell):
            return
        tell(f"Waiting up to {self.lasts_s:.0f} s to see whether {self.holder} is still there.")
        while not await self._answered(tell):
            if self._contested:
                raise StoreInUse(f"{str(self.holder).capitalize()} {refusal}")
            await asyncio.sleep(POLL_S)

    async def _answered(self, tell: Callable[[str], None]) -> bool:
        """Repeats `take` until the blob store answers."""
        while True:
            try:
                return await self.take()
            except StoreUnavailable as exc:
                tell(f"Waiting for the blob store: {exc.detail}")
                log.warning("waiting for the blob store", reason=exc.detail)
                await asyncio.sleep(OUTAGE_RETRY_S)

    async def give_back(self) -> None:
        """Deletes the lease, so that others can take it at once. Raises StoreUnavailable."""
        found = await self._blobs.get(self._key)
        holder = None if found is None else Owner.read(found)
        if holder is not None and holder.id == self._owner.id:
            await self._blobs.delete([self._key])

    @asynccontextmanager
    async def kept(self, on_lost: Callable[[], object]) -> AsyncIterator[None]:
        """Renews the lease, which must have been taken, and gives it back at the end.

        `on_lost` is called once if another owner takes the lease, as can happen after an outage.
        """
        renewing = asyncio.create_task(self._renew(on_lost), name="lease")
        try:
            yield
        finally:
            renewing.cancel()
            with suppress(asyncio.CancelledError):
                await renewing
            with suppress(StoreUnavailable):
                await self.give_back()

    async def while_held(self, work: Coroutine[Any, Any, None]) -> bool:
        """Does the work, and gives the lease back.

        Returns False if the lease was lost, which stops the work.
        """
        working = asyncio.create_task(work)
        async with self.kept(on_lost=working.cancel):
            try:
                await asyncio.wait([working])
            finally:
                working.cancel()
        if working.cancelled():
            return False
        working.result()
        return True

    async def _renew(self, on_lost: Callable[[], object]) -> None:
        held = True
        while held:
            await asyncio.sleep(self.lasts_s / RENEWALS_PER_LEASE)
            with suppress(
                StoreUnavailable
            ):  # an outage does not tell whether the lease is lost; the next attempt does
                held = await self.take()
        log.error("another process has taken the lease", key=self._key, holder=str(self.holder))
        on_lost()

    def _expired(self, version: BlobVersion) -> bool:
        now = time.monotonic()
        if version != self._seen:
            self._contested = self._seen is not None
            self._seen, self._seen_at = version, now
        return now - self._seen_at >= self.lasts_s

    def _text(self) -> bytes:
        """Returns the owner with a random value, so that each renewal changes the object."""
        return json.dumps(asdict(self._owner) | {"renewal": uuid.uuid4().hex}).encode()
