"""The files of the sample catalogue that the service ships: its pictures and their manifest."""

from __future__ import annotations

import json

from drawing.catalogue import Product, Query, products, queries
from drawing.scene import Scene


def pictures() -> dict[str, Scene]:
    """The scene of each picture by the name of its file."""
    items: list[Product | Query] = [*products(), *queries()]
    return {item.image: item.scene for item in items}


def manifest() -> str:
    """The manifest as JSON, one product or query a line."""
    parts: dict[str, list[dict[str, object]]] = {
        "products": [
            {
                "product_id": product.product_id,
                "name": product.name,
                "description": product.description,
                "attributes": product.attributes,
                "image": product.image,
            }
            for product in products()
        ],
        "queries": [
            {"name": query.name, "title": query.title, "image": query.image} for query in queries()
        ],
    }
    listed = (
        f'"{part}": [\n' + ",\n".join(map(json.dumps, entries)) + "\n]"
        for part, entries in parts.items()
    )
    return "{" + ",\n".join(listed) + "}\n"
