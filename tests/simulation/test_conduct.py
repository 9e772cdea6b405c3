"""What a simulation does not let an engine do, on single messages: an oracle that cannot fail proves nothing."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import msgspec
import pytest

from messages import (
    AccountReported,
    AnyMessage,
    ClientOrderId,
    Interrupt,
    MessageParked,
    OrderAccepted,
    OrderApproved,
    OrderFillBusted,
    OrderNotFound,
    OrderRejected,
    OrderReplaced,
    OrderReplaceRejected,
    OrderReported,
    OrderStatus,
    OrderUnknown,
    QueryOrder,
    ReplaceOrder,
    TradingHalted,
    VenueConnected,
    VenueDisconnected,
    VenueId,
    VenueOrderId,
    encode,
)
from ops.drill.judge.conduct import Conduct
from ops.drill.simulation.swarm import draw_swarm
from tests.messages._samples import EVENT, FILL, ORDER, QUOTE

CALM = next(swarm for swarm in map(draw_swarm, range(1000)) if swarm.is_answered_in_time)
VENUE = VenueId("broker")
APPROVED = OrderApproved(**EVENT, order=ORDER, verdicts=())
REFUSED = OrderRejected(**EVENT, reason="no")
QUERY = QueryOrder(client_order_id=ORDER.client_order_id, venue_id=VENUE, symbol=ORDER.symbol, time_ns=5)
LOST = OrderUnknown(**EVENT, reason="no answer")
ANOTHER = msgspec.structs.replace(ORDER, client_order_id=ClientOrderId("drill0-s1-9"))
CONNECTED = VenueConnected(venue_id=VENUE, time_ns=1)
HALTED = TradingHalted(portfolio_id=ORDER.portfolio_id, time_ns=5, reason="no", symbol=ORDER.symbol)
POISONED = "InjectedCrash: a poisoned message"
LATE_NS = 60_000_000_000
"""Long after everything that was sent at first."""


class Told:
    """A conduct, and the numbers of the rules that were broken."""

    def __init__(self) -> None:
        self.broken: list[str] = []
        self.conduct = Conduct(CALM, lambda number, _: self.broken.append(number))

    def put(self, message: AnyMessage, *effects: AnyMessage, time_ns: int = 0) -> None:
        """One input and what it led to."""
        self.conduct.see_input(message, time_ns)
        for effect in effects:
            self.conduct.see_effect(effect)

    def report(self, time_ns: int, *, is_blocked: bool = False, cash: int = 100) -> None:
        """The broker answers a question about the account, and the answer becomes an input."""
        self.conduct.account.see_answer(time_ns, is_blocked)
        self.put(report_of(time_ns, is_blocked=is_blocked, cash=cash))


def report_of(time_ns: int, *, is_blocked: bool = False, cash: int = 100) -> AccountReported:
    return AccountReported(
        venue_id=VENUE,
        portfolio_id=ORDER.portfolio_id,
        time_ns=time_ns,
        venue_time_ns=time_ns,
        cash=Decimal(cash),
        positions=(),
        open_orders=(),
        is_blocked=is_blocked,
    )


def test_an_engine_that_is_connected_and_has_compared_its_account_may_order() -> None:
    told = Told()
    told.put(CONNECTED)
    told.report(2)
    told.put(QUOTE, APPROVED, ORDER)
    told.conduct.see_sent(ORDER)

    assert told.broken == []


@pytest.mark.parametrize(
    "before",
    [
        lambda told: None,
        lambda told: told.put(CONNECTED),
        lambda told: (told.put(CONNECTED), told.report(2, is_blocked=True)),
        lambda told: (told.put(CONNECTED), told.report(2), told.conduct.see_no_connection()),
        lambda told: (
            told.put(CONNECTED),
            told.report(2),
            told.put(VenueDisconnected(venue_id=VENUE, time_ns=3, reason="gone")),
            told.report(4),
        ),
    ],
    ids=["just started", "not yet reported", "blocked", "another process", "disconnected"],
)
def test_nothing_is_ordered_before_the_account_was_compared(before: Callable[[Told], object]) -> None:
    told = Told()
    before(told)

    told.put(QUOTE, APPROVED)

    assert told.broken == ["C11"]


def test_a_report_in_the_journal_is_what_the_broker_has_answered() -> None:
    told = Told()
    told.conduct.account.see_answer(2, True)

    told.put(report_of(2))

    assert told.broken == ["I5"]


def test_what_leaves_is_durable_and_leaves_once() -> None:
    told = Told()
    told.put(CONNECTED, QUERY)

    told.conduct.see_sent(QUERY)
    assert told.broken == []
    told.conduct.see_sent(QUERY)
    told.conduct.see_sent(ORDER)

    assert told.broken == ["I2", "I2"]


def test_an_order_is_sent_again_after_three_answers_in_a_row_that_do_not_know_it() -> None:
    told = Told()
    told.put(CONNECTED, ORDER, QUERY)
    for _ in range(3):
        told.put(OrderNotFound(**EVENT), time_ns=LATE_NS)
    told.put(QUOTE, ORDER, QUERY, time_ns=LATE_NS)
    assert told.broken == []

    told.put(OrderNotFound(**EVENT), OrderNotFound(**EVENT), time_ns=2 * LATE_NS)

    assert told.broken == ["C12"]


@pytest.mark.parametrize("last", [ORDER, CONNECTED])
def test_an_order_is_waited_for_from_its_last_sending_and_from_the_connection_on(last: AnyMessage) -> None:
    told = Told()
    told.put(CONNECTED, ORDER, QUERY)
    for _ in range(3):
        told.put(OrderNotFound(**EVENT), time_ns=LATE_NS)
    if last is ORDER:
        told.put(QUOTE, ORDER, QUERY, time_ns=LATE_NS)
    else:
        told.put(CONNECTED, time_ns=LATE_NS)
    for _ in range(3):
        told.put(OrderNotFound(**EVENT), time_ns=LATE_NS + 9_000_000_000)

    told.put(QUOTE, OrderNotFound(**EVENT), time_ns=LATE_NS + 9_000_000_000)

    assert told.broken == ["C12"]


def test_a_message_of_an_order_that_is_set_aside_halts_its_symbol() -> None:
    parked = MessageParked(actor="venue/broker", time_ns=5, message=encode(OrderNotFound(**EVENT)), error="no")
    told = Told()
    told.put(CONNECTED, parked, HALTED)
    told.put(CONNECTED)
    assert told.broken == []

    told.put(CONNECTED, parked)
    told.put(CONNECTED)

    assert told.broken == ["C15"]


@pytest.mark.parametrize(("age_ns", "rules"), [(0, []), (2 * LATE_NS, ["C12"])])
def test_an_order_is_not_sent_again_a_minute_after_it_was_approved(age_ns: int, rules: list[str]) -> None:
    told = Told()
    order = msgspec.structs.replace(ORDER, time_ns=LATE_NS)
    told.put(CONNECTED, order, QUERY)
    for _ in range(3):
        told.put(OrderNotFound(**EVENT), time_ns=LATE_NS + age_ns)

    told.put(QUOTE, order, time_ns=LATE_NS + age_ns)

    assert told.broken == rules


@pytest.mark.parametrize(("protective", "rules"), [(True, []), (False, ["C12"])])
def test_nor_is_it_sent_for_the_first_time_whoever_has_failed_unless_it_is_a_stop(
    protective: bool, rules: list[str]
) -> None:
    told = Told()
    told.conduct.see_interrupts([Interrupt("venue/broker", 1, "InjectedCrash: a drill")])
    order = msgspec.structs.replace(ORDER, protective=protective, time_ns=LATE_NS)

    told.put(CONNECTED, order, time_ns=3 * LATE_NS)

    assert told.broken == rules


def test_where_everything_is_answered_in_time_no_order_becomes_unknown_unasked() -> None:
    told = Told()
    told.put(CONNECTED, LOST)
    assert told.broken == []
    told.put(QUOTE, LOST)
    assert told.broken == ["I12"]

    told.put(QUOTE, QUERY)
    told.put(QUOTE, LOST)

    assert told.broken == ["I12"]


def test_an_actor_that_fails_by_itself_is_told_and_one_of_a_drill_is_not() -> None:
    told = Told()

    told.conduct.see_interrupts([Interrupt("venue/broker", 3, "InjectedCrash: a drill")])
    assert told.broken == []
    told.conduct.see_interrupts([Interrupt("venue/broker", 3, "AssertionError: it was submitted twice")])

    assert told.broken == ["I10"]


def test_time_does_not_go_back_from_one_input_to_the_next() -> None:
    told = Told()
    for time_ns in (5, 5, 4):
        told.put(QUOTE, time_ns=time_ns)

    assert told.broken == ["I11"]


@pytest.mark.parametrize(
    ("reasons", "is_seen"),
    [
        ([POISONED] * 3, False),
        ([POISONED] * 2, True),
        (["HandlerBroken: it hung"], False),
        ([], True),
    ],
)
def test_a_message_is_tried_three_times_before_it_is_set_aside_unless_it_hung(
    reasons: list[str], is_seen: bool
) -> None:
    told = Told()
    told.conduct.see_interrupts([Interrupt("symbol/ABC", 1, reason) for reason in reasons])
    told.put(QUOTE, MessageParked(actor="symbol/ABC", time_ns=1, message=encode(QUOTE), error=POISONED))

    assert ("I10" in told.broken) is is_seen


def test_a_message_for_who_is_not_there_is_set_aside_untried() -> None:
    told = Told()
    told.put(QUOTE, MessageParked(actor="strategy/gone", time_ns=1, message=encode(QUOTE), error="no such actor"))

    assert told.broken == []


def test_an_order_is_heard_of_in_time_or_asked_for() -> None:
    told = Told()
    sent_ns = 7
    told.put(QUOTE, ORDER, time_ns=sent_ns)
    told.put(QUOTE, QUERY, time_ns=sent_ns + 10_000_000_000)
    told.put(QUOTE, time_ns=LATE_NS)
    assert told.broken == []

    for _ in range(3):
        told.put(OrderNotFound(**EVENT), time_ns=LATE_NS)
    told.put(QUOTE, ORDER, time_ns=LATE_NS)
    told.put(QUOTE, time_ns=LATE_NS + 12_000_000_000)

    assert told.broken == ["C19"]


def test_an_order_that_rests_is_asked_for_when_the_account_does_not_have_it() -> None:
    accepted = OrderAccepted(**EVENT, venue_order_id=VenueOrderId("v1"))
    told = Told()
    told.put(CONNECTED, ORDER)
    told.put(accepted, accepted)
    told.conduct.account.see_answer(2, False)
    told.put(report_of(2), QUERY)
    told.put(QUOTE)
    assert told.broken == []

    told.put(QUOTE, ANOTHER)
    told.put(
        QUOTE,
        OrderAccepted(**{**EVENT, "client_order_id": ANOTHER.client_order_id}, venue_order_id=VenueOrderId("v2")),
    )
    told.report(3)
    told.put(QUOTE)

    assert told.broken == ["C18"]


def test_a_report_that_does_not_know_that_an_execution_was_taken_back_counts_for_nothing() -> None:
    fill = msgspec.structs.replace(FILL, client_order_id=ORDER.client_order_id)
    bust = OrderFillBusted(
        **EVENT,
        execution_id=fill.execution_id,
        side=fill.side,
        quantity=fill.quantity,
        price=fill.price,
        commission=fill.commission,
    )
    reported = standing(ORDER.quantity)
    told = Told()
    told.put(fill, fill)
    told.put(bust, bust)
    told.put(fill)
    told.put(bust)
    told.put(reported, reported)
    assert told.broken == []

    told.put(fill)
    told.put(reported, reported)

    assert told.broken == ["C24"]


@pytest.mark.parametrize("is_asked", [True, False])
def test_an_order_that_was_refused_and_that_the_broker_holds_is_to_be_asked_for_at_once(is_asked: bool) -> None:
    accepted = OrderAccepted(**EVENT, venue_order_id=VenueOrderId("v1"))
    told = Told()
    told.put(REFUSED, REFUSED)
    told.put(accepted, *([QUERY] if is_asked else []))
    told.put(QUOTE)

    assert told.broken == ([] if is_asked else ["C25"])


def test_an_order_that_was_refused_and_executed_is_known_to_be_held() -> None:
    fill = msgspec.structs.replace(FILL, client_order_id=ORDER.client_order_id)
    told = Told()
    told.put(REFUSED, REFUSED)
    told.put(fill, fill)
    told.put(OrderAccepted(**EVENT, venue_order_id=VenueOrderId("v1")))
    told.put(QUOTE)

    assert told.broken == []


@pytest.mark.parametrize("is_asked", [True, False])
def test_an_order_that_executed_and_counts_as_refused_is_to_be_asked_for_at_once(is_asked: bool) -> None:
    fill = msgspec.structs.replace(FILL, client_order_id=ORDER.client_order_id)
    told = Told()
    told.put(fill, fill)
    told.put(REFUSED, *([QUERY] if is_asked else []), REFUSED)

    assert told.broken == ([] if is_asked else ["C25"])


@pytest.mark.parametrize(
    "answer",
    [
        lambda told: told.put(changed_to(Decimal(9)), time_ns=2),
        lambda told: told.put(OrderReplaceRejected(**EVENT, reason="no"), time_ns=2),
        lambda told: told.put(QUOTE, time_ns=10_000_000_000),
    ],
    ids=["changed", "refused", "10 s have passed"],
)
def test_an_order_is_changed_again_once_the_change_before_is_answered(answer: Callable[[Told], object]) -> None:
    told = Told()
    told.put(QUOTE, change_to(Decimal(9)), time_ns=0)
    answer(told)

    told.put(QUOTE, change_to(Decimal(8)), time_ns=10_000_000_000)

    assert told.broken == []


@pytest.mark.parametrize(
    "message", [QUOTE, lambda: changed_to(Decimal(7))], ids=["nothing", "the answer to an earlier change"]
)
def test_an_order_is_not_changed_again_while_the_change_before_is_on_its_way(message: object) -> None:
    told = Told()
    told.put(QUOTE, change_to(Decimal(9)), time_ns=0)
    told.put(message() if callable(message) else QUOTE, time_ns=1)

    told.put(QUOTE, change_to(Decimal(8)), time_ns=2)

    assert told.broken == ["C22"]


def test_a_portfolio_that_has_failed_may_ask_for_a_change_as_of_before() -> None:
    told = Told()
    told.put(QUOTE, change_to(Decimal(9)), time_ns=0)
    told.conduct.see_interrupts([Interrupt("portfolio/main", 3, "InjectedCrash: a drill")])

    told.put(QUOTE, change_to(Decimal(8)), time_ns=2)

    assert told.broken == []


def test_an_order_is_not_changed_to_what_the_broker_has_just_told() -> None:
    told = Told()
    told.put(QUOTE, change_to(Decimal(9)), time_ns=0)
    told.put(changed_to(Decimal(9)), time_ns=1)

    told.put(QUOTE, change_to(Decimal(9)), time_ns=2)

    assert told.broken == ["C23"]


def test_an_order_is_not_changed_while_it_is_unknown() -> None:
    told = Told()
    told.put(QUOTE, QUERY, LOST)

    told.put(QUOTE, change_to(Decimal(9)))

    assert told.broken == ["C20"]


@pytest.mark.parametrize(
    ("shown", "asked_ns", "ends_doubt"),
    [(Decimal(7), 10_000_000_001, False), (Decimal(9), 3, True), (Decimal(7), 10_000_000_002, True)],
    ids=["terms that nobody has told", "the last change", "asked for 10 s behind the last change"],
)
def test_a_report_that_may_be_older_than_the_last_change_ends_no_doubt(
    shown: Decimal, asked_ns: int, ends_doubt: bool
) -> None:
    told = Told()
    told.put(QUOTE, change_to(Decimal(9)), time_ns=1)
    changed = msgspec.structs.replace(changed_to(Decimal(9)), time_ns=2)
    told.put(changed, changed, time_ns=2)
    told.put(QUOTE, QUERY, LOST, time_ns=3)
    report = standing(shown, asked_ns=asked_ns)
    told.put(report, report, time_ns=20_000_000_000)

    told.put(QUOTE, change_to(Decimal(8)), time_ns=20_000_000_000)

    assert told.broken == ([] if ends_doubt else ["C20"])


def test_an_earlier_change_that_is_told_again_makes_no_later_report_older() -> None:
    told = Told()
    for quantity, time_ns in ((Decimal(9), 1), (Decimal(8), 3)):
        told.put(QUOTE, msgspec.structs.replace(change_to(quantity), time_ns=time_ns), time_ns=time_ns)
        changed = msgspec.structs.replace(changed_to(quantity), time_ns=time_ns + 1)
        told.put(changed, changed, time_ns=time_ns + 1)
    again = msgspec.structs.replace(changed_to(Decimal(9)), time_ns=9_000_000_000)
    told.put(again, again, time_ns=9_000_000_000)
    told.put(QUOTE, QUERY, LOST, time_ns=9_000_000_000)
    report = standing(Decimal(7), asked_ns=11_000_000_000)
    told.put(report, report, time_ns=11_000_000_000)

    told.put(QUOTE, change_to(Decimal(6)), time_ns=20_000_000_000)

    assert told.broken == []


def standing(quantity: Decimal, *, asked_ns: int = 0) -> OrderReported:
    return OrderReported(
        **EVENT,
        venue_order_id=VenueOrderId("v1"),
        status=OrderStatus.ACCEPTED,
        quantity=quantity,
        filled_quantity=Decimal(0),
        asked_ns=asked_ns,
    )


def change_to(quantity: Decimal) -> ReplaceOrder:
    return ReplaceOrder(
        client_order_id=ORDER.client_order_id,
        venue_id=VENUE,
        symbol=ORDER.symbol,
        time_ns=1,
        quantity=quantity,
        limit_price=None,
        stop_price=None,
    )


def changed_to(quantity: Decimal) -> OrderReplaced:
    return OrderReplaced(**EVENT, quantity=quantity, limit_price=None, stop_price=None)
