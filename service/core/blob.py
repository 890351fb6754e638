"""Defines the objects of a blob store, and the versions that conditional writes compare."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class BlobVersion:
    """Identifies one state of an object. Every write gives the object another version."""

    e_tag: str | None
    generation: str | None = None
    """Google Cloud Storage compares this number instead of the ETag."""


@dataclass(frozen=True, slots=True)
class Blob:
    """An object's bytes, with the version that they were read at."""

    data: bytes
    version: BlobVersion
