"""Cash, holdings, commission: what the venue lets an account do, and what it charges."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest

from gateways.simulated import (
    BpsSlippage,
    NoCommission,
    NotionalCommission,
    PerFillCommission,
    PerShareCommission,
    SimulatedVenueSettings,
    VolumeShareSlippage,
)
from messages import MINUTE_NS, OrderFilled, TimeInForce
from tests.gateways.simulated._venues import (
    AAA,
    MAIN,
    NOON_NS,
    bar,
    buy,
    cancel,
    fills,
    instrument,
    kinds,
    quote,
    reason_of,
    replace,
    sell,
    sent,
    told,
    venue,
)


@pytest.mark.parametrize(
    ("cash", "expected"),
    [
        ("1000.10", ["OrderAccepted", "OrderFilled"]),
        ("1000.09", ["OrderRejected"]),
    ],
)
def test_a_buy_needs_its_whole_price_in_cash(cash: str, expected: list[str]) -> None:
    made = venue(cash=cash)
    told(made, quote(99.99, 100.01))

    assert kinds(made.submit(buy(10), NOON_NS)) == expected


def test_the_refusal_says_what_is_needed_and_what_is_free() -> None:
    made = venue(cash="1000.09")
    told(made, quote(99.99, 100.01))

    reason = reason_of(made.submit(buy(10), NOON_NS))

    assert reason == "insufficient buying power: the order needs 1000.10, 1000.09 is free"


@pytest.mark.parametrize(("cash", "accepted"), [("1001.10", True), ("1001.09", False)])
def test_commission_counts_toward_what_a_buy_needs(cash: str, accepted: bool) -> None:
    made = venue(cash=cash, commission=PerShareCommission())
    told(made, quote(99.99, 100.01))

    assert (kinds(made.submit(buy(10), NOON_NS))[0] == "OrderAccepted") is accepted


def test_slippage_and_the_multiplier_count_toward_what_a_buy_needs() -> None:
    made = venue(
        cash="10000.99", instruments=[instrument(multiplier=Decimal(10))], slippage=BpsSlippage(Decimal(1))
    )
    told(made, quote(99.98, 100.00))

    reason = reason_of(made.submit(buy(10), NOON_NS))

    assert reason == "insufficient buying power: the order needs 10001.00, 10000.99 is free"


def test_cash_is_held_for_working_buys_and_free_again_when_they_are_canceled() -> None:
    made = venue(cash="1500")
    told(made, quote(99.99, 100.01))
    sent(made, buy(10, limit="99.00", order_id="first"))

    assert kinds(made.submit(buy(10, limit="52.00", order_id="second"), NOON_NS)) == ["OrderRejected"]
    made.cancel(cancel("first"), NOON_NS)
    assert made.state.accounts[MAIN].held_cash == 0
    assert kinds(made.submit(buy(10, limit="52.00", order_id="third"), NOON_NS)) == ["OrderAccepted"]


def test_a_buy_stop_holds_the_higher_of_its_stop_and_the_market() -> None:
    made = venue()
    told(made, quote(99.99, 100.01))
    sent(made, buy(10, stop="110.00", order_id="above"))

    assert made.state.accounts[MAIN].held_cash == Decimal(1100)


def test_replacing_an_order_changes_what_it_holds() -> None:
    made = venue(cash="1500")
    told(made, quote(99.99, 100.01))
    sent(made, buy(10, limit="99.00"))

    assert kinds(made.replace(replace(quantity=15), NOON_NS)) == ["OrderReplaced"]
    assert made.state.accounts[MAIN].held_cash == Decimal(1485)
    assert kinds(made.replace(replace(quantity=16), NOON_NS)) == ["OrderReplaceRejected"]


def test_a_market_buy_without_any_price_is_rejected_because_nobody_can_judge_it() -> None:
    assert reason_of(venue().submit(buy(1), NOON_NS)) == "AAA has no price yet to judge the order by"


def test_a_buy_that_would_overdraw_the_account_when_it_fills_is_cut_and_the_rest_canceled() -> None:
    made = venue(cash="1000")
    told(made, bar((100, 100, 100, 100), ends_ns=NOON_NS))
    sent(made, buy(10))

    events = made.on_market(bar((110, 110, 110, 110)), NOON_NS + MINUTE_NS)

    assert fills(events) == [("9", "110.00")]
    assert reason_of(events[1:]) == "insufficient buying power"
    assert made.state.accounts[MAIN].cash == Decimal(10)


def test_the_cut_leaves_room_for_the_commission() -> None:
    made = venue(cash="1000", commission=PerFillCommission(Decimal(20)))
    told(made, bar((90, 90, 90, 90), ends_ns=NOON_NS))
    sent(made, buy(10))

    assert told(made, bar((110, 110, 110, 110))) == [("8", "110.00")]  # with 9 it would be 1010
    assert made.state.accounts[MAIN].cash == Decimal(100)


def test_the_cut_leaves_alone_what_other_orders_hold() -> None:
    made = venue(cash="1000")
    told(made, bar((100, 100, 100, 100), ends_ns=NOON_NS))
    sent(made, buy(5, order_id="market"))
    sent(made, buy(5, limit="90.00", order_id="limit"))

    assert told(made, bar((120, 120, 120, 120))) == [("4", "120.00")]  # of 1000, 450 are held
    assert made.state.accounts[MAIN].held_cash == Decimal(450)


def test_a_fok_buy_that_the_account_cannot_carry_whole_is_canceled_whole() -> None:
    made = venue(cash="1000")
    told(made, bar((100, 100, 100, 100), ends_ns=NOON_NS))
    sent(made, buy(10, lasts=TimeInForce.FOK))

    events = made.on_market(bar((110, 110, 110, 110)), NOON_NS + MINUTE_NS)

    assert kinds(events) == ["OrderCanceled"]
    assert made.state.accounts[MAIN].cash == Decimal(1000)


def test_a_buy_that_can_carry_nothing_at_its_fill_is_canceled() -> None:
    made = venue(cash="100")
    told(made, bar((100, 100, 100, 100), ends_ns=NOON_NS))
    sent(made, buy(1))

    assert kinds(made.on_market(bar((110, 110, 110, 110)), NOON_NS + MINUTE_NS)) == ["OrderCanceled"]


def test_on_margin_cash_may_go_below_zero() -> None:
    made = venue(cash="0", allow_margin=True)
    told(made, quote(99.99, 100.01))

    assert sent(made, buy(10)) == [("10", "100.01")]
    assert made.state.accounts[MAIN].cash == Decimal("-1000.10")


@pytest.mark.parametrize(("quantity", "expected"), [(10, "OrderAccepted"), (11, "OrderRejected")])
def test_a_sell_needs_the_units(quantity: int, expected: str) -> None:
    made = venue(holding=10)
    told(made, quote(99.99, 100.01))

    assert kinds(made.submit(sell(quantity), NOON_NS))[0] == expected


def test_a_working_sell_reserves_its_units() -> None:
    made = venue(holding=10)
    told(made, quote(99.99, 100.01))
    sent(made, sell(6, limit="101.00"))

    reason = reason_of(made.submit(sell(5, order_id="o2"), NOON_NS))

    assert reason == "insufficient position: the order sells 5, 4 is free"


def test_unless_told_otherwise_and_then_what_is_not_there_is_canceled_at_the_fill() -> None:
    made = venue(holding=10, hold_quantity_for_sells=False)
    told(made, quote(99.99, 100.01))
    sent(made, sell(10, stop="99.00", order_id="protection"))
    assert sent(made, sell(6, order_id="exit")) == [("6", "99.99")]

    events = made.on_market(quote(98.99, 99.01), NOON_NS)

    assert fills(events) == [("4", "98.99")]
    assert reason_of(events[1:]) == "insufficient position"


def test_with_shorts_allowed_a_sell_may_exceed_the_position() -> None:
    made = venue(cash="0", allow_short=True)
    told(made, quote(99.99, 100.01))

    assert sent(made, sell(10)) == [("10", "99.99")]
    assert made.state.accounts[MAIN].positions == {AAA: Decimal(-10)}


def test_a_position_that_is_closed_is_gone() -> None:
    made = venue(holding=10)
    told(made, quote(99.99, 100.01))
    sent(made, sell(10))

    assert made.state.accounts[MAIN].positions == {}


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        (NoCommission(), ["0", "0"]),
        (PerShareCommission(Decimal("0.0075"), Decimal("1.00")), ["1.00", "0.5000"]),
        (PerShareCommission(Decimal("0.0001"), Decimal("1.00")), ["1.00", "0.00"]),
        (NotionalCommission(Decimal(2)), ["2.0000", "2.0000"]),
        (NotionalCommission(Decimal(2), Decimal(3)), ["3", "1.0000"]),
        (PerFillCommission(Decimal("0.35")), ["0.35", "0.35"]),
    ],
)
def test_commission_of_two_fills_of_one_order(model: object, expected: list[str]) -> None:
    made = venue(commission=model)
    told(made, quote(99.99, 100.00, 0, 100))

    events = made.submit(buy(200), NOON_NS) + made.on_market(quote(99.98, 100.00, 0, 101), NOON_NS)

    charged = [event.commission for event in events if isinstance(event, OrderFilled)]
    assert charged == [Decimal(amount) for amount in expected]
    assert made.state.accounts[MAIN].cash == Decimal(1_000_000) - 20_000 - sum(charged)


def test_commission_is_exact_to_eight_decimals() -> None:
    made = venue(
        commission=NotionalCommission(Decimal("0.333333")), instruments=[instrument(lot_size=Decimal("0.0001"))]
    )
    told(made, quote(99.99, 100.01))

    filled = made.submit(buy("0.0001"), NOON_NS)[1]

    assert isinstance(filled, OrderFilled)
    assert filled.commission == Decimal("3.3E-7")


def test_settings_are_read_from_configuration_text() -> None:
    text = """{"commission": {"kind": "per_share", "per_share": "0.005", "minimum_per_order": 1},
               "slippage": {"kind": "volume_share"}, "allow_short": true, "bar_market_price": "close"}"""

    read = msgspec.json.decode(text, type=SimulatedVenueSettings)

    assert read.commission == PerShareCommission(Decimal("0.005"), Decimal(1))
    assert read.slippage == VolumeShareSlippage(Decimal("0.1"))
    assert msgspec.json.decode(msgspec.json.encode(read), type=SimulatedVenueSettings) == read


@pytest.mark.parametrize(
    ("terms", "fault"),
    [
        ({"latency_ms_min": 2.0, "latency_ms_max": 1.0}, "latency_ms_min is 2.0 and latency_ms_max 1.0"),
        ({"latency_ms_min": -1.0}, "latency_ms_min is -1.0"),
        ({"bar_participation_max": Decimal(0)}, "bar_participation_max is 0"),
        ({"trade_participation_max": Decimal("1.1")}, "trade_participation_max is 1.1"),
        ({"day_end_seconds": 0}, "day_end_seconds is 0"),
        ({"closed_orders_kept": 0}, "closed_orders_kept is 0"),
    ],
)
def test_settings_that_make_no_sense_are_refused_with_the_value(terms: dict[str, object], fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        SimulatedVenueSettings(**terms)  # type: ignore[arg-type]


@pytest.mark.parametrize("bps", ["-1", "NaN", "10000"])
def test_slippage_that_makes_no_sense_is_refused(bps: str) -> None:
    with pytest.raises(ValueError, match=f"bps is {bps}"):
        BpsSlippage(Decimal(bps))


def test_defaults_flatter_nobody() -> None:
    default = SimulatedVenueSettings()

    assert not default.allow_margin
    assert not default.allow_short
    assert default.slippage == BpsSlippage(Decimal(1))
    assert default.bar_participation_max == Decimal("0.1")
