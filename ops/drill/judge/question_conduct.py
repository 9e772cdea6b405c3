"""Which orders the engine asks the broker about, and what it waits for: as the journal shows.

asked for            -> asked again within half a minute, until the broker's word is enough: so long it is asked
sent                 -> it is heard of within 10 s, or asked about, or unknown
asked to be canceled -> so is it, if no question is out that goes first
asked to be changed  -> the same
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from messages import (
    Alert,
    AnyMessage,
    CancelOrder,
    MessageParked,
    OrderAccepted,
    OrderEvent,
    OrderFillBusted,
    OrderFillCorrected,
    OrderFilled,
    OrderReported,
    QueryOrder,
    ReplaceOrder,
    SubmitOrder,
    TimerFired,
    VenueConnected,
    decode,
)

ANSWER_NS = 11_000_000_000
"""How long an engine may wait for an answer, and a little more."""

ASKED_NS = 45_000_000_000
"""How long after a question another one may be due: half a minute, or ten seconds behind a late answer to it."""

HEALED_NS = 90_000_000_000
"""How long after an actor on the way of orders has failed its mail is handled, and its timers have come again: it
waits for its restart for 36 s at most."""

TIMER_AGAIN_NS = 360_000_000_000
"""When a timer comes again whose message was set aside."""

_FORGOTTEN = "which is no order of ours"
"""How the engine tells of an order that was over long ago: nobody asks for that any more."""

_ZERO = Decimal(0)


class QuestionConduct:
    """What one simulation's engine has asked, and what it waits for.

    `fail` is told the number of a rule, and how it was broken. Where `is_clock_set`, a question may last for ever.
    """

    def __init__(self, fail: Callable[[str, str], None], *, is_clock_set: bool) -> None:
        self._fail = fail
        self._is_clock_set = is_clock_set
        self._has_just_failed = False
        self._failed_ns: int | None = None
        self._input: AnyMessage | None = None
        self._now_ns = 0
        self._asked_ns: dict[str, int] = {}
        self._has_just_asked: set[str] = set()
        self._is_not_plain: set[str] = set()
        self._left: dict[str, Decimal] = {}
        self._sent: dict[str, int] = {}
        self._requested: dict[str, int] = {}

    @property
    def is_excused(self) -> bool:
        """Whether an actor on the way of orders has failed just now, and mail may wait for it."""
        return self._has_failed_before(self._now_ns)

    def see_failure(self) -> None:
        """An actor on the way of orders has failed, or is given once more what it has failed at."""
        self._has_just_failed = True

    def is_asked(self, order_id: str) -> bool:
        """Whether a question about the order may be out, as of the last input."""
        asked_ns = self._asked_ns.get(order_id)
        return asked_ns is not None and (self._is_clock_set or self._now_ns - asked_ns <= ASKED_NS)

    def forget_waiting(self) -> None:
        """Nobody waits while no process runs; the next one asks for everything."""
        self._sent.clear()
        self._requested.clear()

    def see_input(self, message: AnyMessage, time_ns: int) -> None:
        """The next input, and when it was handled (ns, the engine's clock)."""
        self._see_time(self._sent, time_ns, "was sent")
        self._see_time(self._requested, time_ns, "was to be canceled or changed")
        self._input, self._now_ns = message, time_ns
        if self._has_just_failed:
            self._failed_ns, self._has_just_failed = time_ns, False
        self._has_just_asked.clear()
        match message:
            case VenueConnected():  # what is over is asked for later, if it was asked for
                self._asked_ns = {each: max(asked_ns, time_ns) for each, asked_ns in self._asked_ns.items()}
            case OrderReported(client_order_id=order_id):
                if not message.filled_quantity:
                    self._end_question(order_id)
                self._see_word(order_id)
            case OrderAccepted(client_order_id=order_id):
                self._sent.pop(order_id, None)  # of a cancel it tells nothing, nor does an execution
            case OrderFilled(client_order_id=order_id):
                self._sent.pop(order_id, None)
                self._is_not_plain.add(order_id)
            case OrderEvent(client_order_id=order_id):
                self._see_word(order_id)

    def see_effect(self, message: AnyMessage) -> None:
        """What the input led to."""
        match message:
            case SubmitOrder(client_order_id=order_id):
                self._sent[order_id] = self._now_ns
                self._left.setdefault(order_id, message.quantity)
            case CancelOrder(client_order_id=order_id) | ReplaceOrder(client_order_id=order_id):
                self._see_request(message)
            case QueryOrder(client_order_id=order_id):
                self._asked_ns[order_id] = self._now_ns
                self._has_just_asked.add(order_id)
                self._see_word(order_id)
            case OrderAccepted(client_order_id=order_id):
                self._sent.pop(order_id, None)
                self._end_question(order_id)
            case OrderFilled(client_order_id=order_id):
                self._see_filled(message)
            case OrderFillBusted(client_order_id=order_id) | OrderFillCorrected(client_order_id=order_id):
                self._is_not_plain.add(order_id)
                self._see_word(order_id)
            case OrderReported(client_order_id=order_id):
                self._end_question(order_id)
                self._see_word(order_id)
            case OrderEvent(client_order_id=order_id):
                self._see_word(order_id)
            case Alert(subject=order_id, text=text) if text.endswith(_FORGOTTEN):
                self._asked_ns[order_id] = self._now_ns
            case MessageParked(actor=actor, message=parked) if actor.startswith("venue/"):
                self._see_parked(decode(parked))

    def _has_failed_before(self, time_ns: int) -> bool:
        return self._failed_ns is not None and time_ns - self._failed_ns <= HEALED_NS

    def _end_question(self, order_id: str) -> None:
        """What is told of an order that has never executed, and was never to be changed, is all that there is."""
        if order_id not in self._is_not_plain and order_id not in self._has_just_asked:
            self._asked_ns.pop(order_id, None)

    def _see_parked(self, message: AnyMessage) -> None:
        """Who fails at its timer is told again when it must be healthy, and asks then."""
        if isinstance(message, TimerFired):
            self._asked_ns[message.name] = self._now_ns + TIMER_AGAIN_NS
        elif isinstance(message, OrderEvent | CancelOrder | ReplaceOrder):
            self._is_not_plain.add(message.client_order_id)

    def _see_filled(self, fill: OrderFilled) -> None:
        """An order that executes in part is waited for as before, if it is known how much is left of it."""
        order_id = fill.client_order_id
        self._is_not_plain.add(order_id)
        self._sent.pop(order_id, None)
        self._left[order_id] = self._left.get(order_id, _ZERO) - fill.quantity
        if self._left[order_id] <= 0:
            self._see_word(order_id)

    def _see_request(self, request: CancelOrder | ReplaceOrder) -> None:
        """A question that is out goes first; and what works there though it is over here is canceled for good."""
        order_id = request.client_order_id
        self._is_not_plain.add(order_id)
        self._see_word(order_id)
        if isinstance(request, ReplaceOrder):
            self._left[order_id] = _ZERO
        if not self.is_asked(order_id) and not isinstance(self._input, OrderReported):
            self._requested[order_id] = self._now_ns

    def _see_word(self, order_id: str) -> None:
        self._sent.pop(order_id, None)
        self._requested.pop(order_id, None)

    def _see_time(self, waiting: dict[str, int], time_ns: int, how: str) -> None:
        """Whether what has been waited for longest is waited for too long."""
        while waiting:
            order_id, since_ns = next(iter(waiting.items()))
            if time_ns - since_ns <= ANSWER_NS:
                return
            del waiting[order_id]
            if not self._has_just_failed and not self._has_failed_before(since_ns):
                self._fail("C19", f"{order_id} {how} {(time_ns - since_ns) / 1e9:g} s ago, and nobody asks for it")
