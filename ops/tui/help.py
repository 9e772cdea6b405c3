"""The page of keys."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

_KEYS = (
    ("1 to 5", "market, actors, orders, money, events: page or panel"),
    ("tab, arrows", "go to another panel, choose a line of it"),
    ("", "the choice says which actor the next keys are for"),
    ("c", "crash it: its state is rebuilt, and it goes on"),
    ("h", "hang it: an endless loop, broken off after a second"),
    ("p", "poison it: a message that fails every time, set aside"),
    ("r", "restart it, if it backs off or is quarantined"),
    ("k", "kill -9 the engine process; its guardian starts another"),
    ("z", "halt: no new position anywhere, until"),
    ("u", "released"),
    ("q, Ctrl-C", "leave"),
)
_BOOKS = (
    "The books agree when the journal, read anew here, the engine's portfolio actors and the simulated venue say "
    "the same cash and positions, all three at the same input."
)


class Help(ModalScreen[None]):
    """Shown until any key is pressed."""

    def compose(self) -> ComposeResult:
        """One text in the middle."""
        lines = [Content.assemble((f"{key:<13}", "bold $accent"), text) for key, text in _KEYS]
        yield Static(Content("\n").join([*lines, Content(), Content.styled(_BOOKS, "$quiet")]))

    def on_key(self) -> None:
        """Back to where one was."""
        self.dismiss()
