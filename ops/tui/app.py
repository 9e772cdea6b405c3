"""The screen: what an attachment tells, put on panels, and keys turned into commands."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections import deque
from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.content import Content
from textual.message import Message

from ops.books_check import NOT_CHECKED, Verdict
from ops.control.answers import View
from ops.control.commands import Command, Halt, Kill, Release, Restart
from ops.tui import rows
from ops.tui.attachment import Absent, Answered, Attachment, Happened, News, Seen
from ops.tui.header import Absence, books_line, keys_line, load_line, state_line, tabs
from ops.tui.help import Help
from ops.tui.history import History
from ops.tui.look import CSS, THEME, WIDE_COLUMNS, WIDE_ROWS
from ops.tui.panels import Curves, Lines, Panel
from ops.tui.ticker import TickerLine, ticker_line, with_earlier

PAGES = ("market", "actors", "orders", "money", "events")
_FIRST_PANELS = ("#symbols", "#actors", "#orders", "#positions", "#events")
EVENTS_KEPT = 500
CONFIRM_SECONDS = 3.0
REPAINT_SECONDS = 0.25


@dataclass(frozen=True, slots=True)
class Terms:
    """What this view may do. With `asks_first` a key that disturbs the engine must be pressed twice."""

    allow_kill: bool = False
    asks_first: bool = True


_PANELS = (
    ("symbols", rows.SYMBOLS, "symbols", "no symbol yet"),
    ("strategies", rows.STRATEGIES, "strategies", "no strategy"),
    ("orders", rows.ORDERS, "orders", "no order yet"),
    ("fills", rows.FILLS, "fills", "no fill yet"),
    ("portfolios", rows.PORTFOLIOS, "portfolios", "no portfolio"),
    ("actors", rows.ACTORS, "actors", "no actor yet"),
    ("events", rows.EVENTS, "what happens", "nothing yet"),
    ("positions", rows.POSITIONS, "positions", "nothing is held"),
)
"""Each with its columns, its title, and what it says while it is empty."""


class TopApp(App[None]):
    """The view of one engine. Without an attachment it shows what `take` is given."""

    CSS = CSS
    TITLE = "understudy"
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("q", "quit", show=False),
        Binding("ctrl+c", "quit", show=False, priority=True),
        Binding("question_mark", "help", show=False),
        Binding("c", "disturb('crash')", show=False),
        Binding("h", "disturb('hang')", show=False),
        Binding("p", "disturb('poison')", show=False),
        Binding("r", "restart_actor", show=False),
        Binding("k", "kill_engine", show=False),
        Binding("z", "halt", show=False),
        Binding("u", "release", show=False),
        *(Binding(str(place), f"page({place - 1})", show=False) for place in range(1, len(PAGES) + 1)),
    ]

    class Told(Message):
        """News from a thread of the attachment."""

        def __init__(self, news: News) -> None:
            super().__init__()
            self.news = news

    def __init__(self, attachment: Attachment | None, terms: Terms = Terms()) -> None:
        super().__init__()
        self.register_theme(THEME)
        self.theme = THEME.name
        self.view: View | None = None
        self.verdict: Verdict = NOT_CHECKED
        self.chosen = ""
        self.page = PAGES[0]
        self._attachment = attachment
        self._terms = terms
        self._history = History()
        self._happened: deque[TickerLine] = deque(maxlen=EVENTS_KEPT)
        self._absent_since: float | None = None
        self._absent_reason = ""
        self._killed_pid = 0
        self._armed: tuple[str, float] = ("", 0.0)
        self._notice = ""
        self._notice_until = 0.0
        # Held and not looked up: news and ticks also come while the screen is built and taken down.
        self._header = Lines(self._header_text, panel_id="header")
        self._keys = Lines(self._keys_text, panel_id="keys")
        self._body = Container(id="body")
        self._curves = Curves(self._history, title="portfolios", panel_id="curves")
        self._panels = {
            name: Panel(columns, title=title, none=none, panel_id=name) for name, columns, title, none in _PANELS
        }

    def compose(self) -> ComposeResult:
        """Every panel, once; where it lies is up to the style sheet."""
        panels = self._panels
        yield self._header
        with self._body:
            with Container(id="upper"):
                with Container(id="left"):
                    yield panels["symbols"]
                    yield panels["strategies"]
                    yield panels["orders"]
                    yield panels["fills"]
                with Container(id="right"):
                    yield self._curves
                    yield panels["portfolios"]
                    yield panels["actors"]
            with Container(id="lower"):
                yield panels["events"]
                yield panels["positions"]
        yield self._keys

    def on_mount(self) -> None:
        """Begin."""
        self._arrange()
        self.set_interval(REPAINT_SECONDS, self._repaint)
        self._panel("strategies").focus()
        if not self.is_headless:
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, self.exit)

    def on_ready(self) -> None:
        """All panels are there, those within others too, and may be told something."""
        if self._attachment is not None:
            self._attachment.start(lambda news: self.post_message(self.Told(news)))

    def on_unmount(self) -> None:
        """Let go of the engine."""
        if self._attachment is not None:
            self._attachment.stop()

    def on_resize(self, event: events.Resize) -> None:
        """One screen or pages."""
        self._arrange(event.size.width, event.size.height)

    def on_top_app_told(self, message: Told) -> None:
        """From a thread to here."""
        self.take(message.news)

    def take(self, news: News) -> None:
        """Show what was learned."""
        match news:
            case Seen():
                self._see(news)
            case Absent(reason=reason):
                self._miss(reason)
            case Happened(record=record):
                if (told := ticker_line(record)) is not None:
                    self._say(told)
            case Answered():
                self._hear(news)

    def _see(self, seen: Seen) -> None:
        before, self.view, self.verdict = self.view, seen.view, seen.verdict
        self._history.add(seen.view, time.monotonic())
        status = seen.view.status
        if self._absent_since is not None:
            if before is not None:
                seconds = time.monotonic() - self._absent_since
                self._say_own(
                    "back",
                    f"the engine answers again after {seconds:.2f} s (pid {status.engine_pid})",
                    "$rose-text",
                )
            self._absent_since = None
        self._show()
        if not self.chosen and seen.view.strategies:
            self.choose(f"strategy/{seen.view.strategies[0].strategy_id}")

    def _miss(self, reason: str) -> None:
        self._absent_reason = reason
        if self._absent_since is None:
            self._absent_since = time.monotonic()
            if self.view is not None:
                self._say_own("down", "the engine does not answer, waiting for it", "$error")
            self._show()

    def _hear(self, answer: Answered) -> None:
        style = "" if answer.is_done else "$error"
        self._say_own("done" if answer.is_done else "no", f"{answer.text} ({answer.seconds * 1000:.0f} ms)", style)

    def _say_own(self, word: str, text: str, style: str = "") -> None:
        self._say(TickerLine(self.view.time_ns if self.view is not None else 0, word, text, style))

    def _say(self, told: TickerLine) -> None:
        self._happened.appendleft(with_earlier(told, self._happened))
        self._panel("events").show(rows.event_rows(self._happened))

    def _show(self) -> None:
        self._body.set_class(self._absent_since is not None and self.view is not None, "absent")
        if self.view is not None:
            view, now = self.view, time.monotonic()
            self._panel("symbols").show(rows.symbol_rows(view, self._history))
            self._panel("strategies").show(rows.strategy_rows(view, self._history, now))
            self._panel("portfolios").show(rows.portfolio_rows(view, self._history))
            self._panel("actors").show(rows.actor_rows(view, self._history, now))
            self._panel("orders").show(rows.order_rows(view.orders))
            self._panel("fills").show(rows.fill_rows(view.fills))
            self._panel("positions").show(rows.position_rows(view))
            self._curves.show(view.portfolios)
        self._repaint()

    def _repaint(self) -> None:
        """What changes with real time alone."""
        self._header.refresh()
        self._keys.refresh()

    def _header_text(self, width: int) -> Content:
        status = self.view.status if self.view is not None else None
        absence = None
        if self._absent_since is not None:
            absence = Absence(time.monotonic() - self._absent_since, self._absent_reason)
        pages = tabs(PAGES, self.page) if self.screen.has_class("small") else Content()
        load = load_line(status, width - pages.cell_length - 1)
        return Content("\n").join(
            [
                state_line(status, absence, width),
                books_line(self.verdict, width),
                Content.assemble(load, " " * (width - load.cell_length - pages.cell_length), pages),
            ]
        )

    def _keys_text(self, width: int) -> Content:
        if time.monotonic() < self._notice_until:
            return Content.assemble(" ", (self._notice, "bold $warning")).truncate(width, ellipsis=True)
        return keys_line(self.chosen, allow_kill=self._terms.allow_kill, width=width)

    def choose(self, actor: str) -> None:
        """Make an actor the one that keys act on."""
        self.chosen = actor
        for name in ("symbols", "strategies", "portfolios", "actors"):
            self._panel(name).choose(actor)
        self._repaint()

    def on_panel_chosen(self, message: Panel.Chosen) -> None:
        """A line was chosen on some panel."""
        self.choose(message.actor)

    def action_page(self, place: int) -> None:
        """Show another page, or go to its first panel where all are on one screen."""
        self.page = PAGES[place]
        self._arrange()
        self.call_after_refresh(self.query_one(_FIRST_PANELS[place]).focus)

    def action_disturb(self, how: str) -> None:
        """A drill on the chosen actor."""
        if self.chosen and self._is_meant(f"{how} {self.chosen}"):
            self._send(Kill(actor=self.chosen, how=how))  # type: ignore[arg-type]  # the bindings' three words

    def action_restart_actor(self) -> None:
        """Start the chosen actor again."""
        if self.chosen:
            self._send(Restart(actor=self.chosen))

    def action_halt(self) -> None:
        """No new positions."""
        if self._is_meant("halt all trading"):
            self._send(Halt(reason="from the terminal view"))

    def action_release(self) -> None:
        """Trading may go on."""
        if self._is_meant("release trading"):
            self._send(Release(reason="from the terminal view"))

    def action_kill_engine(self) -> None:
        """The end of the engine process at once, as a crash or a power cut would be."""
        if self.view is None or self._absent_since is not None:
            return
        if not self._terms.allow_kill:
            self._notify("killing the engine process is off here; `understudy top --allow-kill` turns it on")
            return
        pid = self.view.status.engine_pid
        if not self._is_meant(f"kill -9 {pid}"):
            return
        try:
            os.kill(pid, signal.SIGKILL)
        except OSError as error:
            self._notify(f"process {pid} cannot be killed: {error.strerror}")
            return
        self._say_own("kill -9", f"engine process {pid}", "$error")
        self._miss("killed from here")

    def action_help(self) -> None:
        """The page of keys."""
        self.push_screen(Help())

    def _send(self, command: Command) -> None:
        if self._attachment is not None and self._absent_since is None:
            self._attachment.send(command)

    def _is_meant(self, what: str) -> bool:
        """Whether to go ahead: at once, or when the key is pressed a second time."""
        now = time.monotonic()
        if not self._terms.asks_first or (self._armed[0] == what and now < self._armed[1]):
            self._armed = ("", 0.0)
            self._notice_until = 0.0
            return True
        self._armed = (what, now + CONFIRM_SECONDS)
        self._notify(f"press the key again to {what}")
        return False

    def _notify(self, text: str) -> None:
        self._notice, self._notice_until = text, time.monotonic() + CONFIRM_SECONDS
        self._repaint()

    def _arrange(self, width: int | None = None, height: int | None = None) -> None:
        width, height = width or self.size.width, height or self.size.height
        is_wide = width >= WIDE_COLUMNS and height >= WIDE_ROWS
        self.screen.set_class(is_wide, "wide")
        self.screen.set_class(not is_wide, "small")
        for page in PAGES:
            self.screen.set_class(page == self.page, f"page-{page}")
        self._repaint()

    def _panel(self, name: str) -> Panel:
        return self._panels[name]
