"""Counts the values of attributes."""

from __future__ import annotations

from collections.abc import Sequence

from service.core.attribute_rules import check_attribute_name
from service.core.errors import InvalidInput, within
from service.core.filter import Filter
from service.core.index import Facets
from service.core.interfaces import VectorStore
from service.core.text import kind_of

MAX_FACETS = 16
MAX_FACET_VALUES = 100


def read_facets(document: object) -> tuple[str, ...]:
    """Reads the names of the attributes to count.

    Raises InvalidInput with the place.
    """
    if not isinstance(document, list):
        raise InvalidInput(
            f'This is {kind_of(document)}; give a list of attributes such as ["colour"].'
        )
    if len(document) > MAX_FACETS:
        raise InvalidInput(f"There are {len(document)} facets; give at most {MAX_FACETS}.")
    for n, name in enumerate(document):
        with within(n):
            check_attribute_name(name)
    return tuple(dict.fromkeys(document))


async def count_facets(
    store: VectorStore, names: Sequence[str] | None, filter: Filter | None
) -> Facets | None:
    """Counts the attributes' values among all products in the filter.

    Returns None if `names` is None.
    """
    if names is None:
        return None
    return {
        name: tuple(await store.facet(name, limit=MAX_FACET_VALUES, filter=filter))
        for name in names
    }
