"""What the view shows and does: kept as text, and asked of an engine's desk that is in memory."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from ops.books_check import Agreement, Verdict
from ops.control.answers import View
from ops.control.commands import Kill
from ops.tui.app import Terms, TopApp
from ops.tui.attachment import Absent, Attachment, Happened, Seen
from tests.cli._desk import MemoryDesk, serving
from tests.ops.tui._screens import AGREE, SCREENS, SMALL, SNAPSHOTS, WIDE, app_at_work, drawn, feed, text_of, until
from tests.ops.tui._views import START_NS, status_at, view_at, with_actor


class DeskWithView(MemoryDesk):
    """Answers with a view that is set."""

    async def view(self) -> View:
        return view_at(3)


@pytest.mark.parametrize("name", SCREENS)
def test_the_screen_is_as_it_was_found_good(name: str) -> None:
    assert drawn(name) == (SNAPSHOTS / f"{name}.txt").read_text("utf-8"), (
        "look at it; if it is right: python -m tests.refresh_tui_snapshots"
    )


@pytest.mark.parametrize("name", SCREENS)
def test_a_screen_fills_its_terminal_and_no_more(name: str) -> None:
    (columns, rows), _ = SCREENS[name]
    lines = (SNAPSHOTS / f"{name}.txt").read_text("utf-8").splitlines()

    assert len(lines) == rows
    assert max(map(len, lines)) <= columns


def test_an_engine_that_goes_away_is_waited_for_and_its_return_is_told() -> None:
    async def watch() -> tuple[str, str]:
        app = app_at_work()
        async with app.run_test(size=SMALL) as pilot:
            feed(app)
            app.take(Absent("no engine runs on demo-data"))
            await pilot.pause()
            down = text_of(app)
            app.take(Seen(view_at(41, status=status_at(41, engine_pid=4800, engine_starts=2)), AGREE))
            await pilot.pause()
            return down, text_of(app)

    down, back = asyncio.run(watch())

    assert "● engine is down, waiting for 0." in down
    assert "SIM.A" in down, "what was known last stays"
    assert "the engine answers again after 0." in back
    assert "(pid 4800)" in back
    assert "starts 2" in back


def test_books_that_differ_are_said_to() -> None:
    verdict = Verdict(agreement=Agreement.DIFFER, seq=9, text="books DIFFER at input 9: cash of main is 1 and 2")

    async def watch() -> str:
        app = app_at_work()
        async with app.run_test(size=SMALL) as pilot:
            app.take(Seen(view_at(1), verdict))
            await pilot.pause()
            return text_of(app)

    assert "✘ books DIFFER at input 9: cash of main" in asyncio.run(watch())


def test_what_others_wrote_reaches_the_terminal_without_control_characters() -> None:
    status = status_at(1, halted={"swift": "a \x1b[31mred\x1b[0m reason"})

    async def watch() -> str:
        app = app_at_work()
        async with app.run_test(size=WIDE) as pilot:
            app.take(Seen(view_at(1, status=status), AGREE))
            alert = {"type": "Alert", "level": "warning", "subject": "s", "text": "bell \x07\x1b]0;t"}
            app.take(Happened(alert | {"time_ns": START_NS}))
            await pilot.pause()
            return text_of(app)

    shown = asyncio.run(watch())
    assert r"a \x1b[31mred\x1b[0m reason" in shown
    assert r"bell \x07\x1b]0;t" in shown
    assert "\x1b" not in shown


def test_an_actor_that_fell_and_came_back_shows_its_crashes_and_restarts() -> None:
    async def watch() -> str:
        app = app_at_work()
        async with app.run_test(size=WIDE) as pilot:
            feed(app)
            app.take(Seen(with_actor(view_at(41), "strategy/basket", crashes=2, restarts=2), AGREE))
            await pilot.pause()
            return text_of(app)

    line = next(
        line for line in asyncio.run(watch()).splitlines() if "  strategy/basket  " in line and "running" in line
    )
    assert line.rstrip("│ ").endswith("2         2")


def test_a_key_that_disturbs_the_engine_must_be_pressed_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ops.tui.app.CONFIRM_SECONDS", 60.0)  # however slow the machine is between two keys
    desk = DeskWithView()

    async def press() -> str:
        app = TopApp(Attachment(tmp_path, interval_seconds=0.05))
        async with app.run_test(size=WIDE) as pilot:
            await until(pilot, lambda: app.chosen != "")
            await pilot.press("c")
            await pilot.pause()
            asked = text_of(app)
            assert desk.told == []
            await pilot.press("c")
            await until(pilot, lambda: "done: Kill." in text_of(app))
            return asked

    with serving(desk, tmp_path):
        asked = asyncio.run(press())

    assert "press the key again to crash strategy/basket" in asked
    assert desk.told == [Kill(actor="strategy/basket", how="crash")]


def test_a_key_pressed_again_too_late_only_asks_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = DeskWithView()

    async def press() -> None:
        app = TopApp(Attachment(tmp_path, interval_seconds=0.05))
        async with app.run_test(size=WIDE) as pilot:
            await until(pilot, lambda: app.chosen != "")
            monkeypatch.setattr("ops.tui.app.CONFIRM_SECONDS", 0.0)
            await pilot.press("c", "c", "c")
            monkeypatch.setattr("ops.tui.app.CONFIRM_SECONDS", 60.0)
            await pilot.press("c", "c")
            await until(pilot, lambda: "done: Kill." in text_of(app))

    with serving(desk, tmp_path):
        asyncio.run(press())

    assert desk.told == [Kill(actor="strategy/basket", how="crash")]


def test_the_engine_process_is_killed_only_from_a_view_that_may() -> None:
    async def press() -> str:
        app = app_at_work(Terms(allow_kill=False))
        async with app.run_test(size=WIDE) as pilot:
            feed(app)
            await pilot.press("k", "k")
            await pilot.pause()
            return text_of(app)

    assert "`understudy top --allow-kill` turns it on" in asyncio.run(press())


def test_the_arrow_keys_choose_whom_the_other_keys_act_on() -> None:
    async def press() -> list[str]:
        app = app_at_work()
        chosen = []
        async with app.run_test(size=SMALL) as pilot:
            feed(app)
            await pilot.press("down", "down")
            chosen.append(app.chosen)
            await pilot.press("2", "home")
            await pilot.pause()
            await pilot.press("home", "down", "down")
            chosen.append(app.chosen)
        return chosen

    assert asyncio.run(press()) == ["strategy/cross", "venue/paper"]


def test_help_lists_the_keys_and_any_key_closes_it() -> None:
    async def press() -> tuple[str, str]:
        app = app_at_work()
        async with app.run_test(size=SMALL) as pilot:
            feed(app)
            await pilot.press("question_mark")
            await pilot.pause()
            shown = text_of(app)
            await pilot.press("x")
            await pilot.pause()
            return shown, text_of(app)

    shown, closed = asyncio.run(press())

    assert "kill -9 the engine process; its guardian starts another" in shown
    assert "kill -9" not in closed
