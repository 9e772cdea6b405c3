"""Seeds that once broke a promise keep it."""

from __future__ import annotations

import logging

import pytest

from ops.drill.simulation.simulate import simulate
from ops.drill.simulation.themes import theme_called
from tests.simulation.kept_seeds import GENERATION_OF, KEPT, THEME_OF


@pytest.mark.parametrize("seed", KEPT, ids=lambda seed: f"{seed}: {KEPT[seed]}")
def test_a_seed_that_broke_a_promise_keeps_it(seed: int) -> None:
    theme = theme_called(THEME_OF[seed]) if seed in THEME_OF else None
    logging.disable(logging.CRITICAL)
    try:
        assert simulate(seed, theme=theme, generation=GENERATION_OF[seed]).violations == []
    finally:
        logging.disable(logging.NOTSET)
