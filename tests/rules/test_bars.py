"""Bars: which tick belongs to which, what they are made of, and that real ticks give the published bars."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass, field

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from messages import DAY_NS, HOUR_NS, MINUTE_NS, SECOND_NS, Bar, PriceRange, Symbol
from rules.bars import NEVER_NS, BarBuilder, BarSeries, BarSource
from tests._paths import shared_data
from tests.rules._recorded import freqtrade_trades, lean_quote_bars, lean_quotes

SYMBOL = Symbol("EURUSD")
NOON_NS = 1_400_000_400 * SECOND_NS // DAY_NS * DAY_NS + 12 * HOUR_NS
ALL = (SECOND_NS, MINUTE_NS, 5 * MINUTE_NS, HOUR_NS, DAY_NS)


def at(seconds: float) -> int:
    return NOON_NS + round(seconds * SECOND_NS)


def trade_bar(end_seconds: float, prices: str, *, volume: float, length_ns: int = MINUTE_NS) -> Bar:
    opened, high, low, closed = (float(price) for price in prices.split())
    return Bar(SYMBOL, at(end_seconds), length_ns, opened, high, low, closed, volume)


def quote_bar(end_ns: int, length_ns: int, bid: PriceRange | None, ask: PriceRange | None) -> Bar:
    sides = [side for side in (bid, ask) if side is not None]
    opened, high, low, closed = (
        sum(prices) / len(prices) for prices in zip(*map(msgspec.structs.astuple, sides), strict=True)
    )
    return Bar(SYMBOL, end_ns, length_ns, opened, high, low, closed, 0.0, bid, ask)


def test_a_bar_opens_with_its_first_trade_closes_with_its_last_and_is_stamped_with_its_end() -> None:
    builder = BarBuilder(SYMBOL, MINUTE_NS)

    for seconds, price, size in ((1, 10.0, 5.0), (2, 12.0, 1.0), (3, 9.0, 1.0), (59.9, 11.0, 3.0)):
        builder.add_trade(price, size, at(seconds))

    assert builder.close() == trade_bar(60, "10 12 9 11", volume=10.0)


def test_a_tick_at_the_very_end_of_a_bucket_belongs_to_the_next_one() -> None:
    builder = BarBuilder(SYMBOL, MINUTE_NS)
    builder.add_trade(10.0, 1.0, at(0))

    closed = builder.add_trade(11.0, 1.0, at(60))

    assert closed == [trade_bar(60, "10 10 10 10", volume=1.0)]
    assert builder.close() == trade_bar(120, "11 11 11 11", volume=1.0)


def test_no_bar_comes_of_an_empty_bucket() -> None:
    builder = BarBuilder(SYMBOL, MINUTE_NS)
    builder.add_trade(10.0, 1.0, at(0))

    closed = builder.add_trade(11.0, 1.0, at(600))

    assert closed == [trade_bar(60, "10 10 10 10", volume=1.0)]
    assert BarBuilder(SYMBOL, MINUTE_NS).close() is None


def test_a_bar_of_quotes_keeps_both_sides_and_its_own_prices_are_their_midpoints_side_by_side() -> None:
    builder = BarBuilder(SYMBOL, MINUTE_NS)

    for seconds, bid, ask in ((1, 10.0, 11.0), (2, 13.0, 13.5), (3, 9.0, 12.0), (4, 10.5, 11.5)):
        builder.add_quote(bid, ask, at(seconds))

    sides = PriceRange(10.0, 13.0, 9.0, 10.5), PriceRange(11.0, 13.5, 11.0, 11.5)
    assert builder.close() == Bar(SYMBOL, at(60), MINUTE_NS, 10.5, 13.25, 10.0, 11.0, 0.0, *sides)


def test_a_side_that_nobody_offers_leaves_that_side_as_it_was() -> None:
    builder = BarBuilder(SYMBOL, MINUTE_NS)

    for seconds, bid, ask in ((1, 0.0, 11.0), (2, 10.0, 0.0), (3, 0.0, 12.0)):
        builder.add_quote(bid, ask, at(seconds))

    sides = PriceRange(10.0, 10.0, 10.0, 10.0), PriceRange(11.0, 12.0, 11.0, 12.0)
    assert builder.close() == Bar(SYMBOL, at(60), MINUTE_NS, 10.5, 11.0, 10.5, 11.0, 0.0, *sides)


def test_a_bar_with_one_side_only_has_the_prices_of_that_side() -> None:
    builder = BarBuilder(SYMBOL, MINUTE_NS)
    builder.add_quote(0.0, 11.0, at(1))

    ask = PriceRange(11.0, 11.0, 11.0, 11.0)
    assert builder.close() == Bar(SYMBOL, at(60), MINUTE_NS, 11.0, 11.0, 11.0, 11.0, 0.0, None, ask)


def test_in_a_bucket_that_holds_both_the_trades_make_the_bar() -> None:
    builder = BarBuilder(SYMBOL, MINUTE_NS)
    builder.add_quote(9.0, 11.0, at(1))
    builder.add_trade(10.0, 2.0, at(2))
    builder.add_quote(19.0, 21.0, at(3))

    assert builder.close() == trade_bar(60, "10 10 10 10", volume=2.0)


def test_a_tick_whose_bucket_has_closed_is_left_out_and_counted() -> None:
    series = BarSeries.of(SYMBOL, (MINUTE_NS,))
    series.add_trade(10.0, 1.0, at(1))
    series.due(at(60))

    assert series.add_trade(99.0, 1.0, at(59)) is None
    assert series.late == 1
    assert series.next_end_ns == NEVER_NS


def test_a_first_trade_older_than_the_bucket_that_quotes_opened_is_left_out_and_counted() -> None:
    series = BarSeries.of(SYMBOL, (MINUTE_NS,))
    series.add_quote(9.0, 11.0, at(61))

    assert series.add_trade(10.0, 1.0, at(59)) is None
    assert series.late == 1


def test_a_quote_in_the_open_bucket_answers_none_and_the_first_of_a_bucket_tells_what_it_closed() -> None:
    series = BarSeries.of(SYMBOL, (SECOND_NS, MINUTE_NS))

    answers = [series.add_quote(1.0, 2.0, at(seconds)) for seconds in (0.1, 0.2, 1.0, 1.1)]

    one = PriceRange(1.0, 1.0, 1.0, 1.0)
    two = PriceRange(2.0, 2.0, 2.0, 2.0)
    second = Bar(SYMBOL, at(1), SECOND_NS, 1.5, 1.5, 1.5, 1.5, 0.0, one, two)
    assert answers == [[], None, [second], None]
    assert series.next_end_ns == at(2)


def test_time_closes_a_bar_that_no_tick_follows_and_then_waits_for_the_next_length() -> None:
    series = BarSeries.of(SYMBOL, (SECOND_NS, MINUTE_NS))
    series.add_trade(10.0, 1.0, at(0.5))

    assert series.due(at(0.999)) == []
    assert series.due(at(1)) == [trade_bar(1, "10 10 10 10", volume=1.0, length_ns=SECOND_NS)]
    assert series.next_end_ns == at(60)
    assert series.due(at(60)) == [trade_bar(60, "10 10 10 10", volume=1.0)]
    assert series.next_end_ns == NEVER_NS


def test_one_tick_after_a_long_silence_closes_every_length_in_order_of_their_ends() -> None:
    series = BarSeries.of(SYMBOL, ALL)
    series.add_trade(10.0, 1.0, at(0))

    closed = series.add_trade(11.0, 1.0, at(2 * DAY_NS / SECOND_NS))

    assert closed is not None
    assert [bar.timeframe_ns for bar in closed] == list(ALL)
    assert [bar.time_ns for bar in closed] == sorted(bar.time_ns for bar in closed)


def test_a_day_may_start_at_another_hour_than_midnight() -> None:
    new_york_close_ns = 21 * HOUR_NS
    series = BarSeries.of(SYMBOL, (HOUR_NS, DAY_NS), day_offset_ns=new_york_close_ns)
    series.add_trade(10.0, 1.0, at(0))

    days = [bar for bar in series.due(at(9 * 3600)) if bar.timeframe_ns == DAY_NS]

    assert days == [trade_bar(9 * 3600, "10 10 10 10", volume=1.0, length_ns=DAY_NS)]


def test_a_day_that_hours_do_not_make_up_is_built_from_half_hours_that_nobody_is_told() -> None:
    series = BarSeries.of(SYMBOL, (HOUR_NS, DAY_NS), day_offset_ns=13 * HOUR_NS + HOUR_NS // 2)
    series.add_trade(10.0, 1.0, at(0))

    closed = [*series.due(at(1.5 * 3600)), *(series.add_trade(20.0, 1.0, at(1.75 * 3600)) or ())]
    closed += series.due(at(2 * 3600))

    assert closed == [
        trade_bar(3600, "10 10 10 10", volume=1.0, length_ns=HOUR_NS),
        trade_bar(1.5 * 3600, "10 10 10 10", volume=1.0, length_ns=DAY_NS),
        trade_bar(2 * 3600, "20 20 20 20", volume=1.0, length_ns=HOUR_NS),
    ]


def test_a_symbol_that_trades_has_bars_of_its_trades_from_its_first_trade_on() -> None:
    series = BarSeries.of(SYMBOL, (MINUTE_NS,))
    series.add_quote(9.0, 11.0, at(1))
    series.add_trade(10.0, 2.0, at(2))
    series.add_quote(19.0, 21.0, at(61))

    assert series.due(at(60)) == [trade_bar(60, "10 10 10 10", volume=2.0)]
    assert series.due(at(120)) == []
    assert series.source is BarSource.TRADES


def test_with_the_source_quotes_trades_make_no_bar() -> None:
    series = BarSeries.of(SYMBOL, (MINUTE_NS,), source=BarSource.QUOTES)
    series.add_trade(50.0, 2.0, at(1))
    series.add_quote(9.0, 11.0, at(2))

    closed = series.due(at(60))

    assert [(bar.close, bar.volume) for bar in closed] == [(10.0, 0.0)]


def test_a_series_that_nobody_wants_bars_of_keeps_nothing() -> None:
    series = BarSeries.of(SYMBOL)

    assert series.add_quote(9.0, 11.0, at(1)) is None
    assert series.next_end_ns == NEVER_NS


def test_a_finer_length_wanted_later_leaves_the_open_bucket_of_the_coarser_one_whole() -> None:
    series = BarSeries.of(SYMBOL, (MINUTE_NS,), source=BarSource.TRADES)
    series.add_trade(10.0, 1.0, at(1))
    series.want(SECOND_NS)
    series.add_trade(12.0, 2.0, at(30))

    assert series.due(at(60)) == [
        trade_bar(31, "12 12 12 12", volume=2.0, length_ns=SECOND_NS),
        trade_bar(60, "10 12 10 12", volume=3.0),
    ]


@pytest.mark.parametrize(
    ("timeframe_ns", "offset_ns", "message"),
    [
        (0, 0, "bar length is 0 ns; it must be above zero"),
        (DAY_NS, 1, "day_offset_ns is 1; it must be a whole number of seconds"),
    ],
)
def test_a_length_or_offset_that_cannot_be_is_refused(timeframe_ns: int, offset_ns: int, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}$"):
        BarSeries.of(SYMBOL, (timeframe_ns,), day_offset_ns=offset_ns)


def vendor_series(*timeframes_ns: int) -> BarSeries:
    return BarSeries.of(SYMBOL, timeframes_ns or (MINUTE_NS, 5 * MINUTE_NS))


def test_a_vendors_bar_passes_on_and_its_last_one_completes_the_longer_bar() -> None:
    series = vendor_series()
    minutes = [trade_bar(60 * n, f"{n} {n + 1} {n} {n + 1}", volume=float(n)) for n in range(1, 6)]

    told = [series.add_bar(minute) for minute in minutes]

    five = trade_bar(300, "1 6 1 6", volume=15.0, length_ns=5 * MINUTE_NS)
    assert told == [*([minute] for minute in minutes[:4]), [minutes[4], five]]


def test_a_missing_last_vendor_bar_is_waited_for_before_time_closes_the_longer_bar() -> None:
    series = vendor_series(5 * MINUTE_NS)
    series.add_bar(trade_bar(60, "1 2 1 2", volume=1.0))

    assert series.due(at(304)) == []
    assert series.next_end_ns == at(305)
    assert series.due(at(305)) == [trade_bar(300, "1 2 1 2", volume=1.0, length_ns=5 * MINUTE_NS)]
    assert series.add_bar(trade_bar(300, "9 9 9 9", volume=1.0)) == []
    assert [builder.late for builder in series.coarser] + [series.late] == [1]


def test_a_vendor_bar_of_the_next_bucket_closes_the_longer_bar_before_it() -> None:
    series = vendor_series()
    series.add_bar(trade_bar(60, "1 2 1 2", volume=1.0))

    told = series.add_bar(trade_bar(360, "3 3 3 3", volume=1.0))

    assert told == [
        trade_bar(300, "1 2 1 2", volume=1.0, length_ns=5 * MINUTE_NS),
        trade_bar(360, "3 3 3 3", volume=1.0),
    ]


def test_where_the_vendor_gives_minutes_ticks_build_only_what_is_finer() -> None:
    series = vendor_series(SECOND_NS, MINUTE_NS, 5 * MINUTE_NS)
    series.add_bar(trade_bar(0, "1 1 1 1", volume=1.0))
    series.add_trade(10.0, 1.0, at(1))

    told = [*series.due(at(60)), *series.add_bar(trade_bar(60, "8 9 7 8", volume=4.0)), *series.due(at(305))]

    assert told == [
        trade_bar(2, "10 10 10 10", volume=1.0, length_ns=SECOND_NS),
        trade_bar(60, "8 9 7 8", volume=4.0),
        trade_bar(300, "8 9 7 8", volume=4.0, length_ns=5 * MINUTE_NS),
    ]


def test_a_minute_already_told_from_ticks_is_not_told_again_by_the_vendors_first_bar() -> None:
    series = vendor_series()
    series.add_trade(10.0, 1.0, at(1))
    first = series.due(at(60))

    again = series.add_bar(trade_bar(60, "8 9 7 8", volume=4.0))
    five = series.due(at(305))

    assert (first, again) == ([trade_bar(60, "10 10 10 10", volume=1.0)], [])
    assert five == [trade_bar(300, "8 9 7 8", volume=4.0, length_ns=5 * MINUTE_NS)]


def test_a_length_that_the_vendor_delivers_itself_is_not_built_as_well() -> None:
    series = vendor_series(MINUTE_NS, DAY_NS)
    day = trade_bar(12 * 3600, "1 9 1 5", volume=100.0, length_ns=DAY_NS)
    series.add_bar(trade_bar(12 * 3600 - DAY_NS // SECOND_NS, "1 1 1 1", volume=1.0, length_ns=DAY_NS))
    series.add_bar(trade_bar(60, "1 2 1 2", volume=1.0))

    assert series.due(at(12 * 3600 + 60)) == []
    assert series.add_bar(day) == [day]


def test_a_vendor_bar_that_comes_twice_counts_once() -> None:
    series = vendor_series()
    series.add_bar(trade_bar(60, "1 2 1 2", volume=1.0))

    assert series.add_bar(trade_bar(60, "1 2 1 2", volume=1.0)) == []
    assert series.late == 1


def test_vendor_bars_of_quotes_are_aggregated_side_by_side() -> None:
    series = vendor_series()
    sides = [
        (PriceRange(1.0, 4.0, 1.0, 2.0), PriceRange(2.0, 5.0, 2.0, 3.0)),
        (PriceRange(2.0, 3.0, 2.0, 3.0), PriceRange(3.0, 9.0, 3.0, 4.0)),
    ]
    for minute, (bid, ask) in enumerate(sides, start=1):
        series.add_bar(quote_bar(at(60 * minute), MINUTE_NS, bid, ask))

    bid, ask = PriceRange(1.0, 4.0, 1.0, 3.0), PriceRange(2.0, 9.0, 2.0, 4.0)
    assert series.due(at(305)) == [
        Bar(SYMBOL, at(300), 5 * MINUTE_NS, 1.5, 6.5, 1.5, 3.5, 0.0, bid, ask),
    ]


@dataclass
class Plain:
    """Bars by the rule's own words, one dictionary of buckets per length: slow and plain."""

    offset_ns: int
    buckets: dict[tuple[int, int], list[tuple[str, float, float]]] = field(
        default_factory=lambda: defaultdict(list)
    )

    def add(self, kind: str, one: float, other: float, time_ns: int) -> None:
        for length in ALL:
            offset = self.offset_ns if length == DAY_NS else 0
            self.buckets[((time_ns - offset) // length * length + offset + length, length)].append(
                (kind, one, other)
            )

    def bars(self) -> list[Bar]:
        made = (self._bar(end, length, ticks) for (end, length), ticks in sorted(self.buckets.items()))
        return [bar for bar in made if bar is not None]

    def _bar(self, end: int, length: int, ticks: list[tuple[str, float, float]]) -> Bar | None:
        trades = [(price, size) for kind, price, size in ticks if kind == "trade"]
        if trades:
            prices = [price for price, _ in trades]
            volume = sum(size for _, size in trades)
            return Bar(SYMBOL, end, length, prices[0], max(prices), min(prices), prices[-1], volume)
        bid = _range([bid for _, bid, _ in ticks if bid > 0])
        ask = _range([ask for _, _, ask in ticks if ask > 0])
        return quote_bar(end, length, bid, ask) if bid or ask else None


def _range(prices: list[float]) -> PriceRange | None:
    return PriceRange(prices[0], max(prices), min(prices), prices[-1]) if prices else None


PRICES = st.integers(1, 40).map(lambda quarters: quarters / 4)
STEPS_NS = st.sampled_from([0, 1, 300_000_000, SECOND_NS, 40 * SECOND_NS, 17 * MINUTE_NS, 5 * HOUR_NS])


@given(
    ticks=st.lists(st.tuples(STEPS_NS, st.one_of(PRICES, st.just(0.0)), PRICES), max_size=60),
    kind=st.sampled_from(["quote", "trade"]),
    offset_ns=st.sampled_from([0, 21 * HOUR_NS, 13 * HOUR_NS + 30 * MINUTE_NS]),
    closings=st.integers(1, 7),
)
def test_every_length_comes_out_as_if_each_tick_had_been_added_to_it(
    ticks: list[tuple[int, float, float]], kind: str, offset_ns: int, closings: int
) -> None:
    series, plain = BarSeries.of(SYMBOL, ALL, day_offset_ns=offset_ns), Plain(offset_ns)
    made: list[Bar] = []
    time_ns = NOON_NS
    for count, (step_ns, one, other) in enumerate(ticks):
        time_ns += step_ns
        if count % closings == 0:
            made += series.due(time_ns)
            series = msgspec.msgpack.decode(msgspec.msgpack.encode(series), type=BarSeries)
        if kind == "quote":
            plain.add(kind, one, other, time_ns)
            made += series.add_quote(one, other, time_ns) or []
        else:
            plain.add(kind, other, one, time_ns)
            made += series.add_trade(other, one, time_ns) or []
    made += series.due(time_ns + 2 * DAY_NS)

    assert sorted(made, key=lambda bar: (bar.time_ns, bar.timeframe_ns)) == plain.bars()


QUOTE_PAIRS = ["forex/fxcm/{}/eurusd", "forex/fxcm/{}/nzdusd", "forex/oanda/{}/eurusd", "cfd/oanda/{}/xauusd"]


@pytest.mark.parametrize("pair", QUOTE_PAIRS)
def test_recorded_quotes_give_the_published_minute_bars_without_a_difference(pair: str) -> None:
    lean = shared_data() / "lean"
    published = lean_quote_bars(lean / pair.format("minute") / "20140508_quote.zip")
    series = BarSeries.of(SYMBOL, (SECOND_NS, MINUTE_NS))
    made: list[Bar] = []

    for time_ns, bid, ask in lean_quotes(lean / pair.format("tick") / "20140508_quote.zip"):
        made += series.add_quote(bid, ask, time_ns) or []
    made += series.due(2 * DAY_NS)

    minutes = {bar.time_ns - MINUTE_NS: (bar.bid, bar.ask) for bar in made if bar.timeframe_ns == MINUTE_NS}
    assert minutes == published
    assert len(minutes) == _expected_count(f"lean/{pair.format('minute')}/20140508_quote.zip")


@pytest.mark.parametrize(("name", "length_ns"), [("1m", MINUTE_NS), ("5m", 5 * MINUTE_NS)])
def test_recorded_trades_give_the_published_bars_and_volumes_without_a_difference(
    name: str, length_ns: int
) -> None:
    feather = pytest.importorskip("pyarrow.feather")
    folder = shared_data() / "crypto_candles" / "freqtrade"
    published = feather.read_table(folder / f"XRP_ETH-{name}.feather").to_pydict()
    series = BarSeries.of(SYMBOL, (SECOND_NS, MINUTE_NS, 5 * MINUTE_NS))
    made: list[Bar] = []

    for time_ns, price, size in freqtrade_trades(folder / "XRP_ETH-trades.json.gz"):
        made += series.add_trade(price, size, time_ns) or []
    made += series.due(2**62)

    bars = [bar for bar in made if bar.timeframe_ns == length_ns]
    assert [(bar.time_ns - length_ns) // SECOND_NS for bar in bars] == [
        round(start.timestamp()) for start in published["date"]
    ]
    for column in ("open", "high", "low", "close"):
        assert [getattr(bar, column) for bar in bars] == published[column]
    assert [bar.volume for bar in bars] == pytest.approx(published["volume"], rel=1e-13)
    assert len(bars) == _expected_count(f"crypto_candles/freqtrade/XRP_ETH-{name}.feather")


def _expected_count(path: str) -> int:
    pairs = json.loads((shared_data() / "oracles" / "bar_building" / "expected.json").read_text())["pairs"]
    return next(int(pair["bars"]) for pair in pairs if pair["to"] == path)
