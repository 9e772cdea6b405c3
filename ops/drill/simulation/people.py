"""What people and the market do at both ends: halts, manual orders, busts, broken connections; and who mends it.

While faults last they strike every few seconds. Then the one who runs the engine looks at what it told: accepts the
broker's word where books and broker differ, gives messages that were set aside once more, and releases trading.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from decimal import Decimal

from actors.names import ROUTER
from messages import (
    SECOND_NS,
    AcceptDifference,
    CancelOrder,
    ClientOrderId,
    HaltTrading,
    OrderEvent,
    OrderFillBusted,
    OrderFillCorrected,
    OrderFilled,
    ReleaseTrading,
    ReplaceOrder,
    SubmitOrder,
    TimerFired,
    Told,
    decode,
)
from ops.drill.broker import BrokerModel, Execution
from ops.drill.judge.judge import Judge
from ops.drill.judge.settled import check_alike, check_lists, check_settled
from ops.drill.judge.wanted import check_wanted
from ops.drill.simulation.connection import PORTFOLIO
from ops.drill.simulation.faults import Fault
from ops.drill.simulation.meddlers import Meddlers
from ops.drill.simulation.process import Process
from ops.drill.simulation.traders import Traders
from ops.drill.simulation.wire import ORDERS, Wire
from ops.drill.simulation.world import World
from rules.orders import OrderState

MEND_INTERVAL_NS = 5 * SECOND_NS
_NOT_AGAIN = SubmitOrder | CancelOrder | ReplaceOrder
"""Messages set aside that nobody gives once more: they have had their safe effect, and are of long ago.

The same goes for what the router could not pass on of an order: it did reach the portfolio.
"""

_IN_ANY_CASE = OrderFilled | OrderFillBusted | OrderFillCorrected | TimerFired
"""Messages that are always given once more: the books lack them, and timers come again long after a drill."""

_SHARE_IMPATIENT = 0.3
"""Of those who accept a difference, who do so twice."""

_SHARE_OF_MOMENTS = 0.8
"""Of the moments that are worst for a halt, those in which one comes."""

_SHARE_REFUSED, _SHARE_MEANWHILE = 0.25, 0.3
"""Of the orders that a person cancels all at once, those that the broker refuses to, and that the market takes."""

_LONG_HALT_NS = 40 * SECOND_NS
"""How long a halt lasts that waits for an order to turn up."""

_RECENT_NS = 30 * SECOND_NS
"""How long after its cancel an order may turn out to have executed."""

_STRANGE_WORDS = ("held", "suspended", "stopped", "calculated", "done_for_day", "accepted_for_bidding", "quux")


class People:
    """Everybody outside the engine who does something to it, in one simulation."""

    def __init__(self, world: World, *, broker: BrokerModel, wire: Wire, process: Process, judge: Judge) -> None:
        self._world = world
        self._broker = broker
        self._wire = wire
        self._process = process
        self._judge = judge
        self._draw = random.Random(f"people {world.swarm.seed}")  # noqa: S311  # a simulation, not a secret
        self._canceling = random.Random(f"canceling {world.swarm.seed}")  # noqa: S311  # the same
        self._correcting = random.Random(f"correcting {world.swarm.seed}")  # noqa: S311  # the same
        self._traders = Traders(world, broker)
        self._meddlers = Meddlers(world, broker=broker, process=process, judge=judge)
        self._met_unawares: set[str] = set()
        self._replayed = 0
        self._interval_ns = max(world.swarm.quote_interval_ns * 2, SECOND_NS // 2)

    # ---- who disturbs

    def disturb(self) -> None:
        """Let happen what the seed has for now, and come again."""
        world = self._world
        if not world.is_faulty:
            return
        if (wish := self._traders.command()) is not None:
            self._process.command(wish)
        self._meddlers.pause()
        self._disturb_the_engine()
        self._disturb_the_broker()
        self._disturb_orders()
        if world.swarm.halts_what_was_lost:
            self._halt_what_was_lost()
        self._wire.carry_updates()
        self._judge.broker.see_all()
        if self._process.engine is not None:
            check_lists(self._judge, self._process)
            check_alike(self._judge, self._process)
            check_wanted(self._judge, self._process, self._broker)
        world.after(self._interval_ns, self.disturb)

    def _strikes(self, fault: Fault) -> bool:
        return self._world.strikes_amid(fault, self._process.statuses)

    def _disturb_the_engine(self) -> None:
        world, process = self._world, self._process
        self.seize_the_moment()
        process.hurt_an_actor()
        process.step_clock()
        if self._strikes(Fault.HALT):
            self._halt(world.draw)
        if self._strikes(Fault.DISCONNECT):
            self._wire.disconnect("another connection has taken its place")
        if self._strikes(Fault.OUTAGE):
            self._wire.disconnect("the line is down", outage_ns=world.draw.randrange(20, 60) * SECOND_NS)
        if self._strikes(Fault.MUTE_STREAM):
            self._wire.mute(world.draw.randrange(40 * SECOND_NS))

    def _halt(self, draw: random.Random) -> None:
        flatten = draw.random() < 0.3
        self._process.command(HaltTrading(self._world.now_ns, "a drill", flatten))
        if flatten:
            self._meddlers.meddle_with_a_flatten()
        self._world.after(draw.randrange(10 * SECOND_NS), self._release)

    def seize_the_moment(self) -> None:
        """Halt just when orders wait on their way; or again, before the portfolio has heard of the halt before.

        And cancel all at the broker just when an order works there that stands otherwise here.
        """
        world = self._world
        if not world.is_faulty:
            return
        if world.swarm.cancels_unawares and Fault.CANCEL_ALL in world.swarm.faults:
            self._cancel_all_unawares()
        if Fault.HALT not in world.swarm.faults:
            return
        if self._process.do_orders_wait and self._draw.random() < _SHARE_OF_MOMENTS:
            self._halt_now(self._draw)
        is_worse = self._process.does_the_portfolio_wait or bool(self._works_unawares())
        if is_worse and world.races.random() < _SHARE_OF_MOMENTS:
            self._process.command(HaltTrading(world.now_ns, "a drill", flatten=False))
            self._release()
            self._halt_now(world.races)

    def _works_unawares(self) -> list[ClientOrderId]:
        """The orders that work and were not found, and are over for their portfolio."""
        process = self._process
        return [] if process.engine is None else self._lost_for(process.portfolio.state.orders)

    def _lost_for(self, known: Mapping[ClientOrderId, OrderState]) -> list[ClientOrderId]:
        return [
            order_id
            for order_id, each in known.items()
            if each.was_not_found and not each.is_open and self._broker.is_open(order_id)
        ]

    def _halt_now(self, draw: random.Random) -> None:
        self._world.note_hit_amid(Fault.HALT, self._process.statuses())
        self._halt(draw)

    def _disturb_the_broker(self) -> None:
        world, broker = self._world, self._broker
        symbol = world.draw.choice(world.swarm.symbols)
        if self._strikes(Fault.CASH_MOVED):
            broker.adjust_cash(world.draw.choice(("-12.34", "5.01")), "fee or dividend", now_ns=self._broker_ns())
        if self._strikes(Fault.BUYING_POWER):
            broker.set_buying_power_factor(world.draw.choice(("0.1", "0.5", "1")))
        if self._strikes(Fault.SYMBOL_HALTED):
            broker.halt(symbol)
            world.after(world.draw.randrange(20 * SECOND_NS), lambda: broker.resume(symbol))
        if self._strikes(Fault.ACCOUNT_BLOCKED):
            broker.block()
            world.after(world.draw.randrange(20 * SECOND_NS), broker.unblock)
        if self._strikes(Fault.MANUAL_ORDER):
            self._judge.touched.add(symbol)
            broker.manual_order(symbol, world.draw.choice(("buy", "sell")), "3", now_ns=self._broker_ns())

    def _disturb_orders(self) -> None:
        world, broker = self._world, self._broker
        executions = [
            each for each in broker.counting_executions() if not each.client_order_id.startswith("manual-")
        ]
        if executions:
            chosen = world.draw.choice((executions[-1], world.draw.choice(executions)))
            chosen = next(filter(self._is_seldom_busted, executions), chosen)
            status = self._process.status_of(chosen.client_order_id)
            if world.strikes(Fault.BUST, status):
                self._judge.touched.add(chosen.symbol)
                broker.bust(chosen.execution_id, now_ns=self._broker_ns())
            elif world.strikes(Fault.CORRECTION, status):
                self._judge.touched.add(chosen.symbol)
                price = chosen.price + world.draw.choice((-1, 1)) * chosen.price / 100
                broker.correct(
                    chosen.execution_id,
                    price=price.quantize(chosen.price),
                    commission=self._other_commission(),
                    now_ns=self._broker_ns(),
                )
        self._fill_after_cancel()
        self._fill_unawares()
        if world.swarm.fills_up_unawares:
            self._fill_up_unawares()
        self._cancel_all_now_and_then()
        mine = [each.client_order_id for each in broker.open_orders() if not each.is_manual]
        if world.swarm.saves_orders:
            self._save_by_hand(mine)
        if mine:
            order_id = world.draw.choice(mine)
            order_id = next(filter(self._is_seldom_strange, mine), order_id)
            if world.strikes(Fault.UNKNOWN_STATUS, self._process.status_of(order_id)):
                broker.set_status_word(order_id, world.draw.choice(_STRANGE_WORDS))

    def _other_commission(self) -> Decimal | None:
        """What a correction makes of a commission; `None` if that is as ever."""
        is_as_ever = not self._world.swarm.corrects_commissions or self._correcting.random() < 0.5
        return None if is_as_ever else Decimal(self._correcting.randrange(100)) / 100

    def _is_seldom_busted(self, execution: Execution) -> bool:
        order, swarm = self._broker.orders[execution.client_order_id], self._world.swarm
        if swarm.busts_what_is_nearly_filled and order.is_open and order.remaining <= (swarm.rules.max_slice or 0):
            return True
        return self._world.is_seldom(Fault.BUST, self._process.status_of(execution.client_order_id))

    def _is_seldom_strange(self, order_id: str) -> bool:
        return self._world.is_seldom(Fault.UNKNOWN_STATUS, self._process.status_of(order_id))

    def _fill_after_cancel(self) -> None:
        world, since_ns = self._world, self._broker_ns() - _RECENT_NS
        over = [
            each
            for each in self._broker.orders.values()
            if each.closed in world.swarm.fills_after
            and each.updated_ns > since_ns
            and not each.is_manual
            and self._broker.has_market(each.terms.symbol)
        ]
        for order in over:
            if not world.strikes(Fault.FILL_AFTER_CANCEL, self._process.status_of(order.client_order_id)):
                continue
            self._judge.touched.add(order.terms.symbol)
            units = order.remaining if world.draw.random() < 0.5 else order.remaining // 3 + 1
            self._broker.fill_late(order.client_order_id, units, now_ns=self._broker_ns())

    def _fill_unawares(self) -> None:
        """The market takes an order while its change or cancel is under way, or that is over for the engine."""
        world, broker = self._world, self._broker
        for order in broker.open_orders():
            if order.is_manual or not broker.can_fill(order.client_order_id):
                continue
            race = Fault.PARTIAL_FILL
            if order.replacement is not None:
                race = Fault.REPLACE_RACE
            elif order.is_cancel_pending:
                race = Fault.LATE_FILL
            if world.races_for(race, self._process.status_of(order.client_order_id)):
                part = order.remaining // 3 + 1
                units = part if race is Fault.PARTIAL_FILL else world.races.choice((order.remaining, part))
                broker.fill_now(order.client_order_id, units, now_ns=self._broker_ns())

    def _fill_up_unawares(self) -> None:
        """The market takes what an order lacks here, where more counts than there: it works on, filled here."""
        broker = self._broker
        known = {} if self._process.engine is None else self._process.venue.state.orders
        for order in broker.open_orders():
            state = known.get(order.client_order_id)
            if state is None or state.filled_quantity <= order.filled_qty or not state.leaves_quantity:
                continue
            if broker.can_fill(order.client_order_id) and state.leaves_quantity < order.remaining:
                broker.fill_now(order.client_order_id, state.leaves_quantity, now_ns=self._broker_ns())

    def _halt_what_was_lost(self) -> None:
        """Halt as soon as an order works that was not found: then the market takes a part, and it turns up."""
        world, broker = self._world, self._broker
        self._wire.advance()
        lost = [] if self._process.engine is None else self._lost_for(self._process.venue.state.orders)
        if lost:
            self._process.command(HaltTrading(world.now_ns, "a drill", flatten=False))
            world.after(_LONG_HALT_NS, self._release)
        for order_id in filter(broker.can_fill, lost):
            broker.fill_now(order_id, broker.orders[order_id].remaining // 3 + 1, now_ns=self._broker_ns())

    def _cancel_all_now_and_then(self) -> None:
        if self._canceling.random() < self._world.swarm.faults.get(Fault.CANCEL_ALL, 0.0):
            self._cancel_all()

    def _cancel_all_unawares(self) -> None:
        """Cancel all just when the engine knows least of one: it stands here as it seldom does when it works there.

        Once for each order at most.
        """
        world, of = self._world, self._process.status_of
        works = [each.client_order_id for each in self._broker.open_orders()]
        worst = {each for each in works if world.is_seldom(Fault.CANCEL_ALL, of(each))} - self._met_unawares
        if worst and self._canceling.random() < _SHARE_OF_MOMENTS:
            self._met_unawares |= worst
            self._cancel_all()

    def _cancel_all(self) -> None:
        """Cancel all orders in the broker's own window, as it lets us; the market takes some of them meanwhile."""
        world, broker, draw = self._world, self._broker, self._canceling
        works = [each.client_order_id for each in broker.open_orders()]
        for order_id in works:
            world.note_hit(Fault.CANCEL_ALL, self._process.status_of(order_id))
        refused = {order_id for order_id in works if draw.random() < _SHARE_REFUSED}
        broker.manual_cancel_all(but=refused, now_ns=self._broker_ns())
        for order_id in filter(broker.can_fill, works):
            if draw.random() < _SHARE_MEANWHILE:
                left = broker.orders[order_id].remaining
                broker.fill_now(order_id, draw.choice((left, left // 3 + 1)), now_ns=self._broker_ns())
        world.after(world.swarm.rules.cancel_delay_ns, self._wire.advance)

    def _save_by_hand(self, order_ids: list[str]) -> None:
        """Save orders of ours in the broker's own window, just as they are: for the broker that is a change."""
        world, broker = self._world, self._broker
        for order_id in order_ids:
            if world.strikes(Fault.MANUAL_ORDER, self._process.status_of(order_id)):
                same = {"qty": str(broker.orders[order_id].terms.qty)}
                broker.request("PATCH", f"{ORDERS}{order_id}", same, {}, self._broker_ns())
                world.after(world.swarm.rules.replace_delay_ns, self._wire.advance)

    def _broker_ns(self) -> int:
        return self._world.now_ns + self._world.swarm.skew_ns

    # ---- who mends

    def mend(self) -> None:
        """The one who runs the engine looks after it, again and again."""
        process = self._process
        if process.engine is not None:
            link = process.portfolio.state.link
            if any(each.is_break for each in link.differences.values()):
                self._accept()
                if self._world.draw.random() < _SHARE_IMPATIENT:
                    self._accept()
            self._replay_dead_letters()
            if self._world.swarm.restarts_actors:
                process.restart_who_is_in_quarantine()
        if process.engine is not None:  # what it was told may have ended it
            check_lists(self._judge, process)
            check_alike(self._judge, process)
        self._world.after(MEND_INTERVAL_NS, self.mend)

    def _accept(self) -> None:
        accepted = AcceptDifference(
            portfolio_id=PORTFOLIO, time_ns=self._world.now_ns, reason="the broker is right"
        )
        self._process.command(accepted)

    def end_faults(self) -> None:
        """From now on nothing goes wrong any more."""
        world, broker = self._world, self._broker
        world.is_faulty = False
        broker.unblock()
        broker.set_buying_power_factor("1")
        for symbol in world.swarm.symbols:
            broker.resume(symbol)
        self._process.mend_clock()
        self._process.heal()
        self._wire.carry_updates()
        self._wire.return_now()
        if world.swarm.ends_with_maintenance:
            self._wire.disconnect("maintenance", outage_ns=world.swarm.maintenance_ns)
        self.mend()
        self._release()

    def order_last(self) -> None:
        """Persons order shortly before trading is halted for good."""
        for order in self._traders.last_orders():
            self._process.command(order)

    def look_closely(self) -> None:
        """Before the last quote: nothing has gone wrong for long, so engine and broker must agree."""
        check_settled(self._judge, self._process, self._broker, swarm=self._world.swarm)

    def halt_for_good(self) -> None:
        """The last command of a simulation: what is open then must come to an end."""
        flatten = self._world.swarm.ends_flat
        self._process.command(HaltTrading(self._world.now_ns, "the drill is over", flatten))
        if flatten:
            self._meddlers.meddle_with_a_flatten()

    def _release(self) -> None:
        self._process.command(ReleaseTrading(self._world.now_ns, "a drill"))

    def _replay_dead_letters(self) -> None:
        parked = self._judge.set_aside.letters
        for letter in parked[self._replayed :]:
            message = decode(letter.message)
            if isinstance(message, _NOT_AGAIN) or (letter.actor == ROUTER and isinstance(message, OrderEvent)):
                continue
            if self._world.swarm.leaves_what_was_set_aside and not isinstance(message, _IN_ANY_CASE):
                continue
            self._process.command(Told(letter.actor, letter.message))
        self._replayed = len(parked)
