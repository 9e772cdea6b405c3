"""An order that its venue's actor cannot handle is not lost in silence: its symbol is halted."""

from __future__ import annotations

from typing import Any

import pytest

from messages import SubmitOrder, TradingHalted
from tests.actors._trading import ABC, Trading, only


@pytest.mark.parametrize("name", ["venue/paper", "exchange/paper"])
def test_an_order_that_could_not_be_handled_halts_its_symbol(name: str) -> None:
    trading = Trading()
    actor = trading.kernel.actors[name]
    handle = actor.on_receive

    def failing(message: Any) -> Any:
        if isinstance(message, SubmitOrder):
            raise RuntimeError("cannot")
        return handle(message)

    actor.__dict__["on_receive"] = failing
    trading.quote(99.9, 100.1)
    trading.want(10)
    trading.wait(5)

    halted = only([each.message for each in trading.effects], TradingHalted)
    assert [each.symbol for each in halted] == [ABC]
    assert trading.portfolio.state.halted_symbols
