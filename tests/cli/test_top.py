"""`understudy top` without a terminal: one picture as JSON, or a clear word."""

from __future__ import annotations

from pathlib import Path

import msgspec
from click.testing import CliRunner

from cli.main import main
from ops.control.answers import View
from tests.cli._desk import MemoryDesk, serving
from tests.ops.tui._views import view_at


class DeskWithView(MemoryDesk):
    """Answers with a view that is set."""

    async def view(self) -> View:
        return view_at(3)


def test_one_picture_of_a_running_engine_is_printed_as_json(tmp_path: Path) -> None:
    with serving(DeskWithView(), tmp_path):
        result = CliRunner().invoke(main, ["top", "--json", "--data-dir", str(tmp_path)])

    assert result.exit_code == 0
    told = msgspec.json.decode(result.stdout)
    assert (told["seq"], len(told["symbols"]), len(told["actors"])) == (1590, 8, len(view_at(3).actors))
    assert {line["strategy_id"] for line in told["strategies"]} == {"basket", "breakout", "cross", "reversion"}


def test_without_an_engine_there_is_nothing_to_print(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["top", "--json", "--data-dir", str(tmp_path)])

    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == (
        f"understudy: no engine runs on {tmp_path}. Start one: understudy run --data-dir {tmp_path}\n"
    )


def test_without_a_terminal_the_view_is_refused(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["top", "--data-dir", str(tmp_path)])

    assert (result.exit_code, result.stdout) == (2, "")
    assert "there is no terminal to draw on. Give --json" in result.stderr
