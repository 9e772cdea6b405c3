"""How many messages a second the kernel carries between actors that do next to nothing."""

from __future__ import annotations

import time
from typing import Any

import msgspec

from actors.kernel import Actor, CoreThread, Kernel, SourceFeed, begin
from actors.names import ROUTER
from messages import EngineStarted, Quote, Symbol
from ops.bench.errors import BenchError
from ops.bench.quotes import START_NS, MemorySource, make_quotes, symbols_named
from ops.bench.terms import MessagesTerms
from ops.engine import settle_memory  # as a running engine does it

HOPS = 3
"""Messages that one input is: to the entry, to the first row, to the second."""


class Count(msgspec.Struct):
    """What an actor of the rows remembers."""

    messages: int = 0


class Entry(Actor):
    """Sends each quote to the first actor of its symbol, as the router does."""

    def __init__(self, kernel: Kernel, symbols: tuple[Symbol, ...]) -> None:
        super().__init__(kernel, ROUTER)
        self._symbols = symbols
        self._first_row: dict[Symbol, Actor] = {}

    def on_restore(self) -> None:
        """Look the actors up once, not for every quote."""
        self._first_row = {symbol: self.kernel.actors[f"first/{symbol}"] for symbol in self._symbols}

    def on_receive(self, message: Any) -> None:
        """Pass quotes on, nothing else."""
        if message.__class__ is Quote:
            self.kernel.outbox.append((self._first_row[message.symbol], message))


class Relay(Actor):
    """Counts, and passes on to the actor named `onward` if there is one."""

    State = Count

    def __init__(self, kernel: Kernel, name: str, onward: str | None = None) -> None:
        super().__init__(kernel, name)
        self._onward = None if onward is None else kernel.actors[onward]

    def on_receive(self, message: Any) -> None:
        """Count and pass on."""
        self.state.messages += 1
        if self._onward is not None:
            self.kernel.outbox.append((self._onward, message))


def measure_messages(terms: MessagesTerms) -> dict[str, float]:
    """Messages a second, and how many were handled to find that out. Raises BenchError if one was lost."""
    symbols = symbols_named(terms.actors // 2)
    warm_up = terms.inputs // 10
    kernel = _two_rows(symbols)
    quotes = list(make_quotes(symbols, warm_up + terms.inputs, wave=400))
    begin(kernel, EngineStarted(time_ns=START_NS, config=b"{}", code_version="bench"))
    settle_memory()
    _drain(kernel, MemorySource("warm-up", symbols, quotes[:warm_up]))
    seconds = _drain(kernel, MemorySource("measured", symbols, quotes[warm_up:]))
    seen = sum(actor.state.messages for actor in kernel.actors.values() if isinstance(actor, Relay))
    if seen != 2 * len(quotes):
        raise BenchError(f"{2 * len(quotes)} messages were sent to the rows of actors and {seen} arrived")
    messages = HOPS * terms.inputs
    return {"messages_per_second": messages / seconds, "messages": messages}


def _two_rows(symbols: tuple[Symbol, ...]) -> Kernel:
    kernel = Kernel()
    Entry.start(kernel, symbols)
    for symbol in symbols:
        Relay.start(kernel, f"second/{symbol}")
        Relay.start(kernel, f"first/{symbol}", f"second/{symbol}")
    return kernel


def _drain(kernel: Kernel, source: MemorySource) -> float:
    """Seconds that the kernel needs to handle all that a source has."""
    feed = kernel.feed = SourceFeed(source)
    with CoreThread(kernel):
        began = time.perf_counter()
        while not feed.end_told:
            kernel.turn()
        return time.perf_counter() - began
