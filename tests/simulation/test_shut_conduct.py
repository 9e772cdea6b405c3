"""What the judge sees of symbols that an engine leaves alone after people have released trading."""

from __future__ import annotations

import msgspec
import pytest

from messages import AnyMessage, MessageParked, ReleaseTrading, TradingHalted, encode
from ops.drill.judge.shut_conduct import ShutConduct
from tests.messages._samples import FILL, ORDER, QUOTE

RELEASE = ReleaseTrading(1, "a drill")
HALTED = TradingHalted(portfolio_id=ORDER.portfolio_id, time_ns=1, reason="no", symbol=ORDER.symbol)


def _set_aside(message: AnyMessage, by: str = "portfolio/main") -> MessageParked:
    return MessageParked(actor=by, time_ns=1, message=encode(message), error="InjectedCrash: a drill")


FILL_SET_ASIDE = _set_aside(FILL)


def _wrong(*told: AnyMessage) -> int:
    """How much is wrong with one symbol that is halted and shut, behind these inputs and what they led to."""
    conduct = ShutConduct()
    for each in told:
        if isinstance(each, ReleaseTrading):
            conduct.see_input(each)
        else:
            conduct.see_input(QUOTE)
            conduct.see_effect(each)
    return len(list(conduct.wrongly_left(halted={ORDER.symbol: "no"}, shut={ORDER.symbol: True})))


def test_a_symbol_is_left_alone_for_what_has_happened_since_the_last_release() -> None:
    assert _wrong(HALTED, FILL_SET_ASIDE) == 0
    assert _wrong(RELEASE, FILL_SET_ASIDE, HALTED) == 0
    assert _wrong(HALTED, FILL_SET_ASIDE, RELEASE) == 2
    assert _wrong(HALTED, FILL_SET_ASIDE, RELEASE, HALTED) == 1


@pytest.mark.parametrize(
    "other",
    [
        _set_aside(FILL, by="venue/broker"),
        _set_aside(msgspec.structs.replace(FILL, symbol="XYZ")),
        _set_aside(QUOTE),
    ],
    ids=["another actor", "another symbol", "no execution"],
)
def test_nothing_else_that_was_set_aside_shuts_it(other: MessageParked) -> None:
    assert _wrong(HALTED, other) == 1


def test_a_release_that_was_set_aside_has_opened_nothing() -> None:
    assert _wrong(HALTED, FILL_SET_ASIDE, RELEASE, _set_aside(RELEASE)) == 0
    assert _wrong(HALTED, FILL_SET_ASIDE, RELEASE, _set_aside(RELEASE), RELEASE) == 2
