"""Stores bytes by key in a local directory or an object store, through `obstore`."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeVar

import httpx
import obstore
from obstore.exceptions import AlreadyExistsError, BaseError, PreconditionError
from obstore.store import LocalStore, from_url

from service.core.blob import Blob, BlobVersion
from service.core.errors import SetupError, StoreFull, StoreUnavailable
from service.repositories.shared.system_errors import says_full

if TYPE_CHECKING:
    from obstore import PutMode, UpdateVersion
    from obstore.store import ObjectStore

_THREADS = 16
_KEYS_PER_CHUNK = 1000
AWS_CREDENTIALS = (
    "AWS_ACCESS_KEY_ID",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_SKIP_SIGNATURE",
)
"""Each of these variables alone tells where credentials come from, or that none are needed."""
_PROBE = "ping"
_LOCAL = {"mkdir": True, "automatic_cleanup": True}
"""Without `automatic_cleanup`, every deleted product leaves an empty directory."""
_REQUEST_S = 15
"""The time limit of a request in seconds. One that reaches it is not repeated."""
_QUEUE_S = 10
"""The longest wait for a free thread in seconds, while the store is slow."""
LONGEST_CALL_S = _QUEUE_S + 2 * _REQUEST_S
"""The time limit of every call in seconds."""
_CLIENT: dict[str, Any] = {
    # An operator who sets an endpoint with http:// wants it without TLS.
    "client_options": {"connect_timeout": "5s", "timeout": f"{_REQUEST_S}s", "allow_http": True},
    "retry_config": {"max_retries": 4, "retry_timeout": timedelta(seconds=_REQUEST_S - 5)},
}

T = TypeVar("T")


class ObstoreBlobs:
    """Implements `BlobStore`. Every write is atomic: a rename of a staging file, or one upload.

    A killed process may leave a staging file (`<key>#1`), which no method here shows.
    The class runs obstore's blocking functions in threads. Its async functions answer from their
    own threads, and if one does so while the interpreter exits, the process aborts (7 of 18 times).
    """

    def __init__(self, store: ObjectStore) -> None:
        self._store = store
        self._closed = False
        self._replacing = Lock()
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="blobs")

    @classmethod
    def in_directory(cls, directory: Path) -> ObstoreBlobs:
        """Stores in a directory. Raises SetupError if it cannot be created."""
        try:
            return cls(LocalStore(directory.absolute(), **_LOCAL))
        except (BaseError, OSError) as exc:
            raise SetupError(
                f"The directory {directory} cannot be used for pictures: {_first_line(exc)}"
            ) from exc

    @classmethod
    def from_url(cls, url: str) -> ObstoreBlobs:
        """Stores at an s3://, gs://, az://, file:// or memory:// URL.

        Credentials come from the same variables as for the store's own tools. Raises SetupError if
        the URL is not that of a known store, or if there are no credentials for S3.
        """
        scheme = url.partition(":")[0]
        if scheme in ("s3", "s3a"):
            _check_aws_credentials(os.environ)
        options: dict[str, Any] = {"file": _LOCAL, "memory": {}}.get(scheme, _CLIENT)
        try:
            return cls(from_url(url, **options))
        except (BaseError, OSError, ValueError) as exc:
            raise SetupError(
                f"BLOB_URL {_without_secrets(url)} cannot be used: {_reason(exc, url)}"
            ) from None  # the chained error would show the password

    async def put(self, key: str, data: bytes) -> None:
        await self._call(lambda: self._put(key, data, mode="overwrite"))

    async def create(self, key: str, data: bytes) -> bool:
        def create() -> bool:
            try:
                self._put(key, data, mode="create")
            except AlreadyExistsError:
                return False
            return True

        return await self._call(create)

    async def replace(self, key: str, data: bytes, version: BlobVersion) -> bool:
        def replace() -> bool:
            try:
                if isinstance(self._store, LocalStore):
                    return self._replace_file(key, data, version)
                self._put(key, data, mode=_update(version))
            except (PreconditionError, FileNotFoundError):
                return False
            return True

        return await self._call(replace)

    async def get(self, key: str) -> bytes | None:
        found = await self.read(key)
        return None if found is None else found.data

    async def read(self, key: str) -> Blob | None:
        def read() -> Blob | None:
            try:
                found = obstore.get(self._store, key)
                version = BlobVersion(found.meta["e_tag"], found.meta["version"])
                return Blob(found.bytes().to_bytes(), version)
            except FileNotFoundError:
                return None

        return await self._call(read)

    async def delete(self, keys: Sequence[str]) -> None:
        def delete() -> None:
            try:
                obstore.delete(self._store, list(keys))
            except FileNotFoundError:
                # A directory stops at the first missing key; object stores ignore missing keys.
                for key in keys:
                    self._delete_if_there(key)

        await self._call(delete)

    async def list(self, prefix: str) -> AsyncIterator[str]:
        """Yields the keys below `prefix`, which must end at a slash: `images/`, not `imag`."""
        chunks = obstore.list(self._store, prefix, chunk_size=_KEYS_PER_CHUNK)
        while (chunk := await self._call(lambda: next(chunks, None))) is not None:
            for entry in chunk:
                yield entry["path"]

    async def ping(self) -> None:
        """Writes to a directory, but only lists a bucket: some stores limit writes to one key."""
        if isinstance(self._store, LocalStore):
            await self._ping_directory(self._store)
        else:
            await self._call(lambda: next(obstore.list(self._store, _PROBE, chunk_size=1), None))

    async def close(self) -> None:
        """Lets running calls finish, and refuses later ones."""
        self._closed = True
        self._threads.shutdown(wait=False)

    async def _ping_directory(self, store: LocalStore) -> None:
        await self.put(
            _PROBE, b""
        )  # empty, so that the check succeeds on a full disk, which can still be read
        if await self.get(_PROBE) is None:
            raise StoreUnavailable(
                f"The directory {store.prefix} loses files that are written to it."
            )

    def _replace_file(self, key: str, data: bytes, version: BlobVersion) -> bool:
        # A directory has no conditional writes. As only one process uses it, a lock is enough.
        with self._replacing:
            if obstore.head(self._store, key)["e_tag"] != version.e_tag:
                return False
            self._put(key, data, mode="overwrite")
            return True

    def _put(self, key: str, data: bytes, mode: PutMode) -> None:
        if isinstance(self._store, LocalStore):
            root = Path(self._store.prefix or "/")
            if not root.is_dir():
                # The write would create the directory again, and so hide the loss of its files.
                raise StoreUnavailable(f"The directory {root} is gone; restore it and try again.")
        obstore.put(self._store, key, data, mode=mode)

    def _delete_if_there(self, key: str) -> None:
        try:
            obstore.delete(self._store, key)
        except FileNotFoundError:
            return

    async def _call(self, function: Callable[[], T]) -> T:
        if self._closed:
            raise StoreUnavailable("The image store is closed.")
        work = self._threads.submit(function)
        answer = asyncio.wrap_future(work)
        try:
            await asyncio.wait({answer}, timeout=_QUEUE_S)
        except asyncio.CancelledError:
            answer.cancel()
            raise
        # Only a call that still waits can be cancelled; a running one ends by its own time limit.
        if work.cancel():
            raise StoreUnavailable("The image store is too slow; try again.")
        try:
            return await answer
        except (BaseError, OSError) as exc:
            if says_full(exc):
                raise StoreFull("The disk of the image store is full; free some space.") from exc
            raise StoreUnavailable(
                f"The image store does not answer; try again. The reason: {_first_line(exc)}"
            ) from exc


def _update(version: BlobVersion) -> UpdateVersion:
    """Returns the condition of a write without absent values, as obstore does not accept None."""
    condition: UpdateVersion = {}
    if version.e_tag is not None:
        condition["e_tag"] = version.e_tag
    if version.generation is not None:
        condition["version"] = version.generation
    return condition


def _check_aws_credentials(environment: Mapping[str, str]) -> None:
    """Raises SetupError if neither variables nor the cloud machine's metadata have credentials.

    Without this check, every call would query the metadata and fail like in an outage.
    """
    if any(environment.get(name) for name in AWS_CREDENTIALS):
        return
    endpoint = environment.get("AWS_METADATA_ENDPOINT", "http://169.254.169.254")
    with suppress(httpx.HTTPError):
        headers = {"X-aws-ec2-metadata-token-ttl-seconds": "60"}
        answer = httpx.put(f"{endpoint}/latest/api/token", headers=headers, timeout=2)
        if answer.is_success:
            return
    raise SetupError(
        "There are no credentials for the bucket of BLOB_URL: set AWS_ACCESS_KEY_ID and"
        " AWS_SECRET_ACCESS_KEY, in the environment or in .env."
    )


def _without_secrets(url: str) -> str:
    """Returns the URL without its user, password and query, each of which may be a secret."""
    scheme, separator, rest = url.partition("://")
    host = rest.partition("?")[0].rpartition("@")[2]
    return f"{scheme}://{host}" if separator else repr(scheme.partition("?")[0].rpartition("@")[2])


def _reason(exc: Exception, url: str) -> str:
    """Returns the library's message, unless it may contain the secrets of the URL."""
    if "@" in url or "?" in url:
        return "it is not the URL of an image store. Give credentials in variables, not in the URL."
    return _first_line(exc)


def _first_line(exc: Exception) -> str:
    """Returns the first line, as obstore's messages continue with a dump of its data structures."""
    return str(exc).partition("\n")[0]
