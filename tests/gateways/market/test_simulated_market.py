"""The simulated market: the same for the same seed, resumable anywhere, and shaped like a market."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import defaultdict
from datetime import UTC, date, datetime
from decimal import Decimal
from hashlib import sha256
from math import log
from statistics import fmean, pstdev

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.kernel.ports import Source
from gateways.errors import FeedChanged, FeedMalformed, FeedTooShort
from gateways.market import DEMO_SYMBOLS, SimulatedMarket, SimulatedMarketSettings, SimulatedSymbol, market_for_demo
from messages import AnyMessage, Quote, Symbol, SymbolHalted, Trade, encode
from tests._paths import REPOSITORY

HOUR_S = 3600


def small(seed: int = 7, **terms: object) -> SimulatedMarket:
    """Three symbols and two short days' worth of records."""
    usual: dict[str, object] = {"symbols": DEMO_SYMBOLS[:3], "days": 2, "rate": 0.02}
    return SimulatedMarket.of(msgspec.convert({"seed": seed, **(usual | terms)}, SimulatedMarketSettings))


def everything(market: SimulatedMarket, at_once: int = 4_000) -> list[AnyMessage]:
    """All records that are left."""
    records: list[AnyMessage] = []
    while taken := market.take(at_once):
        records += taken
    return records


def digest(records: list[AnyMessage]) -> str:
    return sha256(b"".join(encode(record) for record in records)).hexdigest()


def seconds_of_day(record: Quote | Trade | SymbolHalted) -> int:
    return record.time_ns // 1_000_000_000 % 86_400


def test_it_is_a_source_whose_name_says_that_it_is_simulated() -> None:
    market: Source = market_for_demo(42)

    assert market.name == "simulated-market:42"
    assert [one.symbol for one in market.instruments()] == [one.symbol for one in DEMO_SYMBOLS]
    assert all(one.symbol.startswith("SIM.") for one in DEMO_SYMBOLS)


def test_the_same_seed_gives_the_same_records_however_they_are_taken() -> None:
    assert everything(small(), at_once=1) == everything(small(), at_once=10_000)


def test_another_seed_gives_another_market() -> None:
    assert everything(small(1)) != everything(small(2))


def test_the_records_do_not_depend_on_the_process_or_its_hash_seed() -> None:
    code = "from tests.gateways.market.test_simulated_market import *; print(digest(market_for_demo(3).take(5000)))"
    told = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(REPOSITORY)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        for hash_seed in ("0", "1")
    }

    assert told == {digest(market_for_demo(3).take(5000))}


@given(before=st.integers(0, 1_500), limits=st.lists(st.integers(0, 200), max_size=5))
@settings(max_examples=25, deadline=None)
def test_a_market_restored_from_any_state_goes_on_exactly(before: int, limits: list[int]) -> None:
    market = small()
    market.skip(before)
    for limit in limits:
        market.take(limit)
    other = small()

    other.restore(market.state())

    assert other.state() == market.state()
    assert other.take(700) == market.take(700)


def test_going_back_to_a_state_gives_the_same_records_again() -> None:
    market = small()
    market.skip(500)
    state = market.state()
    first = market.take(300)

    market.restore(state)

    assert market.take(300) == first


def test_telling_the_state_changes_nothing() -> None:
    market, silent = small(), small()
    for _ in range(20):
        market.state()
        assert market.take(37) == silent.take(37)


def test_the_state_stays_small() -> None:
    market = market_for_demo(5)
    market.skip(50_000)

    assert len(market.state()) < 10_000


def test_passing_over_records_is_taking_them() -> None:
    skipped, taken = small(), small()

    skipped.skip(1234)

    assert len(taken.take(1234)) == 1234
    assert skipped.take(50) == taken.take(50)


def test_passing_over_more_records_than_there_are_is_refused_with_their_number() -> None:
    count = len(everything(small()))

    small().skip(count)
    with pytest.raises(FeedTooShort, match=f"has {count} more records, {count + 1} were to be skipped"):
        small().skip(count + 1)


def test_a_state_of_another_market_is_refused() -> None:
    with pytest.raises(FeedChanged, match="another market than simulated-market:2"):
        small(2).restore(small(1).state())
    with pytest.raises(FeedMalformed, match="3 bytes are no state"):
        small().restore(b"abc")


def test_at_its_end_the_market_stays_at_its_end() -> None:
    market = small(days=1)
    everything(market)
    state = market.state()

    assert market.take(10) == []
    assert market.state() == state


def test_time_never_falls_and_stays_within_the_sessions_of_weekdays() -> None:
    # From a Saturday on: Monday, Tuesday and so on to the Monday after.
    records = everything(small(start=date(2026, 1, 3), days=6, rate=0.01))
    times = [record.time_ns for record in records]  # type: ignore[union-attr]

    assert times == sorted(times)
    assert all(14.5 * HOUR_S <= t // 1_000_000_000 % 86_400 < 21 * HOUR_S for t in times)
    days = sorted({datetime.fromtimestamp(t // 1_000_000_000, UTC).date() for t in times})
    assert days == [date(2026, 1, day) for day in (5, 6, 7, 8, 9, 12)]


def test_a_continuous_market_trades_every_hour_of_every_day() -> None:
    records = everything(small(start=date(2026, 1, 3), days=2, continuous=True, rate=0.01))

    times = [record.time_ns // 1_000_000_000 for record in records]  # type: ignore[union-attr]
    assert {datetime.fromtimestamp(t, UTC).date() for t in times} == {date(2026, 1, 3), date(2026, 1, 4)}
    assert len({t // HOUR_S for t in times}) == 48


@pytest.mark.parametrize("rate", [0.02, 0.5, 3.0])
def test_the_rate_is_roughly_the_records_a_second_and_symbol(rate: float) -> None:
    symbols = (SimulatedSymbol(symbol=Symbol("SIM.X"), price=50.0),)
    days = 10 if rate < 0.1 else 1

    count = len(everything(small(symbols=symbols, rate=rate, days=days, start=date(2026, 1, 5))))

    assert 0.6 < count / (rate * 6.5 * HOUR_S * days) < 1.8


def test_prices_lie_on_the_grid_above_zero_and_quotes_are_never_locked_or_crossed() -> None:
    symbols = (
        SimulatedSymbol(symbol=Symbol("SIM.X"), price=50.0, tick_size=Decimal("0.05")),
        SimulatedSymbol(symbol=Symbol("SIM.Y"), price=0.9, tick_size=Decimal("0.0001"), annual_volatility=2.0),
        SimulatedSymbol(symbol=Symbol("SIM.Z"), price=40_000.0, tick_size=Decimal(5), lot_size=Decimal("0.001")),
        SimulatedSymbol(symbol=Symbol("SIM.W"), price=0.2, annual_volatility=5.0),
    )
    ticks = {one.symbol: one.tick_size for one in symbols}
    lots = {one.symbol: float(one.lot_size) for one in symbols}

    for record in everything(small(symbols=symbols, days=20, jumps_per_day=5.0)):
        if isinstance(record, Quote):
            assert 0 < record.bid < record.ask
            assert record.bid_size >= lots[record.symbol]
            assert record.ask_size >= lots[record.symbol]
            prices = [record.bid, record.ask]
        elif isinstance(record, Trade):
            assert record.price > 0
            assert record.size >= lots[record.symbol]
            prices = [record.price]
        else:
            continue
        assert all(Decimal(repr(price)) % ticks[record.symbol] == 0 for price in prices)


def test_a_trade_is_at_the_bid_or_the_ask_of_the_quote_before_it() -> None:
    latest: dict[str, Quote] = {}
    trades = 0
    for record in everything(small(rate=0.1)):
        if isinstance(record, Quote):
            latest[record.symbol] = record
        elif isinstance(record, Trade):
            trades += 1
            assert record.price in (latest[record.symbol].bid, latest[record.symbol].ask)
    assert trades > 500


def test_a_symbol_that_halts_says_nothing_until_it_resumes_with_a_quote() -> None:
    records = everything(small(days=10, jumps_per_day=3.0, halting_jump=0.02, rate=0.05))
    by_symbol: dict[str, list[Quote | Trade | SymbolHalted]] = defaultdict(list)
    for record in records:
        assert isinstance(record, Quote | Trade | SymbolHalted)
        by_symbol[record.symbol].append(record)

    halts = 0
    for stream in by_symbol.values():
        for one, following, third in zip(stream, stream[1:], stream[2:], strict=False):
            if isinstance(one, SymbolHalted) and one.halted:
                halts += 1
                assert isinstance(following, SymbolHalted)
                assert not following.halted
                assert following.time_ns - one.time_ns >= 5 * 60 * 1_000_000_000
                assert isinstance(third, Quote)
    assert halts > 5


def test_jumps_and_halts_are_rare() -> None:
    halts = [one for one in everything(small(days=20)) if isinstance(one, SymbolHalted)]

    assert len(halts) <= 12


def test_there_is_more_to_do_at_the_open_and_the_close_than_at_noon() -> None:
    busy: dict[int, int] = defaultdict(int)
    for record in everything(small(days=10)):
        busy[(seconds_of_day(record) - int(14.5 * HOUR_S)) * 13 // int(6.5 * HOUR_S)] += 1  # type: ignore[arg-type]

    assert min(busy[0], busy[12]) > 1.5 * busy[6]


def five_minute_returns(records: list[AnyMessage]) -> dict[str, dict[int, float]]:
    """Log returns of the mid from one five-minute boundary to the next within a day, by symbol and time."""
    mids: dict[str, dict[int, float]] = defaultdict(dict)
    for record in records:
        if isinstance(record, Quote):
            mids[record.symbol][record.time_ns // 300_000_000_000] = (record.bid + record.ask) / 2
    return {
        symbol: {t: log(series[t + 1] / series[t]) for t in sorted(series) if t + 1 in series}
        for symbol, series in mids.items()
    }


def correlation(left: list[float], right: list[float]) -> float:
    covariance = fmean(a * b for a, b in zip(left, right, strict=True)) - fmean(left) * fmean(right)
    return covariance / (pstdev(left) * pstdev(right))


@pytest.fixture(scope="module")
def a_month() -> dict[str, dict[int, float]]:
    """Five-minute returns of three symbols over 25 days."""
    return five_minute_returns(everything(small(days=25, rate=0.05, jumps_per_day=0.0)))


def test_symbols_move_together_by_the_market(a_month: dict[str, dict[int, float]]) -> None:
    one, other = a_month["SIM.A"], a_month["SIM.C"]
    both = [t for t in one if t in other]

    assert len(both) > 1_000
    assert correlation([one[t] for t in both], [other[t] for t in both]) > 0.15


def test_volatility_comes_in_clusters_and_returns_do_not(a_month: dict[str, dict[int, float]]) -> None:
    for returns in a_month.values():
        pairs = [(one, returns[t + 1]) for t, one in returns.items() if t + 1 in returns]
        assert correlation([abs(one) for one, _ in pairs], [abs(other) for _, other in pairs]) > 0.05
        assert abs(correlation([one for one, _ in pairs], [other for _, other in pairs])) < 0.15


def test_volatility_is_about_what_was_asked_for(a_month: dict[str, dict[int, float]]) -> None:
    for symbol in DEMO_SYMBOLS[:3]:
        annual = pstdev(a_month[symbol.symbol].values()) * (252 * 78) ** 0.5
        assert 0.7 < annual / symbol.annual_volatility < 1.4


def test_spreads_widen_when_prices_move() -> None:
    spreads: dict[int, list[float]] = defaultdict(list)
    mids: dict[int, list[float]] = defaultdict(list)
    for record in everything(small(days=15, rate=0.1, symbols=DEMO_SYMBOLS[3:4])):
        if isinstance(record, Quote):
            half_hour = record.time_ns // 1_800_000_000_000
            mids[half_hour].append((record.bid + record.ask) / 2)
            spreads[half_hour].append((record.ask - record.bid) / record.bid)
    ranges = {key: max(values) / min(values) - 1 for key, values in mids.items() if len(values) > 20}
    order = sorted(ranges, key=ranges.__getitem__)
    third = len(order) // 3
    calm, wild = (fmean(fmean(spreads[key]) for key in part) for part in (order[:third], order[-third:]))

    assert wild > 1.1 * calm


@pytest.mark.parametrize(
    ("terms", "fault"),
    [
        ({"symbols": ()}, "symbols is empty"),
        ({"symbols": DEMO_SYMBOLS[:1] * 2}, "symbols names SIM.A more than once"),
        ({"days": 0}, "days is 0; it must be a number from 1 to 36500"),
        ({"rate": 0.0}, "rate is 0.0"),
        ({"rate": float("nan")}, "rate is nan"),
        ({"trade_fraction": 1.0}, "trade_fraction is 1.0"),
        ({"start": date(1969, 1, 1)}, "start is 1969-01-01"),
    ],
)
def test_terms_that_make_no_sense_are_refused_with_the_value(terms: dict[str, object], fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        SimulatedMarketSettings(**({"seed": 1} | terms))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("terms", "fault"),
    [
        ({"price": -1.0}, "price is -1.0"),
        ({"symbol": ""}, "has no name"),
        ({"tick_size": Decimal("0.03")}, "tick_size of SIM.X is 0.03"),
        ({"annual_volatility": 9.0}, "annual_volatility is 9.0"),
    ],
)
def test_a_symbol_that_makes_no_sense_is_refused_with_the_value(terms: dict[str, object], fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        SimulatedSymbol(**({"symbol": "SIM.X", "price": 10.0} | terms))  # type: ignore[arg-type]


def test_the_terms_can_be_read_from_configuration_text() -> None:
    text = (
        '{"seed": 7, "days": 3, "start": "2026-02-02", "symbols": [{"symbol": "SIM.X", "price": 10, "beta": 0.5}]}'
    )

    read = msgspec.json.decode(text, type=SimulatedMarketSettings)

    assert read == SimulatedMarketSettings(
        seed=7,
        days=3,
        start=date(2026, 2, 2),
        symbols=(SimulatedSymbol(symbol=Symbol("SIM.X"), price=10.0, beta=0.5),),
    )
