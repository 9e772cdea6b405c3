"""What the judge says of a journal: rules that need the broker's side, too, or what is held."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec
import pytest

from messages import (
    AnyMessage,
    CancelOrder,
    ClientOrderId,
    ClosePositions,
    CommandRefused,
    ControlVerdict,
    ExecutionId,
    HaltTrading,
    OrderAccepted,
    OrderApproved,
    OrderCanceled,
    OrderDenied,
    OrderExpired,
    OrderFilled,
    OrderNotFound,
    OrderType,
    RequestCancel,
    Side,
    StrategyId,
    SubmitOrder,
    Symbol,
    TimeInForce,
    VenueOrderId,
)
from messages.turn import Recorded, TurnInputs, encode_turn
from ops.drill.broker import BrokerModel
from ops.drill.judge.judge import Judge
from tests.messages._samples import EVENT, FILL, ORDER, PRICED, QUOTE, SIGNAL
from tests.simulation.test_conduct import CALM

Told = tuple[AnyMessage, list[AnyMessage]]
"""An input, and what it led to."""

APPROVED = OrderApproved(**EVENT, order=ORDER, verdicts=())
ENTRY = msgspec.structs.replace(ORDER, protective=False)
CANCEL = CancelOrder(client_order_id=ORDER.client_order_id, venue_id=ORDER.venue_id, symbol=ORDER.symbol, time_ns=3)


def judged(*told: Told) -> list[str]:
    """What a judge has to say of a journal."""
    return _judge_of(*told).violations


def _judge_of(*told: Told) -> Judge:
    judge = Judge(CALM, BrokerModel(cash="1000", rules=CALM.rules, symbols={ORDER.symbol: "0.01"}))
    effects = [Recorded(seq, each) for seq, (_, led_to) in enumerate(told, 1) for each in led_to]
    taken = TurnInputs(times_ns=list(range(len(told))), inputs=[message for message, _ in told])
    judge.see_frames([encode_turn(epoch=1, first_seq=1, taken=taken, effects=effects, chain_before=b"")])
    return judge


def _executed(execution_id: str, side: Side, quantity: int) -> OrderFilled:
    return msgspec.structs.replace(
        FILL,
        execution_id=ExecutionId(execution_id),
        side=side,
        quantity=Decimal(quantity),
        cumulative_quantity=Decimal(quantity),
    )


@pytest.mark.parametrize(
    "shown",
    [
        OrderAccepted(**EVENT, venue_order_id=VenueOrderId("v1")),
        msgspec.structs.replace(FILL, client_order_id=ORDER.client_order_id),
    ],
    ids=["it works", "it executes in part"],
)
@pytest.mark.parametrize("is_canceled", [True, False])
def test_an_entry_that_turns_up_in_a_halt_is_to_be_canceled_at_once(shown: AnyMessage, is_canceled: bool) -> None:
    violations = judged(
        (QUOTE, [OrderApproved(**EVENT, order=ENTRY, verdicts=()), ENTRY]),
        (OrderNotFound(**EVENT), [OrderNotFound(**EVENT)]),
        (HaltTrading(2, "stop"), []),
        (shown, [shown, *([CANCEL] if is_canceled else [])]),
        (QUOTE, []),
    )

    told = [each for each in violations if "turns up" in each]
    assert told == ([] if is_canceled else [f"I8: {ORDER.client_order_id} turns up in a halt, and is not canceled"])


@pytest.mark.parametrize(("quantity", "is_entry"), [(10, False), (12, True)])
def test_an_exit_that_turns_up_in_a_halt_is_no_entry_if_what_is_left_of_it_closes(
    quantity: int, is_entry: bool
) -> None:
    entry_id = ClientOrderId("b00k-plan-6")
    entry = msgspec.structs.replace(ENTRY, client_order_id=entry_id, side=Side.BUY, quantity=Decimal(10))
    bought = msgspec.structs.replace(_executed("x-1", Side.BUY, 10), client_order_id=entry_id)
    leave = msgspec.structs.replace(ENTRY, side=Side.SELL, quantity=Decimal(quantity))
    sold = _executed("x-2", Side.SELL, 4)

    violations = judged(
        (QUOTE, [entry, leave]),
        (OrderNotFound(**EVENT), [OrderNotFound(**EVENT)]),
        (bought, [bought]),
        (HaltTrading(2, "stop"), []),
        (sold, [sold]),
        (QUOTE, []),
    )

    told = [each for each in violations if "turns up" in each]
    assert bool(told) == is_entry


def test_an_order_that_turns_up_in_a_halt_may_have_executed_more_than_it_was_sent_for() -> None:
    entry = msgspec.structs.replace(ENTRY, quantity=Decimal(10))
    grown, works = _executed("x-1", entry.side, 12), OrderAccepted(**EVENT, venue_order_id=VenueOrderId("v1"))

    violations = judged(
        (QUOTE, [entry]),
        (OrderNotFound(**EVENT), [OrderNotFound(**EVENT)]),
        (HaltTrading(2, "stop"), []),
        (grown, [grown]),
        (works, [works]),
        (QUOTE, []),
    )

    assert [each for each in violations if "turns up" in each]


@pytest.mark.parametrize("is_renewed", [True, False])
def test_nothing_is_ordered_for_a_signal_whose_stop_was_hit(is_renewed: bool) -> None:
    stop_hit = msgspec.structs.replace(FILL, client_order_id=ORDER.client_order_id)
    entry = msgspec.structs.replace(ENTRY, client_order_id=ClientOrderId("b00k-plan-8"))
    signal = msgspec.structs.replace(SIGNAL, time_ns=2 if is_renewed else 0)
    priced = msgspec.structs.replace(PRICED, signal=signal)
    approved = OrderApproved(
        **EVENT | {"client_order_id": entry.client_order_id}, order=entry, verdicts=(), signal=priced
    )

    violations = judged((QUOTE, [APPROVED, ORDER]), (stop_hit, [stop_hit]), (QUOTE, [approved, entry]))

    told = [each for each in violations if each.startswith("C27")]
    assert told == ([] if is_renewed else ["C27: b00k-plan-8 is ordered for a signal whose stop was hit"])


@pytest.mark.parametrize("is_over", [True, False])
def test_what_is_ordered_for_a_signal_never_leads_further_than_it_did_at_first(is_over: bool) -> None:
    again = msgspec.structs.replace(ENTRY, client_order_id=ClientOrderId("b00k-plan-8"))
    canceled = OrderCanceled(**EVENT, reason="on request")

    violations = judged(
        (QUOTE, [OrderApproved(**EVENT, order=ENTRY, verdicts=(), signal=PRICED), ENTRY]),
        (canceled, [canceled] if is_over else []),
        (QUOTE, [OrderApproved(**EVENT, order=again, verdicts=(), signal=PRICED), again]),
    )

    told = [each for each in violations if "leads to" in each]
    assert told == ([] if is_over else ["I1: b00k-plan-8 leads to 25.00, and its signal asked for 12.50"])


OWN_SIGNAL = msgspec.structs.replace(
    PRICED,
    signal=msgspec.structs.replace(
        SIGNAL,
        order_type=ENTRY.order_type,
        time_in_force=ENTRY.time_in_force,
        limit_price=float(ENTRY.limit_price or 0),
        stop_price=float(ENTRY.stop_price or 0),
    ),
)
"""A signal that asks for what the entry is."""


@pytest.mark.parametrize(
    ("terms", "is_seen"),
    [
        ({}, False),
        ({"time_in_force": TimeInForce.FOK}, True),
        ({"order_type": OrderType.LIMIT}, True),
        ({"limit_price": Decimal(5)}, True),
    ],
)
def test_an_entry_has_the_terms_of_its_signal(terms: dict[str, Any], is_seen: bool) -> None:
    order = msgspec.structs.replace(ENTRY, **terms)

    violations = judged((QUOTE, [OrderApproved(**EVENT, order=order, verdicts=(), signal=OWN_SIGNAL), order]))

    assert any(each.startswith("C32") for each in violations) is is_seen


@pytest.mark.parametrize(("answer", "is_seen"), [([], True), ([CommandRefused], False)])
def test_what_a_person_has_canceled_is_not_ordered_again_for_the_same_signal(
    answer: list[type[CommandRefused]], is_seen: bool
) -> None:
    again = msgspec.structs.replace(ENTRY, client_order_id=ClientOrderId("b00k-plan-8"))
    canceled = OrderCanceled(**EVENT, reason="on request")
    wish = RequestCancel(client_order_id=ENTRY.client_order_id, portfolio_id=ENTRY.portfolio_id, time_ns=3)

    violations = judged(
        (QUOTE, [OrderApproved(**EVENT, order=ENTRY, verdicts=(), signal=OWN_SIGNAL), ENTRY, CANCEL]),
        (wish, [each(subject=ENTRY.client_order_id, time_ns=3, reason="it is over") for each in answer]),
        (canceled, [canceled]),
        (QUOTE, [OrderApproved(**EVENT, order=again, verdicts=(), signal=OWN_SIGNAL), again]),
    )

    assert any(each.startswith("C33") for each in violations) is is_seen


AGAIN = msgspec.structs.replace(ENTRY, client_order_id=ClientOrderId("b00k-plan-8"))
APPROVED_AGAIN = OrderApproved(
    **EVENT | {"client_order_id": AGAIN.client_order_id}, order=AGAIN, verdicts=(), signal=OWN_SIGNAL
)


@pytest.mark.parametrize("is_asked", [True, False])
@pytest.mark.parametrize("kind", [OrderCanceled, OrderExpired])
def test_what_the_broker_has_ended_is_not_ordered_again_for_the_same_signal(kind: Any, is_asked: bool) -> None:
    ended = kind(**EVENT, reason="the day is over")

    violations = judged(
        (QUOTE, [OrderApproved(**EVENT, order=ENTRY, verdicts=(), signal=OWN_SIGNAL), ENTRY]),
        (QUOTE, [CANCEL] * is_asked),
        (ended, [ended]),
        (QUOTE, [APPROVED_AGAIN, AGAIN]),
    )

    assert any(each.startswith("C33") for each in violations) is not is_asked


@pytest.mark.parametrize(
    ("beside", "is_seen"),
    [
        (ENTRY, False),
        (msgspec.structs.replace(ENTRY, limit_price=Decimal(5)), True),
        (ORDER, True),
        (msgspec.structs.replace(ENTRY, symbol=Symbol("XYZ"), limit_price=Decimal(5)), False),
    ],
    ids=["of its own terms", "of another price", "a stop, while nothing is held", "in another symbol"],
)
def test_nothing_is_opened_beside_what_has_other_terms_or_a_stop_of_before(
    beside: SubmitOrder, is_seen: bool
) -> None:
    approved = OrderApproved(**EVENT | {"symbol": beside.symbol}, order=beside, verdicts=(), signal=OWN_SIGNAL)

    violations = judged((QUOTE, [approved, beside]), (QUOTE, [APPROVED_AGAIN, AGAIN]))

    assert any(each.startswith("C42") for each in violations) is is_seen


def test_an_id_that_was_denied_is_given_to_no_other_order() -> None:
    denied = OrderDenied(**EVENT, order=None, verdicts=(), reason="no")

    assert any("before" in each for each in judged((QUOTE, [denied]), (QUOTE, [APPROVED])))


@pytest.mark.parametrize(("symbol", "is_seen"), [(ORDER.symbol, False), (Symbol("XYZ"), True)])
def test_who_closes_one_symbol_closes_that_one(symbol: Symbol, is_seen: bool) -> None:
    command = ClosePositions(portfolio_id=ORDER.portfolio_id, time_ns=1, symbol=symbol)

    assert any(each.startswith("C37") for each in judged((command, [APPROVED]))) is is_seen


@pytest.mark.parametrize(("other", "is_seen"), [(20, False), (-20, True)])
def test_what_reduces_for_its_strategy_and_not_for_the_account_does_not_reduce(other: int, is_seen: bool) -> None:
    verdict = ControlVerdict("entries", True, "blocked", "allowed", "reduces the position")
    mine = msgspec.structs.replace(FILL, side=Side.BUY, quantity=ORDER.quantity)
    theirs = msgspec.structs.replace(
        FILL,
        execution_id=ExecutionId("x-2"),
        strategy_id=StrategyId("other"),
        side=Side.BUY if other > 0 else Side.SELL,
        quantity=Decimal(abs(other)),
    )
    exit_ = msgspec.structs.replace(ENTRY, client_order_id=ClientOrderId("b00k-plan-8"))
    approved = OrderApproved(**EVENT | {"client_order_id": "b00k-plan-8"}, order=exit_, verdicts=(verdict,))

    violations = judged((QUOTE, [APPROVED, ORDER]), (mine, [mine]), (theirs, [theirs]), (QUOTE, [approved]))

    assert any(each.startswith("C38") for each in violations) is is_seen


def test_a_person_knows_that_a_stop_is_gone_until_there_is_another() -> None:
    asked = RequestCancel(client_order_id=ORDER.client_order_id, portfolio_id=ORDER.portfolio_id, time_ns=1)
    another = msgspec.structs.replace(ORDER, client_order_id=ClientOrderId("b00k-plan-8"))
    stop: Told = (QUOTE, [APPROVED, ORDER])
    entry: Told = (QUOTE, [OrderApproved(**EVENT, order=ENTRY, verdicts=()), ENTRY])
    next_stop: Told = (QUOTE, [msgspec.structs.replace(APPROVED, order=another)])

    judges = [_judge_of(stop, (asked, [])), _judge_of(entry, (asked, [])), _judge_of(stop, (asked, []), next_stop)]

    key = (ORDER.strategy_id, ORDER.symbol)
    assert [key in each.unguarded for each in judges] == [True, False, False]
