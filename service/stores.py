"""Opens the stores that the settings name, as their only owner where they have one owner."""

from __future__ import annotations

import os
import signal
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from dotenv import dotenv_values

from service.config import Settings
from service.core.errors import SetupError
from service.core.interfaces import BlobStore, VectorStore
from service.repositories.blobs import ObstoreBlobs
from service.repositories.edge.store import EdgeStore
from service.repositories.ownership import Lease, Owner, owned_directory
from service.repositories.shared.payload import LAYOUT

ENGINE_TIMEOUT_S = 10.0
"""No call of the embedded engine takes a second; one that does not answer is replaced then."""

RESERVED_BYTES = 128 * 1024 * 1024
"""The engine writes through memory maps, and is killed where a disk is quite full."""

PREDECESSOR_WAIT_S = 10.0
"""How long a service that is stopping may take to let go of its directory."""

CREDENTIAL_PREFIXES = ("AWS_", "AZURE_", "GOOGLE_")
"""Names that begin with these are read by the clouds' own tools, and by `obstore`."""

EMBEDDED_INDEX_LEASE = "leases/embedded-index.json"

OTHER_INDEX = (
    "keeps an embedded index of the same bucket, and the two would not hear of each other's"
    " products: stop it, or let both share a Qdrant server by QDRANT_URL."
)


def is_alone(settings: Settings) -> bool:
    """Tells whether only this service can reach the stores: both lie in the directory it owns."""
    return settings.qdrant_url is None and settings.blob_url is None


@asynccontextmanager
async def open_blobs(settings: Settings, tell: Callable[[str], None]) -> AsyncIterator[BlobStore]:
    """Takes DATA_DIR, and the bucket where the index is embedded. Raises SetupError, StoreInUse.

    `tell` takes sentences about what is waited for.
    """
    async with AsyncExitStack() as stack:
        owner = Owner.this_process()
        if settings.qdrant_url is None or settings.blob_url is None:
            owner = await stack.enter_async_context(
                owned_directory(settings.data_dir, wait_s=PREDECESSOR_WAIT_S, tell=tell)
            )
        blobs = _blobs(settings.blob_url, settings.data_dir)
        stack.push_async_callback(blobs.close)
        if settings.qdrant_url is None and settings.blob_url is not None:
            lease = Lease(blobs, EMBEDDED_INDEX_LEASE, owner)
            await lease.take_or_refuse(OTHER_INDEX, tell)
            await stack.enter_async_context(lease.kept(on_lost=_stop))
        yield blobs


async def open_index(settings: Settings, fingerprint: str, dimensions: int) -> VectorStore:
    """Opens or creates the collection for these encoders. Raises StoreInUse, StoreUnavailable."""
    if settings.qdrant_url is None:
        return await EdgeStore.open(
            settings.data_dir / "vectors",
            collection=collection_name(settings, fingerprint),
            dimensions=dimensions,
            fingerprint=fingerprint,
            call_timeout_s=ENGINE_TIMEOUT_S,
            min_free_bytes=RESERVED_BYTES,
        )
    from service.repositories.qdrant.calls import Calls
    from service.repositories.qdrant.collection import Collection
    from service.repositories.qdrant.nodes import connect
    from service.repositories.qdrant.store import QdrantStore

    key = settings.qdrant_api_key
    clients = [
        connect(
            url,
            api_key=None if key is None else key.get_secret_value(),
            grpc=settings.qdrant_grpc,
            grpc_port=settings.qdrant_grpc_port,
            timeout_s=settings.qdrant_timeout_s,
        )
        for url in settings.qdrant_url.replace(",", " ").split()
    ]
    # No call is made yet, so that the service can start and report it if the server is away.
    return QdrantStore(
        Collection(
            name=collection_name(settings, fingerprint),
            dimensions=dimensions,
            fingerprint=fingerprint,
            shards=settings.qdrant_shards,
            replicas=settings.qdrant_replicas,
            write_consistency=settings.qdrant_write_consistency,
            quantization=settings.qdrant_quantization,
        ),
        calls=Calls(clients, timeout_s=settings.qdrant_timeout_s),
        exact_search_max_points=settings.exact_search_max_points,
    )


def filling_lease(settings: Settings, blobs: BlobStore, collection: str) -> Lease | None:
    """Lets one of several services fill a shared index; None where nobody else can."""
    if settings.qdrant_url is None:
        return None
    return Lease(blobs, f"leases/filling-{collection}.json", Owner.this_process())


def collection_name(settings: Settings, fingerprint: str) -> str:
    """On a server, one collection a layout, so that an older service beside this one goes on."""
    name = f"{settings.collection_prefix}-{fingerprint}"
    return name if settings.qdrant_url is None else f"{name}-{LAYOUT}"


def _blobs(url: str | None, data_dir: Path) -> ObstoreBlobs:
    if url is not None:
        _take_credentials(dotenv_values(".env"))
        return ObstoreBlobs.from_url(url)
    directory, index = data_dir / "blobs", data_dir / "vectors"
    if not directory.exists() and index.is_dir() and any(index.iterdir()):
        raise SetupError(
            f"The directory {directory} is missing, though there is an index in {index}: restore"
            " it from a backup, or delete the index as well to begin with an empty catalogue."
        )
    return ObstoreBlobs.in_directory(directory)


def _take_credentials(dotenv: Mapping[str, str | None]) -> None:
    """Cloud credentials in `.env` count as if they were in the environment, which goes first."""
    for name, value in dotenv.items():
        if value and name.startswith(CREDENTIAL_PREFIXES):
            os.environ.setdefault(name, value)


def _stop() -> None:
    """Ends this process as an operator would; what it has accepted is finished."""
    os.kill(os.getpid(), signal.SIGTERM)
