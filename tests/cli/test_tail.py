"""`understudy tail` on a real stream of events."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from messages import Alert, AlertLevel, AnyMessage, MessageParked, Recorded, Side, encode
from tests._paths import REPOSITORY
from tests.cli._asking import call, printed
from tests.cli._desk import MemoryDesk, serving
from tests.recorded import accepted, approved, at, denied, filled, order, quote

BUY = order(1, Side.BUY, "100", second=1, limit="9.5")
ALERT = Alert(level=AlertLevel.WARNING, subject="symbol/AAPL", text="no data for 30 s", time_ns=at(3))
EVENTS: tuple[AnyMessage, ...] = (
    approved(BUY), BUY, accepted(BUY), filled(BUY, "50", "9.5"), denied(BUY, "too much"), ALERT,
    MessageParked(actor="strategy/cross", time_ns=at(4), message=encode(quote(4, 1.0, 2.0)), error="boom"),
)  # fmt: skip


@pytest.fixture(scope="module")
def desk() -> MemoryDesk:
    return MemoryDesk()


@pytest.fixture(scope="module")
def data_dir(desk: MemoryDesk, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    path = tmp_path_factory.mktemp("live")
    desk.events.effects = [Recorded(seq, event) for seq, event in enumerate(EVENTS, start=1_000)]
    with serving(desk, path):
        yield path


def test_each_event_is_a_line_that_a_person_can_read(data_dir: Path) -> None:
    names = "(bk-cross-1  main  cross)"
    assert printed(data_dir, "tail", "--count", "7").splitlines() == [
        f"2026-01-05T14:30:01.000000Z      1,000  OrderApproved buy 100 AAPL limit 9.50, gtc  {names}",
        f"2026-01-05T14:30:01.000000Z      1,001  SubmitOrder buy 100 AAPL limit 9.50, gtc  {names}",
        f"2026-01-05T14:30:01.000000Z      1,002  OrderAccepted AAPL venue_order_id v-bk-cross-1  {names}",
        f"2026-01-05T14:30:01.000000Z      1,003  OrderFilled buy 50 AAPL at 9.50, 50 filled in all  {names}",
        f"2026-01-05T14:30:01.000000Z      1,004  OrderDenied AAPL: too much  {names}",
        "2026-01-05T14:30:03.000000Z      1,005  Alert warning, symbol/AAPL: no data for 30 s",
        "2026-01-05T14:30:04.000000Z      1,006  MessageParked actor strategy/cross message "
        '{"type":"Quote","symbol":"AAPL","time_ns":176762340400000... error boom',
    ]


def test_control_characters_of_an_event_are_shown_and_not_obeyed(tmp_path: Path) -> None:
    desk = MemoryDesk()
    alert = Alert(level=AlertLevel.WARNING, subject="main", text="a\nb\x1b[2J\u2028c\u202ed", time_ns=at(3))
    desk.events.effects = [Recorded(5, alert)]
    with serving(desk, tmp_path):
        told = printed(tmp_path, "tail", "--count", "1")

    assert told.endswith("Alert warning, main: a\\nb\\x1b[2J\\u2028c\\u202ed\n")


def test_json_has_one_record_a_line(data_dir: Path) -> None:
    lines = printed(data_dir, "tail", "--count", "2", "--json").splitlines()

    assert [(line["seq"], line["type"]) for line in map(json.loads, lines)] == [
        (1_000, "OrderApproved"),
        (1_001, "SubmitOrder"),
    ]


@pytest.mark.parametrize(
    ("words", "seqs"),
    [
        ("--type OrderFilled --type orderdenied", [1_003, 1_004]),
        ("--symbol AAPL --type Alert", [1_005]),
        ("--strategy cross --portfolio main --type OrderAccepted", [1_002]),
    ],
)
def test_only_what_is_asked_for_is_shown(words: str, seqs: list[int], data_dir: Path) -> None:
    lines = printed(data_dir, "tail", "--json", "--count", str(len(seqs)), *words.split()).splitlines()

    assert [json.loads(line)["seq"] for line in lines] == seqs


def test_a_type_that_is_none_is_a_misuse(data_dir: Path) -> None:
    result = call(data_dir, "tail", "--type", "OrderFiled")

    assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (2, "", 1)
    assert "there is no event OrderFiled. Did you mean OrderFilled?" in result.stderr


def test_it_ends_with_the_engine(tmp_path: Path) -> None:
    desk = MemoryDesk()
    desk.events.effects, desk.events.ends = [Recorded(5, ALERT)], True
    with serving(desk, tmp_path):
        result = call(tmp_path, "tail")

    assert (result.exit_code, result.stdout.count("\n"), result.stderr) == (0, 1, "The engine has gone.\n")


def test_an_engine_that_goes_before_enough_was_shown_makes_it_fail(tmp_path: Path) -> None:
    desk = MemoryDesk()
    desk.events.effects, desk.events.ends = [Recorded(5, ALERT)], True
    with serving(desk, tmp_path):
        result = call(tmp_path, "tail", "--count", "2")

    assert (result.exit_code, result.stdout.count("\n")) == (1, 1)
    assert result.stderr == "The engine has gone after 1 of 2 events.\n"


def test_ctrl_c_ends_it_without_an_error(data_dir: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", "from cli.main import main; main()", "tail", "--data-dir", str(data_dir)],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        first = process.stdout.readline()
        process.send_signal(signal.SIGINT)
        _, complaint = process.communicate(timeout=30)

    assert "OrderApproved" in first
    assert (process.returncode, complaint) == (0, "")
