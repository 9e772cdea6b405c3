"""The benchmark's own arithmetic, and that each part measures what it says. Counts are asserted, not times."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messages import Quote
from ops.bench.catalogue import PART_NAMES, PARTS, parts_named
from ops.bench.errors import BenchError, BenchLies
from ops.bench.figures import Aim, Bound, Verdict, figure, percentile
from ops.bench.machine import calibration, noise_note
from ops.bench.quotes import MemorySource, make_quotes, symbols_named
from ops.bench.runner import SelfTest, require_stall_shown
from ops.bench.scenario import Scenario
from ops.errors import exit_code

SYMBOLS = symbols_named(3)


@given(st.lists(st.floats(0, 1e9), min_size=1, max_size=300), st.floats(0.001, 1))
def test_a_percentile_is_a_sample_that_so_many_do_not_exceed(values: list[float], fraction: float) -> None:
    values.sort()

    found = percentile(values, fraction)

    assert found in values
    assert sum(value <= found for value in values) >= fraction * len(values) * (1 - 1e-12)
    assert sum(value < found for value in values) < fraction * len(values) + 1e-9


def test_no_samples_have_no_percentile() -> None:
    with pytest.raises(ValueError, match="no samples"):
        percentile([], 0.5)


@pytest.mark.parametrize(
    ("bound", "value", "verdict"),
    [
        (Bound.AT_LEAST, 10.0, Verdict.MET),
        (Bound.AT_LEAST, 9.9, Verdict.NOT_MET),
        (Bound.AT_MOST, 10.0, Verdict.MET),
        (Bound.AT_MOST, 10.1, Verdict.NOT_MET),
    ],
)
def test_an_aim_is_met_up_to_and_with_its_value(bound: Bound, value: float, verdict: Verdict) -> None:
    assert Aim(bound, 10.0).judge(value) is verdict


def test_a_figure_is_the_median_of_its_repeats_with_their_extremes() -> None:
    found = figure([3.0, 9.0, 1.0], part="p", case="c", name="x_ms", aim=Aim(Bound.AT_MOST, 3.0))

    assert (found.median, found.lowest, found.highest, found.values) == (3.0, 1.0, 9.0, (3.0, 9.0, 1.0))
    assert (found.aim, found.verdict) == ("at most 3", Verdict.MET)


def test_a_quick_figure_is_not_judged() -> None:
    found = figure([1.0], part="p", case="c", name="x_ms", aim=Aim(Bound.AT_MOST, 3.0), is_quick=True)

    assert found.verdict is Verdict.NOT_JUDGED


def test_a_machine_with_other_work_is_called_noisy() -> None:
    assert noise_note(calibration((10.0, 11.0), (10.0, 11.0))).startswith("quiet: ")
    assert noise_note(calibration((10.0, 11.0), (10.0, 13.0))).startswith("noisy: ")


def test_every_part_may_be_asked_for_alone_and_all_come_in_order() -> None:
    assert [part.name for name in PART_NAMES for part in parts_named([name])] == [part.name for part in PARTS]
    assert parts_named(["served", "messages"]) == (PARTS[0], PARTS[-1])


def test_the_same_seed_makes_the_same_quotes() -> None:
    assert list(make_quotes(SYMBOLS, 500, wave=40)) == list(make_quotes(SYMBOLS, 500, wave=40))
    assert list(make_quotes(SYMBOLS, 500, wave=40)) != list(make_quotes(SYMBOLS, 500, wave=40, seed=8))


def test_quotes_come_in_order_round_robin_and_are_never_crossed() -> None:
    quotes = list(make_quotes(SYMBOLS, 900, wave=40))

    assert [quote.symbol for quote in quotes] == [*SYMBOLS] * 300
    assert sorted(quotes, key=lambda quote: quote.time_ns) == quotes
    assert all(89 < quote.bid < quote.ask < 111 for quote in quotes)


def test_a_source_in_memory_goes_on_where_it_stood() -> None:
    quotes: list[Quote] = list(make_quotes(SYMBOLS, 10, wave=40))
    source = MemorySource("bench", SYMBOLS, quotes)
    source.take(4)
    state = source.state()
    rest = source.take(100)

    again = MemorySource("bench", SYMBOLS, quotes)
    again.restore(state)
    again.skip(1)

    assert again.take(100) == rest[1:]


def test_a_scenario_has_a_source_of_the_same_name_before_and_after_its_quotes_are_made() -> None:
    scenario = Scenario(symbols=3, strategies=2, inputs=10)

    assert scenario.source().name == scenario.spent_source().name
    assert len(scenario.config().strategies) == 6
    assert sum(strategy.capital for strategy in scenario.config().strategies.values()) <= 1


def test_a_stall_that_does_not_show_is_a_lie_and_fails_the_process() -> None:
    honest = SelfTest(stall_ms=200.0, p50_ms=0.5, p999_ms=100.0, max_ms=200.0, samples=3_000)
    closed_loop = SelfTest(stall_ms=200.0, p50_ms=0.5, p999_ms=3.0, max_ms=200.0, samples=3_000)

    require_stall_shown(honest)
    with pytest.raises(BenchLies, match=r"slept 200 ms and p99\.9 is 3\.000 ms over 3,000 samples") as raised:
        require_stall_shown(closed_loop)

    assert exit_code(raised.value) == exit_code(BenchError("x")) == 1
