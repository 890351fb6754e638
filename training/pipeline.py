"""Runs the last steps: fits word vectors and the colour view, and writes the files."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from service.embedding.compact.network import ImageTower
from training.assembly import Assembly
from training.captions import corpus_of
from training.colour_view import (
    Fit,
    View,
    fit_projection,
    fit_prototypes,
    look_alikes,
    measured,
    small,
)
from training.export import save_semantic, save_visual
from training.photos import Product
from training.retrieval import embedded
from training.words import WordRecipe, fit_words


@dataclass(frozen=True)
class Finishing:
    """Parameters chosen on held-out photos: the side in pixels, the shares and the fits."""

    side: int = 160
    attribute_share: float = 0.1
    fit: Fit = field(default_factory=Fit)
    words: WordRecipe = field(default_factory=WordRecipe)
    seed: int = 7


def finish(
    tower: ImageTower,
    assembly: Assembly,
    products: list[Product],
    directory: Path,
    choices: Finishing,
) -> None:
    """Fits everything but the tower, and writes all files to `directory`."""
    examples = assembly.examples
    vectors = embedded(tower.eval(), examples.pixels, choices.side, choices.attribute_share)
    corpus = corpus_of(examples, products)
    words = fit_words(vectors, corpus, choices.words)
    save_semantic(directory, tower, words, corpus.vocabulary, choices.side, choices.attribute_share)
    save_visual(directory, view_of(assembly, choices))


def view_of(assembly: Assembly, choices: Finishing) -> View:
    """Fits the colour view to all examples of the run."""
    examples = assembly.examples
    pictures = small(examples.pixels)
    prototypes = fit_prototypes(pictures, choices.seed)
    features, _ = measured(pictures, prototypes)
    classes = look_alikes(examples, in_every_colour(assembly))
    return View(prototypes, fit_projection(features, classes, choices.fit))


def in_every_colour(assembly: Assembly) -> "np.ndarray[tuple[int], np.dtype[np.bool_]]":
    """Marks the examples of things that exist in every colour: garments and drawn goods."""
    photos_end, _, composites_end, end = assembly.bounds
    mask = np.zeros(end, bool)
    mask[composites_end:] = True
    mask[:photos_end] = [assembly.examples.groups[row].islower() for row in range(photos_end)]
    return mask
