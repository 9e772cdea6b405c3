"""The symbol actor: lets only plausible market data pass, builds bars, and puts prices on signals.

Quote, Trade, vendor Bar -> refused and counted, or passed to those who asked for it
                         -> bars of each length that somebody asked for
                         -> a mark, at most one a second, to those who hold the symbol
Signal, a person's order -> SignalPriced, OrderRequestPriced with the latest valid prices, to the router
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from actors.kernel.actor import Actor
from actors.names import ROUTER, symbol_actor
from messages import (
    SECOND_NS,
    Alert,
    AlertLevel,
    Bar,
    Mark,
    OrderRequestPriced,
    Quote,
    RequestOrder,
    Signal,
    SignalPriced,
    Subscribe,
    Subscribed,
    Symbol,
    SymbolHalted,
    SymbolStale,
    TimerFired,
    Trade,
    Unsubscribe,
)
from rules.bars import NEVER_NS, BarSeries
from rules.quality import (
    Fault,
    QualityLimits,
    QualityState,
    describe_fault,
    judge_bar,
    judge_quote,
    judge_trade,
)

if TYPE_CHECKING:
    from actors.kernel.kernel import Kernel

BARS_TIMER = "bars"
STALE_TIMER = "stale"
STALE_INTERVALS = 3
"""Bars may fail to come for so many intervals before a symbol counts as stale, if that is longer than the limit."""

MARK_INTERVAL_NS = SECOND_NS


class SymbolState(msgspec.Struct):
    """Latest valid data, bars in the making, who is told what, and what was refused."""

    quality: QualityState
    bars: BarSeries
    quote: Quote | None = None
    bar: Bar | None = None
    last_price: float = 0.0
    last_time_ns: int = 0
    interval_ns: int = 0
    next_mark_ns: int = 0
    halted: bool = False
    is_watched: bool = False
    is_stale: bool = False
    tick_subscribers: list[str] = []
    mark_subscribers: list[str] = []
    bar_subscribers: dict[int, list[str]] = {}


class SymbolActor(Actor):
    """Everything that is known of one symbol's market."""

    state: SymbolState

    def __init__(self, kernel: Kernel, *, symbol: Symbol, limits: QualityLimits | None = None) -> None:
        self.symbol = symbol
        self._limits = limits or QualityLimits()
        super().__init__(kernel, symbol_actor(symbol))
        self._ticks: list[Actor] = []
        self._marks: list[Actor] = []

    def new_state(self) -> SymbolState:
        """Nothing is known yet."""
        return SymbolState(quality=QualityState.of(self.symbol), bars=BarSeries.of(self.symbol))

    def on_restore(self) -> None:
        """Look the subscribers up once, not for every quote. A state of before may name some that have gone."""
        actors, state = self.kernel.actors, self.state
        self._ticks = [actors[name] for name in state.tick_subscribers if name in actors]
        self._marks = [actors[name] for name in state.mark_subscribers if name in actors]

    def on_receive(self, message: Any) -> None:
        """Quotes first, and written out: they are nearly all that comes."""
        if message.__class__ is Quote:
            state = self.state
            fault = judge_quote(state.quality, message, self.kernel.now_ns, self._limits)
            if fault is not None:
                self._refuse(fault, message)
                return
            state.quote = message
            time_ns = state.last_time_ns = message.time_ns
            closed = state.bars.add_quote(message.bid, message.ask, time_ns)
            if closed is not None:
                self._tell_bars(closed)
            for subscriber in self._ticks:
                self.kernel.outbox.append((subscriber, message))
            if self._marks and time_ns >= state.next_mark_ns:
                self._tell_mark()
            if not state.is_watched:
                self._watch()
            return
        self._on_other(message)

    def forget(self, subscriber: str) -> None:
        """Tell an actor that has gone nothing any more. Called by who takes it out, between two handlers."""
        self._unsubscribe(Unsubscribe(self.symbol, subscriber))
        self.checkpointed_at = None  # changed, though no mail came

    def refused(self) -> dict[str, int]:
        """How much market data was refused, by reason."""
        return {fault.value: count for fault, count in self.state.quality.refused.items()}

    def _on_other(self, message: Any) -> None:
        match message:
            case Trade():
                self._on_trade(message)
            case Bar():
                self._on_bar(message)
            case Signal():
                self.tell(ROUTER, SignalPriced(signal=message, **self._prices()))
            case RequestOrder():
                self.tell(ROUTER, OrderRequestPriced(request=message, **self._prices()))
            case TimerFired(name=name) if name == BARS_TIMER:
                self._tell_bars(self.state.bars.due(self.now_ns))
            case TimerFired():
                self._on_silence()
            case Subscribe():
                self._subscribe(message)
            case Unsubscribe():
                self._unsubscribe(message)
            case SymbolHalted():
                self.state.halted = message.halted
                for subscriber in self._ticks:
                    self.kernel.outbox.append((subscriber, message))
                self._tell_mark()

    def _on_trade(self, trade: Trade) -> None:
        state = self.state
        fault = judge_trade(state.quality, trade, self.now_ns, self._limits)
        if fault is not None:
            self._refuse(fault, trade)
            return
        state.last_price = trade.price
        state.last_time_ns = trade.time_ns
        closed = state.bars.add_trade(trade.price, trade.size, trade.time_ns)
        if closed is not None:
            self._tell_bars(closed)
        self._pass_on(trade)

    def _on_bar(self, bar: Bar) -> None:
        state = self.state
        fault = judge_bar(state.quality, bar, self.now_ns, self._limits)
        if fault is not None:
            self._refuse(fault, bar)
            return
        state.bar = bar
        state.last_price = bar.close
        state.last_time_ns = bar.time_ns
        if not state.interval_ns or bar.timeframe_ns < state.interval_ns:
            state.interval_ns = bar.timeframe_ns
        if bar.bid is not None and bar.ask is not None:
            state.quote = Quote(self.symbol, bar.time_ns, bar.bid.close, bar.ask.close)
        self._pass_on(bar, besides=state.bar_subscribers.get(bar.timeframe_ns, ()))
        self._tell_bars(state.bars.add_bar(bar))

    def _pass_on(self, message: Any, besides: tuple[str, ...] | list[str] = ()) -> None:
        for subscriber in self._ticks:
            if subscriber.actor_urn not in besides:
                self.kernel.outbox.append((subscriber, message))
        if self._marks and self.now_ns >= self.state.next_mark_ns:
            self._tell_mark()
        if not self.state.is_watched:
            self._watch()

    def _tell_bars(self, bars: list[Bar]) -> None:
        state = self.state
        for bar in bars:
            for name in state.bar_subscribers.get(bar.timeframe_ns, ()):
                if name in self.kernel.actors:
                    self.tell(name, bar)
        if state.bars.next_end_ns != NEVER_NS:
            self.set_timer(BARS_TIMER, state.bars.next_end_ns)

    def _tell_mark(self) -> None:
        mark = self._mark()
        if mark is not None:
            self.state.next_mark_ns = mark.time_ns + MARK_INTERVAL_NS
            for subscriber in self._marks:
                self.kernel.outbox.append((subscriber, mark))

    def _mark(self) -> Mark | None:
        state, (bid, ask) = self.state, self._sides()
        price = (bid + ask) / 2 if bid > 0.0 and ask > 0.0 else state.last_price
        return Mark(self.symbol, state.last_time_ns, price, bid, ask, state.halted) if price > 0.0 else None

    def _sides(self) -> tuple[float, float]:
        """Bid and ask; both are the middle where they cross by as little as the limits of quality let pass."""
        quote = self.state.quote
        if quote is None:
            return 0.0, 0.0
        middle = (quote.bid + quote.ask) / 2
        if 0.0 < quote.bid - quote.ask <= self._limits.crossed_fraction_max * middle:
            return middle, middle
        return quote.bid, quote.ask

    def _prices(self) -> dict[str, Any]:
        """What is stamped on a signal or an order."""
        state, (bid, ask) = self.state, self._sides()
        return {
            "bid": bid,
            "ask": ask,
            "last": state.last_price,
            "price_time_ns": state.last_time_ns,
            "halted": state.halted,
            "interval_ns": state.interval_ns,
        }

    def _subscribe(self, wanted: Subscribe) -> None:
        state, name = self.state, wanted.subscriber
        if name not in self.kernel.actors:  # set aside, and given once more when who asked has gone
            return
        if wanted.ticks and name not in state.tick_subscribers:
            state.tick_subscribers.append(name)
        if wanted.marks and name not in state.mark_subscribers:
            state.mark_subscribers.append(name)
        for timeframe_ns in wanted.timeframes_ns:
            state.bars.want(timeframe_ns)
            names = state.bar_subscribers.setdefault(timeframe_ns, [])
            if name not in names:
                names.append(name)
        self.on_restore()
        if wanted.marks and (mark := self._mark()) is not None:
            self.tell(name, mark)
        if wanted.ticks:
            self.tell(name, SymbolHalted(self.symbol, self.now_ns, state.halted))
            if (latest := self._latest()) is not None:
                self.tell(name, latest)
            self.tell(name, Subscribed(self.symbol, self.now_ns))

    def _latest(self) -> Quote | Trade | Bar | None:
        """The latest record of the finest kind that this symbol has."""
        state = self.state
        if state.quote is not None:
            return state.quote
        trade = state.quality.last_trade
        return trade if trade.time_ns else state.bar

    def _unsubscribe(self, unwanted: Unsubscribe) -> None:
        state, name = self.state, unwanted.subscriber
        is_all = not (unwanted.ticks or unwanted.marks or unwanted.timeframes_ns)
        if (unwanted.ticks or is_all) and name in state.tick_subscribers:
            state.tick_subscribers.remove(name)
        if (unwanted.marks or is_all) and name in state.mark_subscribers:
            state.mark_subscribers.remove(name)
        for timeframe_ns in state.bar_subscribers if is_all else unwanted.timeframes_ns:
            if name in state.bar_subscribers.get(timeframe_ns, ()):
                state.bar_subscribers[timeframe_ns].remove(name)
        self.on_restore()

    def _watch(self) -> None:
        """Begin to watch for silence; there was data just now."""
        state = self.state
        state.is_watched = True
        if state.is_stale:
            state.is_stale = False
            self.emit(SymbolStale(self.symbol, self.now_ns, stale=False, last_time_ns=state.last_time_ns))
        self.set_timer(STALE_TIMER, state.last_time_ns + self._stale_after_ns())

    def _on_silence(self) -> None:
        state = self.state
        due_ns = state.last_time_ns + self._stale_after_ns()
        if self.now_ns < due_ns:
            self.set_timer(STALE_TIMER, due_ns)
            return
        state.is_watched = False
        state.is_stale = True
        self.emit(SymbolStale(self.symbol, self.now_ns, stale=True, last_time_ns=state.last_time_ns))

    def _stale_after_ns(self) -> int:
        return max(int(self._limits.stale_after_seconds * SECOND_NS), STALE_INTERVALS * self.state.interval_ns)

    def _refuse(self, fault: Fault, record: Quote | Trade | Bar) -> None:
        """Tell a person of the first of its kind; all are counted."""
        quality = self.state.quality
        if quality.refused[fault] == 1:
            text = describe_fault(fault, record, quality)
            self.emit(Alert(level=AlertLevel.WARNING, subject=self.symbol, text=text, time_ns=self.now_ns))
