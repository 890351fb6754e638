"""A real S3 server: moto's, which keeps everything in memory and listens on a port of its own."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

import boto3
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from obstore.store import S3Store
from werkzeug.serving import make_server

from service.repositories.blobs import ObstoreBlobs

BUCKET = "pictures"
KEYS = {"access_key_id": "key", "secret_access_key": "secret"}


@contextmanager
def s3_server() -> Iterator[int]:
    """The port of a server with an empty bucket. It serves one request after the other, as moto
    compares and writes in two steps, between which another thread could write."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    application = DomainDispatcherApplication(create_backend_app)
    server = make_server("127.0.0.1", 0, application, threaded=False)  # type: ignore[arg-type]
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        _make_bucket(server.server_port)
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def s3_blobs(port: int, prefix: str = "") -> ObstoreBlobs:
    """Blobs in the bucket, below a prefix of their own."""
    return ObstoreBlobs(
        S3Store(
            BUCKET,
            prefix=prefix or None,
            endpoint=f"http://127.0.0.1:{port}",
            region="us-east-1",
            client_options={"allow_http": True},
            **KEYS,
        )
    )


def _make_bucket(port: int) -> None:
    client = boto3.client(
        "s3",
        endpoint_url=f"http://127.0.0.1:{port}",
        region_name="us-east-1",
        aws_access_key_id=KEYS["access_key_id"],
        aws_secret_access_key=KEYS["secret_access_key"],
    )
    client.create_bucket(Bucket=BUCKET)
