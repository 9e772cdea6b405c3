"""How the engine may treat its orders: rules that the journal shows.

not found                      -> it is sent again, or over, after the third such answer in a row
not found, and wanted          -> it is sent again
refused, and held all the same -> it is asked about at once
approved a minute ago          -> it is not sent again any more
rests, missing in the account  -> it is asked about
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable

from messages import (
    AccountReported,
    AnyMessage,
    CancelOrder,
    HaltTrading,
    OrderAccepted,
    OrderEvent,
    OrderFillBusted,
    OrderFillCorrected,
    OrderFilled,
    OrderNotFound,
    OrderRejected,
    OrderReported,
    OrderStatus,
    OrderUnknown,
    QueryOrder,
    ReleaseTrading,
    ReplaceOrder,
    SubmitOrder,
    VenueConnected,
)
from ops.drill.judge.change_conduct import REQUEST_NS, ChangeConduct
from ops.drill.judge.question_conduct import QuestionConduct
from ops.drill.simulation.faults import Fault
from ops.drill.simulation.swarm import Swarm

NOT_FOUND_AT_LEAST = 3
"""How often in a row a broker must say that it does not know an order before that is believed."""

WANTED_NS = 59_000_000_000
"""How old an order may be that is wanted for certain, if it is not found, and a little less."""

RESENT_NS = 61_000_000_000
"""How old an order may be when it is sent again, and a little more."""


class OrderConduct:
    """What one simulation's engine has asked of orders, and what it has heard.

    `fail` is told the number of a rule, and how it was broken. An engine is excused whose actors on the way of an
    order have failed: what they do then is of before.
    """

    def __init__(self, swarm: Swarm, fail: Callable[[str, str], None]) -> None:
        self.commanded_ns: dict[str, int] = {}
        """When something was last asked for of an order."""
        self.canceled: set[str] = set()
        """Orders that were asked to be canceled."""
        self._fail = fail
        self._changes = ChangeConduct(fail)
        self._questions = QuestionConduct(fail, is_clock_set=Fault.CLOCK_STEP in swarm.faults)
        self._swarm = swarm
        self._input: AnyMessage | None = None
        self._is_excused = False
        self._not_found: Counter[str] = Counter()
        self._submitted_ns: dict[str, int] = {}
        self._unheard: dict[str, SubmitOrder] = {}
        self._is_halted = False
        self._connected_ns = 0
        self._asked_ns = 0
        self._now_ns = 0
        self._changed: set[str] = set()
        self._held: set[str] = set()
        self._undone: set[str] = set()
        self._outdated: set[str] = set()
        self._revived: defaultdict[str, set[str]] = defaultdict(set)
        self._resting: set[str] = set()
        self._missing: list[str] = []
        self._refused: set[str] = set()
        self._executed: set[str] = set()
        self._held_after_all: list[str] = []

    def was_sent(self, order_id: str) -> bool:
        """Whether it is an order of the engine's."""
        return order_id in self._submitted_ns

    def is_asked(self, order_id: str) -> bool:
        """Whether a question about the order may be out."""
        return self._questions.is_asked(order_id)

    @property
    def has_just_failed(self) -> bool:
        """Whether what is asked for may wait for an actor that has failed."""
        return self._questions.is_excused

    def see_failure(self) -> None:
        """An actor of the venue, or the router, has failed, or is given once more what it has failed at."""
        self._questions.see_failure()

    def excuse(self) -> None:
        """An actor on the way of orders has failed."""
        self._is_excused = True
        self.excuse_changes()

    def excuse_changes(self) -> None:
        """The portfolio has failed: what it asks for may be of before an answer that waits for it."""
        self._changes.excuse()

    def forget_waiting(self) -> None:
        """Nobody waits while no process runs; the next one asks for everything."""
        self._questions.forget_waiting()
        self._missing = []
        self._held_after_all = []

    def see_input(self, message: AnyMessage, time_ns: int) -> None:
        """The next input, and when it was handled (ns, the engine's clock)."""
        self._see_missing()
        self._see_held_after_all()
        self._questions.see_input(message, time_ns)
        self._input, self._now_ns = message, time_ns
        self._changes.see_input(message, time_ns)
        self._see_told(message)
        if isinstance(message, OrderAccepted) and message.client_order_id in self._refused:
            self._held_after_all.append(message.client_order_id)
        match message:
            case VenueConnected():
                self._connected_ns = time_ns
            case OrderNotFound(client_order_id=order_id, asked_ns=asked_ns):
                self._not_found[order_id] += 1
                self._asked_ns = asked_ns or time_ns
            case OrderEvent(client_order_id=order_id):
                self._not_found[order_id] = 0
                if not isinstance(message, OrderUnknown):  # else the broker has not said it
                    self._unheard.pop(order_id, None)
            case HaltTrading() | ReleaseTrading():
                self._is_halted = isinstance(message, HaltTrading)
            case AccountReported(open_orders=working):
                self._missing = [each for each in sorted(self._resting) if each not in working]

    def see_effect(self, message: AnyMessage) -> None:
        """What the input led to."""
        self._see_undone(message)
        if isinstance(message, OrderEvent):
            self._refused.discard(message.client_order_id)
        self._changes.see_effect(message, self._now_ns)
        self._questions.see_effect(message)
        match message:
            case SubmitOrder() | CancelOrder() | ReplaceOrder():
                self._see_command(message)
            case QueryOrder(client_order_id=order_id):
                self._refused.discard(order_id)
            case OrderNotFound(client_order_id=order_id):
                self._believe_not_found(order_id, "counts as not found")
                self._see_lost(order_id)
                self._forget(order_id)
            case OrderUnknown(client_order_id=order_id):
                self._see_unknown(order_id)
                self._forget(order_id)
            case OrderRejected(client_order_id=order_id):
                self._see_refused(order_id)
                self._forget(order_id)
            case OrderFilled(client_order_id=order_id):
                self._executed.add(order_id)
                self._forget(order_id)
            case OrderAccepted(client_order_id=order_id):
                self._held.add(order_id)
                if order_id not in self._changed:
                    self._resting.add(order_id)
            case OrderReported(client_order_id=order_id, status=OrderStatus.ACCEPTED):
                self._see_working(message)
            case OrderEvent(client_order_id=order_id):
                self._forget(order_id)

    def _see_working(self, report: OrderReported) -> None:
        order_id = report.client_order_id
        self._forget(order_id)
        self._held.add(order_id)
        if not report.filled_quantity and order_id not in self._changed and order_id not in self._executed:
            self._resting.add(order_id)

    def _see_told(self, message: AnyMessage) -> None:
        """An answer tells all executions, those taken back included, and then how the order stands."""
        self._outdated = set()
        match message:
            case OrderFilled(client_order_id=order_id, execution_id=told) if told in self._undone:
                self._revived[order_id].add(told)
            case OrderFillBusted(client_order_id=order_id, execution_id=undone):
                self._revived[order_id].discard(undone)
            case OrderFillCorrected(client_order_id=order_id, earlier_execution_id=undone):
                self._revived[order_id].discard(undone)
            case OrderReported(client_order_id=order_id):
                self._outdated = self._revived.pop(order_id, set())

    def _see_undone(self, message: AnyMessage) -> None:
        match message:
            case OrderFillBusted(execution_id=undone) | OrderFillCorrected(earlier_execution_id=undone):
                self._undone.add(undone)
            case OrderReported(client_order_id=order_id) if self._outdated and not self._is_excused:
                first = min(self._outdated)
                self._fail("C24", f"a report of {order_id} counts, and is of before {first} was taken back")

    def _forget(self, order_id: str) -> None:
        """It rests no more, as far as is known."""
        self._resting.discard(order_id)

    def _see_command(self, command: SubmitOrder | CancelOrder | ReplaceOrder) -> None:
        order_id = command.client_order_id
        self.commanded_ns[order_id] = self._now_ns
        if isinstance(command, SubmitOrder):
            is_first = order_id not in self._submitted_ns
            if not is_first:
                self._believe_not_found(order_id, "is sent again")
            is_old = self._now_ns - command.time_ns > RESENT_NS
            may_wait = self._is_excused and is_first and command.protective  # for an actor that is restarted
            if is_old and not may_wait:
                self._fail(
                    "C12", f"{order_id} is sent {(self._now_ns - command.time_ns) / 1e9:g} s after it was approved"
                )
            if order_id in self._held and not self._is_excused:
                self._fail("C12", f"{order_id} is sent again, although the broker has held it")
            self._submitted_ns[order_id] = self._now_ns
            if is_first:
                self._unheard[order_id] = command
            return
        self._changed.add(order_id)
        self._forget(order_id)
        if isinstance(command, CancelOrder):
            self.canceled.add(order_id)

    def _believe_not_found(self, order_id: str, how: str) -> None:
        times, self._not_found[order_id] = self._not_found[order_id], 0
        if times < NOT_FOUND_AT_LEAST and not self._is_excused:
            self._fail("C12", f"{order_id} {how} after {times} answers in a row that do not know it")
        last_ns = max(self._submitted_ns.get(order_id, 0), self._connected_ns)
        if self._asked_ns < last_ns + REQUEST_NS and not self._is_excused:
            waited = (self._asked_ns - last_ns) / 1e9
            self._fail("C12", f"{order_id} {how}, asked for {waited:g} s after it was sent and connected")

    def _see_lost(self, order_id: str) -> None:
        """What the broker has never said a word of does not count as over while it is wanted and may leave."""
        order = self._unheard.pop(order_id, None)
        if order is None or order_id in self.canceled or self._is_excused:
            return
        may_leave = order.protective or not self._is_halted
        if may_leave and 0 <= self._now_ns - order.time_ns < WANTED_NS:
            self._fail("C43", f"{order_id} is not found, and is not sent again although it is wanted")

    def _see_unknown(self, order_id: str) -> None:
        is_asked = self._questions.is_asked(order_id) or isinstance(self._input, VenueConnected)
        if self._swarm.is_answered_in_time and not is_asked:
            self._fail("I12", f"{order_id} becomes unknown although everything is answered in time")

    def _see_refused(self, order_id: str) -> None:
        """Of a request that came twice one may be refused: what has executed was taken."""
        if order_id not in self._executed:
            self._refused.add(order_id)
        elif not self._questions.is_asked(order_id) and not self.has_just_failed:
            self._fail("C25", f"{order_id} has executed, and counts as refused without being asked for")

    def _see_missing(self) -> None:
        """All that a report of the account has led to is known."""
        missing, self._missing = self._missing, []
        for order_id in missing:
            if not self._questions.is_asked(order_id) and not self.has_just_failed:
                self._fail("C18", f"{order_id} is missing in a report of the account, and not asked for")

    def _see_held_after_all(self) -> None:
        """All that the acceptance of a refused order has led to is known."""
        held, self._held_after_all = self._held_after_all, []
        for order_id in held:
            if order_id in self._refused and not self.has_just_failed:
                self._fail("C25", f"{order_id} was refused, and is held by the broker, and not asked for")
