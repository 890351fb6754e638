"""Fits the text tower: a vector for each word, so that captions are close to their pictures."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor

from training.captions import Corpus

Vectors = npt.NDArray[np.float32]


@dataclass(frozen=True)
class WordRecipe:
    """The parameters of the fit. `scale` multiplies the cosines in the contrastive loss."""

    steps: int = 500
    captions: int = 192
    pictures: int = 2048
    scale: float = 16.0
    rate: float = 0.02
    length_penalty: float = 1e-3
    seed: int = 7


def fit_words(pictures: Vectors, corpus: Corpus, recipe: WordRecipe) -> Vectors:
    """Returns word vectors (words, d) for unit picture vectors (n, d). A caption is a sum of words.

    Each step draws captions of one to four words that are true of some picture. All pictures of
    which all these words are true are positives (InfoNCE with several positives).
    """
    rng = np.random.default_rng(recipe.seed)
    holds = torch.from_numpy(corpus.holds)
    bank = torch.from_numpy(pictures)
    words = _starting_words(bank, holds).requires_grad_()
    optimizer = torch.optim.Adam([words], lr=recipe.rate)
    for step in range(recipe.steps):
        optimizer.param_groups[0]["lr"] = recipe.rate * (1 - step / recipe.steps)
        rows = torch.from_numpy(
            rng.choice(len(bank), min(len(bank), recipe.pictures), replace=False)
        )
        captions = _captions(corpus.holds[rows.numpy()], recipe.captions, rng)
        loss = _loss(words, captions, bank[rows], holds[rows].float(), recipe)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]  # torch
        optimizer.step()
    return words.detach().numpy()


def _starting_words(bank: Tensor, holds: Tensor) -> Tensor:
    """Returns for each word the mean of its pictures, minus the mean of all pictures."""
    counts = holds.sum(0).clamp(min=1)[:, None]
    return holds.float().T @ bank / counts - bank.mean(0)


def _captions(holds: npt.NDArray[np.bool_], count: int, rng: np.random.Generator) -> Tensor:
    """Returns bags of words (count, words), each of which is true of at least one picture.

    The chance of a word is the inverse square root of the number of its pictures.
    """
    rarity = 1 / np.sqrt(np.maximum(holds.sum(0), 1))
    bags = np.zeros((count, holds.shape[1]), np.float32)
    for row, picture in enumerate(rng.integers(0, len(holds), count)):
        terms = np.flatnonzero(holds[picture])
        chance = rarity[terms] / rarity[terms].sum()
        size = min(len(terms), int(rng.integers(1, 5)))
        bags[row, rng.choice(terms, size, replace=False, p=chance)] = 1
    return torch.from_numpy(bags)


def _loss(words: Tensor, bags: Tensor, bank: Tensor, holds: Tensor, recipe: WordRecipe) -> Tensor:
    sums = bags @ words
    scores = recipe.scale * F.normalize(sums, dim=1) @ bank.T
    true = bags @ holds.T >= bags.sum(1, keepdim=True) - 0.5
    found = torch.logsumexp(scores.masked_fill(~true, -1e4), 1) - true.sum(1).float().log()
    contrast = torch.logsumexp(scores, 1) - found
    return contrast.mean() + recipe.length_penalty * words.square().sum(1).mean()
