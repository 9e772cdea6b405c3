"""A router, one symbol, and actors that only listen: the market half of the tree."""

from __future__ import annotations

from typing import Any

from actors import Router, SymbolActor
from actors.kernel import Actor, CoreThread, Kernel, begin
from actors.past_the_router import let_halts_through
from messages import EngineStarted, Quote, Subscribe, Told, Trade, encode
from rules.quality import QualityLimits
from tests.actors._trading import ABC, PORTFOLIO, SECOND_NS, START_NS, STRATEGY


class Listener(Actor):
    """Keeps all that it is told; in no state, for nothing here is rebuilt."""

    def __init__(self, kernel: Kernel, name: str) -> None:
        super().__init__(kernel, name)
        self.heard: list[Any] = []

    def on_receive(self, message: Any) -> None:
        self.heard.append(message)

    def take(self) -> list[Any]:
        """What was heard since the last look."""
        heard, self.heard = self.heard, []
        return heard


class Stage:
    """A kernel with the router, `ABC`'s actor, and listeners, one of them in the portfolio's place."""

    def __init__(self, *listeners: str, limits: QualityLimits | None = None) -> None:
        self.kernel = kernel = Kernel()
        Router.start(kernel, symbols=(ABC,), owners={STRATEGY: PORTFOLIO})
        started = SymbolActor.start(kernel, symbol=ABC, limits=limits)
        self.symbol: SymbolActor = started.actor  # type: ignore[attr-defined]  # our Ref
        for name in (*listeners, "portfolio/main"):
            Listener.start(kernel, name)
        let_halts_through(kernel, ["portfolio/main"])
        self.router: Router = kernel.actors["router"]  # type: ignore[assignment]  # it is that
        begin(kernel, EngineStarted(time_ns=START_NS, config=b"{}", code_version="test"))
        self.now_ns = START_NS

    def heard(self, name: str) -> list[Any]:
        """What a listener was told since the last look."""
        listener = self.kernel.actors[name]
        assert isinstance(listener, Listener), f"{name} is no listener"
        return listener.take()

    def at(self, seconds: float) -> Stage:
        """So many seconds after the start; timers due before fire."""
        self.now_ns = START_NS + int(seconds * SECOND_NS)
        with CoreThread(self.kernel):
            self.kernel._fire_timers(self.now_ns)
        return self

    def input(self, *messages: Any) -> list[Any]:
        """Make them inputs; the effects since the last call, timers' included."""
        with CoreThread(self.kernel):
            for message in messages:
                self.kernel.input(message, self.now_ns)
        return [recorded.message for recorded in self.kernel.drop_turn()]

    def tell(self, name: str, message: Any) -> list[Any]:
        """Tell one actor, as a thread outside would."""
        return self.input(Told(name, encode(message)))

    def quote(self, bid: float = 99.99, ask: float = 100.01) -> list[Any]:
        """A quote of now."""
        return self.input(Quote(ABC, self.now_ns, bid, ask))

    def trade(self, price: float = 100.0, size: float = 10.0) -> list[Any]:
        """A trade of now."""
        return self.input(Trade(ABC, self.now_ns, price, size))

    def subscribe(self, name: str, **wanted: Any) -> list[Any]:
        """Subscribe a listener; what it was told in answer."""
        self.input(Subscribe(ABC, name, **wanted))
        return self.heard(name)
