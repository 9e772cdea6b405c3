"""What the judge sees of signals that nobody heeds, and of orders for signals that nobody has told."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import msgspec
import pytest

from messages import (
    AnyMessage,
    CancelOrder,
    HaltTrading,
    OrderAccepted,
    OrderApproved,
    OrderCanceled,
    OrderDenied,
    OrderFilled,
    OrderRejected,
    OrderReplaced,
    OrderReported,
    OrderStatus,
    OrderUnknown,
    ReplaceOrder,
    SignalPriced,
    VenueOrderId,
)
from ops.drill.judge.wish_conduct import WishConduct
from tests.messages._samples import COMMAND, EVENT, FILL, ORDER, PRICED, QUOTE, SIGNAL

NAME, SYMBOL = SIGNAL.strategy_id, SIGNAL.symbol
KEY: tuple[str, str] = (NAME, SYMBOL)
ENTRY = msgspec.structs.replace(ORDER, protective=False)
APPROVED = OrderApproved(**EVENT, order=ENTRY, verdicts=(), signal=PRICED)
DENIED = OrderDenied(**EVENT, order=None, verdicts=(), reason="no", signal=PRICED)
ACCEPTED = OrderAccepted(**EVENT, venue_order_id=VenueOrderId("v1"))
CANCEL = CancelOrder(**COMMAND)
REPLACE = ReplaceOrder(**COMMAND, quantity=Decimal(5))
REPLACED = OrderReplaced(**EVENT, quantity=Decimal(5))
IN_PART = msgspec.structs.replace(FILL, quantity=Decimal(1), cumulative_quantity=Decimal(2))
HIT = msgspec.structs.replace(FILL, quantity=ORDER.quantity)
OVER = OrderReported(
    **EVENT,
    venue_order_id=VenueOrderId("v1"),
    status=OrderStatus.FILLED,
    quantity=ORDER.quantity,
    filled_quantity=ORDER.quantity,
)

DOUBTED = msgspec.structs.replace(OVER, status=OrderStatus.UNKNOWN, filled_quantity=Decimal(0))


def _said(
    *effects: AnyMessage,
    before: Sequence[AnyMessage] = (),
    held: int = 0,
    value: float = -0.25,
    is_excused: bool = False,
    is_told: bool = True,
    is_equity_certain: bool = True,
) -> list[str]:
    """What is said of a signal, for -10 units or so, that had these effects; so much was held."""
    said: list[str] = []

    def sizes(_: SignalPriced) -> tuple[Decimal, Decimal]:
        return Decimal(-11), Decimal(-9)

    conduct = WishConduct(lambda rule, _: said.append(rule), held={KEY: Decimal(held)}, sizes=sizes)
    for each in before:
        conduct.see_effect(each, {NAME})
    told = [msgspec.structs.replace(SIGNAL, value=value)] if is_told else []
    conduct.see_signals(told, QUOTE, excused=lambda _: is_excused, is_equity_certain=is_equity_certain)
    for each in effects:
        conduct.see_effect(each, {NAME})
    conduct.see_input(QUOTE)
    return said


@pytest.mark.parametrize("effect", [APPROVED, DENIED])
def test_a_signal_is_heeded_by_an_order_or_its_denial(effect: AnyMessage) -> None:
    assert _said(effect) == []
    assert _said() == ["C51"]


@pytest.mark.parametrize("effect", [CANCEL, REPLACE])
def test_or_by_the_change_or_cancel_of_a_stop_that_works(effect: AnyMessage) -> None:
    assert _said(effect, before=[ORDER, ACCEPTED], held=20) == []
    assert _said(before=[ORDER, ACCEPTED], held=20) == ["C51"]
    assert _said(before=[ORDER, ACCEPTED, REPLACE, REPLACED], held=20) == ["C51"]


@pytest.mark.parametrize(("held", "said"), [(-12, ["C51"]), (-11, []), (-9, []), (-8, ["C51"]), (3, ["C51"])])
def test_nothing_need_happen_where_it_is_what_is_held(held: int, said: list[str]) -> None:
    assert _said(held=held) == said


def test_nor_where_who_wants_nothing_has_nothing() -> None:
    assert _said(value=0.0) == []
    assert _said(value=0.0, held=1) == ["C51"]


def test_how_much_is_asked_for_is_not_judged_where_nobody_knows_what_a_strategy_is_worth() -> None:
    assert _said(held=-12, is_equity_certain=False) == []
    assert _said(held=12, is_equity_certain=False) == ["C51"]


@pytest.mark.parametrize(
    "before",
    [
        [ENTRY, ACCEPTED],
        [ORDER],
        [ORDER, ACCEPTED, CANCEL],
        [ORDER, ACCEPTED, REPLACE],
        [ORDER, ACCEPTED, OrderUnknown(**EVENT, reason="no answer")],
        [ORDER, ACCEPTED, REPLACE, HIT],
        [ORDER, ACCEPTED, IN_PART],
        [ORDER, OrderRejected(**EVENT, reason="no"), DOUBTED],
        [ORDER, OrderRejected(**EVENT, reason="no"), OrderUnknown(**EVENT, reason="no answer")],
    ],
    ids=[
        "entry",
        "sent",
        "to be canceled",
        "to be changed",
        "unknown",
        "hit amid a change",
        "an execution is missing",
        "in doubt",
        "asked for",
    ],
)
def test_an_entry_and_what_is_waited_for_excuse_that_nothing_happens(before: Sequence[AnyMessage]) -> None:
    assert _said(before=before, held=20) == []


@pytest.mark.parametrize(
    "before",
    [
        [ENTRY, ACCEPTED, OrderCanceled(**EVENT)],
        [ORDER, ACCEPTED, HIT],
        [ORDER, ACCEPTED, REPLACE, HIT, OVER],
    ],
    ids=["canceled", "filled", "reported as filled"],
)
def test_an_order_that_is_over_excuses_nothing(before: Sequence[AnyMessage]) -> None:
    assert any(isinstance(each, OrderCanceled | OrderFilled) for each in before)
    assert _said(before=before, held=20) == ["C51"]


def test_what_is_excused_is_not_owed() -> None:
    assert _said(is_excused=True) == []


def test_an_order_for_a_signal_that_nobody_has_told_is_seen() -> None:
    assert _said(APPROVED, is_told=False) == ["C51"]
    assert _said(DENIED, is_told=False) == ["C51"]
    assert _said(APPROVED, is_told=True) == []


class Rest:
    """A strategy that has asked for -11 to -9 units, and what it holds by now."""

    def __init__(self, *, value: float = -0.25, is_equity_certain: bool = True) -> None:
        self.held: dict[tuple[str, str], Decimal] = {KEY: Decimal(0)}
        self.conduct = WishConduct(lambda *_: None, held=self.held, sizes=lambda _: (Decimal(-11), Decimal(-9)))
        told = [msgspec.structs.replace(SIGNAL, value=value)]
        self.conduct.see_signals(told, QUOTE, excused=lambda _: False, is_equity_certain=is_equity_certain)

    def unlike(self, held: int, works: int = 0) -> bool:
        self.held[KEY] = Decimal(held)
        return bool(self.conduct.unlike(KEY, works=Decimal(works), has_entries=works != 0))

    def sees(self, *effects: AnyMessage) -> None:
        for each in effects:
            self.conduct.see_effect(each, ())


@pytest.mark.parametrize(("held", "works"), [(-10, 0), (-11, 0), (0, -10), (-5, -4), (7, -7)])
def test_at_rest_a_strategy_holds_what_it_has_asked_for_or_it_is_ordered(held: int, works: int) -> None:
    assert not Rest().unlike(held, works)


@pytest.mark.parametrize(("held", "works"), [(0, 0), (-12, 0), (-8, 0), (0, -5), (7, 0), (7, -6)])
def test_otherwise_it_is_seen(held: int, works: int) -> None:
    assert Rest().unlike(held, works)


def test_where_nobody_knows_what_a_strategy_is_worth_it_holds_something_of_that_side() -> None:
    rest = Rest(is_equity_certain=False)

    assert not rest.unlike(-40)
    assert rest.unlike(0)
    assert rest.unlike(3)


def test_who_has_asked_for_nothing_holds_nothing() -> None:
    assert not Rest(value=0.0).unlike(0)
    assert Rest(value=0.0).unlike(1)


@pytest.mark.parametrize(
    "effects",
    [
        [DENIED],
        [ENTRY, OrderRejected(**EVENT, reason="no")],
        [ENTRY, ACCEPTED, OrderCanceled(**EVENT)],
        [ENTRY, OrderUnknown(**EVENT, reason="no answer")],
        [ORDER, ACCEPTED, HIT],
    ],
    ids=["denied", "refused", "ended", "in doubt", "stop hit"],
)
def test_what_comes_between_excuses_that(effects: Sequence[AnyMessage]) -> None:
    rest = Rest()
    rest.sees(*effects)

    assert not rest.unlike(0)


@pytest.mark.parametrize(
    "effects",
    [[ENTRY, ACCEPTED, CANCEL, OrderCanceled(**EVENT)], [ENTRY, ACCEPTED, HIT], [ORDER, ACCEPTED]],
    ids=["canceled by the engine", "executed", "works"],
)
def test_what_the_engine_does_itself_excuses_nothing(effects: Sequence[AnyMessage]) -> None:
    rest = Rest()
    rest.sees(*effects)

    assert rest.unlike(0)


def test_nor_is_anything_judged_where_a_person_comes_between_or_a_strategy_may_have_missed_something() -> None:
    rest = Rest()
    rest.conduct.see_input(HaltTrading(1, "stop"))
    assert not rest.unlike(0)

    rest = Rest()
    rest.conduct.forget(())
    assert not rest.unlike(0)
