"""The guardian over real processes: who is replaced, who is blamed, and that nobody is left behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from ops.guardian import BeatWatch
from ops.shared_page import Phase
from tests._paths import REPOSITORY
from tests.ops._guarded import PYTHON, Guarded, guardian_command, is_gone

HOLDS_THE_LOCK_FOR_EVER = "sum(range(10**13))\n"
ENDS_IN_ORDER = """
def end(number, frame):
    page.phase = Phase.STOPPING
    say("told to end")
    sys.exit(0)

signal.signal(signal.SIGTERM, end)
trade()
go_on()
"""


def test_the_guardian_imports_the_standard_library_only() -> None:
    script = "import sys; before = set(sys.modules); import ops.guardian; print(*set(sys.modules) - before)"

    done = subprocess.run(
        [sys.executable, "-c", script], cwd=REPOSITORY, capture_output=True, text=True, check=True, timeout=60
    )

    loaded = {name.partition(".")[0] for name in done.stdout.split()}
    assert loaded - sys.stdlib_module_names == {"ops"}
    assert not {"logging", "subprocess", "asyncio", "dataclasses", "inspect"} & loaded


@pytest.mark.parametrize(("said", "told"), [(0, 0), (2, 2), (3, 1)])
def test_the_guardian_ends_as_the_engine_says(said: int, told: int, tmp_path: Path) -> None:
    with Guarded(f"sys.exit({said})", tmp_path) as guarded:
        assert guarded.ended() == (told, "")


def test_an_engine_that_is_killed_is_replaced_every_time_and_nobody_is_blamed(tmp_path: Path) -> None:
    with Guarded("trade(); page.beacon[0] = 4; go_on()", tmp_path) as guarded:
        killed = []
        for start in range(1, 13):
            number, pid, hung = guarded.trading()
            assert (number, hung) == (start, 0)
            os.kill(pid, signal.SIGKILL)
            killed.append(pid)
        guarded.trading()

        assert [pid for pid in killed if not is_gone(pid)] == []


def test_an_engine_that_hangs_in_c_is_replaced_and_the_strategy_is_named(tmp_path: Path) -> None:
    script = f"trade()\nif page.engine_starts == 1:\n    page.beacon[0] = 4\n    {HOLDS_THE_LOCK_FOR_EVER}\ngo_on()"

    with Guarded(script, tmp_path, hang_seconds=0.3) as guarded:
        _, first, _ = guarded.trading()
        start, second, hung = guarded.trading()

        assert (start, hung, is_gone(first)) == (2, 4, True)
        assert second != first


def test_an_engine_that_somebody_has_stopped_is_replaced_and_nobody_is_blamed(tmp_path: Path) -> None:
    with Guarded("trade(); page.beacon[0] = 4; go_on()", tmp_path, hang_seconds=0.3) as guarded:
        os.kill(guarded.trading()[1], signal.SIGSTOP)

        start, _, hung = guarded.trading()

        assert (start, hung) == (2, 0)


@pytest.mark.parametrize(
    "dies", ["os.kill(os.getpid(), signal.SIGSEGV)", "os.abort()", "os._exit(0)", "os._exit(99)"]
)
def test_a_strategy_that_takes_the_process_with_it_is_named(dies: str, tmp_path: Path) -> None:
    script = f"trade()\nif page.engine_starts == 1:\n    page.beacon[0] = 9\n    {dies}\ngo_on()"

    with Guarded(script, tmp_path) as guarded:
        guarded.trading()

        assert guarded.trading()[2] == 9


def test_whoever_hung_is_named_until_an_engine_has_read_it(tmp_path: Path) -> None:
    script = """
if page.engine_starts == 1:
    page.beacon[0] = 4
    os._exit(99)
if page.engine_starts == 2:
    os._exit(1)
trade()
go_on()
"""
    with Guarded(script, tmp_path) as guarded:
        assert guarded.trading()[::2] == (3, 4)


def test_engines_that_get_nowhere_are_given_up_in_one_clear_line(tmp_path: Path) -> None:
    command = guardian_command("sys.exit(1)", tmp_path)
    script = "import ops.restart_policy, sys; ops.restart_policy.FRUITLESS_MAX = 2; "
    script += "from ops.guardian import main; sys.exit(main(sys.argv[1:]))"

    with Guarded("", tmp_path, command=[*PYTHON, "-c", script, command[-1]]) as guarded:
        code, said = guarded.ended()

    assert code == 1
    assert said.splitlines() == [
        "understudy: WARNING the engine process ended with exit code 1. Another one is started now.",
        "understudy: WARNING the engine process ended with exit code 1. Another one is started in 0.1 s.",
        "understudy: the engine process ended 3 times in a row without getting anywhere; the last one ended with "
        "exit code 1. It is not started again.",
    ]


def test_an_engine_that_cannot_be_started_is_told_with_the_reason(tmp_path: Path) -> None:
    options = json.dumps({"engine": ["/no/such/interpreter"], "data_dir": str(tmp_path)})

    with Guarded("", tmp_path, command=[*PYTHON, "-m", "ops.guardian", options]) as guarded:
        assert guarded.process.stderr is not None
        first = guarded.process.stderr.readline().decode()

    assert first == "understudy: the engine process cannot be started: No such file or directory\n"


# ---- signals


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_engine_in_order_and_then_the_guardian(number: signal.Signals, tmp_path: Path) -> None:
    with Guarded(ENDS_IN_ORDER, tmp_path) as guarded:
        _, pid, _ = guarded.trading()
        guarded.send(number)

        assert guarded.line() == "told to end"
        assert guarded.ended() == (0, "")
        assert is_gone(pid)


def test_a_second_signal_ends_both_at_once(tmp_path: Path) -> None:
    script = "signal.signal(signal.SIGTERM, lambda *_: say('told to end'))\ntrade()\ngo_on()"

    with Guarded(script, tmp_path) as guarded:
        _, pid, _ = guarded.trading()
        guarded.send(signal.SIGINT)
        assert guarded.line() == "told to end"
        while guarded.process.poll() is None:  # the first ones may still pass for the same as before
            guarded.send(signal.SIGINT)
        code, said = guarded.ended()

    assert (code, said) == (
        1, "understudy: WARNING SIGINT again: the engine process is ended at once. Nothing is lost.\n",
    )  # fmt: skip
    assert is_gone(pid)


def test_a_signal_that_comes_twice_in_a_moment_is_one(tmp_path: Path) -> None:
    with Guarded(ENDS_IN_ORDER, tmp_path) as guarded:
        guarded.trading()
        guarded.send(signal.SIGTERM)
        guarded.send(signal.SIGTERM)

        assert guarded.line() == "told to end"
        assert guarded.ended() == (0, "")


def test_a_signal_to_an_engine_that_cannot_take_it_yet_ends_both_by_it(tmp_path: Path) -> None:
    with Guarded("say('starting')\ngo_on()", tmp_path) as guarded:
        assert guarded.line() == "starting"
        guarded.send(signal.SIGINT)

        assert guarded.ended() == (-signal.SIGINT, "")


def test_hangup_reaches_the_engine_when_it_is_ready_for_it_and_not_before(tmp_path: Path) -> None:
    script = """
say("ignores it" if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN else "would die of it")
signal.signal(signal.SIGHUP, lambda *_: say("reload"))
trade()
go_on()
"""
    with Guarded(script, tmp_path) as guarded:
        assert guarded.line() == "ignores it"
        guarded.trading()
        guarded.send(signal.SIGUSR1)
        guarded.send(signal.SIGHUP)

        assert guarded.line() == "reload"


def test_a_terminals_interrupt_does_not_reach_the_engine_by_itself(tmp_path: Path) -> None:
    with Guarded("say(os.getpid() == os.getsid(0) == os.getpgid(0))", tmp_path) as guarded:
        assert guarded.line() == "True"


# ---- nobody is left behind


def test_an_engine_whose_guardian_is_killed_learns_of_it(tmp_path: Path) -> None:
    with Guarded("trade(); go_on()", tmp_path) as guarded:
        guarded.trading()
        guarded.send(signal.SIGKILL)

        assert guarded.line() == "the guardian is gone"
        assert guarded.line() == ""


def test_what_an_engine_has_started_ends_with_it(tmp_path: Path) -> None:
    script = """
if page.engine_starts == 2:
    sys.exit(0)
ours, theirs = os.pipe()
if os.fork() == 0:
    signal.pause()
trade()
os.kill(os.getpid(), signal.SIGKILL)
"""
    with Guarded(script, tmp_path) as guarded:
        guarded.trading()

        assert guarded.line() == ""  # whoever had been left would still hold the pipe
        assert guarded.ended()[0] == 0


# ---- what others read


def test_the_processes_are_named_in_a_file_while_they_run(tmp_path: Path) -> None:
    with Guarded(ENDS_IN_ORDER.replace("trade()", "page.phase = Phase.RECOVERING"), tmp_path) as guarded:
        file = tmp_path / "daemon.json"
        while not file.exists():
            assert guarded.process.poll() is None
        told = json.loads(file.read_text())
        guarded.send(signal.SIGTERM)
        guarded.ended()

        assert told["guardian_pid"] == guarded.process.pid
        assert sorted(told) == ["engine_pid", "guardian_pid", "started_ns"]
        assert not file.exists()


def test_a_guardian_whose_engine_never_got_the_data_directory_leaves_the_file_of_another(tmp_path: Path) -> None:
    other = '{"guardian_pid": 1, "engine_pid": 2, "started_ns": 3}'
    (tmp_path / "daemon.json").write_text(other)

    with Guarded("sys.exit(3)", tmp_path) as guarded:
        guarded.ended()

    assert (tmp_path / "daemon.json").read_text() == other


def test_what_the_guardian_did_is_logged_for_machines(tmp_path: Path) -> None:
    script = "trade()\nif page.engine_starts == 1:\n    os._exit(9)\npage.running = 0\nsys.exit(0)"

    with Guarded(script, tmp_path) as guarded:
        guarded.ended()
        pid = guarded.process.pid

    lines = [json.loads(line) for line in (tmp_path / "log" / "guardian.jsonl").read_text().splitlines()]
    assert {(line["process"], line["pid"], line["logger"]) for line in lines} == {("guardian", pid, "ops.guardian")}
    assert [line["message"].partition(" pid=")[0] for line in lines] == [
        "engine started",
        "the engine process ended with exit code 9. Another one is started now.",
        "engine started",
        "the engine process ended with exit code 0",
    ]


# ---- when an engine is silent


def test_an_engine_is_hung_after_so_many_wakes_without_a_beat() -> None:
    watch = BeatWatch(hang_seconds=0.15, patience_seconds=0.3)

    assert [watch.is_hung(7, Phase.TRADING) for _ in range(4)] == [False, False, False, True]


def test_every_beat_and_every_phase_begins_the_count_anew() -> None:
    watch = BeatWatch(hang_seconds=0.1, patience_seconds=0.1)

    seen = [(1, Phase.TRADING), (1, Phase.TRADING), (2, Phase.TRADING), (2, Phase.TRADING), (2, Phase.STOPPING)]
    assert [watch.is_hung(*each) for each in seen] == [False] * 5


@pytest.mark.parametrize("phase", [Phase.STARTING, Phase.RECOVERING, Phase.STOPPING])
def test_an_engine_has_more_time_before_and_after_trading(phase: Phase) -> None:
    watch = BeatWatch(hang_seconds=0.05, patience_seconds=0.2)

    assert [watch.is_hung(0, phase) for _ in range(5)] == [False, False, False, False, True]
