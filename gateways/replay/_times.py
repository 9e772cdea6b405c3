"""From a column of times as a file writes them to nanoseconds UTC, a block of rows at once.

Every parser takes a column (text, or numbers from a typed file) and raises ValueError if one value in it is not a
time; the caller then looks for the row. Fractions of any unit become nanoseconds exactly.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from messages import DAY_NS, MINUTE_NS, SECOND_NS

TimeParser = Callable[[Sequence[Any]], list[int]]

EPOCH_UNITS_NS = {"epoch-s": SECOND_NS, "epoch-ms": 1_000_000, "epoch-us": 1000, "epoch-ns": 1}
NAMED_FORMATS = ("iso", *EPOCH_UNITS_NS, "ms-of-day", "lean")
"""`lean` is `yyyymmdd hh:mm`; `ms-of-day` counts from midnight of the date in the file's name."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_CACHED_DAYS_MAX = 4096
_MINUTES = {f"{minute // 60:02}:{minute % 60:02}": minute * MINUTE_NS for minute in range(24 * 60)}
_TO_SECONDS = len("yyyy-mm-ddThh:mm:ss")
_DIGITS_MAX = 11
_DIGITS_NS = [10 ** (_DIGITS_MAX - count) for count in range(_DIGITS_MAX + 1)]
"""Nanoseconds of the last of so many digits, two of seconds and the rest of a fraction."""
_FRACTION_MARKS = ("", ".")
_DATE = "Ymd"


def zone_named(name: str) -> tzinfo:
    """An IANA zone, or a fixed offset such as `UTC-05:00`. Raises ValueError."""
    if name in ("UTC", "Z"):
        return UTC
    if name.startswith(("UTC", "+", "-")):
        return timezone(_offset(name.removeprefix("UTC")))
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"no time zone is called {name!r}") from None


def instant_ns(moment: datetime) -> int:
    """Nanoseconds UTC of an aware time; a wall time that occurs twice is the earlier of the two."""
    since = moment - _EPOCH
    return (since.days * 86_400 + since.seconds) * SECOND_NS + since.microseconds * 1000


def time_parser(form: str, *, zone: tzinfo, of_day_ns: int = 0, day: date | None = None) -> TimeParser:
    """The parser of one format: a name in `NAMED_FORMATS`, or a pattern of `strptime`.

    `of_day_ns` is the time of day that a mere date stands for; `day` is the date in the file's name.
    """
    if form in EPOCH_UNITS_NS:
        return _epoch_parser(EPOCH_UNITS_NS[form])
    if form == "ms-of-day":
        assert day is not None, "a file of milliseconds of a day needs that day"
        return _ms_of_day_parser(instant_ns(datetime(day.year, day.month, day.day, tzinfo=zone)))
    if form == "iso":
        return _iso_parser(zone, of_day_ns)
    return _pattern_parser("%Y%m%d %H:%M" if form == "lean" else form, zone, of_day_ns)


def _offset(text: str) -> timedelta:
    sign = {"+": 1, "-": -1}.get(text[:1])
    hours, _, minutes = text[1:].partition(":")
    if sign is None or not hours.isdigit() or not (minutes or "0").isdigit():
        raise ValueError(f"{text!r} is not an offset like -05:00")
    return sign * timedelta(hours=int(hours), minutes=int(minutes or "0"))


def _epoch_parser(unit_ns: int) -> TimeParser:
    def parse(column: Sequence[Any]) -> list[int]:
        if float in set(map(type, column)):
            return [_exact_ns(value, unit_ns) for value in column]
        try:
            return [int(value) * unit_ns for value in column]
        except ValueError:
            return [_exact_ns(value, unit_ns) for value in column]

    return parse


def _exact_ns(value: Any, unit_ns: int) -> int:
    try:
        return int(Decimal(str(value)) * unit_ns)
    except (InvalidOperation, OverflowError):
        raise ValueError(f"{value!r} is not a number") from None


def _ms_of_day_parser(midnight_ns: int) -> TimeParser:
    def parse(column: Sequence[Any]) -> list[int]:
        try:
            return [midnight_ns + int(value) * 1_000_000 for value in column]
        except ValueError:
            # A day has 8.64e13 ns, far below 2**53, so this is exact to the nanosecond.
            return [midnight_ns + round(float(value) * 1e6) for value in column]

    return parse


def _iso_parser(zone: tzinfo, of_day_ns: int) -> TimeParser:
    """Two look-ups and one `int` a row, where the day is 24 hours long and the fraction ends the text."""
    days: dict[str, int | None] = {}
    dates = lru_cache(_CACHED_DAYS_MAX)(lambda text: _date_ns(date.fromisoformat(text), zone, of_day_ns))

    def slow(value: Any) -> int:
        if isinstance(value, datetime):
            return instant_ns(value if value.tzinfo else value.replace(tzinfo=zone))
        if len(value) == len("yyyy-mm-dd"):
            return dates(value)
        moment = datetime.fromisoformat(value)
        return instant_ns(moment if moment.tzinfo else moment.replace(tzinfo=zone))

    def midnight_ns(text: str) -> int | None:
        """Midnight of a day, None if the clocks change on it."""
        if len(days) >= _CACHED_DAYS_MAX:
            days.clear()
        begin_ns, end_ns = (_date_ns(date.fromisoformat(text), zone, count_ns) for count_ns in (0, DAY_NS))
        days[text] = midnight = begin_ns if end_ns - begin_ns == DAY_NS else None
        return midnight

    def parse(column: Sequence[Any]) -> list[int]:
        if column and not isinstance(column[0], str):
            return [slow(value) for value in column]
        times: list[int] = []
        append = times.append
        for text in column:
            minute_ns = _MINUTES.get(text[11:16]) if len(text) >= _TO_SECONDS and text[16] == ":" else None
            digits = text[17:19] + text[20:] if minute_ns is not None else ""
            if minute_ns is None or text[19:20] not in _FRACTION_MARKS or not digits.isdigit():
                append(slow(text))
                continue
            day = text[:10]
            day_ns = days[day] if day in days else midnight_ns(day)
            if day_ns is None or digits[0] > "5" or len(digits) > _DIGITS_MAX:
                append(slow(text))
                continue
            append(day_ns + minute_ns + int(digits) * _DIGITS_NS[len(digits)])
        return times

    return parse


def _date_ns(day: date, zone: tzinfo, of_day_ns: int) -> int:
    """A wall time on a day, by the clock of the zone; 24:00 is midnight at the end of it."""
    days, rest_ns = divmod(of_day_ns, DAY_NS)
    moment = datetime(day.year, day.month, day.day, tzinfo=zone) + timedelta(
        days=days, microseconds=rest_ns // 1000
    )
    return instant_ns(moment)


def _pattern_parser(pattern: str, zone: tzinfo, of_day_ns: int) -> TimeParser:
    """Rewrites what has the pattern's fixed widths to ISO, which is read faster; `strptime` reads the rest."""
    is_date = not any(directive in pattern for directive in ("%H", "%I", "%X", "%c"))
    layout = _fixed_layout(pattern)
    parse_iso = _iso_parser(zone, of_day_ns)

    def slow(text: str) -> int:
        moment = datetime.strptime(text, pattern)  # noqa: DTZ007  (the zone is the file's, set next)
        if moment.tzinfo is not None:
            return instant_ns(moment)
        return _date_ns(moment.date(), zone, of_day_ns) if is_date else instant_ns(moment.replace(tzinfo=zone))

    def parse(column: Sequence[Any]) -> list[int]:
        if layout is None:
            return [slow(text) for text in column]
        try:
            return parse_iso([layout.rewrite(text) for text in column])
        except ValueError:
            return [slow(text) for text in column]

    return parse


class _FixedLayout(NamedTuple):
    """Where the parts of a time stand in a text of fixed width, year first, and what stands between them."""

    width: int
    parts: tuple[slice, ...]
    between: tuple[tuple[int, str], ...]

    def rewrite(self, text: str) -> str:
        """The time in ISO form. Raises ValueError if the text has other widths or other marks."""
        if len(text) != self.width or any(text[at] != mark for at, mark in self.between):
            raise ValueError(f"{text!r} has not the pattern's widths")
        values = [text[part] for part in self.parts]
        date_text = "-".join(values[:3])
        return date_text if len(values) == len(_DATE) else f"{date_text}T{':'.join(values[3:])}"


def _fixed_layout(pattern: str) -> _FixedLayout | None:
    """The layout of a pattern of numbers of fixed width; None if it has any other directive."""
    found: dict[str, slice] = {}
    between = []
    width = 0
    for directive, mark in re.findall(r"%(.)|(.)", pattern):
        if mark:
            between.append((width, mark))
            width += 1
        elif directive in "YmdHMS" and directive not in found:
            begin, width = width, width + (4 if directive == "Y" else 2)
            found[directive] = slice(begin, width)
        else:
            return None
    names = next((names for names in (_DATE, _DATE + "HM", _DATE + "HMS") if set(names) == set(found)), None)
    return None if names is None else _FixedLayout(width, tuple(found[name] for name in names), tuple(between))
