"""Applies a JSON merge patch (RFC 7396) to the fields of a product."""

from __future__ import annotations

from collections.abc import Mapping

from service.catalogue.rules import check_attributes, check_description, check_name
from service.core.errors import InvalidProduct, within
from service.core.product import ProductFields
from service.core.text import kind_of


def apply_merge_patch(fields: ProductFields, patch: Mapping[str, object]) -> ProductFields:
    """Returns the patched fields. Fields that the patch leaves out stay as they are.

    null removes an attribute, the description or all attributes. Raises InvalidProduct with the
    place.
    """
    description = patch.get("description", fields.description)
    with within("name"):
        name = check_name(patch.get("name", fields.name))
    with within("description"):
        description = check_description("" if description is None else description)
    with within("attributes"):
        attributes = check_attributes(_merged(fields, patch))
    return ProductFields(name, description, attributes)


def _merged(fields: ProductFields, patch: Mapping[str, object]) -> dict[str, object]:
    if "attributes" not in patch:
        return dict(fields.attributes)
    changes = patch["attributes"]
    if changes is None:
        return {}
    if not isinstance(changes, Mapping):
        raise InvalidProduct(
            f"The attributes are {kind_of(changes)}; give an object, or null to remove them all."
        )
    merged: dict[str, object] = {**fields.attributes, **changes}
    return {name: value for name, value in merged.items() if value is not None}
