"""What of orders, stops and adjustments must hold once trading was halted and everything has come to rest."""

from __future__ import annotations

from decimal import Decimal

from messages import ClientOrderId, StrategyId, SubmitOrder, Symbol
from ops.drill.broker import BrokerModel, Order
from ops.drill.judge.judge import Judge
from ops.drill.simulation.process import Process

_ZERO = Decimal(0)


def check_adjustments(judge: Judge, symbols: tuple[str, ...], broker: BrokerModel) -> None:
    """The books took the broker's word for what others did, and for nothing else."""
    foreign = [each for each in broker.counting_executions() if broker.orders[each.client_order_id].is_manual]
    moved = sum((each.amount for each in broker.adjustments), _ZERO)
    moved -= sum((each.units * each.price + each.commission for each in foreign), _ZERO)
    _compare_adjustment(judge, "", "cash", moved)
    for symbol in symbols:
        units = sum((each.units for each in foreign if each.symbol == symbol), _ZERO)
        _compare_adjustment(judge, symbol, symbol, units)


def check_halted(judge: Judge, process: Process, broker: BrokerModel) -> None:
    """Nothing works any more that would open a position."""
    for order in broker.open_orders():
        intent = judge.intents.get(order.client_order_id)
        if intent is None or intent.protective or order.client_order_id in judge.set_aside:
            continue
        held = process.portfolio.standing.held(intent.strategy_id, intent.symbol)
        if held * intent.side.sign >= 0 or order.remaining > abs(held):
            judge.fail("I8", f"{order.client_order_id} still works long after trading was halted")


def check_freed(judge: Judge, process: Process) -> None:
    """The cash of a strategy that has gone is there for others once it holds nothing, and has no open order."""
    if judge.adjusted or judge.conduct.is_excused("portfolio", "router"):
        return  # what it held may have gone by no order of its own, or unheard
    for name in sorted(judge.deployments.gone):
        ledger = process.portfolio.state.books.strategies.get(StrategyId(name))
        if ledger is not None and ledger.cash > 0 and not process.portfolio.is_busy(StrategyId(name)):
            judge.fail("C36", f"{ledger.cash} of cash are still those of {name}, which has gone and holds nothing")


def check_guards(judge: Judge, process: Process, broker: BrokerModel) -> None:
    """A position has the stop that was asked for, and no more is about to leave it than is held."""
    standing = process.portfolio.standing
    for symbol, plots in process.portfolio.state.plots.items():
        for strategy_id, plot in plots.items():
            held, target = standing.held(strategy_id, symbol), plot.target
            if target is None or not held:
                continue
            leaving = sum(
                (
                    order.remaining
                    for order, intent in _orders_of(judge, broker, strategy_id, symbol)
                    if intent.side.sign * held < 0
                ),
                _ZERO,
            )
            if leaving > abs(held):
                judge.fail("I6", f"orders for {leaving} leave {held} {symbol} of {strategy_id}")
            if target.is_stopped_out or target.guard_price(held) is None or leaving == abs(held):
                continue
            if not target.is_protection_denied:
                judge.fail("I6", f"{held} {symbol} of {strategy_id} should be guarded, and {leaving} are")
            elif (strategy_id, symbol) not in judge.unguarded:
                judge.fail("C29", f"{held} {symbol} of {strategy_id} are not guarded, and nobody was told")


def check_stops(judge: Judge, process: Process, broker: BrokerModel) -> None:
    """A position has the stop that its strategy has asked for last, whatever its portfolio remembers of it."""
    plotted = process.portfolio.state.plots
    for symbol in [each for each in plotted if each not in judge.adjusted]:
        for strategy_id in plotted[symbol]:
            held = process.portfolio.standing.held(strategy_id, symbol)
            orders = _orders_of(judge, broker, strategy_id, symbol)
            closing = [(order, intent) for order, intent in orders if intent.side.sign * held < 0]
            stops = [order.terms.stop_price for order, intent in closing if intent.protective]
            leaves = sum((order.remaining for order, _ in closing), _ZERO)
            if unlike := judge.wishes.stops.unlike((strategy_id, symbol), stops=stops, leaves=leaves):
                judge.fail("C52", unlike)


def _compare_adjustment(judge: Judge, name: str, what: str, moved: Decimal) -> None:
    adjusted = judge.adjusted.get(name, _ZERO)
    if adjusted != moved:
        judge.fail("I5", f"{what} was adjusted by {adjusted}, and others moved {moved}")


def _orders_of(
    judge: Judge, broker: BrokerModel, strategy_id: StrategyId, symbol: Symbol
) -> list[tuple[Order, SubmitOrder]]:
    found = []
    for order in broker.open_orders():
        intent = judge.intents.get(ClientOrderId(order.client_order_id))
        if intent is not None and (intent.strategy_id, intent.symbol) == (strategy_id, symbol):
            found.append((order, intent))
    return found


def check_flat(judge: Judge, process: Process, broker: BrokerModel) -> None:
    """A halt that says so sells all that strategies held, as far as the market takes it.

    Strategies that hold a symbol against each other, or against somebody else, cannot all be closed: what would
    lead one to flat opens a position of the account. Nor is an exit that was denied or refused tried again, or
    one sent beside a stop that works on although it was to be canceled.
    """
    books, standing = process.portfolio.state.books, process.portfolio.standing
    for strategy_id, ledger in books.strategies.items():
        for symbol in ledger.positions:
            held, orders = standing.held(strategy_id, symbol), _orders_of(judge, broker, strategy_id, symbol)
            is_excused = symbol in judge.touched or judge.exits.is_kept_back(strategy_id, symbol)
            canceled = judge.conduct.orders.canceled
            is_excused |= any(each.client_order_id in canceled for each, intent in orders if intent.protective)
            if is_excused or abs(books.account.quantity(symbol)) < abs(held):
                continue
            exits = [
                order.remaining for order, intent in orders if not intent.protective and intent.side.sign * held < 0
            ]
            if sum(exits, _ZERO) != abs(held):
                judge.fail("I8", f"{held} {symbol} of {strategy_id} are held after a flatten, and {exits} leave")
