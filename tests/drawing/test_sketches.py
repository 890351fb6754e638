"""The sketches that the compact encoders learn from, and those kept to test them."""

import numpy as np
import pytest

from drawing.backgrounds import BACKGROUNDS
from drawing.goods.sketched.kinds import KINDS, TESTING_STYLE, TRAINING_STYLE, draw_set
from drawing.goods.table import goods
from drawing.palette import COLOURS, PAINTS, colour_of


def test_at_least_twenty_kinds_of_goods_are_drawn() -> None:
    assert len({kind.label for kind in KINDS}) == len(KINDS) >= 20


def test_a_seed_gives_the_same_pictures_again() -> None:
    first, second = (draw_set(1, 48, TRAINING_STYLE, 5) for _ in range(2))
    assert np.array_equal(first.pixels, second.pixels)
    assert first.colourings == second.colourings


def test_no_background_of_the_test_style_is_trained_on() -> None:
    assert not set(TESTING_STYLE.backgrounds) & set(TRAINING_STYLE.backgrounds)


def test_no_good_or_background_of_the_sample_catalogue_is_trained_on() -> None:
    assert not {good.artist for good in goods()} & {kind.artist for kind in KINDS}
    assert not set(BACKGROUNDS.values()) & set(TRAINING_STYLE.backgrounds)


@pytest.mark.parametrize("name", COLOURS)
def test_every_paint_has_the_name_it_is_listed_under(name: str) -> None:
    named = colour_of(np.array(PAINTS[name], np.uint8))
    assert [COLOURS[k] for k in named] == [name] * len(named)
