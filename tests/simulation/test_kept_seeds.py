"""Seeds that once broke a promise keep it."""

from __future__ import annotations

import logging

import pytest

from ops.drill.simulation.simulate import simulate
from tests.simulation.kept_seeds import GENERATION_OF, KEPT


@pytest.mark.parametrize("seed", KEPT, ids=lambda seed: f"{seed}: {KEPT[seed]}")
def test_a_seed_that_broke_a_promise_keeps_it(seed: int) -> None:
    logging.disable(logging.CRITICAL)
    try:
        assert simulate(seed, generation=GENERATION_OF[seed]).violations == []
    finally:
        logging.disable(logging.NOTSET)
