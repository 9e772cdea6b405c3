"""How numbers, times and ages are written on the screen: short, and always of the same width class."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

NOTHING = "-"
_NS = 1_000_000_000


def price(value: float) -> str:
    """Two decimals from 20 up, three from 2 up, four from 1 up; four digits below; `-` where there is none.

    Nine characters hold it below 100,000: what is small is 0.0001234, and what is smaller 1.234e-05.
    """
    if not value:
        return NOTHING
    size = abs(value)
    if size < 1:
        return f"{value:#.4g}"
    return f"{value:,.2f}" if size >= 20 else f"{value:.3f}" if size >= 2 else f"{value:.4f}"


def money(value: Decimal | None) -> str:
    """100,214.33"""
    return NOTHING if value is None else f"{value:,.2f}"


def signed(value: Decimal | None) -> str:
    """+214.33; nothing is 0.00 without a sign."""
    if value is None:
        return NOTHING
    rounded = round(value, 2)
    return f"{rounded:+,.2f}" if rounded else "0.00"


def percent(part: Decimal | None, whole: Decimal) -> str:
    """+0.21%"""
    if part is None or not whole:
        return NOTHING
    return f"{float(part / whole) * 100:+.2f}%"


def quantity(value: Decimal) -> str:
    """120, or 0.25 for what is traded in parts."""
    text = f"{value:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def count(value: float) -> str:
    """999, 12,345, 1.2M: at most seven characters."""
    if abs(value) < 100_000:
        return f"{value:,.0f}"
    for factor, letter in ((1e6, "M"), (1e9, "G"), (1e12, "T")):
        if abs(value) < factor * 999.95:
            return f"{value / factor:,.1f}{letter}"
    return f"{value:.1e}"


def rate(value: float) -> str:
    """Per second: 0.4, 12, 1,204."""
    return f"{value:.1f}" if 0 < value < 9.95 else count(value)


def age(seconds: float | None) -> str:
    """0.2 s, 12 s, 4 min, 3 h, 2 d; at most six characters."""
    if seconds is None:
        return NOTHING
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    for size, unit, limit in ((1, "s", 99.5), (60, "min", 5970), (3600, "h", 172_800)):
        if seconds < limit:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds / 86_400:.0f} d"


def clock(time_ns: int) -> str:
    """14:32:10"""
    return f"{datetime.fromtimestamp(time_ns // _NS, UTC):%H:%M:%S}"


def day_and_clock(time_ns: int) -> str:
    """2026-01-05 14:32:10"""
    return f"{datetime.fromtimestamp(time_ns // _NS, UTC):%Y-%m-%d %H:%M:%S}"


def style_of(value: Decimal | None) -> str:
    """Green above zero, red below, quiet at nothing."""
    if not value:
        return "$quiet"
    return "$gain" if value > 0 else "$loss"
