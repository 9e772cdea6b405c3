"""How the engine may behave, whatever the broker does: rules that the journal shows, input by input.

a process begins, a connection comes -> nothing is ordered before the account was reported
a message of an order is set aside   -> nothing opens a position in its symbol any more
books and account differ             -> nothing does in the symbol, or anywhere if it is cash
something leaves                     -> it is durable, and leaves once
the broker tells news of an order    -> the engine is told
an actor fails at a message          -> it is tried twice more before it is set aside

Where an actor of the way has failed its mail waits, and what it does then is of before: such seeds are excused.
"""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from messages import (
    AccountDiffers,
    AccountReported,
    Alert,
    AlertLevel,
    AnyMessage,
    CancelOrder,
    ClientOrderId,
    CrashActor,
    HaltTrading,
    Interrupt,
    MessageParked,
    OrderApproved,
    OrderEvent,
    QueryAccount,
    QueryOrder,
    ReleaseTrading,
    ReplaceOrder,
    SubmitOrder,
    Told,
    TradingHalted,
    VenueConnected,
    VenueDisconnected,
    decode,
)
from ops.control.strategy_commands import MANUAL
from ops.drill.judge.account_conduct import AccountConduct
from ops.drill.judge.cancel_conduct import CancelConduct
from ops.drill.judge.difference_conduct import DifferenceConduct
from ops.drill.judge.order_conduct import OrderConduct
from ops.drill.judge.shut_conduct import ShutConduct
from ops.drill.simulation.faults import Fault
from ops.drill.simulation.swarm import Swarm

_SENT = SubmitOrder | CancelOrder | ReplaceOrder | QueryOrder | QueryAccount
_LOST = "StateLost: a state that cannot be saved, as a drill"
_OF_A_DRILL = ("InjectedCrash: ", "HandlerBroken: ", _LOST)
"""How the reasons of failures begin that a drill has brought about."""

CRASHED, BROKEN_OFF, CHOKED = "crashed", "broken off", "choked on a message"
_HOW = {
    "InjectedCrash: a drill": CRASHED,
    "InjectedCrash: a poisoned": CHOKED,
    _LOST: CHOKED,
    "HandlerBroken: ": BROKEN_OFF,
}

_BEYOND_HOPE = ("HandlerBroken: ", _LOST)
"""How the reasons of failures begin after which a message is not tried again."""

_ATTEMPTS = 3

_NEWS = frozenset(
    (
        "new",
        "fill",
        "partial_fill",
        "trade_bust",
        "trade_correct",
        "canceled",
        "expired",
        "rejected",
        "replaced",
        "order_cancel_rejected",
        "order_replace_rejected",
    )
)
"""Updates that tell what has become of an order, or of what was asked of it."""

_Key = tuple[str, str, int]


class Conduct:
    """What one simulation's engine has done so far, as far as it decides what it may do next.

    `fail` is told the number of an invariant, and how it was broken.
    """

    def __init__(self, swarm: Swarm, fail: Callable[[str, str], None]) -> None:
        self.account = AccountConduct(fail)
        self.orders = OrderConduct(swarm, fail)
        self.shut = ShutConduct()
        self._cancels = CancelConduct(fail)
        self._differences = DifferenceConduct(fail)
        if Fault.CLOCK_STEP in swarm.faults:
            self._differences.excuse()  # an order that is waited for can be in doubt for its portfolio alone
        self.block = ""
        """Why no position may be opened, since the last release; empty if there is no reason."""
        self.halted_symbols: set[str] = set()
        """Symbols in which a message was set aside, or a difference told, since the last release."""
        self.failed_ns = 0
        """When an actor on the way of orders failed last, or was given a message once more: what it has missed is
        asked for from then on."""
        self.silent_since_ns: int | None = None
        """Since when the engine that runs knows of no connection; `None` if it has one."""
        self.failures: Counter[tuple[str, str]] = Counter()
        """How often actors failed, by their kind and by how, as the journal has it."""
        self._fail = fail
        self._is_connected = False
        self._held_because = "the engine has just started"
        self._to_be_halted: dict[str, Sequence[str]] = {}
        self._durable: Counter[_Key] = Counter()
        self._excused: set[str] = set()
        self._has_just_failed = False
        self._attempts: defaultdict[str, deque[str]] = defaultdict(deque)
        self._now_ns = 0

    def see_no_connection(self) -> None:
        """A process is gone, or another one begins: it has no connection yet."""
        self._is_connected = False
        self.silent_since_ns = None
        self._held_because = "the engine has just started"
        self.orders.forget_waiting()
        self._cancels.forget_waiting()

    def see_sent(self, message: AnyMessage) -> None:
        """Something has left for the broker."""
        key = _key(message)
        if not self._durable[key]:
            self._fail("I2", f"{' '.join(map(str, key))} left before it was durable, or once more than it is")
        self._durable[key] -= 1

    def see_update(self, update: Mapping[str, Any], told: Sequence[AnyMessage]) -> None:
        """The broker's stream has brought an update, of which this is told to the engine."""
        event, order_id = update["event"], update["order"]["client_order_id"]
        is_passed_on = any(isinstance(each, OrderEvent) and each.client_order_id == order_id for each in told)
        if event in _NEWS and self.orders.was_sent(order_id) and not is_passed_on:
            self._fail("C46", f"the broker tells {event} of {order_id}, and the engine is not told")

    def is_excused(self, *kinds: str) -> bool:
        """Whether an actor of these kinds has failed."""
        return not self._excused.isdisjoint(kinds)

    @property
    def is_held(self) -> bool:
        """Whether nothing may be ordered, since nothing was reported since the last connection, or block."""
        return bool(self._held_because)

    @property
    def has_failed(self) -> bool:
        """Whether an actor of any kind has failed."""
        return bool(self._excused)

    # ---- the journal

    def see_interrupts(self, interrupts: Sequence[Interrupt]) -> None:
        """Actors have failed in the turn at hand."""
        for each in interrupts:
            self._excused.add(each.actor.partition("/")[0])
            self._count_failure(
                each.actor, next((how for why, how in _HOW.items() if each.reason.startswith(why)), "")
            )
            if not each.reason.startswith(_OF_A_DRILL):
                self._fail("I10", f"{each.actor} failed: {each.reason}")
            self._attempts[each.actor].append(each.reason)
            kind = each.actor.partition("/")[0]
            self._has_just_failed |= kind in ("venue", "portfolio", "router")
            if kind in ("venue", "router"):
                self.orders.see_failure()
        if self.is_excused("venue", "router", "portfolio"):
            self._cancels.excuse()
            self._differences.excuse()
        if self.is_excused("venue", "router"):
            self.orders.excuse()
        elif self.is_excused("portfolio"):
            self.orders.excuse_changes()

    def see_input(self, message: AnyMessage, time_ns: int) -> None:
        """The next input, and when it was handled (ns, the engine's clock)."""
        self._see_end_of_input()
        if time_ns < self._now_ns:
            self._fail("I11", f"time goes back by {(self._now_ns - time_ns) / 1e9:g} s")
        self._now_ns = time_ns
        if isinstance(message, Told):
            self.orders.see_failure()
        if self._has_just_failed:
            self.failed_ns, self._has_just_failed = time_ns, False
        self.orders.see_input(message, time_ns)
        self._cancels.see_input(message, time_ns)
        self._differences.see_input(message, time_ns)
        self.shut.see_input(message)
        match message:
            case VenueDisconnected(time_ns=time_ns):
                self._is_connected = False
                self._held_because = "there is no connection"
                self.silent_since_ns = time_ns
            case VenueConnected(time_ns=connected_ns):
                self._is_connected = True
                self.account.connected_ns = connected_ns
                self._held_because = "nothing was reported since the connection"
                self.silent_since_ns = None
            case AccountReported():
                self._see_report(message)
            case HaltTrading():
                self.block = "a halt"
            case Told():
                self.failed_ns = time_ns
            case CrashActor(actor=actor):
                self._count_failure(actor, CRASHED)
            case ReleaseTrading():
                self.block = ""
                self.halted_symbols.clear()

    def see_effect(self, message: AnyMessage) -> None:
        """What the input led to."""
        if isinstance(message, _SENT):
            self._durable[_key(message)] += 1
        self.orders.see_effect(message)
        self._cancels.see_effect(message)
        self._differences.see_effect(message)
        self.shut.see_effect(message)
        if not self.is_excused("portfolio", "router"):
            self.account.see_effect(message)
        match message:
            case OrderApproved(order=order):
                self._see_approved(order)
            case ReplaceOrder(client_order_id=order_id):
                self._see_changed(order_id)
            case TradingHalted(symbol=str(symbol)):
                self._to_be_halted.pop(symbol, None)
            case AccountDiffers(symbol=None):
                self.block = "cash differs"
            case AccountDiffers(symbol=str(symbol)):
                self._halt(symbol)
            case Alert(level=AlertLevel.CRITICAL, text=text) if text.endswith("missing in the books"):
                self.block = text
            case MessageParked(actor=actor, error=error):
                if error.startswith(_OF_A_DRILL):  # else there was nobody to try it
                    self._see_attempts(actor)
                self._see_parked(actor, decode(message.message))

    def _see_attempts(self, actor: str) -> None:
        """A message is set aside once an actor has failed at it three times, or could not be held to try again."""
        attempts = self._attempts[actor]
        for tried in range(_ATTEMPTS):
            if not attempts:
                self._fail("I10", f"{actor} has set a message aside after {tried} attempts")
                return
            if attempts.popleft().startswith(_BEYOND_HOPE):
                return

    def _count_failure(self, actor: str, how: str) -> None:
        if how:
            self.failures[actor.partition("/")[0], how] += 1

    def _see_end_of_input(self) -> None:
        """All that the last input has led to is known."""
        waiting, self._to_be_halted = self._to_be_halted, {}
        unheard = [
            symbol for symbol, through in sorted(waiting.items()) if not (through and self.is_excused(*through))
        ]
        if unheard:
            self._fail("C15", f"{', '.join(unheard)} differs, or was set aside, and trading goes on in it")

    def _see_approved(self, order: SubmitOrder) -> None:
        if self.is_excused("portfolio", "router"):
            return
        if self._held_because:
            self._fail("C11", f"{order.client_order_id} is ordered although {self._held_because}")
        unknown = self.account.doubts.of(order.strategy_id, order.symbol)
        is_of_a_person = order.strategy_id == MANUAL  # who may see what became of the other
        if unknown and not is_of_a_person and not self.is_excused("venue"):
            self._fail("C20", f"{order.client_order_id} is ordered although {unknown} is unknown")

    def _see_changed(self, order_id: ClientOrderId) -> None:
        if self.account.doubts.about(order_id) and not self.is_excused("portfolio", "router", "venue"):
            self._fail("C20", f"{order_id} is to be changed although it is unknown")

    def _see_report(self, report: AccountReported) -> None:
        if not self.account.see_report(report):
            return
        if report.is_blocked:
            self._held_because = "the account is blocked"
        elif self._is_connected:
            self._held_because = ""

    def _see_parked(self, actor: str, message: AnyMessage) -> None:
        """What a portfolio itself fails at halts the symbol in the same step, whatever has failed before."""
        kind = actor.partition("/")[0]
        if kind == "venue" and isinstance(message, OrderEvent | SubmitOrder):
            self._halt(message.symbol)
        elif kind == "portfolio" and isinstance(message, OrderEvent | TradingHalted) and message.symbol is not None:
            self._halt(message.symbol, through=())
        elif kind == "router" and isinstance(message, TradingHalted) and message.symbol is not None:
            self._halt(message.symbol, through=("portfolio",))

    def _halt(self, symbol: str, *, through: Sequence[str] = ("portfolio", "router")) -> None:
        """Nothing opens a position in it any more, and the engine says so within this input, unless one of those
        has failed through which it hears of it.
        """
        self.halted_symbols.add(symbol)
        before = self._to_be_halted.get(symbol, through)
        self._to_be_halted[symbol] = through if len(through) < len(before) else before


def _key(message: AnyMessage) -> _Key:
    assert isinstance(message, _SENT), "nothing else leaves"
    name = "" if isinstance(message, QueryAccount) else message.client_order_id
    return type(message).__name__, name, message.time_ns
