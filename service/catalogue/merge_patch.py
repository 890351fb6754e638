"""JSON merge patch (RFC 7396) of what a caller says of a product."""

from __future__ import annotations

from collections.abc import Mapping

from service.catalogue.rules import check_attributes, check_description, check_name
from service.core.errors import InvalidProduct
from service.core.product import ProductFields
from service.core.text import escape, kind_of

PATCHABLE = ("name", "description", "attributes")


def apply_merge_patch(fields: ProductFields, patch: Mapping[str, object]) -> ProductFields:
    """The fields with the patch applied: null takes an attribute, the description or all attributes
    away, what the patch leaves out stays. Raises InvalidProduct with a pointer."""
    for name in patch:
        if name not in PATCHABLE:
            raise InvalidProduct(
                f"{name[:64]!r} cannot be patched; give any of {', '.join(PATCHABLE)}.",
                pointer=f"/{escape(name)}",
            )
    if "name" in patch and patch["name"] is None:
        raise InvalidProduct("A product needs a name; it cannot be null.", pointer="/name")
    description = patch.get("description", fields.description)
    return ProductFields(
        name=check_name(patch.get("name", fields.name)),
        description="" if description is None else check_description(description),
        attributes=check_attributes(_merged(fields, patch)),
    )


def _merged(fields: ProductFields, patch: Mapping[str, object]) -> dict[str, object]:
    if "attributes" not in patch:
        return dict(fields.attributes)
    changes = patch["attributes"]
    if changes is None:
        return {}
    if not isinstance(changes, Mapping):
        raise InvalidProduct(
            f"The attributes are {kind_of(changes)}; give an object, or null to take all away.",
            pointer="/attributes",
        )
    merged: dict[str, object] = {**fields.attributes, **changes}
    return {name: value for name, value in merged.items() if value is not None}
