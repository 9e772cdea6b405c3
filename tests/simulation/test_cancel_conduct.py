"""What the judge sees of orders that are to end, and work on at the broker."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest

from messages import (
    SECOND_NS,
    AnyMessage,
    CancelOrder,
    CommandRefused,
    HaltTrading,
    OrderAccepted,
    OrderCanceled,
    OrderCancelRejected,
    OrderFillBusted,
    OrderFilled,
    OrderNotFound,
    OrderRejected,
    OrderStatus,
    RequestCancel,
)
from ops.drill.judge.cancel_conduct import CancelConduct
from tests.messages._samples import EVENT, FILL, ORDER, QUOTE, REPORTED

ENTRY = msgspec.structs.replace(ORDER, protective=False)
WORKS = msgspec.structs.replace(REPORTED, **EVENT, status=OrderStatus.ACCEPTED)
OVER = msgspec.structs.replace(WORKS, status=OrderStatus.CANCELED)
CANCEL = CancelOrder(client_order_id=ORDER.client_order_id, venue_id=ORDER.venue_id, symbol=ORDER.symbol, time_ns=1)
CANCELED, REFUSED = OrderCanceled(**EVENT, reason="on request"), OrderRejected(**EVENT, reason="no")
NOT_NOW = OrderCancelRejected(**EVENT, reason="not now")
ASKED = RequestCancel(client_order_id=ORDER.client_order_id, portfolio_id=ORDER.portfolio_id, time_ns=1)
BUST = OrderFillBusted(
    **EVENT,
    execution_id=FILL.execution_id,
    side=FILL.side,
    quantity=FILL.quantity,
    price=FILL.price,
    commission=FILL.commission,
)
HALT = HaltTrading(1, "a drill")
LATER = msgspec.structs.replace(QUOTE, time_ns=1)

Told = tuple[AnyMessage, list[AnyMessage]]


def _said(*told: Told, seconds: float = 1.0, has_failed: bool = False, is_new: bool = False) -> list[str]:
    """What is said of inputs so far apart, and what each led to; before the last, a new process may begin."""
    said: list[str] = []
    conduct = CancelConduct(lambda rule, _: said.append(rule))
    if has_failed:
        conduct.excuse()
    for number, (message, led_to) in enumerate(told):
        if is_new and number == len(told) - 1:
            conduct.forget_waiting()
        conduct.see_input(message, int(number * seconds * SECOND_NS))
        for each in led_to:
            conduct.see_effect(each)
    conduct.see_input(QUOTE, int(len(told) * seconds * SECOND_NS))
    return said


@pytest.mark.parametrize("end", [CANCELED, REFUSED])
def test_an_order_that_is_over_and_told_to_work_twice_is_to_be_canceled(end: AnyMessage) -> None:
    begin: Told = (end, [ENTRY, end])

    assert _said(begin, (WORKS, []), (WORKS, [CANCEL]), (WORKS, [])) == []
    assert _said(begin, (WORKS, []), (OVER, []), (WORKS, [])) == []
    assert _said(begin, (WORKS, []), (WORKS, [])) == ["C41"]
    assert _said(begin, (WORKS, []), (WORKS, []), has_failed=True) == []


def test_answers_that_lack_what_is_known_to_have_executed_are_of_before() -> None:
    filled = msgspec.structs.replace(
        FILL, client_order_id=ENTRY.client_order_id, quantity=ENTRY.quantity, cumulative_quantity=ENTRY.quantity
    )
    told = msgspec.structs.replace(OVER, status=OrderStatus.FILLED, filled_quantity=ENTRY.quantity)

    assert _said((filled, [ENTRY, filled]), (told, [told]), (WORKS, []), (WORKS, [])) == []


def test_one_that_is_told_to_be_open_again_or_was_held_when_it_was_refused_is_not_over() -> None:
    held = OrderAccepted(**EVENT, venue_order_id=FILL.venue_order_id)

    assert _said((CANCELED, [ENTRY, CANCELED]), (WORKS, [WORKS]), (WORKS, []), (WORKS, [])) == []
    assert _said((held, [ENTRY, held]), (REFUSED, [REFUSED]), (WORKS, []), (WORKS, [])) == []


def test_answers_about_executions_that_were_taken_back_may_be_of_before() -> None:
    assert _said((CANCELED, [ENTRY, CANCELED]), (BUST, [BUST, CANCELED]), (WORKS, []), (WORKS, [])) == []


@pytest.mark.parametrize("wish", [ASKED, HALT])
def test_what_was_canceled_for_good_is_canceled_again_once_it_was_refused_and_works(wish: AnyMessage) -> None:
    begin: list[Told] = [(wish, [ENTRY, CANCEL]), (NOT_NOW, [NOT_NOW]), (WORKS, [WORKS])]

    assert _said(*begin, (LATER, [CANCEL]), seconds=5.0) == []
    assert _said(*begin, (LATER, []), (LATER, []), seconds=5.0) == ["C41"]
    assert _said(*begin, (LATER, []), (LATER, []), seconds=1.0) == []
    assert _said(*begin, (LATER, []), (LATER, []), seconds=5.0, is_new=True) == []
    assert _said(*begin, (CANCELED, [CANCELED]), (LATER, []), (LATER, []), seconds=5.0) == []


@pytest.mark.parametrize("first", [True, False])
def test_that_it_executes_in_part_meanwhile_changes_nothing(first: bool) -> None:
    part = msgspec.structs.replace(FILL, client_order_id=ENTRY.client_order_id, quantity=Decimal(1))
    whole = msgspec.structs.replace(part, quantity=ENTRY.quantity)
    begin: list[Told] = [(ASKED, [ENTRY, CANCEL]), (NOT_NOW, [NOT_NOW])]

    def _with(fill: OrderFilled) -> list[Told]:
        executes: Told = (fill, [fill])
        works: Told = (WORKS, [WORKS])
        return [*begin, *((executes, works) if first else (works, executes))]

    assert _said(*_with(part), (LATER, []), (LATER, []), seconds=5.0) == ["C41"]
    assert _said(*_with(part), (LATER, [CANCEL]), (LATER, []), seconds=3.0) == []
    assert _said(*begin, (WORKS, [WORKS]), (whole, [whole]), (LATER, []), (LATER, []), seconds=5.0) == []


def test_a_cancel_that_nobody_has_wished_for_need_not_be_tried_again() -> None:
    told: list[Told] = [(QUOTE, [ENTRY, CANCEL]), (NOT_NOW, [NOT_NOW]), (WORKS, [WORKS])]

    assert _said(*told, (LATER, []), (LATER, []), seconds=5.0) == []


NOT_FOUND = OrderNotFound(**EVENT)
HELD = OrderAccepted(**EVENT, venue_order_id=FILL.venue_order_id)
PART = msgspec.structs.replace(FILL, **EVENT, cumulative_quantity=FILL.quantity)
HOLDS_PART = msgspec.structs.replace(WORKS, filled_quantity=FILL.quantity)
HOLDS_NOTHING = msgspec.structs.replace(WORKS, filled_quantity=FILL.quantity - FILL.quantity)
WISHES = pytest.mark.parametrize("wish", [(ASKED, [ENTRY, CANCEL]), (ASKED, [ENTRY]), (HALT, [ENTRY, CANCEL])])


@WISHES
@pytest.mark.parametrize("word", [HELD, HOLDS_NOTHING, PART])
def test_what_was_canceled_and_not_found_is_canceled_once_it_turns_up(wish: Told, word: AnyMessage) -> None:
    begin: list[Told] = [wish, (NOT_FOUND, [NOT_FOUND])]

    assert _said(*begin, (word, [word, CANCEL])) == []
    assert _said(*begin, (word, [word])) == ["C48"]
    assert _said(*begin, (word, [word]), has_failed=True) == []


@pytest.mark.parametrize(
    "word", [CANCELED, OVER, HOLDS_PART, msgspec.structs.replace(PART, quantity=ENTRY.quantity)]
)
def test_half_a_word_or_its_end_does_not_tell_that_it_works(word: AnyMessage) -> None:
    assert _said((ASKED, [ENTRY]), (NOT_FOUND, [NOT_FOUND]), (word, [word])) == []


def test_nor_is_one_canceled_that_nobody_has_canceled_or_that_was_held_before() -> None:
    refused = CommandRefused(subject=ENTRY.client_order_id, time_ns=1, reason="it is no open order")

    assert _said((QUOTE, [ENTRY]), (NOT_FOUND, [NOT_FOUND]), (HELD, [HELD])) == []
    assert _said((ASKED, [ENTRY, refused]), (NOT_FOUND, [NOT_FOUND]), (HELD, [HELD])) == []
    assert _said((ASKED, [ENTRY, HELD]), (NOT_FOUND, [NOT_FOUND]), (HELD, [HELD])) == []
    assert _said((ASKED, [ENTRY, NOT_NOW]), (NOT_FOUND, [NOT_FOUND]), (HELD, [HELD])) == []
