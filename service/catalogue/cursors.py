"""Writes and reads cursors, which say where a page ended, and in which list."""

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
"""The creation time and the id of the last product on a page."""


def write_cursor(last: Product, order: Order, filter: Filter | None) -> str:
    """Returns a cursor that starts after the product. It is opaque, and safe in a URL."""
    return encode_cursor(_list_name(order, filter), last.created_at.isoformat(), last.product_id)


def read_cursor(cursor: str, order: Order, filter: Filter | None) -> Place:
    """Returns the place of the cursor. Raises InvalidCursor, also for another order or filter."""
    try:
        list_name, moment, product_id = decode_cursor(cursor, length=3)
        place = datetime.fromisoformat(moment), check_product_id(product_id)
        if place[0].tzinfo is None:
            raise ValueError("the time has no zone")
    except (ValueError, ServiceError) as exc:
        raise foreign_cursor() from exc
    if list_name != _list_name(order, filter):
        raise InvalidCursor(
            "This cursor belongs to a list with another order or filter; give the same ones, or"
            " leave the cursor out to start at the beginning.",
            place=("cursor",),
        )
    return place


def _list_name(order: Order, filter: Filter | None) -> str:
    return order if filter is None else f"{order} {filter_digest(filter)}"
