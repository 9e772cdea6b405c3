"""What a strategy does wrong stays with the strategy: the core, the portfolio and the journal never see it."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from actors.kernel import ActorStatus, CoreThread, poison_plan, take_checkpoint
from messages import (
    GENESIS_CHAIN,
    ClientOrderId,
    CrashActor,
    ExecutionId,
    OrderFillBusted,
    QuarantineActor,
    Quote,
    RestartActor,
    Side,
    StrategyId,
    Told,
    TurnInputs,
    encode,
    encode_turn,
)
from tests.actors._trading import (
    ABC,
    PORTFOLIO,
    SECOND_NS,
    START_NS,
    STRATEGY,
    Script,
    ScriptState,
    Trading,
    signal,
)


class Number(float):
    """A number of another library, as numpy's are: a float to all but the encoder."""


class Act(Script):
    """Does `act` at every quote."""

    act: Callable[[Any], None]

    def on_quote(self, quote: Any) -> None:
        super().on_quote(quote)
        type(self).act(self)


def trading_with(act: Callable[[Any], None]) -> Trading:
    kind = type("Acting", (Act,), {"act": staticmethod(act)})
    return Trading(script=kind)


def is_quarantined_alone(trading: Trading) -> bool:
    status = {name: actor.status for name, actor in trading.kernel.actors.items()}
    others = [each for name, each in status.items() if name != trading.strategy.actor_urn]
    return status[trading.strategy.actor_urn] is ActorStatus.QUARANTINED and set(others) == {ActorStatus.RUNNING}


WRONG_SIGNALS = {
    "a value that is no number": lambda now: msgspec.structs.replace(signal(1, now), value="1"),
    "a value of another library": lambda now: msgspec.structs.replace(signal(1, now), value=Number(1)),
    "a symbol that is none": lambda now: msgspec.structs.replace(signal(1, now), symbol=["ABC"]),
    "a reason that is no text": lambda now: msgspec.structs.replace(signal(1, now), reason=object()),
    "another strategy's name": lambda now: msgspec.structs.replace(signal(1, now), strategy_id=StrategyId("who")),
    "no signal": lambda now: "buy",
}


@pytest.mark.parametrize("make", WRONG_SIGNALS.values(), ids=WRONG_SIGNALS)
def test_a_signal_that_is_not_one_is_the_strategys_own_failure(make: Callable[[int], Any]) -> None:
    trading = trading_with(lambda script: script.context.emit(make(script.context.now_ns)))
    for _ in range(8):
        effects = trading.quote(99.0, 101.0)
        encode_turn(
            epoch=1,
            first_seq=1,
            taken=TurnInputs([], []),
            effects=trading.effects,
            chain_before=GENESIS_CHAIN,
        )
    del effects
    assert is_quarantined_alone(trading)


@pytest.mark.parametrize("due", [1.5, "soon", None, 1 << 70, -1], ids=str)
def test_a_timer_at_no_time_is_the_strategys_own_failure(due: Any) -> None:
    trading = trading_with(lambda script: script.context.set_timer("x", due))
    for _ in range(8):
        trading.quote(99.0, 101.0)
    assert is_quarantined_alone(trading)


def test_a_timer_that_is_set_to_now_again_and_again_does_not_stop_time() -> None:
    trading = trading_with(lambda script: script.context.set_timer("x", script.context.now_ns))
    rearm = type(trading.strategy.strategy)
    rearm.on_timer = lambda self, name: self.context.set_timer(name, self.context.now_ns)
    trading.quote(99.0, 101.0)
    trading.wait(1)
    assert trading.kernel.seq < 2000


WRONG_STATES = {
    "a thing": lambda state: setattr(state, "quotes", object()),
    "a number of another library": lambda state: setattr(state, "quotes", Number(1)),
    "a number too large": lambda state: setattr(state, "quotes", 1 << 70),
    "a fraction for a whole number": lambda state: setattr(state, "quotes", 0.5),
    "text that is none": lambda state: setattr(state, "timers", ["\udc80"]),
}


@pytest.mark.parametrize("spoil", WRONG_STATES.values(), ids=WRONG_STATES)
@pytest.mark.parametrize("after", [0, 120])
def test_a_state_that_cannot_be_saved_costs_the_strategy_its_place_and_nobody_else(
    spoil: Callable[[Any], Any], after: int
) -> None:
    def act(script: Any) -> None:
        if script.context.now_ns > (trading_start + after * SECOND_NS):
            spoil(script.state)

    trading_start = Trading().now_ns
    trading = trading_with(act)
    for _ in range(after + 40):
        trading.quote(99.0, 101.0)
    assert is_quarantined_alone(trading)
    take_checkpoint(trading.kernel, code_version="test")


def test_a_state_that_a_strategy_put_in_place_of_its_own_is_the_one_that_is_saved() -> None:
    def act(script: Any) -> None:
        script.state = msgspec.structs.replace(script.state, timers=[*script.state.timers, "new"])

    trading = trading_with(act)
    trading.quote(99.0, 101.0)
    take_checkpoint(trading.kernel, code_version="test")
    trading.input(CrashActor(trading.strategy.actor_urn))
    assert trading.strategy.strategy.state == ScriptState(quotes=1, timers=["new"])


class Clumsy(Script):
    """Cannot handle an execution."""

    def on_fill(self, fill: Any) -> None:
        raise RuntimeError("this strategy is broken")


def test_an_execution_that_a_strategy_cannot_handle_counts_into_its_position_once() -> None:
    trading = Trading(script=Clumsy)
    trading.quote(99.9, 100.1)

    trading.want(10)
    trading.wait(1)

    assert [letter.error for letter in trading.kernel.dead_letters] == ["RuntimeError: this strategy is broken"]
    assert trading.held() == 10
    assert trading.strategy.strategy.context.position(ABC) == 10.0


@pytest.mark.parametrize("before", [0, 70, 250], ids=["early", "later", "much later"])
def test_what_a_strategy_holds_outlives_a_state_that_is_lost(before: int) -> None:
    def act(script: Any) -> None:
        if is_spoiling:
            script.state.timers = object()

    is_spoiling = False
    trading = trading_with(act)
    trading.quote(99.9, 100.1)
    trading.want(10)
    for _ in range(before):
        trading.quote(99.9, 100.1)
    is_spoiling = True
    while trading.strategy.status is not ActorStatus.QUARANTINED:
        trading.quote(99.9, 100.1)
    is_spoiling = False

    trading.input(RestartActor(trading.strategy.actor_urn))
    trading.input(CrashActor(trading.strategy.actor_urn))

    assert trading.strategy.strategy.state == ScriptState()
    assert trading.held() == 10
    assert trading.strategy.strategy.context.position(ABC) == 10.0


class Spoiling(Clumsy):
    """Nor can it, and spoils its own state while it `spoils`."""

    spoils = False

    def on_quote(self, quote: Any) -> None:
        self.state.timers = object() if type(self).spoils else []


@pytest.mark.parametrize("then", ["it is saved", "it crashes", "its state is lost"])
def test_what_was_set_aside_while_a_state_could_not_be_saved_counts_all_the_same(then: str) -> None:
    kind: Any = type("Kind", (Spoiling,), {})
    trading = Trading(script=kind)
    for _ in range(70):
        trading.quote(99.9, 100.1)
    kind.spoils = True
    trading.quote(99.9, 100.1)
    trading.want(10)
    trading.wait(1)
    handled = trading.strategy.handled
    while then == "its state is lost" and trading.strategy.status is not ActorStatus.QUARANTINED:
        trading.quote(99.9, 100.1)
    kind.spoils = False
    if then == "it is saved":
        trading.quote(99.9, 100.1)
        take_checkpoint(trading.kernel, code_version="test", everything=True)

    trading.input(RestartActor(trading.strategy.actor_urn))
    trading.input(CrashActor(trading.strategy.actor_urn))

    assert trading.strategy.handled >= handled
    assert trading.held() == 10
    assert trading.strategy.strategy.context.position(ABC) == 10.0


class Mended(Clumsy):
    """Can, half a minute later."""

    def on_fill(self, fill: Any) -> None:
        if self.context.now_ns < START_NS + 30 * SECOND_NS:
            super().on_fill(fill)


@pytest.mark.parametrize("script", [Clumsy, Mended])
def test_it_counts_once_though_a_person_has_it_given_once_more(script: type[Script]) -> None:
    trading = Trading(script=script)
    trading.quote(99.9, 100.1)
    trading.want(10)
    trading.wait(40)
    (letter,) = trading.kernel.dead_letters

    trading.input(Told(letter.actor, letter.message))
    trading.wait(60)
    trading.input(CrashActor(trading.strategy.actor_urn))

    assert trading.strategy.strategy.context.position(ABC) == 10.0


def test_an_execution_that_was_undone_counts_back_though_its_message_was_set_aside() -> None:
    trading = Trading()
    trading.quote(99.9, 100.1)
    trading.want(10)
    trading.wait(1)
    undone = OrderFillBusted(
        client_order_id=ClientOrderId("b00k-plan-1"),
        portfolio_id=PORTFOLIO,
        strategy_id=STRATEGY,
        symbol=ABC,
        time_ns=trading.now_ns,
        execution_id=ExecutionId("paper-2"),
        side=Side.BUY,
        quantity=Decimal(4),
        price=Decimal(100),
        commission=Decimal(0),
    )
    poison_plan(trading.strategy)

    trading.input(Told(trading.strategy.actor_urn, encode(undone)))
    trading.wait(60)
    trading.input(CrashActor(trading.strategy.actor_urn))

    assert len(trading.kernel.dead_letters) == 1
    assert trading.strategy.strategy.context.position(ABC) == 6.0


def test_a_timer_that_a_strategy_cannot_handle_is_not_tried_again() -> None:
    trading = Trading()
    poison_plan(trading.strategy)

    trading.wait(3600)
    trading.wait(361)

    assert trading.strategy.strategy.state.timers == []


def test_a_strategy_that_is_kept_out_after_backing_off_plays_again_once_a_person_says_so_and_not_before() -> None:
    trading = Trading()
    trading.quote(99.9, 100.1)
    while trading.strategy.status is ActorStatus.RUNNING:
        trading.input(CrashActor(trading.strategy.actor_urn))
    trading.input(RestartActor(trading.strategy.actor_urn))
    trading.strategy.strategy.fails = True
    with CoreThread(trading.kernel):
        for later in range(1, 6):
            trading.kernel.input(Quote(ABC, trading.now_ns + later, 99.9, 100.1), trading.now_ns)
    trading.strategy.strategy.fails = False

    trading.wait(60)
    was_kept_out = trading.strategy.status is ActorStatus.QUARANTINED
    trading.input(RestartActor(trading.strategy.actor_urn))

    assert was_kept_out
    assert trading.strategy.status is ActorStatus.RUNNING
    assert trading.portfolio.state.quarantined == {}


def test_a_stop_that_executes_while_its_strategy_is_quarantined_counts_into_its_position() -> None:
    trading = Trading()
    trading.quote(99.9, 100.1)
    trading.want(10, protective_stop_price=99.0)
    trading.wait(1)
    trading.input(QuarantineActor(actor=trading.strategy.actor_urn, reason="look"))
    trading.quote(98.7, 98.9)

    trading.input(RestartActor(actor=trading.strategy.actor_urn))
    trading.input(CrashActor(trading.strategy.actor_urn))

    assert trading.held() == 0
    assert trading.strategy.strategy.context.position(ABC) == 0.0


def test_an_execution_that_waits_for_a_strategy_as_it_is_quarantined_counts_into_its_position() -> None:
    trading = Trading()
    trading.quote(99.9, 100.1)
    while trading.strategy.status is ActorStatus.RUNNING:
        trading.input(CrashActor(trading.strategy.actor_urn))
    trading.want(10)

    trading.input(QuarantineActor(actor=trading.strategy.actor_urn, reason="look"))
    trading.input(RestartActor(actor=trading.strategy.actor_urn))

    assert trading.held() == 10
    assert trading.strategy.strategy.context.position(ABC) == 10.0
