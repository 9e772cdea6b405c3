"""Indicators: equal to TA-Lib, to published values and to exact arithmetic, and the same after a checkpoint."""

from __future__ import annotations

import csv
import gzip
import json
import random
from collections.abc import Callable, Sequence
from fractions import Fraction
from math import nan, sqrt
from typing import Any

import msgspec
import numpy as np
import pytest
import talib
from hypothesis import given
from hypothesis import strategies as st

from messages import DAY_NS, HOUR_NS, MINUTE_NS, Bar, Symbol
from strategies.indicators import Atr, Bollinger, Ema, Macd, RollingMax, RollingMin, Rsi, Sma, Vwap
from tests._paths import shared_data

PERIOD = 14


def walk(count: int, *, seed: int = 7) -> list[float]:
    """A seeded random walk of prices around 100."""
    source = random.Random(seed)
    price = 100.0
    return [price := price * (1 + source.gauss(0, 0.002)) for _ in range(count)]


def bars(count: int) -> list[tuple[float, float, float]]:
    """High, low and close of a seeded random walk."""
    prices = walk(4 * count)
    return [(max(four), min(four), four[3]) for four in (prices[i : i + 4] for i in range(0, 4 * count, 4))]


def numbers(values: Sequence[float | None]) -> list[float]:
    return [nan if value is None else value for value in values]


@pytest.mark.parametrize(
    ("indicator", "reference"),
    [
        (Sma(PERIOD), talib.SMA),
        (Ema(PERIOD), talib.EMA),
        (Rsi(PERIOD), talib.RSI),
        (RollingMax(PERIOD), talib.MAX),
        (RollingMin(PERIOD), talib.MIN),
    ],
)
def test_an_indicator_of_one_value_equals_ta_lib_from_its_first_value_on(
    indicator: Any, reference: Callable[..., Any]
) -> None:
    prices = walk(2000)

    ours = [indicator.update(price) for price in prices]

    expected = reference(np.array(prices), timeperiod=PERIOD)
    np.testing.assert_allclose(numbers(ours), expected, rtol=1e-9)
    assert indicator.value == ours[-1]


def test_the_average_true_range_equals_ta_lib_from_its_first_value_on() -> None:
    indicator, rows = Atr(PERIOD), bars(2000)

    ours = [indicator.update(*row) for row in rows]

    high, low, close = (np.array(column) for column in zip(*rows, strict=True))
    np.testing.assert_allclose(numbers(ours), talib.ATR(high, low, close, timeperiod=PERIOD), rtol=1e-9)


def test_bollinger_bands_equal_ta_lib_from_their_first_value_on() -> None:
    indicator, prices = Bollinger(20, 2.5), walk(2000)

    ours = [indicator.update(price) for price in prices]

    upper, middle, lower = talib.BBANDS(np.array(prices), timeperiod=20, nbdevup=2.5, nbdevdn=2.5)
    for name, expected in (("upper", upper), ("middle", middle), ("lower", lower)):
        found = numbers([None if bands is None else getattr(bands, name) for bands in ours])
        np.testing.assert_allclose(found, expected, rtol=1e-9)


def test_macd_equals_ta_lib_once_the_first_values_are_forgotten() -> None:
    indicator, prices = Macd(), walk(2000)

    ours = [indicator.update(price) for price in prices]

    for name, expected in zip(("macd", "signal", "histogram"), talib.MACD(np.array(prices)), strict=True):
        found = numbers([None if lines is None else getattr(lines, name) for lines in ours])
        np.testing.assert_allclose(found[300:], expected[300:], rtol=1e-9, atol=1e-10)
        assert np.isnan(found[:33]).all()
        assert not np.isnan(found[33:]).any()


def published(name: str) -> list[dict[str, Any]]:
    path = shared_data() / "oracles" / "stock_indicators" / "results" / f"{name}.standard.json.gz"
    rows: list[dict[str, Any]] = json.loads(gzip.decompress(path.read_bytes()))
    return rows


def published_bars() -> list[dict[str, float]]:
    path = shared_data() / "oracles" / "stock_indicators" / "quotes" / "default.csv"
    with path.open() as file:
        return [
            {name: float(row[name]) for name in ("high", "low", "close", "volume")} for row in csv.DictReader(file)
        ]


@pytest.mark.parametrize(
    ("name", "indicator", "columns"),
    [
        ("sma", Sma(20), {"sma": ""}),
        ("ema", Ema(20), {"ema": ""}),
        ("rsi", Rsi(14), {"rsi": ""}),
        ("bb", Bollinger(20, 2.0), {"sma": "middle", "upperBand": "upper", "lowerBand": "lower"}),
        ("macd", Macd(12, 26, 9), {"macd": "macd", "signal": "signal", "histogram": "histogram"}),
    ],
)
def test_an_indicator_equals_the_published_values_of_another_library(
    name: str, indicator: Any, columns: dict[str, str]
) -> None:
    expected = published(name)

    ours = [indicator.update(row["close"]) for row in published_bars()]

    for column, attribute in columns.items():
        found = [getattr(value, attribute) if attribute and value else value for value in ours]
        theirs = [row[column] if value is not None else None for row, value in zip(expected, ours, strict=True)]
        np.testing.assert_allclose(numbers(found), numbers(theirs), rtol=1e-9, atol=1e-11)
        first = next(count for count, row in enumerate(expected) if row[column] is not None)
        assert found[first] is not None or name == "macd"


def test_the_average_true_range_equals_the_published_values_of_another_library() -> None:
    indicator = Atr(14)

    ours = [indicator.update(row["high"], row["low"], row["close"]) for row in published_bars()]

    theirs = numbers([row["atr"] for row in published("atr")])
    np.testing.assert_allclose(numbers(ours), theirs, rtol=1e-9)


def test_the_volume_weighted_price_equals_the_published_values_of_another_library() -> None:
    indicator = Vwap(session_ns=10_000 * DAY_NS)

    ours = [
        indicator.update((row["high"] + row["low"] + row["close"]) / 3, row["volume"], 1)
        for row in published_bars()
    ]

    np.testing.assert_allclose(numbers(ours), [row["vwap"] for row in published("vwap")], rtol=1e-9)


def test_highest_and_lowest_equal_the_published_channel_of_another_library() -> None:
    highest, lowest = RollingMax(20), RollingMin(20)
    before: list[tuple[float | None, float | None]] = []
    for row in published_bars():
        before.append((highest.value, lowest.value))
        highest.update(row["high"])
        lowest.update(row["low"])

    assert before == [(row["upperBand"], row["lowerBand"]) for row in published("donchian")]


def test_a_million_updates_leave_the_mean_and_the_deviation_exact() -> None:
    source = random.Random(11)
    sma, bands = Sma(50), Bollinger(50)
    window: list[float] = []
    for count in range(1_000_000):
        scale = 1e9 if count % 1000 == 0 else 1.0
        value = (1.39 + source.gauss(0, 1e-5)) * scale
        sma.update(value)
        bands.update(value)
        window = [*window, value][-50:] if count > 999_900 else window

    exact = [Fraction(value) for value in window]
    mean = sum(exact) / 50
    deviation = sqrt(sum((value - mean) ** 2 for value in exact) / 50)
    assert sma.value == pytest.approx(float(mean), rel=1e-14)
    assert bands.value is not None
    assert bands.value.middle == pytest.approx(float(mean), rel=1e-14)
    assert bands.value.deviation == pytest.approx(deviation, rel=1e-9)


def test_a_huge_value_that_has_left_the_window_leaves_nothing_behind() -> None:
    sma = Sma(3)

    assert [sma.update(value) for value in (1e17, 1.0, 1.0, 1.0)][3] == 1.0


@given(values=st.lists(st.floats(-1e6, 1e6), max_size=80), period=st.integers(1, 12))
def test_highest_and_lowest_are_those_of_the_last_values(values: list[float], period: int) -> None:
    highest, lowest = RollingMax(period), RollingMin(period)
    for count, value in enumerate(values, start=1):
        window = values[max(0, count - period) : count]
        whole = count >= period

        assert highest.update(value) == (max(window) if whole else None)
        assert lowest.update(value) == (min(window) if whole else None)


FRESH: list[tuple[Callable[[], Any], Callable[[Any, float], Any]]] = [
    (lambda: Sma(5), lambda indicator, value: indicator.update(value)),
    (lambda: Ema(5), lambda indicator, value: indicator.update(value)),
    (lambda: Rsi(5), lambda indicator, value: indicator.update(value)),
    (lambda: Macd(3, 5, 2), lambda indicator, value: indicator.update(value)),
    (lambda: Atr(5), lambda indicator, value: indicator.update(value + 1, value - 1, value)),
    (lambda: Bollinger(5), lambda indicator, value: indicator.update(value)),
    (Vwap, lambda indicator, value: indicator.update(value, value, int(value * HOUR_NS))),
    (lambda: RollingMax(5), lambda indicator, value: indicator.update(value)),
    (lambda: RollingMin(5), lambda indicator, value: indicator.update(value)),
]


@pytest.mark.parametrize(("make", "update"), FRESH, ids=[type(make()).__name__ for make, _ in FRESH])
@given(values=st.lists(st.floats(1.0, 200.0), max_size=40), cut=st.integers(0, 40))
def test_an_indicator_encoded_in_the_middle_goes_on_as_if_nothing_had_happened(
    make: Callable[[], Any], update: Callable[[Any, float], Any], values: list[float], cut: int
) -> None:
    whole, cut_up = make(), make()
    expected = [update(whole, value) for value in values]

    found = [update(cut_up, value) for value in values[:cut]]
    cut_up = msgspec.msgpack.decode(msgspec.msgpack.encode(cut_up), type=type(cut_up))
    found += [update(cut_up, value) for value in values[cut:]]

    assert found == expected
    assert cut_up == whole


def test_a_series_that_never_moved_has_no_relative_strength() -> None:
    indicator = Rsi(3)

    assert [indicator.update(5.0) for _ in range(6)] == [None] * 6
    assert indicator.update(6.0) == 100.0


def test_the_z_score_counts_deviations_from_the_mean_and_is_undefined_where_nothing_deviates() -> None:
    moving, still = Bollinger(4), Bollinger(4)
    for value in (1.0, 3.0, 1.0, 3.0):
        bands, flat = moving.update(value), still.update(2.0)

    assert bands is not None
    assert flat is not None
    assert (bands.z_score(4.0), flat.z_score(4.0)) == (2.0, None)


def test_the_volume_weighted_price_begins_anew_after_the_bar_that_ends_the_session() -> None:
    vwap = Vwap(offset_ns=21 * HOUR_NS)
    close_ns = 10 * DAY_NS + 21 * HOUR_NS

    def at(time_ns: int, price: float, volume: float) -> Bar:
        return Bar(Symbol("X"), time_ns, MINUTE_NS, price, price, price, price, volume)

    first = [vwap.update_bar(at(close_ns - MINUTE_NS, 10.0, 1.0)), vwap.update_bar(at(close_ns, 20.0, 3.0))]
    second = [vwap.update_bar(at(close_ns + MINUTE_NS, 30.0, volume)) for volume in (0.0, 5.0)]

    assert first == [10.0, 17.5]
    assert second == [None, 30.0]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Sma(0), "period is 0; it must be 1 or more"),
        (lambda: Rsi(-1), "period is -1; it must be 1 or more"),
        (lambda: Bollinger(20, 0.0), r"width is 0.0; it must be above zero standard deviations"),
        (
            lambda: Macd(26, 12),
            "fast_period is 26 and slow_period 12; both must be 1 or more, the fast one shorter",
        ),
        (lambda: Vwap(session_ns=0), "session_ns is 0; it must be above zero"),
    ],
)
def test_settings_that_cannot_be_are_refused(make: Callable[[], Any], message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}$"):
        make()
