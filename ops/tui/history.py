"""What the view remembers from one answer to the next: prices, equity, and who fell and came back."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from ops.control.answers import ActorLine, View

PRICES_KEPT = 120
EQUITY_KEPT = 640
FLASH_SECONDS = 3.0
"""How long a row stays marked after its actor has crashed or come back."""


class Equity:
    """The curve since the view was opened, thinned out as it grows: every second point goes when it is full."""

    def __init__(self, kept: int = EQUITY_KEPT) -> None:
        self.values: list[float] = []
        self._kept = kept
        self._stride = 1
        self._skipped = 0

    def add(self, value: float) -> None:
        """Take note of the latest value."""
        self._skipped += 1
        if self._skipped < self._stride and self.values:
            return
        self._skipped = 0
        self.values.append(value)
        if len(self.values) >= self._kept:
            self.values = self.values[1::2]
            self._stride *= 2


class History:
    """Filled by `add`, one answer after the other; `now` is a real clock's seconds."""

    def __init__(self) -> None:
        self.prices: dict[str, deque[float]] = {}
        self.equity: dict[str, Equity] = {}
        self.fallen: dict[str, float] = {}
        """When an actor was last seen to have crashed."""
        self.healed: dict[str, float] = {}
        """When an actor was last seen to have come back."""
        self._before: dict[str, ActorLine] = {}

    def add(self, view: View, now: float) -> None:
        """Take note of an answer."""
        for symbol in view.symbols:
            middle = (symbol.bid + symbol.ask) / 2 if symbol.bid and symbol.ask else symbol.last
            if middle:
                self.prices.setdefault(symbol.symbol, deque(maxlen=PRICES_KEPT)).append(middle)
        for portfolio in view.portfolios:
            if portfolio.equity is not None:
                self.equity.setdefault(portfolio.portfolio_id, Equity()).add(float(portfolio.equity))
        self._compare(view.actors, now)

    def flash(self, actor: str, now: float) -> str:
        """The colour behind an actor's row: it fell, it came back, or none."""
        fell, rose = self.fallen.get(actor, -FLASH_SECONDS), self.healed.get(actor, -FLASH_SECONDS)
        if now - max(fell, rose) >= FLASH_SECONDS:
            return ""
        return "on $fell" if fell > rose else "on $rose"

    def _compare(self, actors: Iterable[ActorLine], now: float) -> None:
        for line in actors:
            before = self._before.get(line.name)
            if before is not None:
                if line.crashes > before.crashes or (before.status == "running" != line.status):
                    self.fallen[line.name] = now
                if line.restarts > before.restarts or (before.status != "running" == line.status):
                    self.healed[line.name] = now + 0.001  # seen at once, it has come back
            self._before[line.name] = line
