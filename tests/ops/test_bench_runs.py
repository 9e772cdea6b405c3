"""The benchmark run for real and very small, each measurement in its process. Counts are asserted, not times."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner

from cli.main import main
from ops.bench.catalogue import Case, Part, Ratio
from ops.bench.errors import BenchError
from ops.bench.figures import Aim, Bound, Verdict
from ops.bench.processes import run_job
from ops.bench.runner import BenchReport, run_bench, run_self_test
from ops.bench.terms import (
    ActorsTerms,
    Job,
    LatencyTerms,
    MessagesTerms,
    Phase,
    RecoveryTerms,
    RestartTerms,
    Road,
    ServedTerms,
    Terms,
    ThroughputTerms,
)

SMALL = MessagesTerms(actors=10, inputs=1_000)


def measured(terms: Terms, directory: Path) -> dict[str, float]:
    """The figures of one job."""
    return run_job(Job(terms=terms, directory=str(directory)))


def part_of(*cases: Case, ratios: tuple[Ratio, ...] = ()) -> Part:
    """A part as the catalogue has them."""
    return Part("tiny", "Something small.", cases, ratios)


def run(part: Part, directory: Path, *, repeats: int = 1, quick: bool = False) -> BenchReport:
    """The report of one part."""
    return run_bench([part], directory=directory, repeats=repeats, quick=quick, on_progress=lambda _: None)


def test_each_input_is_three_messages(tmp_path: Path) -> None:
    found = measured(SMALL, tmp_path)

    assert found["messages"] == 3_000
    assert found["messages_per_second"] > 0


@pytest.mark.parametrize(("symbols", "strategies"), [(4, 1), (1, 4)])
def test_a_throughput_run_trades_and_nothing_is_denied_or_refused(
    symbols: int, strategies: int, tmp_path: Path
) -> None:
    terms = ThroughputTerms(symbols=symbols, strategies=strategies, inputs=4_000, warm_up_inputs=10)

    found = measured(terms, tmp_path)

    assert (found["inputs"], found["denied"], found["refused"]) == (4_000, 0, 0)
    assert 4 <= found["orders"] == found["fills"] <= 40


@pytest.mark.parametrize(("road", "samples"), [(Road.EMIT, 400), (Road.FULL, 20)])
def test_every_order_is_matched_to_the_quote_behind_it(road: Road, samples: int, tmp_path: Path) -> None:
    terms = LatencyTerms(road=road, rate=1_000, seconds=0.4, warm_up_seconds=0.1, symbols=10, floor_samples=5)

    found = measured(terms, tmp_path)

    assert (found["samples"], found["missing"]) == (samples, 0)
    assert 0 < found["p50_ms"] <= found["p99_ms"] <= found["p999_ms"] <= found["max_ms"]
    assert found["fdatasync_p50_ms"] > 0
    assert found["lmdb_commit_p50_ms"] > 0


def test_a_planted_stall_shows_in_the_tail(tmp_path: Path) -> None:
    terms = LatencyTerms(
        road=Road.EMIT, rate=500, seconds=1.5, warm_up_seconds=0.1, symbols=5, stall_ms=200.0, floor_samples=5
    )

    result = run_self_test(tmp_path, terms)

    assert result.samples == 750
    assert result.p999_ms >= 100
    assert list(tmp_path.iterdir()) == []


def test_all_actors_are_started_and_told(tmp_path: Path) -> None:
    found = measured(ActorsTerms(actors=50, messages=10), tmp_path)

    assert found["start_us"] > 0
    assert found["process_mib"] > 1


def test_recovery_replays_everything_or_what_came_after_the_checkpoint(tmp_path: Path) -> None:
    replayed = {}
    for every in (0, 2_000):
        place = tmp_path / str(every)
        prepared = measured(RecoveryTerms(phase=Phase.PREPARE, inputs=5_000, checkpoint_inputs=every), place)
        terms = RecoveryTerms(phase=Phase.MEASURE, inputs=5_000, checkpoint_inputs=every)
        replayed[every] = [measured(terms, place)["replayed"] for _ in range(2)]
        assert prepared == {}

    assert replayed[0][0] == replayed[0][1] > 5_000
    assert 0 < replayed[2_000][0] == replayed[2_000][1] < 2_500


def test_every_actor_is_crashed_once_with_its_redo_list_at_its_bound(tmp_path: Path) -> None:
    found = measured(RestartTerms(symbols=3), tmp_path)

    assert found["crashes"] == 6
    assert found["messages_redone_each"] >= 99


def test_a_watched_engine_is_compared_with_itself_unwatched(tmp_path: Path) -> None:
    found = measured(ServedTerms(rate=400, seconds=4.5, symbols=4), tmp_path)

    assert found["requests"] >= 11
    assert found["quiet_p99_ms"] > 0
    assert found["p99_watched_over_quiet"] > 0


def test_an_engine_that_is_halted_under_load_loses_nothing_and_enters_no_more(tmp_path: Path) -> None:
    found = measured(ServedTerms(rate=2_000, seconds=4.5, symbols=4, halts=True), tmp_path)

    assert found["orders"] > 0
    assert (found["orders_lost"], found["quotes_lost"], found["entries_after_halt"]) == (0, 0, 0)


def test_repeats_are_put_together_and_judged(tmp_path: Path) -> None:
    within_reach, out_of_reach = Aim(Bound.AT_LEAST, 1.0), Aim(Bound.AT_LEAST, 1e12)
    cases = (
        Case("a", SMALL, SMALL, aims={"messages": within_reach}),
        Case("b", SMALL, SMALL, aims={"messages": out_of_reach}),
    )
    ratio = Ratio("a_over_b", figure="messages", over="a", under="b", aim=Aim(Bound.AT_MOST, 1.0))

    report = run(part_of(*cases, ratios=(ratio,)), tmp_path, repeats=2)

    figures = {
        (f.case, f.name): (f.values, f.verdict) for f in report.parts[0].figures if f.name != "messages_per_second"
    }
    assert figures == {
        ("a", "messages"): ((3_000, 3_000), Verdict.MET),
        ("b", "messages"): ((3_000, 3_000), Verdict.NOT_MET),
        ("", "a_over_b"): ((1.0, 1.0), Verdict.MET),
    }
    assert list(tmp_path.iterdir()) == []


def test_what_was_prepared_serves_all_repeats(tmp_path: Path) -> None:
    prepare = RecoveryTerms(phase=Phase.PREPARE, inputs=1_000, checkpoint_inputs=0)
    terms = msgspec.structs.replace(prepare, phase=Phase.MEASURE)

    report = run(part_of(Case("r", terms, terms, prepare=(prepare, prepare))), tmp_path, repeats=2, quick=True)

    assert [f.values for f in report.parts[0].figures if f.name == "inputs"] == [(1_000, 1_000)]


def test_a_measurement_that_fails_says_which_and_why(tmp_path: Path) -> None:
    nothing_to_recover = RecoveryTerms(phase=Phase.MEASURE, inputs=10, checkpoint_inputs=0)

    with pytest.raises(BenchError, match=r"RecoveryTerms failed with status 1: .*recovered to input None of 10"):
        measured(nothing_to_recover, tmp_path)


def test_the_command_prints_one_object_with_machine_figures_and_noise(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["bench", "messages", "--quick", "--json", "--dir", str(tmp_path)])

    report = json.loads(result.stdout)
    assert result.exit_code == 0
    assert (report["quick"], report["repeats"]) == (True, 1)
    assert {"cpu", "cores", "kernel", "file_system", "python", "libraries"} <= report["machine"].keys()
    assert {figure["case"] for figure in report["parts"][0]["figures"]} == {"100 actors", "1,000 actors"}
    assert report["parts"][0]["noise"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["sped"],
        ["--self-test", "latency"],
        ["--self-test", "--quick"],
        ["--self-test", "--repeats", "2"],
        ["--repeats", "0"],
    ],
)
def test_a_misused_command_says_so(arguments: list[str]) -> None:
    result = CliRunner().invoke(main, ["bench", *arguments])

    assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (2, "", 1)


def test_an_interrupt_ends_it_in_order_and_leaves_nothing_behind(tmp_path: Path) -> None:
    script = "from cli.main import main; main()"
    command = [sys.executable, "-c", script, "bench", "throughput", "--dir", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        begun = threading.Event()
        while not any(tmp_path.glob("*/*/warm-up")) and process.poll() is None:
            begun.wait(0.02)
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=30)

    assert (process.returncode, output, errors.strip()) == (1, "", "understudy: interrupted")
    assert list(tmp_path.iterdir()) == []
