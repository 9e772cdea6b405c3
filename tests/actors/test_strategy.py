"""The strategy's actor: what it lets the strategy see and do, and that the strategy's memory is safe with it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec

from actors import StrategyActor
from actors.kernel import CoreThread
from messages import (
    MINUTE_NS,
    Bar,
    CrashActor,
    Mark,
    Quote,
    Side,
    Signal,
    StrategyQuarantined,
    Symbol,
    Told,
    Trade,
    encode,
)
from tests.actors._stage import Stage
from tests.actors._trading import ABC, SECOND_NS, START_NS, STRATEGY, Script, Trading, Wants, only, signal
from tests.messages._samples import FILL

ACTOR = "strategy/plan"


class Notes(msgspec.Struct):
    """What the diarist wrote down."""

    lines: list[str] = []


class Diarist(Script):
    """Writes down each call of a hook, and wants one unit more at every quote."""

    def new_state(self) -> Any:
        return Notes()

    def on_start(self) -> None:
        self.note("start")

    def on_bar(self, bar: Bar) -> None:
        self.note(f"bar {bar.close}")

    def on_quote(self, quote: Quote) -> None:
        self.note(f"quote {quote.bid}")
        self.context.emit(signal(len(self.state.lines), self.context.now_ns))
        if self.fails:
            raise RuntimeError("after the signal")

    def on_trade(self, trade: Trade) -> None:
        self.note(f"trade {trade.price}")
        self.context.set_timer("later", self.context.now_ns + 5 * SECOND_NS)

    def on_fill(self, fill: Any) -> None:
        self.note(f"fill {fill.quantity}, holds {self.context.position(fill.symbol)}")

    def on_timer(self, name: str) -> None:
        self.note(f"timer {name} at {(self.context.now_ns - START_NS) // SECOND_NS}")

    def note(self, line: str) -> None:
        self.state.lines.append(line)


def hosted(**terms: Any) -> tuple[Stage, StrategyActor]:
    """A stage with a diarist on it, subscribed to quotes, trades and minutes."""
    stage = Stage()
    wants = Wants(ticks=True, timeframes_ns=(MINUTE_NS,))
    with CoreThread(stage.kernel):
        actor: StrategyActor = StrategyActor.start(  # type: ignore[attr-defined]  # our Ref
            stage.kernel,
            strategy_id=STRATEGY,
            symbols=(ABC,),
            make=lambda context: Diarist(context, wants=wants, **terms),
        ).actor
        stage.kernel.quiesce()
    return stage, actor


def fill(side: Side, quantity: str) -> Told:
    """An execution, told to the strategy as its portfolio does."""
    executed = msgspec.structs.replace(FILL, symbol=ABC, side=side, quantity=Decimal(quantity))
    return Told(ACTOR, encode(executed))


def test_each_kind_of_message_has_its_hook() -> None:
    stage, actor = hosted()

    stage.at(1).quote(99.0, 101.0)
    stage.at(2).trade(100.5)
    stage.at(7)
    stage.input(fill(Side.BUY, "3"))
    stage.at(40)

    assert actor.state.own.lines == [
        "start",
        "quote 99.0",
        "trade 100.5",
        "timer later at 7",
        "fill 3, holds 3.0",
        "bar 100.5",
    ]


def test_what_it_does_not_know_passes_it_by() -> None:
    stage, actor = hosted()

    stage.tell(ACTOR, Mark(ABC, START_NS, 100.0))

    assert actor.state.own.lines == ["start"]


def test_a_signal_goes_by_the_symbol_to_the_portfolio() -> None:
    stage, _ = hosted()

    stage.at(1).quote()

    told = stage.heard("portfolio/main")
    assert [(type(priced.signal), priced.signal.value, priced.bid) for priced in told] == [(Signal, 2.0, 99.99)]


def test_a_position_is_the_sum_of_the_fills_and_exactly_zero_when_flat() -> None:
    stage, actor = hosted()

    for side, quantity in ((Side.BUY, "0.1"), (Side.BUY, "0.2"), (Side.SELL, "0.3"), (Side.SELL, "1.5")):
        stage.input(fill(side, quantity))

    held = [line.partition("holds ")[2] for line in actor.state.own.lines[1:]]
    assert held == ["0.1", "0.30000000000000004", "0.0", "-1.5"]
    assert actor.state.positions == {"ABC": -1.5}


def test_a_symbol_that_it_never_traded_is_flat() -> None:
    _, actor = hosted()

    assert actor.strategy.context.position(Symbol("XYZ")) == 0.0  # type: ignore[attr-defined]  # it is a Script


def test_it_is_told_only_what_it_subscribed_to() -> None:
    trading = Trading(wants=Wants(ticks=False, timeframes_ns=(SECOND_NS,)))

    trading.quote(99.0, 101.0)
    trading.quote(99.0, 101.0)

    assert (trading.strategy.state.own.quotes, trading.strategy.state.own.bars) == (0, 1)


def test_its_memory_comes_back_after_a_crash_as_it_was() -> None:
    stage, actor = hosted()
    stage.at(1).quote()
    stage.at(2).trade()
    stage.input(fill(Side.BUY, "3"))
    before = (list(actor.state.own.lines), dict(actor.state.positions))
    stage.heard("portfolio/main")

    stage.input(CrashActor(ACTOR))

    assert (actor.state.own.lines, actor.state.positions) == before
    assert actor.strategy.state is actor.state.own
    assert stage.heard("portfolio/main") == []


def test_a_signal_of_a_hook_that_fails_is_never_heard() -> None:
    stage, actor = hosted(fails=True)

    stage.at(1).quote()

    assert stage.heard("portfolio/main") == []
    assert actor.state.own.lines == ["start"]
    assert [letter.error for letter in stage.kernel.dead_letters] == ["RuntimeError: after the signal"]


def test_one_that_fails_too_often_is_quarantined_and_its_portfolio_told() -> None:
    trading = Trading(fails=True)

    for _ in range(20):
        trading.quote(99.99, 100.01)

    told = only([recorded.message for recorded in trading.effects], StrategyQuarantined)
    assert [message.strategy_id for message in told] == [STRATEGY]
    assert trading.portfolio.state.quarantined == {STRATEGY: told[0].reason}


def test_a_timer_that_it_moves_fires_once() -> None:
    stage, actor = hosted()
    stage.at(1).trade()
    stage.at(2).trade()

    stage.at(30)

    assert [line for line in actor.state.own.lines if line.startswith("timer")] == ["timer later at 7"]
    assert not [timer for timer in stage.kernel.timers.entries() if timer.actor == ACTOR]
