"""Every command that asks or steers, over a real control socket."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.shell_completion import ShellComplete

from cli.main import main
from cli.ps import ActorTree
from ops.control.answers import ActorDetail, CommandDone, DeadLetterLine, Status
from ops.control.commands import (
    Accept,
    Cancel,
    Close,
    Command,
    Deploy,
    DropDeadLetter,
    Halt,
    Kill,
    Pause,
    PlaceOrder,
    Release,
    ReloadConfig,
    ReloadStrategy,
    Restart,
    Resume,
    RetryDeadLetter,
    SendSignal,
    TakeCheckpoint,
    Undeploy,
)
from ops.errors import ConfigError, UnderstudyError, UsageError
from tests.cli._asking import call, printed, told
from tests.cli._desk import MemoryDesk, actor, serving, status, tree

NO_NUMBER = "not a number such as 100 or 0.25."
LIST = "List them: understudy dead-letters ls"

STEERING: tuple[tuple[str, Command], ...] = (
    ("kill strategy/cross", Kill(actor="strategy/cross", how="crash")),
    ("kill strategy/cross --crash", Kill(actor="strategy/cross", how="crash")),
    ("kill strategy/cross --hang", Kill(actor="strategy/cross", how="hang")),
    ("kill strategy/cross --poison", Kill(actor="strategy/cross", how="poison")),
    ("restart strategy/cross", Restart(actor="strategy/cross")),
    ("deploy breakout", Deploy(use="breakout", strategy="breakout")),
    (
        "deploy breakout --as second --portfolio risky --symbols SIM.A,SIM.B --capital 0.25 --param period=20 "
        "--param timeframe=5m --param loud=true --param share=0.5 --param name=\"x\" --param levels=[1,2]",
        Deploy(
            use="breakout",
            strategy="second",
            portfolio="risky",
            symbols=("SIM.A", "SIM.B"),
            capital=Decimal("0.25"),
            parameters={
                "period": 20, "timeframe": "5m", "loud": True, "share": 0.5, "name": "x", "levels": [1, 2],
            },
        ),
    ),
    ("undeploy cross", Undeploy(strategy="cross", positions="refuse")),
    ("undeploy cross --keep", Undeploy(strategy="cross", positions="keep")),
    ("undeploy cross --close", Undeploy(strategy="cross", positions="close")),
    ("pause cross --reason news", Pause(strategy="cross", reason="news")),
    ("resume cross", Resume(strategy="cross")),
    ("reload cross", ReloadStrategy(strategy="cross")),
    ("reload cross --from breakout", ReloadStrategy(strategy="cross", use="breakout")),
    ("reload", ReloadConfig()),
    ("reload --confirm", ReloadConfig(confirm=True)),
    ("signal cross SIM.A --weight -0.1", SendSignal(strategy="cross", symbol="SIM.A", weight=-0.1)),
    (
        "signal cross SIM.A --quantity 0 --limit-price 9.5 --protective-stop-price 9 --reason why",
        SendSignal(
            strategy="cross", symbol="SIM.A", quantity=0, limit_price=9.5, protective_stop_price=9, reason="why",
        ),
    ),
    ("order buy SIM.A 100", PlaceOrder(symbol="SIM.A", side="buy", quantity=Decimal(100))),
    (
        "order sell SIM.A 0.5 --limit-price 9.50 --time-in-force day",
        PlaceOrder(
            symbol="SIM.A", side="sell", quantity=Decimal("0.5"), order_type="limit", limit_price=Decimal("9.50"),
            time_in_force="day",
        ),
    ),
    (
        "order sell SIM.A 1 --stop-price 9 --portfolio risky --reason out",
        PlaceOrder(
            symbol="SIM.A", side="sell", quantity=Decimal(1), order_type="stop", stop_price=Decimal(9),
            portfolio="risky", reason="out",
        ),
    ),
    (
        "order sell SIM.A 1 --stop-price 9 --limit-price 8",
        PlaceOrder(
            symbol="SIM.A", side="sell", quantity=Decimal(1), order_type="stop_limit", stop_price=Decimal(9),
            limit_price=Decimal(8),
        ),
    ),
    ("cancel cross-3", Cancel(order="cross-3")),
    ("close SIM.A", Close(symbol="SIM.A")),
    ("close --all --yes --strategy cross --portfolio risky", Close(strategy="cross", portfolio="risky")),
    ("accept --yes --portfolio risky --reason sold", Accept(portfolio="risky", reason="sold")),
    ("halt --reason lunch", Halt(reason="lunch")),
    ("halt --flatten --yes", Halt(flatten=True)),
    ("release --reason back", Release(reason="back")),
    ("checkpoint", TakeCheckpoint()),
    ("dead-letters retry 7 router", RetryDeadLetter(seq=7, actor="router")),
    ("dead-letters drop 7 strategy/cross", DropDeadLetter(seq=7, actor="strategy/cross")),
)  # fmt: skip

READING: tuple[tuple[str, Any], ...] = (
    ("status", Status),
    ("ps", ActorTree),
    ("inspect strategy/cross", ActorDetail),
    ("dead-letters ls", tuple[DeadLetterLine, ...]),
    ("dead-letters show 7 router", DeadLetterLine),
)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[MemoryDesk, Path]]:
    desk, path = MemoryDesk(), tmp_path_factory.mktemp("live")
    with serving(desk, path):
        yield desk, path


@pytest.fixture
def data_dir(served: tuple[MemoryDesk, Path], desk: MemoryDesk) -> Path:
    assert desk is served[0]
    return served[1]


@pytest.fixture
def desk(served: tuple[MemoryDesk, Path]) -> MemoryDesk:
    served[0].told.clear()
    served[0].refusal, served[0].notes = None, ()
    return served[0]


@pytest.mark.parametrize(("words", "command"), STEERING, ids=[words for words, _ in STEERING])
def test_a_steering_command_tells_the_engine_just_that(
    words: str, command: Command, desk: MemoryDesk, data_dir: Path
) -> None:
    answer = told(data_dir, *words.split())

    assert desk.told == [command]
    assert msgspec.convert(answer, CommandDone) == CommandDone(seq=1, text=f"done: {type(command).__name__}.")


@pytest.mark.parametrize(("words", "answer"), READING)
def test_json_of_a_reading_command_is_the_answer_of_the_socket(words: str, answer: Any, data_dir: Path) -> None:
    assert msgspec.convert(told(data_dir, *words.split()), answer)


def test_what_came_of_a_command_is_printed_with_its_notes(desk: MemoryDesk, data_dir: Path) -> None:
    desk.notes = ("storage.path needs a restart", "limits are looser: --confirm")

    assert printed(data_dir, "reload") == (
        "done: ReloadConfig.\nnote: storage.path needs a restart\nnote: limits are looser: --confirm\n"
    )


@pytest.mark.parametrize(
    ("error", "code"), [(UsageError("no such order."), 2), (ConfigError("bad."), 2), (UnderstudyError("x."), 1)]
)
def test_a_refusal_is_one_line_with_the_exit_code_that_the_engine_gives(
    error: UnderstudyError, code: int, desk: MemoryDesk, data_dir: Path
) -> None:
    desk.refusal = error

    result = call(data_dir, "cancel", "cross-9")

    assert (result.exit_code, result.stdout, result.stderr) == (code, "", f"understudy: {error}\n")


def test_a_strategy_of_ones_own_is_named_by_its_whole_path(
    desk: MemoryDesk, data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mine.py").write_text("")
    monkeypatch.chdir(tmp_path)

    printed(data_dir, "deploy", "mine.py:Mine")
    printed(data_dir, "reload", "mine", "--from", "mine.py")

    assert desk.told == [
        Deploy(use=f"{tmp_path}/mine.py:Mine", strategy="mine"),
        ReloadStrategy(strategy="mine", use=f"{tmp_path}/mine.py"),
    ]


@pytest.mark.parametrize(
    ("words", "error"),
    [
        ("deploy nowhere.py", "nowhere.py: there is no such file. Correct the path."),
        ("deploy breakout --param period", "--param 'period' has no value. Write it as --param key=value."),
        ("deploy breakout --param period=[1,", "--param 'period=[1,': '[1,' is no value in TOML. "
         'Write a number, true, false, a list or "text".'),
        ("deploy breakout --capital nan", f"Invalid value for '--capital': 'nan' is {NO_NUMBER}"),
        ("reload --from breakout", "--from breakout gives code, and there is no STRATEGY to take it. Name one."),
        ("reload cross --confirm", "--confirm is for the configuration. Leave it out, or leave out STRATEGY."),
        ("signal cross S", "a signal wants either a weight or a quantity. Give one of --weight and --quantity."),
        ("signal cross SIM.A --weight inf", f"Invalid value for '--weight': 'inf' is {NO_NUMBER}"),
        ("kill router --hang --poison", "--hang and --poison contradict each other. Give one of them."),
        ("kill router --crash --hang", "--crash and --hang contradict each other. Give one of them."),
        ("undeploy cross --keep --close", "--keep and --close contradict each other. Give one of them."),
        ("inspect router --messages 1001",
         "Invalid value for '--messages': 1001 is not in the range 0<=x<=1000."),
        ("order hold SIM.A 1", "Invalid value for 'buy|sell': 'hold' is not one of 'buy', 'sell'."),
        ("close", "it is not clear what to close. Give either SYMBOL or --all."),
        ("close SIM.A --all", "it is not clear what to close. Give either SYMBOL or --all."),
        ("accept", "the books of portfolio main take the broker's word for what differs. Say so with --yes."),
        ("close --all", "--all closes every position of portfolio main at the market. Say so with --yes."),
        ("halt --flatten", "--flatten closes every position of every portfolio at the market. Say so with --yes."),
    ],
)  # fmt: skip
def test_a_misused_command_tells_the_engine_nothing(
    words: str, error: str, desk: MemoryDesk, data_dir: Path
) -> None:
    result = call(data_dir, *words.split())

    hint = f" See `understudy {words.split(maxsplit=1)[0]} --help`."
    assert (result.exit_code, result.stderr, desk.told) == (2, f"understudy: {error}{hint}\n", [])


@pytest.mark.parametrize(
    ("words", "error"),
    [
        ("inspect strategy/corss", "there is no actor strategy/corss. Did you mean strategy/cross?"),
        ("dead-letters show 7", "input 7 has several dead letters. Name one of strategy/cross, router."),
        ("dead-letters drop 8", f"there is no dead letter of input 8. {LIST}"),
        ("dead-letters retry 7 x", f"there is no dead letter of input 7 to x. {LIST}"),
    ],
)
def test_what_is_not_there_is_a_misuse(words: str, error: str, desk: MemoryDesk, data_dir: Path) -> None:
    result = call(data_dir, *words.split())

    assert (result.exit_code, result.stderr, desk.told) == (2, f"understudy: {error}\n", [])


def test_status_shows_what_is_out_of_order_first(tmp_path: Path) -> None:
    desk = MemoryDesk()
    desk.status_now = status(halted={"main": "lunch"}, hung_actor="strategy/cross", clean_start=False)
    with serving(desk, tmp_path):
        lines = printed(tmp_path, "status").splitlines()

    assert lines[:4] == [
        "state          trading",
        "halted         portfolio main: lunch",
        "hung           strategy/cross was running when the process before had to be replaced",
        "warning        market: 40 waiting is above 30",
    ]
    assert "engine         process 0, no guardian, up 2 h 5 min" in lines
    assert "recovery       0.25 s, 345 inputs replayed; the process before did not end in order" in lines
    assert lines[-1].split() == ["market", "40", "10,000", "1,000,000", "1,000", "17", "0"]


def test_control_characters_of_a_reason_are_shown_and_not_obeyed(tmp_path: Path) -> None:
    desk = MemoryDesk()
    desk.status_now = status(halted={"main": "gone\nstate  trading\x1b[2J"})
    with serving(desk, tmp_path):
        lines, as_json = printed(tmp_path, "status").splitlines(), told(tmp_path, "status")

    assert lines[1] == "halted         portfolio main: gone\\nstate  trading\\x1b[2J"
    assert as_json["halted"] == {"main": "gone\nstate  trading\x1b[2J"}


def test_a_line_feed_in_a_name_does_not_break_a_table(tmp_path: Path) -> None:
    desk = MemoryDesk()
    desk.lines = (*tree(symbols=1), actor("symbol/A\nB"))
    with serving(desk, tmp_path):
        lines = printed(tmp_path, "ps").splitlines()

    assert len(lines) == len(desk.lines) + 5
    assert any(line.startswith("    symbol/A\\nB  ") for line in lines)


def test_status_of_an_engine_without_a_checkpoint_says_so(tmp_path: Path) -> None:
    desk = MemoryDesk()
    desk.status_now = status(checkpoint_seq=0, checkpoint_age_seconds=None)
    with serving(desk, tmp_path):
        assert "checkpoint     none yet" in printed(tmp_path, "status").splitlines()


def test_ps_is_the_tree_with_the_lanes_below(data_dir: Path) -> None:
    lines = printed(data_dir, "ps").splitlines()

    assert [line.split()[0] for line in lines if line] == [
        "actor", "root", "supervisor/market", "router", "symbol/S0", "symbol/S1", "symbol/S2",
        "supervisor/strategies", "strategy/cross", "lane", "control", "market",
    ]  # fmt: skip
    assert lines[-5].split() == [
        "strategy/cross", "running", "3", "0.12", "s", "1,000", "2.5", "0", "2", "1", "0", "4.00", "s",
    ]  # fmt: skip


def test_ps_in_json_is_the_tree_and_the_lanes_of_a_running_engine(desk: MemoryDesk, data_dir: Path) -> None:
    assert msgspec.convert(told(data_dir, "ps"), ActorTree) == ActorTree(
        actors=desk.lines, lanes=desk.status_now.lanes, checkpoint_seq=None
    )
    assert told(data_dir, "inspect", "strategy/cross")["checkpoint_seq"] is None


def test_many_symbols_are_one_line_but_for_those_in_trouble(tmp_path: Path) -> None:
    desk = MemoryDesk()
    desk.lines = (*tree(symbols=40), actor("symbol/ILL", status="quarantined", crashes=6))
    with serving(desk, tmp_path):
        short, whole = printed(tmp_path, "ps"), printed(tmp_path, "ps", "--all")
        as_json = told(tmp_path, "ps")["actors"]

    assert "    symbol/... 40 more (--all)" in short
    assert [line.split()[0] for line in short.splitlines() if "symbol/" in line] == ["symbol/...", "symbol/ILL"]
    assert (whole.count("symbol/"), len(as_json)) == (41, len(desk.lines))


def test_inspect_shows_state_timers_and_messages(data_dir: Path) -> None:
    assert printed(data_dir, "inspect", "strategy/cross", "--messages", "2").splitlines() == [
        "strategy/cross: strategy, running, 1,000 messages handled (2.5/s), 3 waiting, 2 crashes, 1 restarts, "
        "0 parked, checkpoint 4.00 s old",
        "state:",
        '  own = {"bars":12}',
        "  empty = {}",
        "timers:",
        "  bars  due 2026-01-05T12:00:00.000000Z",
        "messages:",
        "  2026-01-05T12:00:00.000000Z  Bar symbol SIM.A close 100",
        "  2026-01-05T12:00:00.000000Z  Bar symbol SIM.A close 99",
    ]


def test_a_dead_letter_is_shown_with_its_traceback(data_dir: Path) -> None:
    assert printed(data_dir, "dead-letters", "show", "7", "router").splitlines() == [
        "input 7 to router at 2026-01-05T12:00:00.000000Z: Bar",
        "error: ZeroDivisionError: division by zero",
        "not yet durable: the next checkpoint stores it",
        "  symbol = SIM.A",
        "  close = 100.5",
        "Traceback (most recent call last):",
        "  one line",
        "ZeroDivisionError: division by zero",
    ]
    assert printed(data_dir, "dead-letters", "ls").count("division by zero") == 2


@pytest.mark.parametrize(
    ("words", "incomplete", "names"),
    [
        ("kill", "str", ["strategy/cross"]),
        ("inspect", "ro", ["root", "router"]),
        ("pause", "", ["cross"]),
        ("order buy", "S", ["S0", "S1", "S2"]),
        ("signal cross", "S2", ["S2"]),
    ],
)
def test_the_shell_completes_names_from_the_running_engine(
    words: str, incomplete: str, names: list[str], data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UNDERSTUDY_DATA_DIR", str(data_dir))

    assert _completions(words.split(), incomplete) == names


def test_the_shell_completes_names_of_the_data_directory_that_is_given(data_dir: Path) -> None:
    assert _completions(["kill", "--data-dir", str(data_dir)], "rou") == ["router"]


def test_nothing_is_completed_and_nothing_said_without_an_engine(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert _completions(["kill", "--data-dir", str(tmp_path)], "") == []
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    "words", [words for words, _ in STEERING if "dead-letters drop" not in words] + ["stop", "tail"]
)
def test_a_command_that_needs_an_engine_says_that_none_runs(words: str, tmp_path: Path) -> None:
    result = call(tmp_path, *words.split())

    assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (1, "", 1)
    assert result.stderr.startswith(f"understudy: no engine runs on {tmp_path}. Start one: understudy run ")


def _completions(words: list[str], incomplete: str) -> list[str]:
    complete = ShellComplete(main, {}, "understudy", "_UNDERSTUDY_COMPLETE")
    return [item.value for item in complete.get_completions(words, incomplete)]
