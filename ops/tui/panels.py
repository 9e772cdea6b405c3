"""The parts of the screen: tables that can be walked through, the portfolios' curves, and lines of text."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Size
from textual.message import Message
from textual.widget import Widget

from ops.control.answers import PortfolioView
from ops.printable import printable
from ops.tui import figures
from ops.tui.curves import curve
from ops.tui.history import History
from ops.tui.table import Column, Row, heading, line

LABEL_WIDTH = 11
"""What a curve's scale takes at its right."""
CURVE_ROWS = 4
NEIGHBOURS = 3
"""Lines above and below the chosen one that stay in sight with it."""


class Panel(Widget, can_focus=True):
    """A table. Arrow keys move the chosen line, which says whom commands act on."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1)", show=False),
        Binding("down", "move(1)", show=False),
        Binding("pageup", "move(-10)", show=False),
        Binding("pagedown", "move(10)", show=False),
        Binding("home", "move(-1000000)", show=False),
        Binding("end", "move(1000000)", show=False),
    ]

    class Chosen(Message):
        """The chosen line is now one of this actor."""

        def __init__(self, actor: str) -> None:
            super().__init__()
            self.actor = actor

    def __init__(self, columns: Sequence[Column], *, title: str, none: str, panel_id: str) -> None:
        super().__init__(id=panel_id)
        self.border_title = title
        self.rows: Sequence[Row] = ()
        self._columns = columns
        self._none = none
        self._cursor: str | None = None
        self._top = 0

    def show(self, rows: Sequence[Row]) -> None:
        """Put other lines in place of those that are shown; the chosen one stays chosen."""
        resized = len(rows) != len(self.rows)
        self.rows = rows
        self.refresh(layout=resized)

    def choose(self, actor: str) -> None:
        """Follow a choice made elsewhere, if there is a line of that actor."""
        if any(row.key == self._cursor and row.actor == actor for row in self.rows):
            return
        key = next((row.key for row in self.rows if row.actor == actor), None)
        if key is not None and self._cursor != key:
            self._cursor = key
            self.refresh()

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:  # noqa: ARG002  # textual's
        """The heading and every line."""
        return 1 + max(1, len(self.rows))

    def action_move(self, lines: int) -> None:
        """Choose a line further up or down."""
        if not self.rows:
            return
        at = self._index()
        place = 0 if at is None and lines > 0 else (at or 0) + lines
        self._select(self.rows[min(max(place, 0), len(self.rows) - 1)])

    def on_click(self, event: events.Click) -> None:
        """Choose the line under the pointer."""
        offset = event.get_content_offset(self)
        place = -1 if offset is None else self._top + offset.y - 1
        if 0 <= place < len(self.rows):
            self._select(self.rows[place])

    def on_focus(self) -> None:
        """Show which line is chosen."""
        self.refresh()

    def on_blur(self) -> None:
        """Show it no more."""
        self.refresh()

    def render(self) -> Content:
        """The heading, and the lines that there is room for."""
        width, height = self.content_size
        room = max(0, height - 1)
        title = heading(self._columns, width)
        lines = [title.stylize("bold $accent") if self.has_focus else title]
        if not self.rows:
            lines.append(Content.styled(self._none, "$quiet"))
            return Content("\n").join(lines[: max(1, height)])
        at = self._index()
        self._top = _scrolled(self._top, at=at, count=len(self.rows), room=room)
        for place, row in enumerate(self.rows[self._top : self._top + room], self._top):
            style = "" if place != at else "on $chosen" if self.has_focus else "on $chosen-quiet"
            lines.append(line(self._columns, row, width, style=style))
        return Content("\n").join(lines)

    def _index(self) -> int | None:
        return next((place for place, row in enumerate(self.rows) if row.key == self._cursor), None)

    def _select(self, row: Row) -> None:
        self._cursor = row.key
        self.refresh()
        if row.actor:
            self.post_message(self.Chosen(row.actor))


class Curves(Widget):
    """Each portfolio: its figures on one line, and its equity since the view was opened below it."""

    def __init__(self, history: History, *, title: str, panel_id: str) -> None:
        super().__init__(id=panel_id)
        self.border_title = title
        self._history = history
        self._portfolios: Sequence[PortfolioView] = ()

    def show(self, portfolios: Sequence[PortfolioView]) -> None:
        """Put these in place of those that are shown."""
        resized = len(portfolios) != len(self._portfolios)
        self._portfolios = portfolios
        self.refresh(layout=resized)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:  # noqa: ARG002  # textual's
        """A line of figures and a curve for each."""
        return max(1, len(self._portfolios) * (1 + CURVE_ROWS))

    def render(self) -> Content:
        """All of them, one below the other."""
        width, height = self.content_size
        if not self._portfolios:
            return Content.styled("no portfolio yet", "$quiet")
        rows = max(1, height // len(self._portfolios) - 1)
        lines: list[Content] = []
        for portfolio in self._portfolios:
            lines += [_figures(portfolio, width), *self._curve(portfolio, width, rows)]
        return Content("\n").join(lines[:height])

    def _curve(self, portfolio: PortfolioView, width: int, rows: int) -> list[Content]:
        kept = self._history.equity.get(portfolio.portfolio_id)
        values = kept.values if kept is not None else []
        style = figures.style_of(_pnl(portfolio))
        drawn = curve(values, max(1, width - LABEL_WIDTH - 1), rows)
        labels = [""] * rows
        if values:
            labels[-1] = figures.money(Decimal(min(values)))
            labels[0] = figures.money(Decimal(max(values)))
        return [
            Content.assemble((text, style), " ", (label.rjust(LABEL_WIDTH), "$quiet"))
            for text, label in zip(drawn, labels, strict=True)
        ]


class Lines(Widget):
    """Text of a fixed number of lines, made for the width that there is."""

    def __init__(self, make: Callable[[int], Content], *, panel_id: str) -> None:
        super().__init__(id=panel_id)
        self._make = make

    def render(self) -> Content:
        """What it says now."""
        return self._make(self.content_size.width)


def _figures(portfolio: PortfolioView, width: int) -> Content:
    pnl = _pnl(portfolio)
    style = figures.style_of(pnl)
    name = portfolio.portfolio_id
    parts: list[tuple[str, str]] = [
        (f"{name:<10}", "bold $error" if portfolio.halted else "bold $name"),
        (f"{figures.money(portfolio.equity):>13}", "bold"),
        (f"{figures.signed(pnl):>11}", style),
        (f"{figures.percent(pnl, portfolio.starting_cash):>8}", style),
        ("   cash ", "$quiet"),
        (f"{figures.money(portfolio.cash):>12}", ""),
    ]
    if portfolio.halted:
        parts.append((f"  halted: {printable(portfolio.halted)}", "$error"))
    return Content.assemble(*parts).truncate(width)


def _pnl(portfolio: PortfolioView) -> Decimal | None:
    return None if portfolio.equity is None else portfolio.equity - portfolio.starting_cash


def _scrolled(top: int, *, at: int | None, count: int, room: int) -> int:
    """The first line to show, so that the chosen one is in sight among its neighbours and no room is wasted."""
    last = max(0, count - room)
    if at is None or room == 0:
        return 0 if at is None else min(top, last)
    margin = min(NEIGHBOURS, (room - 1) // 2)
    top = min(max(top, at - room + 1 + margin), at - margin)
    return min(max(top, 0), last)
