"""Lines about actors, lanes, symbols and the engine as a whole, read beside the core without asking it.

What is read here are counters and references that the core replaces as wholes, so a line is at worst a moment old.
"""

from __future__ import annotations

import threading
import time

from actors import PortfolioActor, Router, StrategyActor, StrategySupervisor, SymbolActor, VenueActor
from actors.kernel import Actor, Supervisor
from actors.names import portfolio_actor
from gateways.simulated.actor import ExchangeActor
from ops.control.answers import PROTOCOL_VERSION, ActorLine, LaneLine, Status, SymbolLine
from ops.engine import Engine
from ops.monitor import Monitor, mailbox_depth, memory_bytes, oldest_age_seconds, open_files
from ops.shared_page import Phase
from ops.tree import walk
from ops.version import CODE_VERSION

KINDS: dict[type[Actor], str] = {
    Supervisor: "supervisor",
    StrategySupervisor: "supervisor",
    Router: "router",
    SymbolActor: "symbol",
    PortfolioActor: "portfolio",
    StrategyActor: "strategy",
    VenueActor: "venue",
    ExchangeActor: "exchange",
}


def actor_lines(engine: Engine, monitor: Monitor) -> tuple[ActorLine, ...]:
    """The tree, parents before children."""
    age = engine.checkpoint_age_seconds
    return tuple(actor_line(engine, monitor, actor, depth, age) for depth, actor in walk(engine.kernel))


def actor_line(
    engine: Engine, monitor: Monitor, actor: Actor, depth: int, checkpoint_age_seconds: float | None
) -> ActorLine:
    """One actor."""
    name, trouble, age = actor.actor_urn, actor.trouble, oldest_age_seconds(actor)
    return ActorLine(
        name=name,
        kind=KINDS.get(type(actor), "actor"),
        depth=depth,
        status=status_of(engine, actor),
        mailbox=mailbox_depth(actor),
        oldest_age_seconds=None if age is None else round(age, 6),
        handled=actor.handled,
        rate=monitor.handled_rate(name),
        crashes=0 if trouble is None else trouble.failures,
        restarts=0 if trouble is None else trouble.restarts,
        parked=engine.letters[name],
        undelivered=0 if trouble is None else trouble.undelivered,
        conflated=engine.kernel.conflated.get(name, 0),
        checkpoint_age_seconds=None if checkpoint_age_seconds is None else round(checkpoint_age_seconds, 3),
    )


def status_of(engine: Engine, actor: Actor) -> str:
    """The actor's status; a strategy that runs and is not listened to is paused."""
    if isinstance(actor, StrategyActor) and actor.status.value == "running":
        deployment = engine.deployer.deployments.get(actor.strategy_id)
        owner = None if deployment is None else engine.kernel.actors.get(portfolio_actor(deployment.portfolio_id))
        if isinstance(owner, PortfolioActor) and actor.strategy_id in owner.state.paused:
            return "paused"
    return actor.status.value


def lane_lines(engine: Engine, monitor: Monitor) -> tuple[LaneLine, ...]:
    """The lanes of the ingress."""
    ingress = engine.kernel.ingress
    limits = ingress.limits()
    return tuple(
        LaneLine(
            lane=lane,
            waiting=waiting,
            limit=limits[lane],
            total=ingress.taken[lane] + waiting,
            rate=monitor.lane_rate(lane),
            conflated=sum(ingress.conflated.values()) if lane == "market" else 0,
            dropped=0,
        )
        for lane, waiting in ingress.waiting().items()
    )


def symbol_lines(engine: Engine, monitor: Monitor) -> tuple[SymbolLine, ...]:
    """Every symbol's market."""
    actors = list(engine.kernel.actors.values())
    return tuple(_symbol_line(engine, monitor, actor) for actor in actors if isinstance(actor, SymbolActor))


def _symbol_line(engine: Engine, monitor: Monitor, actor: SymbolActor) -> SymbolLine:
    state, kernel, name = actor.state, engine.kernel, actor.actor_urn
    quote = state.quote
    return SymbolLine(
        symbol=actor.symbol,
        bid=quote.bid if quote is not None else 0.0,
        ask=quote.ask if quote is not None else 0.0,
        last=state.last_price,
        time_ns=state.last_time_ns,
        is_halted=state.halted,
        is_stale=state.is_stale,
        handled=actor.handled,
        rate=monitor.handled_rate(name),
        conflated=kernel.conflated.get(name, 0) + kernel.ingress.conflated.get(actor.symbol, 0),
        refused=sum(actor.refused().values()),
    )


def status_line(engine: Engine, monitor: Monitor) -> Status:
    """How the engine is."""
    kernel, directory, page = engine.kernel, engine.directory, engine.page
    actors = list(kernel.actors.values())
    portfolios = [actor for actor in actors if isinstance(actor, PortfolioActor)]
    age = engine.checkpoint_age_seconds
    return Status(
        protocol=PROTOCOL_VERSION,
        version=CODE_VERSION,
        data_dir=str(directory.path.absolute()),
        book=directory.book,
        epoch=directory.epoch,
        state=_state(engine, portfolios),
        engine_pid=engine.pid,
        guardian_pid=page.guardian_pid or None,
        engine_starts=max(1, page.engine_starts),
        clean_start=directory.was_clean,
        hung_actor=engine.hung_actor,
        started_ns=engine.started_ns,
        uptime_seconds=round(time.monotonic() - engine.began_at, 3),
        recovery_seconds=round(engine.recovery_seconds, 6),
        replayed_inputs=engine.replayed_inputs,
        source=engine.opened.source.name,
        source_ended=engine.source_ended,
        seq=kernel.seq,
        durable_seq=page.durable_seq,
        time_ns=kernel.now_ns,
        lag_seconds=round(engine.lag_seconds, 3),
        inputs_per_second=monitor.input_rate(),
        messages_per_second=monitor.message_rate(),
        lanes=lane_lines(engine, monitor),
        actors=len(actors),
        actors_not_running=sum(actor.status.value != "running" for actor in actors),
        restarts=kernel.restarts,
        dead_letters=engine.letters.total(),
        conflated=engine.conflated(),
        refused=sum(sum(actor.refused().values()) for actor in actors if isinstance(actor, SymbolActor)),
        orders_sent=sum(actor.state.sent for actor in actors if isinstance(actor, VenueActor)),
        orders_approved=sum(actor.state.orders_sent for actor in portfolios),
        fills=sum(actor.state.fills for actor in portfolios),
        denied=sum(actor.state.denied for actor in portfolios),
        halted={a.portfolio_id: a.state.entries_blocked for a in portfolios if a.state.entries_blocked},
        halted_symbols=_halted_symbols(portfolios),
        checkpoint_seq=engine.checkpoint_seq,
        checkpoint_age_seconds=None if age is None else round(age, 3),
        journal_bytes=engine.journal_bytes,
        disk_free_bytes=directory.journal.free_bytes,
        memory_bytes=memory_bytes(),
        open_files=open_files(),
        threads=threading.active_count(),
        slow_handlers=engine.slow_handlers(),
        warnings=monitor.concerns,
    )


def _state(engine: Engine, portfolios: list[PortfolioActor]) -> str:
    if engine.page.phase is Phase.STOPPING or engine.kernel.stopping is not None:
        return "stopping"
    if engine.page.phase is not Phase.TRADING:
        return "recovering"
    if portfolios and all(actor.state.entries_blocked for actor in portfolios):
        return "halted"
    return "idle" if engine.source_ended else "trading"


def _halted_symbols(portfolios: list[PortfolioActor]) -> dict[str, str]:
    return {
        f"{actor.portfolio_id}/{symbol}": reason
        for actor in portfolios
        for symbol, reason in list(actor.state.halted_symbols.items())
    }
