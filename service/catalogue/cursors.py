"""Cursors of lists: where a page ended, and of which list it was."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, TypeAlias

from service.catalogue.rules import check_product_id
from service.core.errors import InvalidCursor, ServiceError
from service.core.filter import Filter, filter_digest
from service.core.page import decode_cursor, encode_cursor, foreign_cursor
from service.core.product import Product

Order: TypeAlias = Literal["newest", "id"]
Place: TypeAlias = tuple[datetime, str]
"""When the page's last product was made, and its id."""


def write_cursor(last: Product, order: Order, filter: Filter | None) -> str:
    """Opaque, and safe in a URL."""
    return encode_cursor(_list(order, filter), last.created_at.isoformat(), last.product_id)


def read_cursor(cursor: str, order: Order, filter: Filter | None) -> Place:
    """Raises InvalidCursor where it is none, or is of another order or filter."""
    try:
        of, moment, product_id = decode_cursor(cursor, length=3)
        place = datetime.fromisoformat(moment), check_product_id(product_id)
        if place[0].tzinfo is None:
            raise ValueError("a time without its zone")
    except (ValueError, ServiceError) as exc:
        raise foreign_cursor() from exc
    if of != _list(order, filter):
        raise InvalidCursor(
            "This cursor is of a list with another order or filter; give the same ones, or leave"
            " it out to start at the beginning.",
            place=("cursor",),
        )
    return place


def _list(order: Order, filter: Filter | None) -> str:
    return order if filter is None else f"{order} {filter_digest(filter)}"
