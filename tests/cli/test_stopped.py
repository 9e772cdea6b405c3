"""What the commands that ask answer from the files, while no engine runs."""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest

from cli.ps import ActorTree
from messages import ActorRecord, AnyMessage, Checkpoint, DeadLetter, TimerEntry, Trouble, encode
from ops.at_rest import StatusAtRest
from ops.control.answers import ActorDetail, ActorLine, CommandDone, DeadLetterLine
from ops.summary import SUMMARY_SETTING
from storage import DataDirectory, DataDirectoryView
from tests.cli._asking import call, printed, told
from tests.recorded import SMALL, at, quote, small_run, started, write_data_directory

ACTORS = (
    "root", "venue/paper", "exchange/paper", "router", "symbol/AAPL", "portfolio/main", "strategy/cross",
    "supervisor/venues", "supervisor/market", "supervisor/portfolios", "supervisor/strategies",
)  # fmt: skip
STATES: dict[str, dict[str, Any]] = {
    "strategy/cross": {"own": {"bars": 12, "raw": b"\x00"}, "warm": True},
    "router": {"own": {"cells": list(range(100)), "index": 3}},
}
FAULTS = {"strategy/cross": Trouble(failures=6, restarts=5, undelivered=4)}
STATUS = {"strategy/cross": "quarantined"}
LETTERS = (
    DeadLetter(seq=2, actor="strategy/cross", time_ns=at(1), message=encode(quote(1, 9.0, 11.0)), error="boom",
               traceback="Traceback\nboom\n"),
    DeadLetter(seq=3, actor="router", time_ns=at(2), message=b"\x00", error="bang", traceback="bang\n"),
)  # fmt: skip
ENDED = {"journal_inputs": 5, "orders": 3, "fills": 3, "denied": 1, "digest": "ab" * 32}


def write_stopped(path: Path, *, clean: bool = True, summary: dict[str, Any] | None = None) -> None:
    """A data directory as an engine leaves it, with a checkpoint at its last input."""
    settings = {} if summary is None else {SUMMARY_SETTING: msgspec.json.encode(summary)}
    write_data_directory(path, small_run(), settings=settings)
    directory = DataDirectory.open(path, options=SMALL)
    journal = directory.journal
    checkpoint = Checkpoint(
        seq=journal.last_seq,
        chain=journal.chain,
        time_ns=at(4),
        code_version="0.1.0",
        actors={name: msgspec.msgpack.encode(_record(name)) for name in ACTORS},
        timers=[TimerEntry(at(60), 1, "symbol/AAPL", "bars")],
        counters={"restarts": 5},
    )
    directory.state.save_checkpoint(checkpoint, dead_letters=LETTERS)
    directory.close(clean=clean)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """As an engine has the directory that does not answer yet."""
    with (path / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        yield


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("stopped") / "data"
    write_stopped(path)
    return path


def test_status_is_the_last_state_and_says_as_of_when(data_dir: Path) -> None:
    book = msgspec.convert(told(data_dir, "status"), StatusAtRest).book

    assert printed(data_dir, "status").splitlines()[:7] == [
        f"No engine runs on {data_dir}. This is as of input 5, its last.",
        "state         stopped",
        "ended         in order",
        f"data          {data_dir}, book {book}, epoch 2",
        "input         5 at 2026-01-05T14:30:04.000000Z",
        "checkpoint    input 5 at 2026-01-05T14:30:04.000000Z",
        "actors        11, 1 of them not running, 5 restarts",
    ]


def test_status_in_json_says_that_it_is_stopped(data_dir: Path) -> None:
    found = msgspec.convert(told(data_dir, "status"), StatusAtRest)

    assert (found.state, found.seq, found.time_ns, found.dead_letters) == ("stopped", 5, at(4), 2)
    assert (found.ended_in_order, found.owner_pid, found.summary) == (True, None, None)


def test_status_tells_of_an_end_that_was_not_in_order(tmp_path: Path) -> None:
    write_stopped(tmp_path, clean=False)

    assert "ended         not in order; the next start recovers" in printed(tmp_path, "status").splitlines()


@pytest.mark.parametrize(("inputs", "is_told"), [(5, True), (4, False)])
def test_status_tells_the_summary_of_a_run_that_has_ended_and_not_gone_on(
    inputs: int, is_told: bool, tmp_path: Path
) -> None:
    write_stopped(tmp_path, summary={**ENDED, "journal_inputs": inputs})

    lines = printed(tmp_path, "status").splitlines()

    assert ("run           ended: 3 orders, 3 fills, 1 denied" in lines) is is_told
    assert (f"digest        {'ab' * 32}" in lines) is is_told


def test_an_engine_that_does_not_answer_yet_is_starting(tmp_path: Path) -> None:
    write_stopped(tmp_path)
    with locked(tmp_path):
        lines = printed(tmp_path, "status").splitlines()

    assert lines[:2] == [
        f"Process {os.getpid()} on {tmp_path} does not answer yet. This is as of input 5, its last.",
        f"state         starting, process {os.getpid()}",
    ]


def test_an_engine_whose_guardian_is_about_to_start_another_is_starting(tmp_path: Path) -> None:
    write_stopped(tmp_path)
    daemon = {"guardian_pid": os.getpid(), "engine_pid": 1, "started_ns": time.time_ns()}
    (tmp_path / "daemon.json").write_text(json.dumps(daemon))

    assert (told(tmp_path, "status")["state"], told(tmp_path, "status")["owner_pid"]) == ("starting", os.getpid())


def test_a_run_without_a_checkpoint_has_a_status_and_no_actors(tmp_path: Path) -> None:
    write_data_directory(tmp_path, [started()])

    assert "checkpoint    none yet" in printed(tmp_path, "status").splitlines()
    result = call(tmp_path, "ps")
    assert (result.exit_code, result.stdout) == (2, "")
    assert f"{tmp_path} has no checkpoint yet, so its files tell of no actor." in result.stderr


def test_ps_is_the_tree_of_the_latest_checkpoint(data_dir: Path) -> None:
    lines = printed(data_dir, "ps").splitlines()

    assert lines[0] == f"No engine runs on {data_dir}. This is the checkpoint at input 5."
    assert [line.partition("running")[0].partition("quarantined")[0].rstrip() for line in lines[2:]] == [
        "root",
        "  supervisor/venues", "    venue/paper", "    exchange/paper",
        "  supervisor/market", "    router", "    symbol/AAPL",
        "  supervisor/portfolios", "    portfolio/main",
        "  supervisor/strategies", "    strategy/cross",
    ]  # fmt: skip


def test_ps_in_json_is_what_a_running_engine_would_answer(data_dir: Path) -> None:
    result = call(data_dir, "ps", "--json")
    tree = msgspec.convert(json.loads(result.stdout), ActorTree)

    assert result.stderr == f"No engine runs on {data_dir}. This is the checkpoint at input 5.\n"
    assert (tree.checkpoint_seq, tree.lanes) == (5, ())
    assert tree.actors[-1] == ActorLine(
        name="strategy/cross",
        kind="strategy",
        depth=2,
        status="quarantined",
        mailbox=1,
        oldest_age_seconds=None,
        handled=7,
        rate=0.0,
        crashes=6,
        restarts=5,
        parked=1,
        undelivered=4,
        conflated=0,
        checkpoint_age_seconds=None,
    )


def test_inspect_shows_the_state_in_the_latest_checkpoint(data_dir: Path) -> None:
    lines = printed(data_dir, "inspect", "strategy/cross").splitlines()
    as_json = told(data_dir, "inspect", "symbol/AAPL")
    detail = msgspec.convert(as_json, ActorDetail)

    assert lines[0] == f"No engine runs on {data_dir}. This is the checkpoint at input 5."
    assert lines[2:] == ["state:", '  own = {"bars":12,"raw":"AA=="}', "  warm = true"]
    assert (detail.timers, detail.messages, detail.state) == ({"bars": at(60)}, (), {})
    assert as_json["checkpoint_seq"] == 5


def test_a_long_table_of_a_state_is_laid_out_and_a_long_list_cut(data_dir: Path) -> None:
    lines = printed(data_dir, "inspect", "router").splitlines()

    assert [lines[3], lines[5]] == ["  own:", "    index = 3"]
    assert lines[4].startswith("    cells = [0,1,2,3,")
    assert lines[4].endswith("... (100 items)")


def test_inspect_of_a_supervisor_names_its_children(data_dir: Path) -> None:
    detail = msgspec.convert(told(data_dir, "inspect", "supervisor/market"), ActorDetail)

    assert detail.children == ("router", "symbol/AAPL")


@pytest.mark.parametrize(
    ("name", "cure"),
    [
        ("strategy/corss", "Did you mean strategy/cross?"),
        ("AAPL", "Did you mean symbol/AAPL?"),
        ("zzz", "List them: understudy ps --all"),
    ],
)
def test_an_actor_that_is_not_there_is_a_misuse(name: str, cure: str, data_dir: Path) -> None:
    result = call(data_dir, "inspect", name)

    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == f"understudy: there is no actor {name} in {data_dir}. {cure}\n"


def test_dead_letters_are_told_from_the_files(data_dir: Path) -> None:
    letters = msgspec.convert(told(data_dir, "dead-letters", "ls"), tuple[DeadLetterLine, ...])

    assert [(letter.seq, letter.actor, letter.type) for letter in letters] == [
        (2, "strategy/cross", "Quote"),
        (3, "router", "unknown"),
    ]
    assert printed(data_dir, "dead-letters", "show", "2").splitlines()[:3] == [
        f"No engine runs on {data_dir}. This is what its files hold.",
        "input 2 to strategy/cross at 2026-01-05T14:30:01.000000Z: Quote",
        "error: boom",
    ]


@pytest.mark.parametrize("words", ["show 17", "drop 17 router", "show 17 --json", "drop 17 router --json"])
def test_a_dead_letter_that_is_not_there_is_one_line(words: str, data_dir: Path) -> None:
    result = call(data_dir, "dead-letters", *words.split())

    assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (2, "", 1)
    assert result.stderr.startswith("understudy: there is no dead letter of input 17")


def test_a_dead_letter_can_be_dropped_and_the_next_engine_still_learns_of_the_crash(tmp_path: Path) -> None:
    write_stopped(tmp_path, clean=False)

    answer = told(tmp_path, "dead-letters", "drop", "2")

    assert msgspec.convert(answer, CommandDone).text == "dropped the message of input 2 for strategy/cross"
    assert [letter["seq"] for letter in told(tmp_path, "dead-letters", "ls")] == [3]
    with DataDirectoryView(tmp_path) as view:
        assert not view.is_clean


def test_a_dead_letter_cannot_be_dropped_under_an_engine_that_starts(tmp_path: Path) -> None:
    write_stopped(tmp_path)
    with locked(tmp_path):
        result = call(tmp_path, "dead-letters", "drop", "2")

    assert result.exit_code == 1
    assert f"is in use by process {os.getpid()}" in result.stderr


@pytest.mark.parametrize("words", ["status", "ps", "inspect router", "dead-letters ls", "dead-letters drop 2"])
def test_a_path_without_a_data_directory_is_a_misuse_and_stays_as_it_is(words: str, tmp_path: Path) -> None:
    result = call(tmp_path, *words.split())

    assert (result.exit_code, result.stdout, list(tmp_path.iterdir())) == (2, "", [])
    assert result.stderr.startswith(f"understudy: {tmp_path} holds no data directory")


def _record(name: str) -> ActorRecord:
    state = msgspec.msgpack.encode(STATES.get(name, {}))
    mail: list[AnyMessage] = [quote(4, 1.0, 2.0)] if name in FAULTS else []
    return ActorRecord(state, 7, STATUS.get(name, "running"), FAULTS.get(name), mail)
