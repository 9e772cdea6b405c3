"""Pictures of the core, taken on its own thread between two inputs: books, strategies, orders, actors' states."""

from __future__ import annotations

import hashlib
from decimal import Decimal
from typing import Any

import msgspec

from actors import PortfolioActor, StrategyActor, VenueActor
from actors.kernel import Kernel
from actors.names import exchange_actor, strategy_actor
from gateways.simulated.actor import ExchangeActor
from messages import Deployment, OrderFilled, PortfolioReport, Recorded
from ops.control.answers import FillRow, HandledMessage, OrderRow, PortfolioView, StrategyLine
from ops.control.lines import status_of
from ops.engine import Engine
from ops.export import plain
from rules.orders import OrderState

ORDERS_SHOWN = 50
CODE_DIGITS = 12


class Picture(msgspec.Struct, frozen=True):
    """What a view needs of one moment of the core."""

    seq: int
    time_ns: int
    strategies: tuple[StrategyLine, ...]
    portfolios: tuple[PortfolioView, ...]
    orders: tuple[OrderRow, ...]


def take_picture(engine: Engine) -> Picture:
    """The moment at hand."""
    kernel = engine.kernel
    portfolios = [actor for actor in kernel.actors.values() if isinstance(actor, PortfolioActor)]
    reports = {actor.portfolio_id: actor.report() for actor in portfolios}
    owners = {actor.portfolio_id: actor for actor in portfolios}
    return Picture(
        seq=kernel.seq,
        time_ns=kernel.now_ns,
        strategies=tuple(
            _strategy_line(engine, deployment, owners[deployment.portfolio_id], reports[deployment.portfolio_id])
            for deployment in engine.deployer.deployments.values()
        ),
        portfolios=tuple(_portfolio_view(kernel, actor, reports[actor.portfolio_id]) for actor in portfolios),
        orders=_order_rows(kernel),
    )


def handled_messages(kernel: Kernel, name: str, count: int) -> tuple[HandledMessage, ...]:
    """The last messages of an actor, oldest first, as far as they are kept: since its state was last encoded."""
    redo = kernel.actors[name].redo[-count:] if count else []
    return tuple(
        HandledMessage(time_ns=time_ns, type=type(message).__name__, fields=_fields(message))
        for time_ns, message in redo
        if isinstance(message, msgspec.Struct)
    )


def state_of(kernel: Kernel, name: str) -> dict[str, Any]:
    """An actor's state as JSON has it."""
    state = plain(kernel.actors[name].state)
    assert isinstance(state, dict), "a state is a struct"
    return state


def fill_row(recorded: Recorded) -> FillRow:
    """One execution."""
    fill = recorded.message
    assert isinstance(fill, OrderFilled), "only those are kept"
    return FillRow(
        seq=recorded.seq,
        time_ns=fill.time_ns,
        execution_id=fill.execution_id,
        client_order_id=fill.client_order_id,
        portfolio_id=fill.portfolio_id,
        strategy_id=fill.strategy_id,
        symbol=fill.symbol,
        side=fill.side.value,
        quantity=fill.quantity,
        price=fill.price,
    )


def _strategy_line(
    engine: Engine, deployment: Deployment, owner: PortfolioActor, report: PortfolioReport
) -> StrategyLine:
    strategy_id = deployment.strategy_id
    actor = engine.kernel.actors[strategy_actor(strategy_id)]
    assert isinstance(actor, StrategyActor), "a deployment has an actor"
    state, trouble = owner.state, actor.trouble
    ledger = state.books.strategies.get(strategy_id)
    mine = [position for position in report.positions if position.strategy_id == strategy_id]
    unrealized = [position.unrealized_pnl for position in mine]
    plots = [plots[strategy_id] for plots in state.plots.values() if strategy_id in plots]
    return StrategyLine(
        strategy_id=strategy_id,
        portfolio_id=deployment.portfolio_id,
        use=deployment.use,
        code=hashlib.sha256(deployment.code.encode()).hexdigest()[:CODE_DIGITS] if deployment.code else "",
        reloads=deployment.reloads,
        status=status_of(engine, actor),
        reason=state.quarantined.get(strategy_id) or state.paused.get(strategy_id, ""),
        symbols=deployment.symbols,
        capital=owner.capital_of(deployment),
        equity=None if ledger is None else ledger.equity(state.marks),
        realized_pnl=sum((position.realized_pnl for position in mine), Decimal(0)),
        unrealized_pnl=None if None in unrealized else sum((u for u in unrealized if u is not None), Decimal(0)),
        open_positions=sum(position.quantity != 0 for position in mine),
        open_orders=sum(len(plot.open_orders) for plot in plots),
        orders=state.order_counts.get(strategy_id, 0),
        handled=actor.handled,
        crashes=0 if trouble is None else trouble.failures,
        restarts=0 if trouble is None else trouble.restarts,
    )


def _portfolio_view(kernel: Kernel, actor: PortfolioActor, report: PortfolioReport) -> PortfolioView:
    state = actor.state
    exchange = kernel.actors.get(exchange_actor(actor.venue_id))
    account = exchange.state.venue.accounts.get(actor.portfolio_id) if isinstance(exchange, ExchangeActor) else None
    return PortfolioView(
        portfolio_id=actor.portfolio_id,
        venue_id=actor.venue_id,
        currency=report.currency,
        starting_cash=actor.starting_cash,
        cash=report.cash,
        equity=report.equity,
        realized_pnl=report.realized_pnl,
        unrealized_pnl=report.unrealized_pnl,
        commission=report.commission,
        halted=state.entries_blocked,
        halted_symbols={str(symbol): reason for symbol, reason in state.halted_symbols.items()},
        limits=plain(actor.limits),
        positions=report.positions,
        venue_cash=None if account is None else account.cash,
        venue_positions=None if account is None else dict(account.positions),
    )


def _order_rows(kernel: Kernel) -> tuple[OrderRow, ...]:
    """The latest orders, newest first."""
    states = [
        state
        for actor in kernel.actors.values()
        if isinstance(actor, VenueActor)
        for state in actor.state.orders.values()
    ]
    states.sort(key=lambda state: (state.last_time_ns, state.order.time_ns), reverse=True)
    return tuple(_order_row(state) for state in states[:ORDERS_SHOWN])


def _order_row(state: OrderState) -> OrderRow:
    order = state.order
    return OrderRow(
        client_order_id=order.client_order_id,
        portfolio_id=order.portfolio_id,
        strategy_id=order.strategy_id,
        symbol=order.symbol,
        side=order.side.value,
        order_type=order.order_type.value,
        quantity=state.quantity,
        filled_quantity=state.filled_quantity,
        limit_price=state.limit_price,
        stop_price=state.stop_price,
        average_price=state.average_price,
        status=state.status.value,
        protective=order.protective,
        time_ns=order.time_ns,
        updated_ns=state.last_time_ns,
        reason=state.reason,
    )


def _fields(message: msgspec.Struct) -> dict[str, Any]:
    fields = plain(message)
    assert isinstance(fields, dict), "a message is a struct"
    return fields
