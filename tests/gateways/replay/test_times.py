"""Times become nanoseconds UTC exactly, in every format and zone."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateways.replay._times import time_parser, zone_named
from messages import HOUR_NS, SECOND_NS

NEW_YORK = ZoneInfo("America/New_York")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DAY = date(2014, 5, 8)
DAY_NS = 1399507200 * SECOND_NS

moments = st.datetimes(min_value=datetime(1990, 1, 1), max_value=datetime(2037, 12, 31))  # noqa: DTZ001  (wall times)
zones = st.sampled_from([UTC, NEW_YORK, ZoneInfo("Europe/Berlin"), ZoneInfo("Australia/Lord_Howe")])


def expected_ns(moment: datetime, zone: tzinfo) -> int:
    return (moment.replace(tzinfo=zone) - EPOCH) // timedelta(microseconds=1) * 1000


@given(moment=moments, zone=zones)
def test_iso_times_are_what_the_calendar_says(moment: datetime, zone: tzinfo) -> None:
    parse = time_parser("iso", zone=zone)

    texts = [moment.isoformat(" "), moment.isoformat("T", "microseconds"), moment.isoformat()]
    assert parse(texts) == [expected_ns(moment, zone)] * 3


@given(moment=moments, zone=zones)
def test_a_pattern_of_fixed_widths_agrees_with_iso(moment: datetime, zone: tzinfo) -> None:
    moment = moment.replace(microsecond=0)

    for pattern in ("%Y%m%d %H%M%S", "%d.%m.%Y %H:%M:%S", "%m/%d/%y %H:%M:%S"):
        parse = time_parser(pattern, zone=zone)
        assert parse([f"{moment:{pattern}}"]) == [expected_ns(moment, zone)]


@pytest.mark.parametrize(
    ("text", "fraction_ns"),
    [("42.4312", 42_431_200), ("0", 0), ("86399341.445", 86_399_341_445_000), ("0.000001", 1)],
)
def test_milliseconds_of_a_day_are_exact(text: str, fraction_ns: int) -> None:
    assert time_parser("ms-of-day", zone=UTC, day=DAY)([text]) == [DAY_NS + fraction_ns]


@given(st.integers(0, 86_399_999_999_999))
def test_milliseconds_of_a_day_are_exact_to_the_nanosecond(of_day_ns: int) -> None:
    text = f"{of_day_ns // 1_000_000}.{of_day_ns % 1_000_000:06}"

    assert time_parser("ms-of-day", zone=UTC, day=DAY)([text]) == [DAY_NS + of_day_ns]


@pytest.mark.parametrize(
    ("form", "value", "time_ns"),
    [
        ("epoch-s", "1399507200", DAY_NS),
        ("epoch-s", "1399507200.123456789", DAY_NS + 123_456_789),
        ("epoch-s", 1399507200.5, DAY_NS + 500_000_000),
        ("epoch-ms", 1399507200001, DAY_NS + 1_000_000),
        ("epoch-us", "1399507200000001", DAY_NS + 1000),
        ("epoch-ns", "1399507200000000001", DAY_NS + 1),
        ("iso", "2014-05-08T02:00:00+02:00", DAY_NS),
        ("iso", "2014-05-08 00:00:00.123456789", DAY_NS + 123_456_789),
        ("iso", "2014-05-08 00:00:00Z", DAY_NS),
        ("iso", "2014-05-08 00:00", DAY_NS),
        ("iso", "2014-05-08", DAY_NS),
        ("lean", "20140508 00:00", DAY_NS),
        ("%d %b %Y", "8 May 2014", DAY_NS),
        ("%m/%d/%Y", "5/8/2014", DAY_NS),
        ("%Y-%m-%d %H:%M:%S %z", "2014-05-07 19:00:00 -0500", DAY_NS),
    ],
)
def test_each_format_tells_the_same_moment(form: str, value: str | float, time_ns: int) -> None:
    assert time_parser(form, zone=UTC)([value]) == [time_ns]


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ("iso", "2014-05-08 24:00:00"),
        ("iso", "2014-05-08 00:00:60"),
        ("iso", "2014-02-30"),
        ("iso", ""),
        ("epoch-s", "nan"),
        ("epoch-ms", "1e"),
        ("ms-of-day", "nan"),
        ("lean", "20140508 24:00"),
    ],
)
def test_what_is_not_a_time_is_refused(form: str, text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        time_parser(form, zone=UTC, day=DAY)([text])


@pytest.mark.parametrize("of_day_ns", [0, 16 * HOUR_NS, 24 * HOUR_NS])
def test_a_mere_date_stands_for_a_wall_time_of_that_day(of_day_ns: int) -> None:
    parse = time_parser("iso", zone=NEW_YORK, of_day_ns=of_day_ns)

    before_summer, in_summer = parse(["2014-03-07", "2014-03-10"])
    assert before_summer == expected_ns(datetime(2014, 3, 7), UTC) + 5 * HOUR_NS + of_day_ns  # noqa: DTZ001
    assert in_summer == expected_ns(datetime(2014, 3, 10), UTC) + 4 * HOUR_NS + of_day_ns  # noqa: DTZ001


@pytest.mark.parametrize(("name", "hours"), [("UTC", 0), ("UTC-05", -5), ("UTC-05:00", -5), ("+05:30", 5.5)])
def test_a_fixed_offset_is_a_zone(name: str, hours: float) -> None:
    moment = datetime(2014, 7, 1, tzinfo=zone_named(name))

    assert moment.utcoffset() == timedelta(hours=hours)


@pytest.mark.parametrize("name", ["America/NewYork", "UTC5", "", "../etc"])
def test_an_unknown_zone_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        zone_named(name)
