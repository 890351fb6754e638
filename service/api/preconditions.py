"""The headers ETag, If-Match, If-None-Match (RFC 9110, section 13.1) and Cache-Control."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Header

from service.catalogue.writer import Revisions
from service.core.product import Product

YEAR_S = 365 * 24 * 3600
DAY_S = 24 * 3600

EXAMPLE_ETAG = '"5f0c1c3a9d7e4b0f8a52d6c1e9b37a44"'


async def if_match(
    if_match: Annotated[
        str | None,
        Header(
            description="The ETag that the product was read with; 412 if it has changed since.",
            examples=[EXAMPLE_ETAG],
        ),
    ] = None,
) -> Revisions | None:
    return None if if_match is None else [_revision(tag) for tag in if_match.split(",")]


async def if_none_match(
    if_none_match: Annotated[
        str | None,
        Header(
            description="`*`: only create the product; 412 if it exists. An ETag: 412 if the"
            " product has it.",
            examples=["*"],
        ),
    ] = None,
) -> Revisions | None:
    if if_none_match is None:
        return None
    # If-None-Match compares weakly, unlike If-Match.
    return [_revision(tag.strip().removeprefix("W/")) for tag in if_none_match.split(",")]


IfNoneMatchDep = Annotated[Revisions | None, Depends(if_none_match)]
IfMatchDep = Annotated[Revisions | None, Depends(if_match)]
IfNoneMatch = Annotated[
    str | None,
    Header(
        description="ETags of the versions that the client has; 304 if one is current.",
        examples=[EXAMPLE_ETAG],
    ),
]


def etag(product: Product) -> str:
    """Returns the product's ETag, which every write changes."""
    return f'"{product.revision}"'


def etag_matches(if_none_match: str | None, etag: str) -> bool:
    """Tells whether If-None-Match contains the current ETag (RFC 9110, section 13.1.2)."""
    if if_none_match is None:
        return False
    candidates = [tag.strip().removeprefix("W/") for tag in if_none_match.split(",")]
    return etag in candidates or "*" in candidates


def cache_headers(etag: str, *, private: bool, immutable: bool) -> dict[str, str]:
    """Returns the headers that let clients cache a file: for a year if it can never change.

    Shared caches do not store `private` files.
    """
    scope = "private" if private else "public"
    lifetime = f"max-age={YEAR_S}, immutable" if immutable else f"max-age={DAY_S}"
    return {"ETag": etag, "Cache-Control": f"{scope}, {lifetime}"}


def _revision(tag: str) -> str:
    """Returns the revision in an ETag. If-Match compares strongly: a weak tag never matches one."""
    return tag.strip().removeprefix('"').removesuffix('"')
