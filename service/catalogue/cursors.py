"""Cursors of lists: where a page ended, and of which list it was."""

from __future__ import annotations

import base64
import json
from datetime import datetime
from typing import Literal, TypeAlias

from service.catalogue.rules import check_product_id
from service.core.errors import InvalidCursor, ServiceError
from service.core.filter import Filter, filter_digest
from service.core.product import Product

Order: TypeAlias = Literal["newest", "id"]
Place: TypeAlias = tuple[datetime, str]
"""When the page's last product was made, and its id."""


def write_cursor(last: Product, order: Order, filter: Filter | None) -> str:
    """Opaque, and safe in a URL."""
    parts = [_list(order, filter), last.created_at.isoformat(), last.product_id]
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode()


def read_cursor(cursor: str, order: Order, filter: Filter | None) -> Place:
    """Raises InvalidCursor where it is none, or is of another order or filter."""
    try:
        of, moment, product_id = json.loads(base64.urlsafe_b64decode(cursor.encode()))
        place = datetime.fromisoformat(moment), check_product_id(product_id)
        if place[0].tzinfo is None:
            raise ValueError("a time without its zone")
    except (ValueError, TypeError, RecursionError, ServiceError) as exc:
        raise InvalidCursor(
            "This cursor was not made by this list; leave it out to start at the beginning.",
            pointer="/cursor",
        ) from exc
    if of != _list(order, filter):
        raise InvalidCursor(
            "This cursor is of a list with another order or filter; give the same ones, or leave"
            " it out to start at the beginning.",
            pointer="/cursor",
        )
    return place


def _list(order: Order, filter: Filter | None) -> str:
    return order if filter is None else f"{order} {filter_digest(filter)}"
