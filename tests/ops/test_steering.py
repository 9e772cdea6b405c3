"""What people tell a running engine: carried out once, remembered over every end of the process, and replayed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from actors import PortfolioActor, StrategyActor
from actors.kernel import Kernel, hang_plan, poison_plan
from messages import (
    ClosePositions,
    CommandRefused,
    CrashActor,
    Deployment,
    DeployStrategy,
    HaltTrading,
    OrderType,
    PauseStrategy,
    PortfolioId,
    QuarantineActor,
    ReleaseTrading,
    ReloadStrategy,
    RequestCancel,
    RequestOrder,
    RestartActor,
    ResumeStrategy,
    Side,
    Signal,
    SignalKind,
    StrategyId,
    Subscribe,
    Symbol,
    Told,
    UndeployStrategy,
    encode,
)
from ops.config import Config, StrategySettings
from ops.engine import Engine
from ops.replaying import replay_run
from ops.shared_page import SharedPage
from ops.sources import open_source
from ops.summary import RunSummary
from storage import DataDirectory
from tests.recorded import SMALL
from tests.simulated_runs import CROSS_FILE, Killed, config_of

MAIN = PortfolioId("main")
LATE = StrategyId("late")
CROSS = StrategyId("cross")
SUPERVISOR = "supervisor/strategies"
WANTS_BARS = Subscribe(Symbol("SIM.A"), "strategy/late", timeframes_ns=(60_000_000_000,))
MANUAL = StrategyId("manual")

Step = Callable[[Engine], None]


def config() -> Config:
    """Half of the cash for the strategy of the beginning, which is played from a file."""
    return config_of(cross=StrategySettings(use=str(CROSS_FILE), capital=Decimal("0.5")))


@contextmanager
def engine_on(path: Path, page: SharedPage | None = None) -> Iterator[Engine]:
    """An engine on a data directory, begun or recovered."""
    with DataDirectory.open(path, options=SMALL) as directory:
        settings = config()
        yield Engine(directory, settings, open_source(settings.source), page=page)


def play(path: Path, *steps: tuple[int, Step], kill_at: int | None = None) -> RunSummary | None:
    """Run, and do each step once the engine is behind an input; to the end, or until it is killed."""
    due = list(steps)
    with engine_on(path) as engine:

        def between_turns(kernel: Kernel) -> None:
            while due and kernel.seq >= due[0][0]:
                due.pop(0)[1](engine)
            if kill_at is not None and kernel.seq >= kill_at:
                raise Killed

        engine.after_turn = between_turns
        try:
            return engine.run(exit_at_end=True)
        except Killed:
            return None


def tell(make: Callable[[int], Any]) -> Step:
    """A step that carries out one command."""
    return lambda engine: _told(engine, make)


def _told(engine: Engine, make: Callable[[int], Any]) -> None:
    engine.command(make(engine.kernel.now_ns))


def deploy(engine: Engine, use: str = "mean_reversion", parameters: bytes = b"{}") -> None:
    """Put a second strategy into the game."""
    deployment = Deployment(
        strategy_id=LATE,
        portfolio_id=MAIN,
        use=use,
        parameters=parameters,
        symbols=(Symbol("SIM.A"), Symbol("SIM.B")),
        capital=Decimal("0.4"),
        number=engine.deployer.next_number,
    )
    engine.command(DeployStrategy(deployment=deployment, time_ns=engine.kernel.now_ns))


def deploy_on_quotes(engine: Engine) -> None:
    """One that is told each quote."""
    deploy(engine, "moving_average_cross", b'{"price":"quote"}')


def undeploy(*, close: bool) -> Step:
    """Take it out again."""
    return tell(lambda now_ns: UndeployStrategy(strategy_id=LATE, time_ns=now_ns, close=close))


def at(seq: int, *steps: Step) -> tuple[tuple[int, Step], ...]:
    """All of these in one moment."""
    return tuple((seq, step) for step in steps)


def crash(actor: str) -> Step:
    """Let an actor fail between two messages."""
    return tell(lambda _: CrashActor(actor))


def checkpoint(engine: Engine) -> None:
    """Store a checkpoint before anything else happens."""
    engine.checkpoint_now()
    assert engine.kernel.committer is not None
    engine.kernel.committer.flush()


def reload_with(old: str, new: str) -> Step:
    """Give the strategy of the beginning other code."""
    code = CROSS_FILE.read_text()
    assert old in code
    changed = code.replace(old, new)
    return tell(lambda now_ns: ReloadStrategy(strategy_id=CROSS, time_ns=now_ns, use="cross.py", code=changed))


def portfolio(engine: Engine) -> PortfolioActor:
    return engine.portfolio(MAIN)


def refusals(effects: list[Any]) -> list[str]:
    return [effect.message.reason for effect in effects if isinstance(effect.message, CommandRefused)]


SCENARIOS: dict[str, tuple[tuple[int, Step], ...]] = {
    "deployed": ((1500, deploy),),
    "deployed, then a checkpoint": ((1500, deploy), (2200, checkpoint)),
    "deployed and gone": ((1500, deploy), (3000, undeploy(close=True)), (3200, checkpoint)),
    "gone with its positions": ((1500, deploy), (3000, undeploy(close=False)), (3200, checkpoint)),
    "gone and back": ((1500, deploy), (2500, undeploy(close=True)), (3300, checkpoint), (3600, deploy)),
    "gone out of quarantine": (
        (1500, deploy),
        (2500, tell(lambda _: QuarantineActor("strategy/late", "a test"))),
        (3000, undeploy(close=True)),
        (3200, checkpoint),
    ),
    "gone after a crash, and then its supervisor crashes": (
        (1500, deploy),
        (2500, tell(lambda _: CrashActor("strategy/late"))),
        (3000, undeploy(close=True)),
        (3200, tell(lambda _: CrashActor("supervisor/strategies"))),
    ),
    "gone while the router waits, and a symbol fails": (
        (1500, deploy_on_quotes),
        *at(3000, *[crash("router")] * 3, undeploy(close=True), crash("symbol/SIM.A"), checkpoint),
        (4000, crash("symbol/SIM.A")),
    ),
    "come while the supervisor waits": at(1500, *[crash(SUPERVISOR)] * 3, deploy, checkpoint),
    "gone while the supervisor waits": (
        (1500, deploy),
        *at(3000, *[crash(SUPERVISOR)] * 3, undeploy(close=True), checkpoint),
    ),
    "reloaded while the supervisor waits": at(
        1500, *[crash(SUPERVISOR)] * 3, reload_with("weight = stance *", "weight = 0.5 * stance *"), checkpoint
    ),
    "gone, and what it asked for is given once more": (
        (1500, deploy),
        (2500, undeploy(close=True)),
        (3000, tell(lambda _: Told("symbol/SIM.A", encode(WANTS_BARS)))),
    ),
    "come and gone while a symbol waits": (
        *at(1500, *[crash("symbol/SIM.A")] * 3, deploy_on_quotes, undeploy(close=True), checkpoint),
        (4000, crash("symbol/SIM.A")),
    ),
    "reloaded": ((1500, reload_with("weight = stance *", "weight = 0.5 * stance *")), (2200, checkpoint)),
    "halted and flattened": (
        (2000, tell(lambda now_ns: HaltTrading(now_ns, "a test", flatten=True))),
        (3500, tell(lambda now_ns: ReleaseTrading(now_ns, "a test"))),
    ),
    "paused": (
        (1500, tell(lambda now_ns: PauseStrategy(strategy_id=CROSS, time_ns=now_ns))),
        (3000, tell(lambda now_ns: ResumeStrategy(strategy_id=CROSS, time_ns=now_ns))),
    ),
    "quarantined": (
        (1500, tell(lambda _: QuarantineActor("strategy/cross", "a test"))),
        (2200, checkpoint),
        (3000, tell(lambda _: RestartActor("strategy/cross"))),
    ),
    "closed by hand": ((2500, tell(lambda now_ns: ClosePositions(portfolio_id=MAIN, time_ns=now_ns))),),
}


@pytest.mark.parametrize("name", SCENARIOS)
def test_what_was_told_survives_the_end_of_the_process_and_replays(name: str, tmp_path: Path) -> None:
    steps = SCENARIOS[name]

    assert play(tmp_path, *steps, kill_at=4500) is None
    summary = play(tmp_path)

    assert summary is not None
    replayed = replay_run(tmp_path)
    assert replayed.digest == replayed.recorded_digest == summary.digest


def test_a_strategy_that_comes_late_trades_with_capital_of_its_own_and_gives_it_back(tmp_path: Path) -> None:
    seen: list[Any] = []

    def look(engine: Engine) -> None:
        books = portfolio(engine).state.books
        seen.append(
            (books.strategies[LATE].deposits, books.unallocated.cash, "strategy/late" in engine.kernel.actors)
        )

    play(tmp_path, (1500, deploy), (1500, look), (5500, undeploy(close=True)), (7000, look))

    (given, left, was_there), (gave_back, left_then, is_there) = seen
    assert (given, left, was_there) == (Decimal(40_000), Decimal(10_000), True)
    assert abs(gave_back) < 2_000  # all but what it won or lost
    assert left_then == Decimal(50_000) - gave_back
    assert not is_there


@pytest.mark.parametrize("letter", ["deploy", "undeploy", "reload"])
def test_what_the_supervisor_of_strategies_was_told_is_not_given_once_more(letter: str, tmp_path: Path) -> None:
    said: list[str] = []

    def retry(engine: Engine) -> None:
        now_ns = engine.kernel.now_ns
        letters: dict[str, Any] = {
            "deploy": DeployStrategy(deployment=engine.deployer.deployments[CROSS], time_ns=now_ns),
            "undeploy": UndeployStrategy(strategy_id=CROSS, time_ns=now_ns),
            "reload": ReloadStrategy(strategy_id=CROSS, time_ns=now_ns, use="x", code="x"),
        }
        before = dict(engine.deployer.deployments)
        said.extend(refusals(engine.kernel.command(Told(SUPERVISOR, encode(letters[letter])))))
        assert engine.deployer.deployments == before

    play(tmp_path, (1500, retry))

    assert [each.partition(" ")[2] for each in said] == ["was carried out then, or has been undone"]


def test_a_strategy_that_has_gone_is_given_no_money_by_what_was_set_aside(tmp_path: Path) -> None:
    free: list[Decimal] = []

    def retry(engine: Engine) -> None:
        deployment = engine.deployer.deployments[LATE]
        undeploy(close=True)(engine)
        again = DeployStrategy(deployment=deployment, time_ns=engine.kernel.now_ns)
        for _ in range(2):
            free.append(portfolio(engine).state.books.unallocated.cash)
            engine.command(Told("portfolio/main", encode(again)))

    play(tmp_path, (1500, deploy), (1502, retry))

    assert free[0] == free[1]


@pytest.mark.parametrize("to", ["router", "portfolio/main"])
def test_what_was_set_aside_of_an_earlier_deployment_does_nothing_to_the_next_one(to: str, tmp_path: Path) -> None:
    seen: list[Any] = []

    def retry(engine: Engine) -> None:
        now_ns, books = engine.kernel.now_ns, portfolio(engine).state.books
        before = books.strategies[CROSS].deposits
        letters = (
            DeployStrategy(deployment=engine.deployer.deployments[CROSS], time_ns=now_ns),
            UndeployStrategy(strategy_id=CROSS, time_ns=now_ns, close=True),
        )
        for letter in letters[to == "router" :]:
            seen.append(len(refusals(engine.kernel.command(Told(to, encode(letter))))))
        seen.append((books.strategies[CROSS].deposits - before, CROSS in portfolio(engine).state.retired))

    play(tmp_path, (1500, retry))

    assert seen == [1] * (1 if to == "router" else 2) + [(0, False)]


def test_a_waiting_signal_of_a_strategy_that_has_gone_moves_no_other_of_its_name(tmp_path: Path) -> None:
    seen: list[Symbol] = []
    signal = Signal(
        strategy_id=LATE,
        symbol=Symbol("SIM.A"),
        time_ns=1,
        kind=SignalKind.TARGET_WEIGHT,
        value=0.3,
        reason="of before",
    )

    def look(engine: Engine) -> None:
        seen.extend(
            each.order.symbol
            for each in portfolio(engine).state.orders.values()
            if each.order.strategy_id == LATE and each.order.side is Side.BUY
        )

    def deploy_quiet(engine: Engine) -> None:
        deploy(engine, "moving_average_cross", b'{"fast_period":400,"slow_period":500}')

    steps = (*[crash("symbol/SIM.A")] * 3, tell(lambda _: signal), undeploy(close=True), deploy_quiet)
    play(tmp_path, (1500, deploy_quiet), *at(1600, *steps), (4000, look))

    assert seen == []


def test_a_strategy_that_comes_and_goes_while_a_symbol_waits_leaves_nothing_to_set_aside(tmp_path: Path) -> None:
    seen: list[int] = []

    def look(engine: Engine) -> None:
        trouble = engine.kernel.actors["symbol/SIM.A"].trouble
        assert trouble is not None
        seen.extend((trouble.restarts, trouble.parked))

    steps = (*[crash("symbol/SIM.A")] * 3, deploy_on_quotes, undeploy(close=True))
    play(tmp_path, *at(1500, *steps), (4000, look))

    restarts, set_aside = seen
    assert restarts >= 2
    assert set_aside == 0


def test_a_deployment_that_cannot_be_changes_nothing(tmp_path: Path) -> None:
    said: list[str] = []

    def twice(engine: Engine) -> None:
        deploy(engine)
        before = engine.kernel.digest
        for changes in ({}, {"strategy_id": StrategyId("third")}, {"portfolio_id": PortfolioId("nobody")}):
            again = msgspec.structs.replace(engine.deployer.deployments[LATE], **changes)
            effects = engine.kernel.command(DeployStrategy(deployment=again, time_ns=engine.kernel.now_ns))
            said.extend(refusals(effects))
        assert engine.kernel.digest == before
        assert list(engine.deployer.deployments) == [CROSS, LATE]

    play(tmp_path, (1500, twice))

    assert said[0].startswith("there is a strategy late already")
    assert said[1].startswith("there is a strategy late already") or "is not allocated yet" in said[1]
    assert len(said) == 3


def test_new_code_goes_on_with_the_state_of_the_old(tmp_path: Path) -> None:
    seen: list[Any] = []

    def look(engine: Engine) -> None:
        actor = engine.kernel.actors["strategy/cross"]
        assert isinstance(actor, StrategyActor)
        seen.append((msgspec.to_builtins(actor.state), actor.handled, engine.deployer.deployments[CROSS].reloads))

    play(tmp_path, (1500, look), (1500, reload_with("weight = stance *", "weight = 0.5 * stance *")), (1500, look))

    assert seen[0][:2] == seen[1][:2]
    assert (seen[0][2], seen[1][2]) == (0, 1)


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("weight = stance *", "weight = = stance *", "syntax error"),
        ("crosses: dict[Symbol, Cross] = {}", "crosses: list[int] = []", "does not fit the other code"),
    ],
)
def test_new_code_that_cannot_be_is_refused_and_the_old_plays_on(
    old: str, new: str, reason: str, tmp_path: Path
) -> None:
    seen: list[Any] = []

    def reload_it(engine: Engine) -> None:
        actor = engine.kernel.actors["strategy/cross"]
        assert isinstance(actor, StrategyActor)
        playing, code = actor.strategy, CROSS_FILE.read_text()
        assert old in code
        message = ReloadStrategy(
            strategy_id=CROSS, time_ns=engine.kernel.now_ns, use="cross.py", code=code.replace(old, new)
        )
        seen.extend(refusals(engine.command(message)))
        seen.append((actor.strategy is playing, engine.deployer.deployments[CROSS].reloads))

    summary = play(tmp_path, (1500, reload_it))

    assert reason in seen[0]
    assert seen[1] == (True, 0)
    assert summary is not None
    assert replay_run(tmp_path).digest == summary.digest


def test_a_person_s_order_passes_risk_and_is_canceled_for_good(tmp_path: Path) -> None:
    seen: list[str] = []

    def order(engine: Engine) -> None:
        request = RequestOrder(
            portfolio_id=MAIN,
            strategy_id=MANUAL,
            symbol=Symbol("SIM.A"),
            time_ns=engine.kernel.now_ns,
            side=Side.BUY,
            quantity=Decimal(5),
            order_type=OrderType.LIMIT,
            limit_price=Decimal("175.00"),
        )
        engine.command(request)

    def cancel(engine: Engine) -> None:
        orders = portfolio(engine).state.orders
        mine = next(order_id for order_id, each in orders.items() if each.order.strategy_id == MANUAL)
        engine.command(RequestCancel(client_order_id=mine, portfolio_id=MAIN, time_ns=engine.kernel.now_ns))
        seen.append(orders[mine].status.value)
        effects = engine.command(
            RequestCancel(client_order_id=mine, portfolio_id=MAIN, time_ns=engine.kernel.now_ns)
        )
        seen.extend(refusals(effects))

    play(tmp_path, (1500, order), (1500, cancel))

    assert seen[0] == "canceled"
    assert "is no open order of main" in seen[1]


@pytest.mark.parametrize("drill", [hang_plan, poison_plan])
def test_a_drill_parks_the_message_that_struck_and_the_run_replays(
    drill: Callable[[Any], None], tmp_path: Path
) -> None:
    summary = play(tmp_path, (1500, lambda engine: drill(engine.kernel.actors["strategy/cross"])))

    assert summary is not None
    assert summary.dead_letters == 1
    assert replay_run(tmp_path).digest == summary.digest


def test_the_strategy_that_a_page_names_comes_back_quarantined_and_is_named_until_that_is_durable(
    tmp_path: Path,
) -> None:
    play(tmp_path, kill_at=2000)
    page = SharedPage.private()
    page.hung = 1

    with engine_on(tmp_path, page) as engine:
        engine.run(exit_at_end=True)

        assert engine.hung_actor == "strategy/cross"
        assert portfolio(engine).state.quarantined[CROSS].startswith("the engine process hung")
        assert page.hung == 0
