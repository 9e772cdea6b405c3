"""What the judge sees of exits that are kept back by what does not concern them."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from messages import (
    Alert,
    AlertLevel,
    AnyMessage,
    CancelOrder,
    ClientOrderId,
    HaltTrading,
    OrderAccepted,
    OrderApproved,
    OrderCanceled,
    OrderCancelRejected,
    OrderDenied,
    OrderExpired,
    OrderRejected,
    OrderReported,
    OrderStatus,
    OrderType,
    OrderUnknown,
    ReleaseTrading,
    RequestCancel,
    Side,
    VenueOrderId,
)
from ops.drill.judge.exit_conduct import ExitConduct
from tests.messages._samples import ORDER

EXIT = msgspec.structs.replace(ORDER, side=Side.SELL, order_type=OrderType.MARKET, protective=False)
ABOUT_IT = EXIT.strategy_id, EXIT.symbol
HALT = HaltTrading(1, "so", flatten=True)
ABOUT: dict[str, Any] = {
    "client_order_id": EXIT.client_order_id,
    "portfolio_id": EXIT.portfolio_id,
    "strategy_id": EXIT.strategy_id,
    "symbol": EXIT.symbol,
    "time_ns": 1,
}
CANCEL = CancelOrder(client_order_id=EXIT.client_order_id, venue_id=EXIT.venue_id, symbol=EXIT.symbol, time_ns=1)
CANCELED = OrderCanceled(**ABOUT, reason="")
REJECTED = OrderRejected(**ABOUT, reason="no")
NOT_CANCELED = OrderCancelRejected(**ABOUT, reason="it is rejected")
REFUSED = OrderReported(
    **ABOUT,
    venue_order_id=VenueOrderId("v"),
    status=OrderStatus.REJECTED,
    quantity=EXIT.quantity,
    filled_quantity=Decimal(0),
)
TOLD = Alert(
    level=AlertLevel.CRITICAL,
    subject=EXIT.client_order_id,
    text=f"10 {EXIT.symbol} of {EXIT.strategy_id} are not closed: the exit was rejected: no",
    time_ns=1,
)


def _approved(**terms: Any) -> OrderApproved:
    return OrderApproved(**ABOUT, order=msgspec.structs.replace(EXIT, **terms), verdicts=())


def _repeats(earlier: str) -> OrderDenied:
    """Another order, denied since it is the same as an earlier one."""
    other = msgspec.structs.replace(EXIT, client_order_id=ClientOrderId("another-1"))
    about = ABOUT | {"client_order_id": other.client_order_id}
    return OrderDenied(**about, order=other, verdicts=(), reason=f"the same order as {earlier}, 1 s before")


def _seen(
    *effects: AnyMessage, is_excused: bool = False, held: Decimal = Decimal(10)
) -> tuple[ExitConduct, list[str]]:
    said: list[str] = []
    conduct = ExitConduct(lambda rule, _: said.append(rule), {ABOUT_IT: held})
    conduct.see_input(HALT)
    for effect in effects:
        conduct.see_effect(effect, is_excused=is_excused)
        conduct.see_input(HALT if isinstance(effect, HaltTrading) else effect)
    return conduct, said


@pytest.mark.parametrize(
    ("terms", "rules"),
    [
        ({}, []),
        ({"side": Side.BUY}, ["C31"]),
        ({"protective": True}, ["C31"]),
        ({"order_type": OrderType.LIMIT, "limit_price": Decimal(9)}, ["C31"]),
    ],
)
def test_a_flatten_fails_by_an_exit_at_the_market_alone(terms: dict[str, Any], rules: list[str]) -> None:
    approved = _approved(**terms)

    assert _seen(approved, TOLD)[1] == rules
    assert _seen(approved, TOLD, is_excused=True)[1] == []


def test_a_flatten_does_not_fail_by_an_order_that_the_engine_has_canceled() -> None:
    assert _seen(_approved(), CANCEL, CANCELED, TOLD)[1] == ["C31"]
    assert _seen(_approved(), CANCEL, NOT_CANCELED, CANCELED, TOLD)[1] == []


@pytest.mark.parametrize(
    ("between", "rules"),
    [
        ([CANCEL, CANCELED], ["C31"]),
        ([CANCELED], []),  # by the venue
        ([CANCEL], []),  # it may execute yet
        ([CANCEL, REJECTED, NOT_CANCELED, REFUSED], []),  # by the venue, after all
    ],
)
def test_what_was_canceled_before_anything_executed_is_no_duplicate(
    between: Sequence[AnyMessage], rules: list[str]
) -> None:
    assert _seen(_approved(), *between, _repeats(EXIT.client_order_id))[1] == rules


def test_an_order_of_the_other_side_is_no_duplicate() -> None:
    assert _seen(_approved(side=Side.BUY), _repeats(EXIT.client_order_id))[1] == ["C31"]


ACCEPTED = OrderAccepted(**ABOUT, venue_order_id=VenueOrderId("v"))
WORKS = OrderReported(
    **ABOUT,
    venue_order_id=VenueOrderId("v"),
    status=OrderStatus.ACCEPTED,
    quantity=EXIT.quantity,
    filled_quantity=Decimal(0),
)


def test_one_of_which_a_copy_was_refused_and_that_works_all_the_same_comes_to_something_yet() -> None:
    said = _seen(_approved(), CANCEL, REJECTED, ACCEPTED, _repeats(EXIT.client_order_id))[1]

    assert said == []


@pytest.mark.parametrize(("between", "is_kept_back"), [([], False), ([OrderUnknown(**ABOUT, reason="")], True)])
def test_an_answer_makes_a_cancel_forgotten_only_if_the_order_was_in_doubt(
    between: Sequence[AnyMessage], is_kept_back: bool
) -> None:
    conduct, _ = _seen(_approved(), CANCEL, *between, WORKS, CANCELED)

    assert conduct.is_kept_back(*ABOUT_IT) is is_kept_back


@pytest.mark.parametrize("ending", [CANCELED, OrderExpired(**ABOUT, reason=""), OrderRejected(**ABOUT, reason="")])
def test_an_exit_that_has_ended_by_itself_keeps_back_what_is_held_until_the_next_halt(ending: AnyMessage) -> None:
    conduct, _ = _seen(_approved(), ending)
    opened, _ = _seen(_approved(), ending, held=Decimal(-10))

    assert conduct.is_kept_back(*ABOUT_IT)
    assert not opened.is_kept_back(*ABOUT_IT)
    for word in (HALT, ReleaseTrading(1, "so")):
        conduct, _ = _seen(_approved(), ending)
        conduct.see_input(word)
        assert not conduct.is_kept_back(*ABOUT_IT)


def test_an_exit_that_a_person_cancels_or_that_is_denied_is_not_sent_again() -> None:
    wish = RequestCancel(client_order_id=EXIT.client_order_id, portfolio_id=EXIT.portfolio_id, time_ns=1)
    denied = OrderDenied(**ABOUT, order=EXIT, verdicts=(), reason="no price")
    for words in ([_approved(), wish], [denied]):
        conduct, _ = _seen(*words)
        assert conduct.is_kept_back(*ABOUT_IT)
