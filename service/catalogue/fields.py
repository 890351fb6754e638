"""Product fields that a caller sets, and their comparison as JSON."""

from __future__ import annotations

import json
from dataclasses import asdict, replace

from service.catalogue.given_pictures import Pictures
from service.core.product import Product, ProductFields


def fields_of(product: Product) -> ProductFields:
    """The product's name, description and attributes."""
    return ProductFields(product.name, product.description, product.attributes)


def with_fields(product: Product, fields: ProductFields) -> Product:
    """Returns the product with these fields. Everything else stays as it was."""
    return replace(
        product,
        name=fields.name,
        description=fields.description,
        attributes=fields.attributes,
    )


def is_unchanged(old: Product, fields: ProductFields, pictures: Pictures) -> bool:
    """Returns True if a replacement by these fields and pictures would change nothing.

    The order of the pictures counts, as the first one is the product's main image.
    """
    identities = [image.image_id for image in old.images]
    return as_json(fields_of(old)) == as_json(fields) and identities == list(pictures.data)


def as_json(fields: ProductFields) -> str:
    """The fields as text for comparisons, because 1 equals True in Python, but not in JSON."""
    return json.dumps(asdict(fields), sort_keys=True)
