"""The commands that trade: a signal, an order, a cancel, the closing of positions, halt and release; and the one
that puts the books right.
"""

from __future__ import annotations

import math
from decimal import Decimal

import msgspec

from actors import PortfolioActor, VenueActor
from actors.names import strategy_actor, symbol_actor
from messages import (
    AcceptDifference,
    AnyMessage,
    ClientOrderId,
    ClosePositions,
    HaltTrading,
    OrderType,
    PortfolioId,
    ReleaseTrading,
    RequestCancel,
    RequestOrder,
    Side,
    Signal,
    SignalKind,
    StrategyId,
    Symbol,
    TimeInForce,
)
from ops.control import commands
from ops.control.answers import CommandDone
from ops.control.core_access import CoreAccess
from ops.control.strategy_commands import MANUAL, find_deployment, unknown
from ops.errors import CommandFailed, UsageError


class TradingCommands:
    """Carries them out on an engine, through every risk control."""

    def __init__(self, access: CoreAccess) -> None:
        self._access = access
        self._engine = access.engine

    async def signal(self, command: commands.SendSignal) -> CommandDone:
        """Say an opinion in a strategy's name. Raises UsageError, CommandFailed if risk denies what it asks for."""
        value = command.weight if command.weight is not None else command.quantity
        if value is None or (command.weight is not None and command.quantity is not None):
            raise UsageError("a signal has a weight or a quantity, one of the two. Give --weight or --quantity.")
        if not math.isfinite(value):
            raise UsageError(f"the signal asks for {value}; it must be a number. Correct it.")
        for name in ("limit_price", "protective_stop_price"):
            price: float = getattr(command, name)
            if not math.isfinite(price) or price < 0:
                raise UsageError(
                    f"{name} of the signal is {price:g}; it must be above zero. Leave it out for none."
                )
        wanted: float = value

        def make(now_ns: int) -> AnyMessage:
            deployment = find_deployment(self._engine, command.strategy)
            self._check_symbol(command.symbol)
            self._check_listened_to(deployment.strategy_id)
            is_weight = command.weight is not None
            return Signal(
                strategy_id=deployment.strategy_id,
                symbol=Symbol(command.symbol),
                time_ns=now_ns,
                kind=SignalKind.TARGET_WEIGHT if is_weight else SignalKind.TARGET_QUANTITY,
                value=wanted,
                order_type=OrderType.LIMIT if command.limit_price else OrderType.MARKET,
                limit_price=command.limit_price,
                protective_stop_price=command.protective_stop_price,
                reason=command.reason or "a person's signal",
            )

        done = await self._access.command(make, done="")
        nothing = (
            "no order leaves now: the position is what the signal asks for, or an order is under way, or waits"
        )
        return _with_outcome(done, otherwise=nothing)

    async def order(self, command: commands.PlaceOrder) -> CommandDone:
        """Place a person's order. Raises UsageError, CommandFailed if risk denies it or no order came of it."""
        order_type = OrderType(command.order_type)
        _check_terms(command, order_type)

        def make(now_ns: int) -> AnyMessage:
            self._check_symbol(command.symbol)
            return RequestOrder(
                portfolio_id=self._portfolio(command.portfolio).portfolio_id,
                strategy_id=MANUAL,
                symbol=Symbol(command.symbol),
                time_ns=now_ns,
                side=Side(command.side),
                quantity=command.quantity,
                order_type=order_type,
                time_in_force=TimeInForce(command.time_in_force),
                limit_price=command.limit_price,
                stop_price=command.stop_price,
                reason=command.reason,
            )

        done = _with_outcome(await self._access.command(make, done=""), otherwise="")
        if not done.text:
            why = "; ".join(done.notes) or "nothing came of it"
            raise CommandFailed(f"{why}. Look with `understudy orders` before you give it again.")
        return done

    async def cancel(self, command: commands.Cancel) -> CommandDone:
        """Cancel an order. Raises UsageError if there is no such open order, or more than one."""

        def make(now_ns: int) -> AnyMessage:
            portfolio_id, order_id = self._open_order(command.order)
            return RequestCancel(client_order_id=order_id, portfolio_id=portfolio_id, time_ns=now_ns)

        return await self._access.command(make, done=f"asked the venue to cancel {command.order}")

    async def close(self, command: commands.Close) -> CommandDone:
        """Close positions at the market. Raises UsageError if nothing is held that could be meant."""
        symbol = None if command.symbol is None else Symbol(command.symbol)
        strategy_id = None if command.strategy is None else StrategyId(command.strategy)

        def make(now_ns: int) -> AnyMessage:
            portfolio = self._portfolio(command.portfolio)
            if symbol is not None:
                self._check_symbol(symbol)
            held = [
                (owner, name)
                for owner, ledger in portfolio.state.books.strategies.items()
                for name, position in ledger.positions.items()
                if position.quantity and symbol in (None, name) and strategy_id in (None, owner)
            ]
            if not held:
                whose = f"strategy {strategy_id}" if strategy_id else f"portfolio {command.portfolio}"
                raise UsageError(
                    f"{whose} holds nothing{f' of {symbol}' if symbol else ''}. Nothing is to be done."
                )
            return ClosePositions(
                portfolio_id=portfolio.portfolio_id,
                time_ns=now_ns,
                symbol=symbol,
                strategy_id=strategy_id,
                reason=command.reason,
            )

        done = await self._access.command(make, done="")
        return _with_outcome(done, otherwise="no exit leaves now: it is under way, or waits")

    async def accept(self, command: commands.Accept) -> CommandDone:
        """Take the broker's word. Raises UsageError, CommandFailed if nothing has differed for long."""

        def make(now_ns: int) -> AnyMessage:
            portfolio_id = self._portfolio(command.portfolio).portfolio_id
            return AcceptDifference(portfolio_id=portfolio_id, time_ns=now_ns, reason=command.reason)

        done = await self._access.command(make, done="")
        return msgspec.structs.replace(done, text=adjusted_text(done.records))

    async def halt(self, command: commands.Halt) -> CommandDone:
        """Open nothing any more, anywhere."""
        closing = ", and every position is being closed" if command.flatten else ""
        return await self._access.command(
            lambda now_ns: HaltTrading(now_ns, command.reason or self._halted_for(), command.flatten),
            done=f"trading is halted: no position may be opened until it is released{closing}",
        )

    async def release(self, command: commands.Release) -> CommandDone:
        """Let trading go on."""
        return await self._access.command(
            lambda now_ns: ReleaseTrading(now_ns, command.reason), done="trading is released"
        )

    def _halted_for(self) -> str:
        """The reason of a halt that gives none: that of the halt in force, if it is the same everywhere."""
        actors = self._engine.kernel.actors.values()
        is_halted = any(each.state.is_halted for each in actors if isinstance(each, VenueActor))
        reasons = {each.state.entries_blocked for each in actors if isinstance(each, PortfolioActor)}
        return (reasons.pop() if is_halted and len(reasons) == 1 else "") or "a person halted trading"

    def _portfolio(self, name: str) -> PortfolioActor:
        found = {
            str(actor.portfolio_id): actor
            for actor in self._engine.kernel.actors.values()
            if isinstance(actor, PortfolioActor)
        }
        if name not in found:
            raise UsageError(unknown("portfolio", name, list(found)))
        return found[name]

    def _check_symbol(self, name: str) -> None:
        if symbol_actor(name) not in self._engine.kernel.actors:
            known = [str(each.symbol) for each in self._engine.opened.instruments]
            raise UsageError(unknown("symbol", name, known))

    def _check_listened_to(self, strategy_id: StrategyId) -> None:
        engine = self._engine
        state = engine.portfolio(engine.deployer.deployments[strategy_id].portfolio_id).state
        if strategy_id in state.paused:
            raise UsageError(f"strategy {strategy_id} is paused. First: `understudy resume {strategy_id}`.")
        if strategy_id in state.quarantined:
            name = strategy_actor(strategy_id)
            raise UsageError(f"strategy {strategy_id} is in quarantine. First: `understudy restart {name}`.")

    def _open_order(self, name: str) -> tuple[PortfolioId, ClientOrderId]:
        """The open order of that name, or whose name ends so."""
        known = {
            order_id: actor.portfolio_id
            for actor in self._engine.kernel.actors.values()
            if isinstance(actor, PortfolioActor)
            for order_id, state in actor.state.orders.items()
            if state.is_open
        }
        matches = [each for each in known if each == name or each.endswith(f"-{name}")]
        if len(matches) != 1:
            what = (
                f"{', '.join(matches)} are meant by {name}; say which"
                if matches
                else unknown("open order", name, [str(each) for each in known])
            )
            raise UsageError(what if what.endswith((".", "?")) else f"{what}.")
        return known[matches[0]], matches[0]


def adjusted_text(records: tuple[dict[str, object], ...]) -> str:
    """What the books took, in one line, of the records that a command led to."""
    taken = [each for each in records if each["type"] == "BooksAdjusted"]
    texts = [f"{Decimal(str(each['amount'])):+} {each['symbol'] or 'of cash'}" for each in taken]
    return f"the books took the broker's word: {', '.join(texts)}. What was halted is still halted"


def _check_terms(command: commands.PlaceOrder, order_type: OrderType) -> None:
    """Raises UsageError for an order that no venue could understand."""
    _require_positive("quantity", command.quantity)
    needs_limit = order_type in (OrderType.LIMIT, OrderType.STOP_LIMIT)
    needs_stop = order_type in (OrderType.STOP, OrderType.STOP_LIMIT)
    for name, price, needed in (
        ("limit_price", command.limit_price, needs_limit),
        ("stop_price", command.stop_price, needs_stop),
    ):
        if needed and price is None:
            option = f"--{name.replace('_', '-')}"
            raise UsageError(f"a {order_type.value} order needs a {name.replace('_', ' ')}. Give it with {option}.")
        if needed:
            _require_positive(name, price)
        elif price is not None:
            raise UsageError(f"{name} is {price}, and a {order_type.value} order has none. Leave it out.")


def _require_positive(name: str, value: Decimal | None) -> None:
    if value is None or not value.is_finite() or value <= 0:
        raise UsageError(f"{name} is {value}; it must be a number above zero. Correct it.")


def _with_outcome(done: CommandDone, *, otherwise: str) -> CommandDone:
    """Say what became of the orders that a command led to. Raises CommandFailed if risk denied them all."""
    denied = [each for each in done.records if each["type"] == "OrderDenied"]
    sent = [each for each in done.records if each["type"] == "SubmitOrder"]
    if denied and not sent:
        raise CommandFailed(f"denied: {denied[0]['reason']}. No order was sent.")
    texts = [
        f"{each['side']} {each['quantity']} {each['symbol']} sent as {each['client_order_id']}" for each in sent
    ]
    return CommandDone(
        seq=done.seq,
        text="; ".join(texts) or otherwise,
        records=done.records,
        notes=(*done.notes, *(f"{each['client_order_id']} denied: {each['reason']}" for each in denied)),
    )
