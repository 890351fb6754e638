"""ETags of products and the conditions on them: If-Match and If-None-Match (RFC 9110, 13.1)."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Header

from service.catalogue.writer import Revisions
from service.core.product import Product

EXAMPLE_ETAG = '"5f0c1c3a9d7e4b0f8a52d6c1e9b37a44"'


async def if_match(
    if_match: Annotated[
        str | None,
        Header(
            description="Change the product only in this state: the ETag that it was read with.",
            examples=[EXAMPLE_ETAG],
        ),
    ] = None,
) -> Revisions | None:
    return None if if_match is None else [_revision(tag) for tag in if_match.split(",")]


IfMatchDep = Annotated[Revisions | None, Depends(if_match)]
IfNoneMatch = Annotated[
    str | None, Header(description="ETags already at hand.", examples=[EXAMPLE_ETAG])
]


def etag(product: Product) -> str:
    """The product's ETag, which every write changes."""
    return f'"{product.revision}"'


def etag_matches(if_none_match: str | None, etag: str) -> bool:
    """Whether If-None-Match names what is there (RFC 9110, section 13.1.2)."""
    if if_none_match is None:
        return False
    candidates = [tag.strip().removeprefix("W/") for tag in if_none_match.split(",")]
    return etag in candidates or "*" in candidates


def _revision(tag: str) -> str:
    """A weak tag keeps its mark, and so matches no revision: If-Match compares strongly."""
    return tag.strip().removeprefix('"').removesuffix('"')
