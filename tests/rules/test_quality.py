"""Quality: what is refused, why, and that real dirt is found while clean data passes whole."""

from __future__ import annotations

from datetime import UTC, datetime
from math import inf, nan

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from messages import DAY_NS, MINUTE_NS, SECOND_NS, Bar, PriceRange, Quote, Symbol, Trade
from rules.quality import (
    Fault,
    QualityLimits,
    QualityState,
    describe_fault,
    judge_bar,
    judge_quote,
    judge_trade,
    missing_before,
)
from tests._paths import shared_data
from tests.rules._recorded import lean_quotes, table

SYMBOL = Symbol("AAPL")
NOON_NS = 1_400_000_000 * SECOND_NS
LIMITS = QualityLimits()


def at(seconds: float) -> int:
    return NOON_NS + round(seconds * SECOND_NS)


def quote(bid: float, ask: float, seconds: float = 0.0, *, sizes: tuple[float, float] = (1.0, 1.0)) -> Quote:
    return Quote(SYMBOL, at(seconds), bid, ask, *sizes)


def trade(price: float, seconds: float = 0.0, size: float = 1.0) -> Trade:
    return Trade(SYMBOL, at(seconds), price, size)


def bar(prices: str, minute: int = 0, *, volume: float = 1.0, bid: PriceRange | None = None) -> Bar:
    opened, high, low, closed = (float(price) for price in prices.split())
    return Bar(SYMBOL, at(60 * minute), MINUTE_NS, opened, high, low, closed, volume, bid)


def judge_quotes(*quotes: Quote, limits: QualityLimits = LIMITS) -> list[Fault | None]:
    state = QualityState.of(SYMBOL)
    return [judge_quote(state, each, each.time_ns, limits) for each in quotes]


def judge_trades(*trades: Trade, limits: QualityLimits = LIMITS) -> list[Fault | None]:
    state = QualityState.of(SYMBOL)
    return [judge_trade(state, each, each.time_ns, limits) for each in trades]


def test_a_quote_in_order_is_accepted_and_remembered() -> None:
    state = QualityState.of(SYMBOL)

    for seconds in range(3):
        assert judge_quote(state, quote(10.0, 10.01, seconds), at(seconds), LIMITS) is None

    assert state.last_quote == quote(10.0, 10.01, 2)
    assert state.refused == {}


@pytest.mark.parametrize(
    ("bad", "fault"),
    [
        (quote(nan, 10.01), Fault.NOT_FINITE),
        (quote(10.0, nan), Fault.NOT_FINITE),
        (quote(10.0, inf), Fault.NOT_FINITE),
        (quote(-inf, 10.0), Fault.NOT_FINITE),
        (quote(-10.0, 10.01), Fault.NOT_POSITIVE),
        (quote(10.0, 10.01, sizes=(nan, 1.0)), Fault.BAD_SIZE),
        (quote(10.0, 10.01, sizes=(1.0, inf)), Fault.BAD_SIZE),
        (quote(10.0, 10.01, sizes=(1.0, -1.0)), Fault.BAD_SIZE),
        (quote(0.0, 0.0), Fault.NO_SIDE),
        (quote(10.02, 10.01), Fault.CROSSED),
        (quote(5.0, 15.0), Fault.WIDE),
        (quote(10.0, 10.01, -1), Fault.BACKWARDS),
        (quote(8.0, 8.01), Fault.OUTLIER),
    ],
)
def test_a_quote_with_a_fault_is_refused_counted_and_not_remembered(bad: Quote, fault: Fault) -> None:
    state = QualityState.of(SYMBOL)
    judge_quote(state, quote(10.0, 10.01), NOON_NS, LIMITS)

    assert judge_quote(state, bad, NOON_NS, LIMITS) is fault
    assert state.refused == {fault: 1}
    assert state.last_quote == quote(10.0, 10.01)


@pytest.mark.parametrize("fine", [quote(10.01, 10.01), quote(0.0, 10.01), quote(10.0, 0.0), quote(9.9, 10.1)])
def test_a_locked_a_one_sided_and_a_wide_enough_quote_are_believed(fine: Quote) -> None:
    assert judge_quotes(quote(10.0, 10.01), fine) == [None, None]


def test_a_feed_that_crosses_by_a_tick_all_day_may_be_allowed_to() -> None:
    limits = QualityLimits(crossed_fraction_max=0.0001)

    assert judge_quotes(quote(1.3915, 1.3914), quote(1.3920, 1.3914), limits=limits) == [None, Fault.CROSSED]


def test_a_quote_from_the_future_is_refused_so_that_the_present_does_not_look_old() -> None:
    state = QualityState.of(SYMBOL)

    assert judge_quote(state, quote(10.0, 10.01, 1.0), NOON_NS, LIMITS) is None
    assert judge_quote(state, quote(10.0, 10.01, 3600), NOON_NS, LIMITS) is Fault.EARLY
    assert judge_quote(state, quote(10.0, 10.01, 1.0), at(1), LIMITS) is None


def test_the_same_time_twice_is_in_order() -> None:
    assert judge_quotes(quote(10.0, 10.01, 5), quote(10.0, 10.02, 5)) == [None, None]


@pytest.mark.parametrize(
    ("bad", "fault"),
    [
        (trade(nan), Fault.NOT_FINITE),
        (trade(inf), Fault.NOT_FINITE),
        (trade(0.0), Fault.NOT_POSITIVE),
        (trade(-1.0), Fault.NOT_POSITIVE),
        (trade(10.0, size=nan), Fault.BAD_SIZE),
        (trade(10.0, size=-1.0), Fault.BAD_SIZE),
        (trade(10.0, -0.001), Fault.BACKWARDS),
        (trade(1000.0), Fault.OUTLIER),
    ],
)
def test_a_trade_with_a_fault_is_refused_counted_and_not_remembered(bad: Trade, fault: Fault) -> None:
    state = QualityState.of(SYMBOL)
    judge_trade(state, trade(10.0), NOON_NS, LIMITS)

    assert judge_trade(state, bad, NOON_NS, LIMITS) is fault
    assert state.refused == {fault: 1}
    assert state.last_trade == trade(10.0)


def test_a_price_may_move_by_the_limit_and_not_beyond_it() -> None:
    assert judge_trades(trade(100.0), trade(102.0)) == [None, None]
    assert judge_trades(trade(100.0), trade(102.01)) == [None, Fault.OUTLIER]
    assert judge_trades(trade(100.0), trade(97.99)) == [None, Fault.OUTLIER]


def test_a_price_may_move_further_the_longer_nothing_was_heard() -> None:
    assert judge_trades(trade(100.0), trade(106.0, 9)) == [None, None]
    assert judge_trades(trade(100.0), trade(106.1, 9)) == [None, Fault.OUTLIER]


def test_a_new_level_is_believed_with_its_third_print_in_a_row() -> None:
    jumped = [trade(110.0, 1), trade(110.5, 1), trade(110.2, 1), trade(110.3, 1), trade(100.0, 1)]

    assert judge_trades(trade(100.0), *jumped) == [None, Fault.OUTLIER, Fault.OUTLIER, None, None, Fault.OUTLIER]


def test_outliers_that_do_not_agree_never_become_a_level() -> None:
    scattered = [trade(price, 1) for price in (110.0, 130.0, 90.0, 150.0, 50.0)]

    assert judge_trades(trade(100.0), *scattered) == [None, *[Fault.OUTLIER] * 5]


def test_a_believed_print_in_between_starts_the_count_of_outliers_anew() -> None:
    prints = [trade(price, n) for n, price in enumerate((100.0, 110.0, 110.0, 100.0, 110.0, 110.0, 110.0))]

    out = Fault.OUTLIER
    assert judge_trades(*prints) == [None, out, out, None, out, out, None]


@given(
    moves=st.lists(st.tuples(st.floats(-0.05, 0.05), st.sampled_from([0, 1, 10**6, 10**9, 10**10])), max_size=80)
)
def test_no_move_within_the_limit_is_refused_and_none_beyond_it_passes_at_once(
    moves: list[tuple[float, int]],
) -> None:
    state = QualityState.of(SYMBOL)
    limits = QualityLimits(confirmations=1_000_000)
    time_ns, last = NOON_NS, Trade(SYMBOL, NOON_NS, 100.0)
    judge_trade(state, last, time_ns, limits)
    for move, step_ns in moves:
        time_ns += step_ns
        each = Trade(SYMBOL, time_ns, 100.0 * (1 + move))
        seconds = max(1.0, (time_ns - last.time_ns) / SECOND_NS)
        allowed = limits.jump_fraction * seconds**0.5 * last.price
        fault = judge_trade(state, each, time_ns, limits)

        if abs(abs(each.price - last.price) - allowed) > 1e-9:
            assert (fault is None) == (abs(each.price - last.price) <= allowed)
        last = each if fault is None else last


@pytest.mark.parametrize(
    ("bad", "fault"),
    [
        (bar("10 11 9 nan", 1), Fault.NOT_FINITE),
        (bar("10 11 0 10", 1), Fault.NOT_POSITIVE),
        (bar("10 9 11 10", 1), Fault.BAD_RANGE),
        (bar("12 11 9 10", 1), Fault.BAD_RANGE),
        (bar("10 11 9 8", 1), Fault.BAD_RANGE),
        (bar("10 11 9 10", 1, bid=PriceRange(1.0, 0.5, 1.0, 1.0)), Fault.BAD_RANGE),
        (bar("10 11 9 10", 1, volume=-1.0), Fault.BAD_SIZE),
        (bar("10 11 9 10", -1), Fault.BACKWARDS),
        (bar("99 99 99 99", 1), Fault.OUTLIER),
    ],
)
def test_a_bar_with_a_fault_is_refused_and_counted(bad: Bar, fault: Fault) -> None:
    state = QualityState.of(SYMBOL)
    judge_bar(state, bar("10 11 9 10"), NOON_NS, LIMITS)

    assert judge_bar(state, bad, at(60), LIMITS) is fault
    assert state.refused == {fault: 1}


def test_a_gap_between_bars_is_counted_in_whole_intervals_and_refuses_nothing() -> None:
    state = QualityState.of(SYMBOL)
    judge_bar(state, bar("10 11 9 10"), NOON_NS, LIMITS)

    assert missing_before(state, bar("10 11 9 10", 1)) == 0
    assert judge_bar(state, bar("10 11 9 10", 4), at(240), LIMITS) is None
    assert state.missing_bars == 3


def test_bars_of_each_length_keep_their_own_order() -> None:
    state = QualityState.of(SYMBOL)
    day = Bar(SYMBOL, at(3600), DAY_NS, 10.0, 11.0, 9.0, 10.0)
    judge_bar(state, day, at(3600), LIMITS)

    assert judge_bar(state, bar("10 11 9 10"), at(3600), LIMITS) is None


def test_a_symbol_is_stale_once_its_last_print_of_any_kind_is_older_than_the_limit() -> None:
    state = QualityState.of(SYMBOL)
    assert state.is_stale(NOON_NS, LIMITS)
    judge_trade(state, trade(10.0), NOON_NS, LIMITS)
    judge_quote(state, quote(10.0, 10.01, 5), at(5), LIMITS)

    assert not state.is_stale(at(65), LIMITS)
    assert state.is_stale(at(65) + 1, LIMITS)


@pytest.mark.parametrize(
    ("fault", "bad", "text"),
    [
        (Fault.CROSSED, quote(10.02, 10.01), "AAPL quote refused, crossed: bid 10.02 ask 10.01 sizes 1.0 1.0"),
        (Fault.OUTLIER, trade(99.0), "AAPL trade refused, outlier: price 99.0 size 1.0, last accepted 10.0"),
        (
            Fault.BACKWARDS,
            quote(10.0, 10.01, -1),
            f"AAPL quote refused, backwards: time_ns {at(-1)}, last accepted {NOON_NS}",
        ),
        (
            Fault.BAD_RANGE,
            bar("10 9 11 10"),
            "AAPL bar refused, bad_range: open 10.0 high 9.0 low 11.0 close 10.0 volume 1.0 bid None ask None",
        ),
    ],
)
def test_the_reason_names_the_symbol_and_shows_the_value(fault: Fault, bad: Quote | Trade | Bar, text: str) -> None:
    state = QualityState.of(SYMBOL)
    judge_quote(state, quote(10.0, 10.01), NOON_NS, LIMITS)
    judge_trade(state, trade(10.0), NOON_NS, LIMITS)

    assert describe_fault(fault, bad, state) == text


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("jump_fraction", 0.0, "jump_fraction is 0.0; it must be a number above zero"),
        ("spread_fraction_max", nan, "spread_fraction_max is nan; it must be a number above zero"),
        ("crossed_fraction_max", -0.1, "crossed_fraction_max is -0.1; it must be a number, 0 or more"),
        ("confirmations", 1, "confirmations is 1; it must be 2 or more"),
    ],
)
def test_limits_that_cannot_be_are_refused(name: str, value: float, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}$"):
        QualityLimits(**{name: value})  # type: ignore[arg-type]  # one name stands for fields of two types


def test_a_state_encoded_in_the_middle_goes_on_as_if_nothing_had_happened() -> None:
    prints = [trade(price, n) for n, price in enumerate((100.0, 110.0, 110.0, 110.0, 100.0, nan, 110.0))]
    state = QualityState.of(SYMBOL)
    judged = []
    for each in prints:
        judged.append(judge_trade(state, each, each.time_ns, LIMITS))
        state = msgspec.msgpack.decode(msgspec.msgpack.encode(state), type=QualityState)

    assert judged == judge_trades(*prints)


@pytest.mark.parametrize(("pair", "crossed"), [("eurusd", 18285), ("nzdusd", 2132)])
def test_every_crossed_quote_of_a_recorded_day_is_refused_and_no_other(pair: str, crossed: int) -> None:
    path = shared_data() / "lean" / "forex" / "fxcm" / "tick" / pair / "20140508_quote.zip"
    state = QualityState.of(SYMBOL)

    for time_ns, bid, ask in lean_quotes(path):
        judge_quote(state, Quote(SYMBOL, NOON_NS + time_ns, bid, ask), NOON_NS + time_ns, LIMITS)

    assert state.refused == {Fault.CROSSED: crossed}


def taq_ns(row: dict[str, str]) -> int:
    moment = datetime.fromisoformat(row["time"]).replace(tzinfo=UTC)
    return round(moment.timestamp() * 1_000_000) * 1000


def judge_taq_quotes(name: str) -> QualityState:
    state = QualityState.of(SYMBOL)
    for row in table(shared_data() / "equity_ticks" / "xxx_taq" / name):
        sizes = float(row["bidsiz"]), float(row["ofrsiz"])
        each = Quote(SYMBOL, taq_ns(row), float(row["bid"]), float(row["ofr"]), *sizes)
        judge_quote(state, each, each.time_ns, LIMITS)
    return state


def judge_taq_trades(name: str) -> QualityState:
    state = QualityState.of(SYMBOL)
    for row in table(shared_data() / "equity_ticks" / "xxx_taq" / name):
        each = Trade(SYMBOL, taq_ns(row), float(row["price"]), float(row["size"]))
        judge_trade(state, each, each.time_ns, LIMITS)
    return state


def test_what_published_cleaning_kept_of_a_tape_passes_whole() -> None:
    quotes = judge_taq_quotes("XXX_quotes_clean_20180102_20180103.csv.gz")
    trades = judge_taq_trades("XXX_trades_clean_20180102_20180103.csv.gz")

    assert (quotes.refused, trades.refused) == ({}, {})


def test_of_the_raw_tape_only_quotes_without_interest_in_trading_are_refused() -> None:
    rows = list(table(shared_data() / "equity_ticks" / "xxx_taq" / "XXX_quotes_raw_20180102_20180103.csv.gz"))
    sides = [(float(row["bid"]), float(row["ofr"])) for row in rows]

    quotes = judge_taq_quotes("XXX_quotes_raw_20180102_20180103.csv.gz")
    trades = judge_taq_trades("XXX_trades_raw_20180102_20180103.csv.gz")

    limit = LIMITS.spread_fraction_max
    assert quotes.refused == {
        Fault.NO_SIDE: sides.count((0.0, 0.0)),
        Fault.WIDE: sum(bid > 0 < ask and ask - bid > limit * (bid + ask) / 2 for bid, ask in sides),
        Fault.OUTLIER: sides.count((90.8, 0.0)),  # one venue's lone bid, far below the market at 157
    }
    assert trades.refused == {}
