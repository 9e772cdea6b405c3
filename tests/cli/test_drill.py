"""`understudy drill`: campaigns, single seeds and drills on real processes, from the command line."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ops.drill.campaign import CHUNK_SEEDS
from ops.drill.campaign_coverage import STATUSES
from ops.drill.process.stracing import why_not_traceable
from ops.drill.simulation import simulate as module
from ops.drill.simulation.faults import Fault
from ops.drill.simulation.simulate import Outcome, simulate
from ops.drill.simulation.theme import Theme
from ops.drill.simulation.themes import theme_called
from tests._paths import REPOSITORY
from tests.cli._asking import call, printed, told
from tests.simulation._plays import play_by_hash, play_invented

QUIET = ("--only", "update-doubled")
"""A fault that every engine takes, so that a test of the command line is none of the engine."""

DRILL = (sys.executable, "-c", "from cli.main import main; main()", "drill")

TIMES = ("seconds", "seeds_per_second_per_core", "jobs")


def test_a_campaign_prints_its_figures_and_its_verdict(tmp_path: Path) -> None:
    lines = printed(tmp_path, "drill", "--seeds", "6", "--jobs", "1", *QUIET).splitlines()

    assert lines[0] == "seeds 0 to 5: 0 of 6 failed, orders lost 0, doubled 0"
    assert lines[-1] == "Nothing happened that must never happen."


def test_json_tells_the_same_figures_whatever_the_number_of_jobs(tmp_path: Path) -> None:
    alone, together = (
        told(tmp_path, "drill", "--seeds", "4", "--from", "33", "--jobs", jobs, *QUIET) for jobs in ("1", "2")
    )

    for each in (alone, together):
        each["campaign"] = {name: value for name, value in each["campaign"].items() if name not in TIMES}
    assert alone == together
    assert (alone["is_fine"], alone["only"]) == (True, ["update-doubled"])
    assert (alone["campaign"]["first_seed"], alone["campaign"]["seeds"]) == (33, 4)
    outcomes = [simulate(seed, only=frozenset({Fault.UPDATE_DOUBLED})) for seed in range(33, 37)]
    assert alone["campaign"]["orders"] == sum(outcome.orders for outcome in outcomes) > 0


def test_one_seed_is_played_again_with_the_trace_that_it_always_has(tmp_path: Path) -> None:
    story = told(tmp_path, "drill", "--seed", "3", *QUIET)

    assert story["trace"] == simulate(3, only=frozenset({Fault.UPDATE_DOUBLED})).trace
    assert story["violations"] == []
    assert "log" not in story


def test_one_seed_shows_all_that_happened_if_asked(tmp_path: Path) -> None:
    lines = printed(tmp_path, "drill", "--seed", "3", "--verbose", *QUIET).splitlines()

    assert lines[0] == "0 start 1 replayed 0 at 0"
    assert lines[-2].split()[1] == "end"
    assert lines[-1].startswith("seed 3: 0 violations, ")


def test_a_seed_with_a_theme_is_played_again_as_in_a_campaign_of_that_theme(tmp_path: Path) -> None:
    theme = ("--theme", "day after day ends")

    story = told(tmp_path, "drill", "--seed", "3", *theme)
    report = told(tmp_path, "drill", "--seeds", "1", "--from", "3", "--jobs", "1", *theme)

    assert story["trace"] == simulate(3, theme=theme_called(theme[1])).trace != simulate(3).trace
    assert (report["theme"], report["campaign"]["orders"]) == (theme[1], story["orders"])


def test_a_kept_seed_is_played_as_it_was_when_it_was_found(tmp_path: Path) -> None:
    story = told(tmp_path, "drill", "--seed", "891", "--generation", "0")

    assert story["trace"] == simulate(891, generation=0).trace != simulate(891).trace


def test_a_failure_is_exit_code_1_and_told_with_its_command_everywhere(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(module, "simulate", play_broken)

    result = call(
        tmp_path, "drill", "--seeds", "9", "--jobs", "1", "--only", "kill", "--report", str(tmp_path / "r")
    )

    assert result.exit_code == 1
    assert "understudy drill --seed 7 --only kill\n  I4: o-1 is missing\n" in result.stdout
    report = json.loads((tmp_path / "r" / "report.json").read_bytes())
    assert [each["command"] for each in report["campaign"]["failures"]] == ["understudy drill --seed 7 --only kill"]
    assert "understudy drill --seed 7 --only kill --verbose" in (tmp_path / "r" / "report.html").read_text()


def test_a_cell_that_is_hit_too_seldom_is_exit_code_1_and_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(module, "simulate", play_evenly)
    of_kills = ("drill", "--seeds", "3", "--jobs", "1", "--only", "kill", "--least")

    enough, too_seldom = (call(tmp_path, *of_kills, least) for least in ("3", "4"))
    report = json.loads(call(tmp_path, *of_kills, "4", "--json").stdout)

    assert (enough.exit_code, too_seldom.exit_code) == (0, 1)
    assert "struck fewer than 4 times: kill: expired\n" in too_seldom.stdout
    assert too_seldom.stdout.splitlines()[-1].endswith("but not all was struck as often as was asked for.")
    assert (report["is_fine"], report["coverage"]["below"]) == (False, ["kill: expired"])
    assert "fewer than" not in enough.stdout


def test_of_many_cells_that_are_hit_too_seldom_the_first_ones_are_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(module, "simulate", play_evenly)

    result = call(tmp_path, "drill", "--seeds", "3", "--jobs", "1", "--least", "99")

    (line,) = (each for each in result.stdout.splitlines() if "fewer than 99 times" in each)
    assert line.count(",") == 12
    assert line.endswith(" more: see --report")


def test_seeds_that_are_played_twice_are_told_to_be_the_same(tmp_path: Path) -> None:
    arguments = ("--seeds", "3", "--jobs", "1", "--twice", *QUIET)

    assert "played twice: 3 of 3 traces equal, with another hash seed" in printed(tmp_path, "drill", *arguments)
    assert told(tmp_path, "drill", *arguments)["traces"]["equal"] == 3


def test_a_seed_that_is_not_the_same_twice_is_exit_code_1_and_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(module, "simulate", play_fickle)

    result = call(tmp_path, "drill", "--seeds", "6", "--jobs", "1", "--twice")

    assert result.exit_code == 1
    assert "played twice: 5 of 6 traces equal" in result.stdout
    assert "  seed 5 differs: understudy drill --twice --seeds 1 --from 5\n" in result.stdout


def test_recoveries_are_told_in_simulated_seconds(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(module, "simulate", play_broken)

    lines = call(tmp_path, "drill", "--seeds", "20", "--jobs", "1").stdout.splitlines()

    assert (
        "recovered in 0.500 s of simulated time (median of 19), 99% within 38.000 s, worst 38.000 s (seed 19)"
        in lines
    )


def test_real_processes_are_drilled_alone_unless_seeds_are_asked_for(tmp_path: Path) -> None:
    report = told(tmp_path, "drill", "--process", "random", "--most", "1")

    (proof,) = report["proofs"]
    assert (report["is_fine"], report["campaign"]) == (True, None)
    assert (proof["what"], proof["faults"], proof["figures"]["kills"]) == ("random", [], 1)
    assert proof["figures"]["orders"] > 0


def test_a_report_that_could_not_be_written_is_refused_before_anything_is_played(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "taken" / "report.html").mkdir(parents=True)

    for place in (tmp_path / "file" / "below", tmp_path / "taken", Path("/proc/drilled")):
        result = call(tmp_path, "drill", "--nightly", "--report", str(place))

        assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (2, "", 1)
        assert f"no report can be written to {place} (" in result.stderr
        assert "Give --report another directory." in result.stderr


@pytest.mark.parametrize("what", [("failures",), ("kills", "--at", "pwrite64:3")])
def test_a_drill_that_needs_strace_fails_without_it_and_says_so(tmp_path: Path, what: tuple[str, ...]) -> None:
    process = subprocess.run(
        [*DRILL, "--json", "--process", *what],
        cwd=REPOSITORY,
        env=os.environ | {"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (process.returncode, process.stderr.count("\n")) == (1, 1)
    assert f"--process {what[0]} was not done: strace is not installed. Install strace" in process.stderr
    (proof,) = json.loads(process.stdout)["proofs"]
    assert (proof["skipped"], proof["faults"]) == ("strace is not installed", [])


def test_ctrl_c_ends_a_campaign_early_and_tells_what_was_played(tmp_path: Path) -> None:
    arguments = ("--nightly", "--jobs", "1", "--json", "--report", str(tmp_path), *QUIET)
    with on_a_terminal(*arguments) as (process, terminal):
        wait_for("seeds", terminal)

        process.send_signal(signal.SIGINT)

        assert process.stdout is not None
        report = json.loads(process.stdout.read())
        wait_for("understudy: interrupted. What is under way is the last", terminal)
        assert process.wait(60) == 1
    assert (report["is_fine"], report["campaign"]["was_broken_off"]) == (False, True)
    assert 0 <= report["campaign"]["seeds"] <= 3 * CHUNK_SEEDS
    assert json.loads((tmp_path / "report.json").read_bytes())["campaign"] == report["campaign"]


@pytest.mark.skipif(bool(why_not_traceable()), reason=why_not_traceable() or "strace works")
def test_an_interrupted_drill_on_real_processes_leaves_no_files_and_no_engine(tmp_path: Path) -> None:
    with on_a_terminal("--process", "kills", TMPDIR=str(tmp_path)) as (process, terminal):
        wait_for("2/", terminal)

        process.send_signal(signal.SIGINT)

        wait_for("understudy: interrupted: ", terminal)
        assert process.stdout is not None
        assert "real processes, kills: broken off" in process.stdout.read()
        assert process.wait(60) == 1
    assert list(tmp_path.iterdir()) == []
    commands = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    assert str(tmp_path) not in commands


def test_whoever_sits_at_a_terminal_sees_how_far_real_processes_are(tmp_path: Path) -> None:
    with on_a_terminal("--process", "random", "--most", "1", TMPDIR=str(tmp_path)) as (process, terminal):
        wait_for("1/1", terminal)

        assert process.wait(60) == 0


def test_a_campaign_by_time_shows_how_long_it_takes_and_how_many_seeds_there_were(tmp_path: Path) -> None:
    with on_a_terminal("--minutes", "0.05", "--jobs", "1", *QUIET) as (process, terminal):
        wait_for("/3 ", terminal)
        wait_for(" seeds", terminal)

        assert process.wait(60) == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--seeds", "5", "--quick"], "--seeds and --quick contradict each other."),
        (["--seed", "5", "--minutes", "1"], "--minutes and --seed contradict each other."),
        (["--verbose"], "--verbose shows what happened in one seed."),
        (["--only", "rain"], "there is no fault 'rain'. There are request-lost, "),
        (["--theme", "rain"], "there is no theme 'rain'. There are: refused, and taken when it comes again; "),
        (["--process", "kills", "--theme", "day after day ends"], "and --theme would change nothing"),
        (["--seed", "5", "--process", "flips"], "--seed plays one seed and no more."),
        (["--minutes", "0"], "Invalid value for '--minutes'"),
        (["--minutes", "nan"], "--minutes is nan; it must be a number of minutes"),
        (["--minutes", "inf"], "--minutes is inf; it must be a number of minutes"),
        (["--minutes", "1e308"], "--minutes is 1e+308; it must be a number of minutes"),
        (["--minutes", "1", "--twice"], "--twice plays the same seeds again"),
        (["--generation", "0"], "--generation is of a seed that was kept. Give it with --seed."),
        (["--seed", "891", "--generation", "99"], "there is no generation 99 yet. Today's is "),
        (["--most", "5"], "--most limits a drill on real processes. Give it with --process."),
        (["--at", "write:3"], "--at names a boundary of the kill sweep. Give it with --process kills alone."),
        (["--process", "flips", "--at", "write:3"], "Give it with --process kills alone."),
        (["--process", "kills", "--at", "write:3", "--most", "5"], "and --most says how many. Give one of them."),
        (["--process", "kills", "--at", "rain:3"], "no boundary is called 'rain:3'; it is a system call"),
        (["--seed", "5", "--least", "1"], "--seed plays one seed and no more. Leave --least out."),
        (["--process", "kills", "--least", "1"], "--process alone plays no seeds, and --least would change"),
        (["--least", "0"], "Invalid value for '--least'"),
        (["--seed", "5", "--from", "0", "--jobs", "1"], "no more. Leave --from and --jobs out."),
        (["--seed", "5", "--process", "kills", "--report", "x"], "Leave --process and --report out."),
        (["--process", "kills", "--only", "kill"], "--process alone plays no seeds, and --only would change"),
        (["--process", "kills", "--from", "7"], "--from would change nothing. Give --seeds, too, or leave"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_one_line(tmp_path: Path, arguments: list[str], words: str) -> None:
    result = call(tmp_path, "drill", *arguments)

    assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (2, "", 1)
    assert words in result.stderr


@contextmanager
def on_a_terminal(*arguments: str, **environment: str) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """The command in a process of its own, its standard error a terminal of which the other end is handed out."""
    ours, theirs = os.openpty()
    process = subprocess.Popen(
        [*DRILL, *arguments],
        cwd=REPOSITORY,
        env=os.environ | environment,
        stdout=subprocess.PIPE,
        stderr=theirs,
        text=True,
        start_new_session=True,
    )
    os.close(theirs)
    with process:
        try:
            yield process, ours
        finally:
            process.kill()
            os.close(ours)


def wait_for(words: str, terminal: int) -> None:
    """Read a terminal until it has shown these words."""
    shown = b""
    while words.encode() not in shown:
        ready, _, _ = select.select([terminal], [], [], 60.0)
        assert ready, f"nothing of '{words}' within a minute, but {shown!r}"
        shown += os.read(terminal, 4096)


def play_broken(seed: int, *, only: frozenset[Fault] | None = None, theme: Theme | None = None) -> Outcome:
    """Stands for the simulator."""
    return play_invented(seed)


def play_evenly(seed: int, *, only: frozenset[Fault] | None = None, theme: Theme | None = None) -> Outcome:
    """Stands for a simulator that kills twice in each state of an order, but once where one has expired."""
    outcome = play_invented(seed)
    outcome.hits = Counter({(Fault.KILL, status): 1 if status == "expired" else 2 for status in ("", *STATUSES)})
    return outcome


def play_fickle(seed: int, *, only: frozenset[Fault] | None = None, theme: Theme | None = None) -> Outcome:
    """Stands for a simulator that looks at how strings are hashed."""
    return play_by_hash(seed)
