"""Small actors that tests of the kernel are about."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import msgspec

from actors.kernel import Actor, CoreThread, Kernel, SourceFeed, begin
from messages import Alert, AlertLevel, EngineStarted, Quote, Symbol, TimerFired

START_NS = 1_700_000_000_000_000_000
STARTED = EngineStarted(time_ns=START_NS, config=b"{}", code_version="test")


class Tally(msgspec.Struct):
    """What a counting actor remembers."""

    seen: list[int] = []
    total: float = 0.0
    started: int = 0


class Entry(Actor):
    """Sends each quote to the actor that is named as its symbol."""

    def __init__(self, kernel: Kernel) -> None:
        super().__init__(kernel, "router")

    def on_receive(self, message: Any) -> None:
        if isinstance(message, Quote) and message.symbol in self.kernel.actors:
            self.tell(message.symbol, message)


class Counter(Actor):
    """Adds bids up, emits an alert for each quote, and forwards to `next_name` if there is one."""

    State = Tally

    def __init__(self, kernel: Kernel, name: str, next_name: str | None = None) -> None:
        super().__init__(kernel, name)
        self.next_name = next_name

    def on_start(self) -> None:
        self.state.started += 1

    def on_receive(self, message: Any) -> Any:
        match message:
            case Quote():
                self.state.seen.append(message.time_ns)
                self.state.total += message.bid
                if self.next_name is not None:
                    self.tell(self.next_name, message)
                self.emit(note(f"{self.actor_urn} {self.state.total:.6f}", self.now_ns))
            case TimerFired():
                self.state.seen.append(-message.due_ns)
                self.emit(note(f"{self.actor_urn} timer {message.name}", self.now_ns))
            case "total?":
                return self.state.total
        return None


class Faulty(Counter):
    """Does its work, then raises whenever `fails` says so of the quote."""

    def __init__(
        self, kernel: Kernel, name: str, fails: Callable[[Quote], bool], next_name: str | None = None
    ) -> None:
        super().__init__(kernel, name, next_name)
        self.fails = fails

    def on_receive(self, message: Any) -> Any:
        reply = super().on_receive(message)
        if isinstance(message, Quote) and self.fails(message):
            raise RuntimeError(f"cannot stand {message.bid}")
        return reply


class Quotes:
    """A source of quotes, one a second, the symbols in turn."""

    name = "quotes"

    def __init__(self, count: int, symbols: tuple[str, ...]) -> None:
        self._quotes = [quote(symbols[i % len(symbols)], i, bid=100 + i % 7) for i in range(count)]
        self._next = 0

    def instruments(self) -> list[Any]:
        return []

    def take(self, limit: int) -> list[Any]:
        taken = self._quotes[self._next : self._next + limit]
        self._next += len(taken)
        return taken

    def state(self) -> bytes:
        return self._next.to_bytes(8, "big")

    def restore(self, state: bytes) -> None:
        self._next = int.from_bytes(state, "big")

    def skip(self, count: int) -> None:
        self._next += count


def quote(symbol: str, second: int, bid: float = 100.0) -> Quote:
    """A quote so many seconds after the start."""
    return Quote(Symbol(symbol), START_NS + second * 1_000_000_000, bid, bid + 0.01, 10.0, 10.0)


def note(text: str, time_ns: int) -> Alert:
    """An effect that tells what happened."""
    return Alert(level=AlertLevel.INFO, subject="test", text=text, time_ns=time_ns)


def texts(effects: list[Any]) -> list[str]:
    """The texts of recorded alerts; other effects by their type's name."""
    return [e.message.text if isinstance(e.message, Alert) else type(e.message).__name__ for e in effects]


def started_kernel(*make: Callable[[Kernel], Any]) -> Kernel:
    """A kernel with a router and these actors, after its first input."""
    kernel = Kernel()
    Entry.start(kernel)
    for start in make:
        start(kernel)
    begin(kernel, STARTED)
    return kernel


def handle(kernel: Kernel, *quotes: Quote) -> list[Any]:
    """Make the quotes inputs; what effects they had."""
    with CoreThread(kernel):
        for message in quotes:
            kernel.input(message, message.time_ns)
    return kernel.drop_turn()


def handle_source(kernel: Kernel, source: Any) -> None:
    """Run a source to its end."""
    kernel.feed = SourceFeed(source)
    with CoreThread(kernel):
        while kernel.turn():
            pass


@contextmanager
def running(kernel: Kernel) -> Iterator[None]:
    """The kernel on a thread of its own, as a caller outside sees it."""
    thread = threading.Thread(target=kernel.run, name="core")
    thread.start()
    try:
        yield
    finally:
        kernel.stop("end of test")
        kernel.ingress.wake()
        thread.join(10)
        assert not thread.is_alive(), "the core did not stop"
