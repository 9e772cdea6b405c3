"""What an engine must ask its broker about, and for how long it may wait, on single messages."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest

from messages import (
    Alert,
    AlertLevel,
    AnyMessage,
    CancelOrder,
    MessageParked,
    OrderAccepted,
    OrderCanceled,
    OrderReported,
    OrderStatus,
    OrderUnknown,
    QueryOrder,
    ReplaceOrder,
    TimerFired,
    VenueConnected,
    VenueId,
    VenueOrderId,
    encode,
)
from ops.drill.judge.question_conduct import QuestionConduct
from tests.messages._samples import EVENT, FILL, ORDER, QUOTE

SECOND_NS = 1_000_000_000
NAME = ORDER.client_order_id
QUERY = QueryOrder(client_order_id=NAME, venue_id=VenueId("broker"), symbol=ORDER.symbol, time_ns=0)
CANCEL = CancelOrder(client_order_id=NAME, venue_id=ORDER.venue_id, symbol=ORDER.symbol, time_ns=0)
CHANGE = ReplaceOrder(
    client_order_id=NAME, venue_id=ORDER.venue_id, symbol=ORDER.symbol, time_ns=0, quantity=ORDER.quantity
)
ACCEPTED = OrderAccepted(**EVENT, venue_order_id=VenueOrderId("v1"))
CANCELED = OrderCanceled(**EVENT, reason="")
UNKNOWN = OrderUnknown(**EVENT, reason="no answer")
CONNECTED = VenueConnected(venue_id=VenueId("broker"), time_ns=0)
PART = msgspec.structs.replace(FILL, client_order_id=NAME, quantity=ORDER.quantity / 2)


def reported(filled: Decimal = Decimal(0)) -> OrderReported:
    return OrderReported(
        **EVENT,
        venue_order_id=VenueOrderId("v1"),
        status=OrderStatus.ACCEPTED,
        quantity=ORDER.quantity,
        filled_quantity=filled,
        limit_price=ORDER.limit_price,
        stop_price=ORDER.stop_price,
    )


class Told:
    """A conduct, and the numbers of the rules that were broken."""

    def __init__(self, *, is_clock_set: bool = False) -> None:
        self.broken: list[str] = []
        self.questions = QuestionConduct(lambda number, _: self.broken.append(number), is_clock_set=is_clock_set)

    def put(self, seconds: int, message: AnyMessage, *effects: AnyMessage) -> None:
        """One input and what it led to."""
        self.questions.see_input(message, seconds * SECOND_NS)
        for effect in effects:
            self.questions.see_effect(effect)

    def is_asked(self, seconds: int) -> bool:
        self.put(seconds, QUOTE)
        return self.questions.is_asked(NAME)


def test_a_question_is_out_until_its_answer_or_until_it_would_have_been_asked_again() -> None:
    told = Told()
    told.put(0, QUOTE, ORDER)
    assert not told.is_asked(0)
    told.put(0, QUOTE, QUERY)
    assert told.is_asked(44)
    assert not told.is_asked(46)

    told.put(50, QUOTE, QUERY)
    told.put(51, reported())
    assert not told.is_asked(51)


def test_an_answer_that_is_not_enough_is_asked_for_again() -> None:
    told = Told()
    told.put(0, QUOTE, ORDER, QUERY)
    told.put(1, reported(Decimal(1)))
    assert told.is_asked(1)

    told.put(2, reported(), QUERY, reported())
    assert told.is_asked(2)


@pytest.mark.parametrize("spoils", [(PART,), (CANCEL,), (CHANGE,)])
def test_whether_an_answer_is_enough_for_an_order_that_executes_or_is_changed_is_not_judged(
    spoils: tuple[AnyMessage, ...],
) -> None:
    told = Told()
    told.put(0, QUOTE, ORDER, *spoils)
    told.put(1, QUOTE, QUERY)
    told.put(2, reported(), reported())

    assert told.is_asked(2)


def test_acceptance_ends_a_question_where_it_is_news() -> None:
    told = Told()
    told.put(0, QUOTE, ORDER, QUERY)
    told.put(1, ACCEPTED)
    assert told.is_asked(1)

    told.put(2, ACCEPTED, ACCEPTED)
    assert not told.is_asked(2)


def test_questions_last_over_a_new_connection_and_where_somebody_sets_the_clock() -> None:
    told = Told()
    told.put(0, QUOTE, QUERY)
    told.put(100, CONNECTED)
    assert told.is_asked(140)

    told = Told(is_clock_set=True)
    told.put(0, QUOTE, QUERY)
    assert told.is_asked(1000)


@pytest.mark.parametrize("request_", [CANCEL, CHANGE])
@pytest.mark.parametrize(
    ("heard", "rules"),
    [
        ((QUOTE,), ["C19"]),
        ((QUOTE, QUERY), []),
        ((QUOTE, UNKNOWN), []),
        ((CANCELED, CANCELED), []),
        ((reported(),), []),
        ((ACCEPTED, ACCEPTED), ["C19"]),
    ],
    ids=["nothing", "asked", "unknown", "over", "reported", "only that it is held"],
)
def test_a_cancel_or_a_change_is_heard_of_in_time_or_asked_for(
    request_: AnyMessage, heard: tuple[AnyMessage, ...], rules: list[str]
) -> None:
    told = Told()
    told.put(0, QUOTE, ORDER)
    told.put(1, ACCEPTED, ACCEPTED)
    told.put(20, QUOTE, request_)
    told.put(30, *heard)
    told.put(32, QUOTE)

    assert told.broken == rules


@pytest.mark.parametrize(("quantity", "rules"), [(ORDER.quantity / 2, ["C19"]), (ORDER.quantity, [])])
def test_an_order_that_executes_in_part_is_to_be_canceled_still(quantity: Decimal, rules: list[str]) -> None:
    fill = msgspec.structs.replace(PART, quantity=quantity)
    told = Told()
    told.put(0, QUOTE, ORDER)
    told.put(1, ACCEPTED, ACCEPTED)
    told.put(20, QUOTE, CANCEL)
    told.put(25, fill, fill)
    told.put(32, QUOTE)

    assert told.broken == rules


def test_a_question_that_is_out_goes_before_a_cancel() -> None:
    told = Told()
    told.put(0, QUOTE, ORDER)
    told.put(1, ACCEPTED, ACCEPTED)
    told.put(20, QUOTE, QUERY)
    told.put(21, QUOTE, CANCEL)
    told.put(40, QUOTE)

    assert told.broken == []


def test_nobody_waits_while_no_process_runs() -> None:
    told = Told()
    told.put(0, QUOTE, ORDER)
    told.put(1, ACCEPTED, ACCEPTED)
    told.put(20, QUOTE, CANCEL)
    told.questions.forget_waiting()
    told.put(60, CONNECTED)

    assert told.broken == []


@pytest.mark.parametrize(("seconds", "rules"), [(80, []), (100, ["C19"])])
def test_who_has_failed_is_excused_until_its_mail_is_handled(seconds: int, rules: list[str]) -> None:
    told = Told()
    told.put(0, QUOTE, ORDER)
    told.put(1, ACCEPTED, ACCEPTED)
    told.questions.see_failure()
    told.put(5, QUOTE)
    assert told.questions.is_excused
    told.put(5 + seconds, QUOTE, CANCEL)
    told.put(18 + seconds, QUOTE)

    assert told.broken == rules
    assert not told.questions.is_excused


def test_who_fails_while_it_waits_is_excused() -> None:
    told = Told()
    told.put(0, QUOTE, ORDER)
    told.questions.see_failure()
    told.put(12, QUOTE)

    assert told.broken == []


def test_a_timer_that_was_set_aside_comes_much_later() -> None:
    told = Told()
    timer = encode(TimerFired("venue/broker", NAME, 0))
    told.put(0, QUOTE, ORDER, QUERY)
    told.put(1, QUOTE, MessageParked(actor="venue/broker", time_ns=1, message=timer, error="no"))
    told.put(2, CONNECTED)

    assert told.is_asked(400)
    assert not told.is_asked(410)


def test_an_order_of_which_a_message_was_set_aside_is_not_plain() -> None:
    told = Told()
    letter = MessageParked(actor="venue/broker", time_ns=1, message=encode(CHANGE), error="no")
    told.put(0, QUOTE, ORDER, QUERY)
    told.put(1, QUOTE, letter)
    told.put(2, reported())

    assert told.is_asked(2)


def test_an_order_that_was_forgotten_is_asked_for_by_nobody() -> None:
    told = Told()
    text = f"the venue told OrderFilled of {NAME}, which is no order of ours"
    told.put(0, PART, Alert(level=AlertLevel.WARNING, subject=NAME, text=text, time_ns=0))

    assert told.is_asked(0)
