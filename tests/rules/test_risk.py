"""Each control on both sides of its limit, and with everything that is no number."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Any

import pytest

from messages import (
    DAY_NS,
    MINUTE_NS,
    SECOND_NS,
    OrderApproved,
    OrderDenied,
    OrderType,
    Side,
    SubmitOrder,
    Symbol,
)
from rules.controls import CONTROLS
from rules.limits import RiskLimits
from rules.risk import judge_order
from tests.rules._judging import failed, judge, limit_order, sale, stop
from tests.rules._market import context, instrument, priced
from tests.rules._orders import NOON_NS, order

D = Decimal
NO_NUMBERS = [D("NaN"), D("Infinity"), D("-Infinity"), D("1e16")]
NO_PRICES = [math.nan, math.inf, -math.inf, -1.0, 1e16]


def test_an_approval_shows_the_verdict_of_every_control_and_the_signal() -> None:
    opinion = priced(1.0)

    verdict = judge_order(order("10"), limits=RiskLimits(), context=context(), signal=opinion)

    assert isinstance(verdict, OrderApproved)
    assert [each.control for each in verdict.verdicts] == [control.__name__ for control in CONTROLS]
    assert [verdict.order, verdict.signal, verdict.time_ns] == [order("10"), opinion, NOON_NS]
    shown = {each.control: (each.value, each.limit) for each in verdict.verdicts}
    assert shown["order_value_fraction"] == ("1010", "10000")
    assert shown["cash"] == ("8990", "0")


def test_a_denial_gives_every_reason() -> None:
    verdict = judge_order(order("100"), limits=RiskLimits(), context=context(halted=True))

    assert isinstance(verdict, OrderDenied)
    assert verdict.reason == (
        "AAPL is halted; "
        "order is worth 10100, at most 10000 is allowed; "
        "position may come to be worth 10100, at most 10000 is allowed; "
        "positions may come to be worth 10100, at most 10000 is allowed; "
        "cash left would be -100, min_cash is 0"
    )


def test_equal_numbers_read_alike_however_they_were_computed() -> None:
    exact, padded = {"equity": D(9), "cash": D(9)}, {"equity": D("9.000"), "cash": D("9.0")}

    one, other = (
        judge_order(order("10"), limits=RiskLimits(), context=context(**known)) for known in (exact, padded)
    )

    assert repr(one) == repr(other)


@pytest.mark.parametrize(("quantity", "denied_by"), [("99", []), ("100", []), ("101", ["order_value"])])
def test_order_value_on_both_sides(quantity: str, denied_by: list[str]) -> None:
    assert failed(judge(order(quantity), max_order_value=D(10_100))) == denied_by


@pytest.mark.parametrize(("quantity", "denied_by"), [("49", []), ("50", []), ("51", ["order_value_fraction"])])
def test_order_value_fraction_on_both_sides(quantity: str, denied_by: list[str]) -> None:
    assert failed(judge(order(quantity), max_order_value_fraction=D("0.505"))) == denied_by


@pytest.mark.parametrize(("quantity", "denied_by"), [("19", []), ("20", []), ("21", ["position"])])
def test_position_counts_what_is_held_and_what_is_working(quantity: str, denied_by: list[str]) -> None:
    known = {"position": D(20), "open_buy_quantity": D(10)}

    assert failed(judge(order(quantity), known, max_position_fraction=D("0.505"))) == denied_by


@pytest.mark.parametrize(("quantity", "denied_by"), [("19", []), ("20", []), ("21", ["position"])])
def test_position_counts_a_short_position_alike(quantity: str, denied_by: list[str]) -> None:
    known = {"position": D(-20), "open_sell_quantity": D(10)}

    verdict = judge(sale(quantity), known, max_position_fraction=D("0.495"), allow_short=True)

    assert failed(verdict) == denied_by


@pytest.mark.parametrize(("others", "denied_by"), [("4949", []), ("4950", []), ("4951", ["gross_exposure"])])
def test_gross_exposure_counts_the_other_symbols(others: str, denied_by: list[str]) -> None:
    known = {"other_gross_exposure": D(others), "position": D(40)}

    assert failed(judge(order("10"), known, max_gross_exposure_fraction=D(1))) == denied_by


def test_gross_exposure_counts_what_open_orders_of_the_other_side_may_bring() -> None:
    known = {"open_sell_quantity": D(50)}

    assert failed(judge(order("10"), known, max_gross_exposure_fraction=D("0.504"))) == ["gross_exposure"]
    assert failed(judge(order("10"), known, max_gross_exposure_fraction=D("0.505"))) == []


def test_gross_exposure_counts_open_purchases_against_a_sale() -> None:
    known = {"open_buy_quantity": D(50)}
    limits = {"allow_short": True, "max_gross_exposure_fraction": D("0.494")}

    assert failed(judge(sale("10"), known, **limits)) == ["gross_exposure"]


@pytest.mark.parametrize(("cash", "denied_by"), [("2110.01", []), ("2110", []), ("2109.99", ["cash"])])
def test_cash_covers_the_order_the_open_purchases_and_the_floor(cash: str, denied_by: list[str]) -> None:
    known = {"cash": D(cash), "cash_held": D(1000)}

    assert failed(judge(order("10"), known, min_cash=D(100))) == denied_by


def test_cash_is_not_asked_for_where_margin_is_allowed() -> None:
    assert failed(judge(order("10"), {"cash": D(0)}, min_cash=D(0), allow_margin=True)) == []


def test_a_purchase_at_a_limit_is_covered_at_the_limit() -> None:
    assert failed(judge(limit_order("90"), {"cash": D(900)}, min_cash=D(0))) == []
    assert failed(judge(limit_order("120"), {"cash": D(1199)}, min_cash=D(0))) == ["cash"]


def test_a_purchase_at_a_stop_is_covered_at_the_stop() -> None:
    buy_stop = order("10", order_type=OrderType.STOP, stop_price=D(120))

    assert failed(judge(buy_stop, {"cash": D(1200)}, min_cash=D(0))) == []
    assert failed(judge(buy_stop, {"cash": D(1199)}, min_cash=D(0))) == ["cash"]


def test_a_sale_is_worth_the_higher_of_its_limit_and_the_bid() -> None:
    dear, cheap = limit_order("120", side=Side.SELL), limit_order("80", side=Side.SELL)

    assert failed(judge(dear, allow_short=True, max_order_value=D(1199))) == ["order_value"]
    assert failed(judge(cheap, allow_short=True, max_order_value=D(989))) == ["order_value"]
    assert failed(judge(cheap, allow_short=True, max_order_value=D(990))) == []


@pytest.mark.parametrize(("quantity", "denied_by"), [("69", []), ("70", []), ("71", ["short"])])
def test_no_more_is_sold_than_is_held_and_free(quantity: str, denied_by: list[str]) -> None:
    known = {"position": D(100), "open_sell_quantity": D(30)}

    assert failed(judge(sale(quantity), known)) == denied_by
    assert failed(judge(sale(quantity), known, allow_short=True)) == []


def test_a_strategy_does_not_sell_what_another_holds() -> None:
    assert failed(judge(sale("10"), {"position": D(100), "strategy_position": D(5)})) == ["short"]


def test_a_strategy_does_not_sell_more_than_the_account_holds() -> None:
    assert failed(judge(sale("10"), {"position": D(5), "strategy_position": D(10)})) == ["short"]


@pytest.mark.parametrize("side", list(Side))
@pytest.mark.parametrize(
    ("away", "denied_by"),
    [("-5.01", ["price_collar"]), ("-5", []), ("0", []), ("5", []), ("5.01", ["price_collar"])],
)
def test_a_limit_price_stays_within_its_collar(side: Side, away: str, denied_by: list[str]) -> None:
    submit = limit_order(str(100 + D(away)), side=side)
    known = {"bid": 100.0, "ask": 100.0, "position": D(50)}

    assert failed(judge(submit, known, allow_short=True, max_price_deviation_fraction=D("0.05"))) == denied_by


def test_a_stop_limit_order_has_a_collar_and_a_stop_order_has_none() -> None:
    collar = D("0.05")
    stop_limit = order(order_type=OrderType.STOP_LIMIT, limit_price=D(120), stop_price=D(110))

    assert failed(judge(stop_limit, max_price_deviation_fraction=collar)) == ["price_collar"]
    assert failed(judge(stop("10"), {"position": D(10)}, max_price_deviation_fraction=collar)) == []


@pytest.mark.parametrize(
    ("age_ns", "denied_by"),
    [
        (60 * SECOND_NS - 1, []),
        (60 * SECOND_NS, []),
        (60 * SECOND_NS + 1, ["price_age"]),
        (-2 * SECOND_NS, []),
        (-2 * SECOND_NS - 1, ["price_age"]),
    ],
)
def test_a_price_of_ticks_is_fresh_for_a_minute(age_ns: int, denied_by: list[str]) -> None:
    assert failed(judge(order("10"), {"price_time_ns": NOON_NS - age_ns})) == denied_by


@pytest.mark.parametrize(
    ("interval_ns", "age_ns", "denied_by"),
    [
        (MINUTE_NS, 180 * SECOND_NS, []),
        (MINUTE_NS, 180 * SECOND_NS + 1, ["price_age"]),
        (DAY_NS, 3 * DAY_NS, []),
        (DAY_NS, 3 * DAY_NS + 1, ["price_age"]),
        (SECOND_NS, 60 * SECOND_NS, []),
    ],
)
def test_a_price_of_bars_is_fresh_for_some_intervals(interval_ns: int, age_ns: int, denied_by: list[str]) -> None:
    now_ns = 10 * DAY_NS
    known = {"interval_ns": interval_ns, "now_ns": now_ns, "price_time_ns": now_ns - age_ns}

    assert failed(judge(order("10"), known)) == denied_by


def test_a_symbol_that_was_never_priced_is_stale_even_at_the_beginning_of_time() -> None:
    verdict = judge(order("10"), {"price_time_ns": 0, "now_ns": 1})

    assert isinstance(verdict, OrderDenied)
    assert verdict.reason == "AAPL was never priced"


@pytest.mark.parametrize("spoiled", ["bid", "ask", "last"])
@pytest.mark.parametrize("value", NO_PRICES[:4])
@pytest.mark.parametrize("submit", [order("10"), sale("10"), stop("10")])
def test_one_price_that_is_none_spoils_all_even_for_an_exit(
    spoiled: str, value: float, submit: SubmitOrder
) -> None:
    assert "price" in failed(judge(submit, {spoiled: value, "position": D(10)}))


@pytest.mark.parametrize("value", [0.0, 1e16])
def test_without_any_price_of_its_side_nothing_passes(value: float) -> None:
    known = {"bid": 0.0, "ask": value, "last": value, "position": D(0)}

    denied_by = failed(judge(order("10"), known))

    assert denied_by == ["price", "order_value_fraction", "position", "gross_exposure", "cash"]


def test_a_crossed_market_is_no_price() -> None:
    assert "price" in failed(judge(order("10"), {"bid": 101.01, "ask": 101.0}))
    assert failed(judge(order("10"), {"bid": 101.0, "ask": 101.0})) == []


def test_a_side_that_nobody_offers_is_judged_by_the_last_price() -> None:
    known = {"ask": 0.0}

    assert failed(judge(order("10"), known, max_order_value=D(1000))) == []
    assert failed(judge(order("10"), known, max_order_value=D("999.99"))) == ["order_value"]


@pytest.mark.parametrize("number", [None, *NO_NUMBERS])
@pytest.mark.parametrize(
    ("field", "denied_by"),
    [
        ("equity", ["order_value_fraction", "position", "gross_exposure"]),
        ("cash", ["cash"]),
        ("cash_held", ["cash"]),
        ("other_gross_exposure", ["gross_exposure"]),
    ],
)
def test_books_that_are_not_known_let_nothing_be_opened(
    number: Decimal | None, field: str, denied_by: list[str]
) -> None:
    assert failed(judge(order("10"), {field: number})) == denied_by
    assert failed(judge(sale("10"), {field: number, "position": D(10)})) == []


@pytest.mark.parametrize(
    ("field", "denied_by"), [("cash_held", ["cash"]), ("other_gross_exposure", ["gross_exposure"])]
)
def test_what_cannot_be_negative_is_not_believed_if_it_is(field: str, denied_by: list[str]) -> None:
    assert failed(judge(order("10"), {field: D("-0.01")})) == denied_by


@pytest.mark.parametrize("equity", ["0", "-1", "1009.99"])
def test_an_account_without_enough_equity_opens_nothing(equity: str) -> None:
    denied_by = failed(judge(order("10"), {"equity": D(equity)}, max_position_fraction=D(1)))

    assert "position" in denied_by


@pytest.mark.parametrize("number", NO_NUMBERS)
@pytest.mark.parametrize(
    "field",
    [
        "position",
        "strategy_position",
        "open_buy_quantity",
        "open_sell_quantity",
        "strategy_open_buy_quantity",
        "strategy_open_sell_quantity",
    ],
)
def test_a_position_that_is_no_number_blocks_even_an_exit(number: Decimal, field: str) -> None:
    known = {"position": D(10), field: number}

    for submit in (order("10"), sale("10"), stop("10")):
        assert "numbers" in failed(judge(submit, known))


@pytest.mark.parametrize("field", ["open_buy_quantity", "open_sell_quantity"])
def test_an_open_quantity_below_zero_is_not_believed(field: str) -> None:
    assert "numbers" in failed(judge(order("10"), {field: D(-1)}))


@pytest.mark.parametrize("number", NO_NUMBERS)
def test_terms_of_the_order_that_are_no_numbers_block(number: Decimal) -> None:
    assert "numbers" in failed(judge(order("10", limit_price=number)))
    assert "numbers" in failed(judge(order("10", stop_price=number)))


def test_an_order_too_large_to_compute_with_is_denied() -> None:
    assert "numbers" in failed(judge(order("1e400")))


def test_a_price_too_far_away_to_compute_with_is_denied() -> None:
    assert "numbers" in failed(judge(limit_order("1e400")))


@pytest.mark.parametrize(
    ("submit", "denied_by"),
    [
        (order("10.5"), ["grid"]),
        (limit_order("100.005"), ["grid"]),
        (order("10", order_type=OrderType.STOP, stop_price=D("100.001")), ["grid"]),
        (limit_order("100.01"), []),
    ],
)
def test_orders_lie_on_the_grid(submit: SubmitOrder, denied_by: list[str]) -> None:
    assert failed(judge(submit)) == denied_by


def test_an_odd_remainder_may_be_sold() -> None:
    assert failed(judge(sale("0.5"), {"position": D("0.5")})) == []


def test_a_grid_too_fine_to_be_counted_on_is_not_passed() -> None:
    fine = {"instrument": instrument(lot_size=D("1e-20"))}

    assert "grid" in failed(judge(order("1e9"), fine))


def test_an_unknown_instrument_blocks_even_an_exit() -> None:
    known = {"instrument": None, "position": D(10)}

    for submit in (order("10"), sale("10"), stop("10")):
        assert "instrument" in failed(judge(submit, known))


def test_an_instrument_of_another_symbol_blocks() -> None:
    assert failed(judge(order("10"), {"instrument": instrument(symbol=Symbol("MSFT"))})) == ["instrument"]


def test_an_instrument_of_another_currency_blocks() -> None:
    assert failed(judge(order("10"), {"instrument": instrument(quote_currency="EUR")})) == ["currency"]


def test_the_multiplier_counts() -> None:
    known = {"instrument": instrument(multiplier=D(5))}

    assert failed(judge(order("10"), known, max_order_value=D(5050))) == []
    assert failed(judge(order("10"), known, max_order_value=D(5049))) == ["order_value"]


def test_a_halted_symbol_blocks_even_an_exit() -> None:
    known = {"halted": True, "position": D(10)}

    for submit in (order("10"), sale("10"), stop("10")):
        assert failed(judge(submit, known)) == ["halted"]


def test_the_kill_switch_lets_exits_pass_and_nothing_else() -> None:
    known = {"entries_blocked": "killed by ada", "position": D(10)}

    assert failed(judge(order("10"), known)) == ["entries"]
    assert failed(judge(sale("10"), known)) == []
    assert failed(judge(stop("10"), known)) == []


def test_an_exit_passes_whatever_the_account_and_the_feed_look_like() -> None:
    known = {"equity": D(-5), "cash": D(-5000), "position": D(100), "price_time_ns": NOON_NS - DAY_NS}
    known |= {"other_gross_exposure": D(99_999)}
    limits = {"max_order_value": D(1), "max_position_fraction": D("0.01"), "min_cash": D(0)}

    assert failed(judge(sale("100"), known, **limits)) == []
    assert failed(judge(order("100"), {**known, "position": D(-100)}, **limits)) == []


def test_an_order_that_goes_through_flat_is_no_exit() -> None:
    known = {"position": D(100)}

    verdict = judge(sale("101"), known, allow_short=True, max_order_value=D(1))

    assert failed(verdict) == ["order_value"]


def test_an_exit_that_others_are_working_on_already_is_none() -> None:
    known = {"position": D(-100), "open_buy_quantity": D(60)}

    assert failed(judge(order("40"), known, max_order_value=D(1))) == []
    assert failed(judge(order("41"), known, max_order_value=D(1))) == ["order_value"]


def test_a_protective_stop_need_only_reduce_the_position_of_its_strategy() -> None:
    known = {"position": D(-50), "strategy_position": D(100), "equity": None}

    assert failed(judge(stop("100"), known)) == []
    assert "short" in failed(judge(stop("101"), known))
    assert "position" in failed(judge(sale("100"), known, allow_short=True))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("max_position_fraction", D(0)),
        ("max_gross_exposure_fraction", D("NaN")),
        ("max_order_value_fraction", D(-1)),
        ("max_price_deviation_fraction", D("Infinity")),
        ("max_order_value", D(0)),
        ("max_order_value", D("NaN")),
        ("min_cash", D("Infinity")),
        ("price_max_age_seconds", -1.0),
        ("price_max_age_intervals", math.nan),
        ("price_max_ahead_seconds", math.inf),
        ("duplicate_window_seconds", -0.1),
    ],
)
def test_a_limit_that_limits_nothing_is_refused_with_its_value(name: str, value: Any) -> None:
    with pytest.raises(ValueError, match=f"{name} is {value}; it must be"):
        RiskLimits(**{name: value})
