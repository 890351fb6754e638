"""Finds the terms that describe a picture, from which its captions are composed."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from drawing.palette import COLOURS
from drawing.patterns import PATTERNS
from service.embedding.compact.vocabulary import IGNORED, Vocabulary, singular_forms, tokens_of
from training.examples import Examples
from training.hyponyms import DEPTHS, HYPONYMS, SHADES
from training.lexicon import (
    ALIASES,
    COLOUR_ALIASES,
    EXTRA_WORDS,
    GROUP_WORDS,
    MIXED_COLOURS,
    PATTERN_ALIASES,
    SECTION_WORDS,
)
from training.photos import Product

COLOUR_NAMED_FROM = 0.3
"""Captions name a colour if it has at least this share of a picture's colours."""

RENAMED = {"pants": "trousers", "t-shirt": "t-shirt", "sports-car": "sports car"}

_OTHER_NAMES = frozenset(
    other.replace("-", " ") for others in ALIASES.values() for other in others.split()
)


@dataclass(frozen=True)
class Corpus:
    """The vocabulary, and a matrix (n, words) that says which words are true of which picture."""

    vocabulary: Vocabulary
    holds: npt.NDArray[np.bool_]


def corpus_of(examples: Examples, products: list[Product]) -> Corpus:
    """Returns the terms of every example. The vocabulary contains the words in use."""
    known = {product.product_id: product for product in products}
    terms = [_terms(examples, row, known) for row in range(len(examples))]
    words = sorted({term for each in terms for term in each})
    rows = {word: row for row, word in enumerate(words)}
    holds = np.zeros((len(terms), len(words)), bool)
    for row, each in enumerate(terms):
        holds[row, [rows[term] for term in each]] = True
    return Corpus(Vocabulary(words, aliases_for(set(words))), holds)


def _terms(examples: Examples, row: int, products: dict[str, Product]) -> set[str]:
    label, group = examples.labels[row], examples.groups[row]
    terms = {
        _spoken(label),
        _spoken(group),
        *_listed(EXTRA_WORDS.get(label, "")),
        *_listed(GROUP_WORDS.get(group, "")),
    }
    if label in products:
        product = products[label]
        terms |= {*_words(product.name), *_listed(SECTION_WORDS[product.section])}
        terms |= set(_words(product.description)) - _OTHER_NAMES
    terms -= set(COLOURS)
    terms |= _name_colours(label, products)
    terms |= {COLOURS[k] for k in np.flatnonzero(examples.colours[row] >= COLOUR_NAMED_FROM)}
    if examples.patterns[row] >= 0:
        terms.add(PATTERNS[examples.patterns[row]])
    return terms


def _name_colours(label: str, products: dict[str, Product]) -> set[str]:
    """Returns colour words in a product's name ("Red Bell Pepper"), true of all its pictures."""
    return set(_words(products[label].name)) & set(COLOURS) if label in products else set()


def _spoken(name: str) -> str:
    plain = name.lower()
    return RENAMED.get(plain, plain.replace("-", " "))


def _listed(names: str) -> list[str]:
    return [name.replace("-", " ") for name in names.split()]


def _words(text: str) -> Iterable[str]:
    """Returns the words of a name or description, in the singular if both forms occur."""
    tokens = [token for token in tokens_of(text) if token not in IGNORED and not token.isdigit()]
    return [token for token in tokens if len(token) > 2]


def aliases_for(words: set[str]) -> dict[str, tuple[str, ...]]:
    """Returns other names for these words: synonyms, spellings, shades of colours and plurals."""
    aliases: dict[str, tuple[str, ...]] = {}
    for table in (COLOUR_ALIASES, SHADES, PATTERN_ALIASES, HYPONYMS, ALIASES):
        for word, others in table.items():
            aliases |= {_tokenised(other): (word,) for other in others.split()}
    aliases |= {_tokenised(name): parts for name, parts in MIXED_COLOURS.items()}
    spelled = {_tokenised(word): (word,) for word in words if _tokenised(word) != word}
    plural = {singular_forms(word)[-1]: (word,) for word in words if len(singular_forms(word)) > 1}
    everything = plural | _depths(aliases) | aliases | spelled
    return {
        name: parts
        for name, parts in everything.items()
        if name not in words and set(parts) <= words
    }


def _depths(aliases: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """Returns names such as "dark red", which means red and black, for every name of a colour."""
    names = {name: parts for name, parts in aliases.items() if set(parts) <= set(COLOURS)}
    names |= {colour: (colour,) for colour in COLOURS}
    return {
        f"{depth} {name}": (*parts, *(() if mixed in ("", *parts) else (mixed,)))
        for depth, mixed in DEPTHS.items()
        for name, parts in names.items()
    }


def _tokenised(name: str) -> str:
    return " ".join(tokens_of(name))
