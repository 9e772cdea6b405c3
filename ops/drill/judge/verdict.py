"""What must hold once the faults have stopped and everything has come to rest."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal

from actors.kernel import ActorStatus
from actors.strategy import StrategyActor
from messages import ClientOrderId, OrderStatus, Symbol
from ops.books import Books, read_books
from ops.drill.broker import BrokerModel
from ops.drill.judge.at_rest import (
    check_adjustments,
    check_flat,
    check_freed,
    check_guards,
    check_halted,
    check_stops,
)
from ops.drill.judge.judge import Judge
from ops.drill.judge.settled import check_lists, check_order
from ops.drill.judge.sums import what_does_not_sum
from ops.drill.judge.wanted import check_closing
from ops.drill.simulation.faults import Fault
from ops.drill.simulation.process import Process
from ops.drill.simulation.swarm import Swarm
from rules.ledger import Ledger


def pronounce(judge: Judge, *, swarm: Swarm, process: Process, broker: BrokerModel) -> None:
    """Tell the judge of everything that is not as it must be at the end."""
    broker.check()
    if process.engine is None:
        judge.fail("I12", "no engine runs at the end")
        return
    _check_liveness(judge, process)
    _check_orders(judge, process, broker, swarm=swarm)
    _check_books(judge, process, broker)
    check_lists(judge, process)
    check_halted(judge, process, broker)
    check_freed(judge, process)
    check_closing(judge, process)
    if not judge.set_aside:  # what was set aside is in the journal, and a person put the books right
        _check_recorded_books(judge, process)
        check_adjustments(judge, swarm.symbols, broker)
        check_guards(judge, process, broker)
        check_stops(judge, process, broker)
        if swarm.ends_flat and Fault.CLOCK_STEP not in swarm.faults:  # its last quotes may come after the halt
            check_flat(judge, process, broker)
    _check_strategies(judge, process, swarm.symbols)
    for symbol in swarm.symbols:
        ours, theirs = process.portfolio.state.books.account.quantity(Symbol(symbol)), broker.position(symbol)
        if ours != theirs:
            judge.fail("I5", f"{theirs} {symbol} are held at the broker and {ours} here")


def _check_liveness(judge: Judge, process: Process) -> None:
    assert process.engine is not None, "the caller has looked"
    for name, actor in process.engine.kernel.actors.items():
        if actor.status not in (ActorStatus.RUNNING, ActorStatus.QUARANTINED):
            judge.fail("I12", f"{name} is {actor.status.value}")
    for place in (process.venue, process.portfolio):
        for order_id, state in place.state.orders.items():
            if order_id in judge.set_aside:
                continue
            if state.status in (OrderStatus.UNKNOWN, OrderStatus.SUBMITTED):
                judge.fail("I12", f"{order_id} is still {state.status.value} for {place.actor_urn}")
    if hold := process.portfolio.link.hold:
        judge.fail("I12", f"the portfolio is held: {hold}")


def _check_orders(judge: Judge, process: Process, broker: BrokerModel, *, swarm: Swarm) -> None:
    for order_id, theirs in broker.orders.items():
        if not theirs.is_manual and order_id not in judge.set_aside:
            check_order(judge, process, theirs)
    for order_id in sorted(judge.set_aside):
        if swarm.leaves_what_was_set_aside and judge.set_aside.is_hard_to_tell(order_id):
            continue  # it is asked for once more long after the drill
        at_venue = process.venue.state.orders.get(ClientOrderId(order_id))
        told = process.portfolio.state.orders.get(ClientOrderId(order_id))
        if at_venue is not None and told is not None and at_venue.is_open != told.is_open:
            there = at_venue.status.value
            judge.fail("I12", f"{order_id} is {told.status.value} for its portfolio, and {there} where it was sent")
    for order_id, ours in process.venue.state.orders.items():
        if ours.is_open and order_id not in broker.orders:
            judge.fail("I4", f"{order_id} is {ours.status.value} here and the broker knows nothing of it")


def _check_books(judge: Judge, process: Process, broker: BrokerModel) -> None:
    books = process.portfolio.state.books
    for wrong in what_does_not_sum(books):
        judge.fail("I7", wrong)
    if books.account.cash != broker.cash:
        judge.fail("I5", f"cash is {broker.cash} at the broker and {books.account.cash} here")


def _check_strategies(judge: Judge, process: Process, symbols: Sequence[str]) -> None:
    """A strategy knows what it holds."""
    assert process.engine is not None, "the caller has looked"
    for name, actor in process.engine.kernel.actors.items():
        if not isinstance(actor, StrategyActor):
            continue
        for symbol in map(Symbol, symbols):
            held = process.portfolio.standing.held(actor.strategy_id, symbol)
            knows = actor.state.positions.get(symbol, 0.0)
            if knows != float(held):
                judge.fail("I5", f"{name} takes it that it holds {knows} {symbol}, and holds {held}")


def _check_recorded_books(judge: Judge, process: Process) -> None:
    """The books drawn up from the journal alone must be the engine's."""
    assert process.journal is not None, "an engine runs, so it has a journal"
    recorded, books = read_books(process.journal), process.portfolio.state.books
    held = {(each.strategy_id, each.symbol): each.quantity for each in recorded.positions({}) if each.quantity}
    parts = (("", books.unallocated), *books.strategies.items())
    ours = {
        (name, symbol): each.quantity
        for name, ledger in parts
        for symbol, each in ledger.positions.items()
        if each.quantity
    }
    cash = recorded.portfolios({})[0].cash
    shown: defaultdict[str, Decimal] = defaultdict(Decimal)
    for each in recorded.fills:
        shown[each.client_order_id] += each.quantity
    for order_id, line in recorded.orders.items():
        if (told := shown[order_id]) != line.filled_quantity:
            judge.fail("I5", f"{line.filled_quantity} of {order_id} are filled in the journal, in lines of {told}")
    if not judge.conduct.has_failed:  # an engine whose actors have failed books in another order
        _check_recorded_costs(judge, recorded, dict(parts))
    if held != ours or cash != books.account.cash:
        judge.fail(
            "I5", f"the journal tells {held} and {cash} of cash, the engine has {ours}, {books.account.cash}"
        )


def _check_recorded_costs(judge: Judge, recorded: Books, ledgers: Mapping[str, Ledger]) -> None:
    """What was paid for what is held, and earned with what was closed, must be the same in journal and engine."""
    for line in recorded.positions({}):
        ledger = ledgers.get(line.strategy_id)
        each = None if ledger is None else ledger.positions.get(Symbol(line.symbol))
        here = None if each is None else (each.average_price, each.realized_pnl)
        told = (line.average_price, line.realized_pnl)
        if here != told and line.symbol not in judge.touched:
            judge.fail("I5", f"{line.symbol} of {line.strategy_id}: {told} in the journal, {here} in the engine")
