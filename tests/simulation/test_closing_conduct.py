"""What the judge sees of positions that were to be closed, and are held on to."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest

from messages import (
    Alert,
    AlertLevel,
    AnyMessage,
    CancelOrder,
    ClientOrderId,
    ClosePositions,
    HaltTrading,
    OrderAccepted,
    OrderType,
    OrderUnknown,
    RequestCancel,
    Side,
    StrategyId,
    Symbol,
    UndeployStrategy,
    VenueOrderId,
)
from ops.drill.judge.closing_conduct import ClosingConduct
from rules.targets import Target
from tests.messages._samples import EVENT, ORDER

HELD = Decimal(10)
STOP = msgspec.structs.replace(ORDER, side=Side.SELL, protective=True, stop_price=Decimal(9))
EXIT = msgspec.structs.replace(
    ORDER, client_order_id=ClientOrderId("b00k-plan-8"), side=Side.SELL, order_type=OrderType.MARKET
)
ACCEPTED = OrderAccepted(**EVENT, venue_order_id=VenueOrderId("v"))
CANCEL = CancelOrder(client_order_id=STOP.client_order_id, venue_id=STOP.venue_id, symbol=STOP.symbol, time_ns=1)
IN_DOUBT = OrderUnknown(**EVENT, reason="no answer")
FLATTEN = HaltTrading(1, "so", flatten=True)
CLOSE = ClosePositions(portfolio_id=ORDER.portfolio_id, time_ns=1)
GONE = UndeployStrategy(strategy_id=STOP.strategy_id, time_ns=1, close=True)
TOLD = Alert(
    level=AlertLevel.CRITICAL,
    subject=EXIT.client_order_id,
    text=f"10 {EXIT.symbol} of {EXIT.strategy_id} are not closed: the exit was rejected: no",
    time_ns=1,
)
CANCELED_BY_HAND = RequestCancel(client_order_id=EXIT.client_order_id, portfolio_id=EXIT.portfolio_id, time_ns=1)
GIVEN_UP = Target(quantity=Decimal(0), is_denied=True, is_flatten=True, exit_stop_price=Decimal(9), held=Side.BUY)
UNGUARDED = msgspec.structs.replace(GIVEN_UP, exit_stop_price=None)


def _said(*messages: AnyMessage, target: Target = GIVEN_UP, held: Decimal = HELD) -> list[str]:
    """What is said of a position with this target, after a stop was sent, and these inputs and effects."""
    said: list[str] = []
    holds: dict[tuple[str, str], Decimal] = {(STOP.strategy_id, STOP.symbol): HELD}
    conduct = ClosingConduct(lambda rule, _: said.append(rule), holds)
    for message in (STOP, EXIT, *messages):
        if isinstance(message, HaltTrading | ClosePositions | RequestCancel | UndeployStrategy):
            conduct.see_input(message)
        else:
            conduct.see_effect(message)
    holds[STOP.strategy_id, STOP.symbol] = held
    conduct.see_target(STOP.strategy_id, STOP.symbol, target)
    return said


def test_that_a_flatten_has_failed_is_told_to_a_person() -> None:
    assert _said(FLATTEN, TOLD) == []
    assert _said(FLATTEN) == ["C44"]
    assert _said(FLATTEN, target=msgspec.structs.replace(GIVEN_UP, is_denied=False)) == []
    assert _said(FLATTEN, held=Decimal(0)) == []


def test_it_is_told_of_each_flatten_anew_and_of_no_close() -> None:
    assert _said(FLATTEN, TOLD, FLATTEN) == ["C44"]
    assert _said(FLATTEN, TOLD, HaltTrading(1, "so")) == []
    assert _said(CLOSE, target=msgspec.structs.replace(GIVEN_UP, is_flatten=False, is_close=True)) == []


def test_a_person_who_has_canceled_the_exit_knows() -> None:
    assert _said(FLATTEN, CANCELED_BY_HAND) == []


@pytest.mark.parametrize("command", [FLATTEN, CLOSE, GONE])
def test_what_was_guarded_and_is_not_closed_is_to_be_guarded_again(command: AnyMessage) -> None:
    assert _said(ACCEPTED, command, CANCEL, TOLD) == []
    assert _said(ACCEPTED, command, CANCEL, TOLD, target=UNGUARDED) == ["C45"]
    assert _said(ACCEPTED, command, CANCEL, TOLD, target=UNGUARDED, held=-HELD) == []


@pytest.mark.parametrize(
    "before",
    [[], [ACCEPTED, CANCEL], [ACCEPTED, IN_DOUBT], [IN_DOUBT, ACCEPTED]],
    ids=["it does not work", "it was to be canceled", "it is in doubt", "it was in doubt"],
)
def test_a_stop_that_may_not_have_been_wanted_any_more_is_not_looked_at(before: list[AnyMessage]) -> None:
    assert _said(*before, CLOSE, TOLD, target=UNGUARDED) == []


@pytest.mark.parametrize("command", [FLATTEN, CLOSE, GONE])
def test_the_last_command_counts(command: AnyMessage) -> None:
    assert _said(ACCEPTED, CLOSE, CANCEL, command, TOLD, target=UNGUARDED) == []


@pytest.mark.parametrize(
    ("symbol", "strategy_id", "rules"),
    [
        (STOP.symbol, None, ["C45"]),
        (None, STOP.strategy_id, ["C45"]),
        (Symbol("XYZ"), None, []),
        (None, StrategyId("other"), []),
    ],
)
def test_who_closes_one_position_is_not_asked_about_another(
    symbol: Symbol | None, strategy_id: StrategyId | None, rules: list[str]
) -> None:
    one = msgspec.structs.replace(CLOSE, symbol=symbol, strategy_id=strategy_id)

    assert _said(ACCEPTED, one, TOLD, target=UNGUARDED) == rules
