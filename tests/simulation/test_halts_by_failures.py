"""What a simulation says of an engine that fails at a message about an order, and goes on in its symbol."""

from __future__ import annotations

import pytest

from messages import AnyMessage, Interrupt, MessageParked, encode
from tests.messages._samples import QUOTE
from tests.simulation.test_conduct import CONNECTED, HALTED, POISONED, REFUSED, Told


@pytest.mark.parametrize(
    ("actor", "parked", "rules"),
    [
        ("portfolio/drill", REFUSED, ["C15"]),
        ("portfolio/drill", HALTED, ["C15"]),
        ("router", HALTED, []),
        ("router", REFUSED, []),
        ("portfolio/drill", QUOTE, []),
    ],
)
def test_what_a_portfolio_fails_at_halts_its_symbol_whatever_has_failed(
    actor: str, parked: AnyMessage, rules: list[str]
) -> None:
    told, letter = Told(), MessageParked(actor=actor, time_ns=5, message=encode(parked), error="no")
    told.conduct.see_interrupts([Interrupt(each, 1, POISONED) for each in ("portfolio/drill", "router")])
    told.put(CONNECTED, letter, HALTED)
    told.put(CONNECTED)
    assert told.broken == []

    told.put(CONNECTED, letter)
    told.put(CONNECTED)

    assert told.broken == rules


def test_what_the_router_fails_at_reaches_the_portfolio_all_the_same() -> None:
    told = Told()
    told.conduct.see_interrupts([Interrupt("router", 1, POISONED)])
    told.put(CONNECTED, MessageParked(actor="router", time_ns=5, message=encode(HALTED), error="no"))
    told.put(CONNECTED)

    assert told.broken == ["C15"]
