"""The judge: watches disk and broker while a simulation runs, and says what must never happen and did.

It believes the broker's records and the journal's bytes, never the engine's memory, and works everything out by
itself: what is durable, who holds what, what is halted, how much may be ordered. The numbers are those of
`docs/crash-safety.md`. What the engine remembers is held against all that by `settled`, `at_rest` and `verdict`.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Sequence
from decimal import Decimal

from messages import (
    Alert,
    AnyMessage,
    BooksAdjusted,
    ClientOrderId,
    HaltTrading,
    OrderAccepted,
    OrderApproved,
    OrderCanceled,
    OrderDenied,
    OrderExpired,
    OrderFillBusted,
    OrderFillCorrected,
    OrderFilled,
    OrderNotFound,
    OrderRejected,
    OrderReported,
    OrderStatus,
    ReleaseTrading,
    RequestCancel,
    SubmitOrder,
    decode_turn,
    read_header,
)
from ops.drill.broker import BrokerModel
from ops.drill.judge.answer_conduct import AnswerConduct
from ops.drill.judge.broker_conduct import BrokerConduct, KnownOrders
from ops.drill.judge.closing_conduct import ClosingConduct
from ops.drill.judge.command_conduct import CommandConduct
from ops.drill.judge.conduct import Conduct
from ops.drill.judge.control_conduct import ControlConduct
from ops.drill.judge.decisions import Decisions
from ops.drill.judge.deployment_conduct import DeploymentConduct
from ops.drill.judge.exit_conduct import ExitConduct
from ops.drill.judge.guard_conduct import GuardConduct
from ops.drill.judge.holdings import Holdings
from ops.drill.judge.judged import Excuse, Rule
from ops.drill.judge.limit_conduct import LimitConduct
from ops.drill.judge.obedience_conduct import ObedienceConduct
from ops.drill.judge.set_aside import SetAside
from ops.drill.judge.sizing_conduct import SizingConduct
from ops.drill.judge.stored_conduct import StoredConduct
from ops.drill.judge.wishes import Wishes
from ops.drill.simulation.faults import Fault
from ops.drill.simulation.swarm import Swarm

_UNGUARDED = " are not guarded any more"
"""What the engine tells of a position that has lost its stop."""

_IN_PART = "had been counted before"
"""What the engine tells of an execution that it has counted in part."""

_ZERO = Decimal(0)


class Judge:
    """One simulation's invariants. `violations` are in words, empty if all is well."""

    def __init__(self, swarm: Swarm, broker: BrokerModel) -> None:
        self.violations: list[str] = []
        known = KnownOrders()
        self.intents = known.intents
        self.adjusted: dict[str, Decimal] = {}
        """What the books took of the broker's word, by symbol; of cash under no name."""
        self.touched = known.touched
        self.refused = known.refused
        self.conduct = Conduct(swarm, self.fail)
        self.stored = StoredConduct(self.fail)
        self.unguarded: set[tuple[str, str]] = set()
        """Strategies and symbols of which a person knows that a stop is gone."""
        self._answers = AnswerConduct(self.fail)
        self._decisions = Decisions(self.fail)
        self._guards = GuardConduct(swarm.stop_step, self.fail)
        self._sizes = SizingConduct(swarm, self.fail)
        self.limits = LimitConduct(
            swarm, broker, self.fail, refused=self.refused, came_to_nothing=self._came_to_nothing
        )
        self._swarm = swarm
        self._approved: dict[str, SubmitOrder] = {}
        self._denied: set[str] = set()
        self._reducing = known.reducing
        self._rejected = known.rejected
        self._filled: defaultdict[str, Decimal] = defaultdict(Decimal)
        self._ended: set[str] = set()
        self._told_of_more: OrderReported | OrderFilled | None = None
        self._not_found: set[str] = set()
        self._turned_up: list[str] = []
        self._holdings = Holdings(self.fail, self.touched)
        self.exits = ExitConduct(self.fail, self._holdings.held)
        self.closing = ClosingConduct(self.fail, self._holdings.held)
        self.deployments = DeploymentConduct(self.fail, self._holdings.held)
        self.wishes = Wishes(swarm, self.fail, self.conduct, self.deployments, self._sizes, holdings=self._holdings)
        self._commands = CommandConduct(self.fail)
        self.obedience = ObedienceConduct(self.fail, self._holdings.held, self.touched)
        self._controls = ControlConduct(self.fail, self._holdings.held)
        self._with_undone: set[str] = set()
        self.set_aside = SetAside(with_undone=self._with_undone)
        self._is_other_part = False
        self._counted_in_part: set[str] = set()
        self._is_halted = False
        self._now_ns = 0
        self.broker = BrokerConduct(
            swarm,
            broker,
            self.fail,
            conduct=self.conduct,
            limits=self.limits,
            holdings=self._holdings,
            known=known,
            is_missed=self._is_missed,
        )

    def fail(self, invariant: str, text: str) -> None:
        """Something that must never happen did."""
        line = f"{invariant}: {text}"
        if line not in self.violations:  # it may go on being so
            self.violations.append(line)

    @property
    def has_excused(self) -> bool:
        """Whether there was an excuse in the seed, whatever it was for."""
        has_missed = bool(self.set_aside.letters) or self.conduct.has_failed
        return has_missed or bool(self.touched) or Fault.CLOCK_STEP in self._swarm.faults

    # ---- the disk

    def see_frames(self, frames: Sequence[bytes]) -> None:
        """Frames have become durable."""
        for frame in frames:
            turn = decode_turn(frame, read_header(frame))
            self.stored.see_effects(turn.effects)
            self.conduct.see_interrupts(turn.taken.interrupts)
            self.wishes.see_interrupts(turn.taken.interrupts)
            effects = deque(turn.effects)
            timed = zip(turn.taken.inputs, turn.taken.times_ns, strict=True)
            for seq, (message, time_ns) in enumerate(timed, turn.first_seq):
                self._see_input(message, time_ns)
                while effects and effects[0].seq <= seq:
                    self._see_effect(effects.popleft().message)

    def _see_input(self, message: AnyMessage, time_ns: int) -> None:
        self._see_what_is_missing()
        self._see_what_turned_up()
        has_waited = self.conduct.is_excused("portfolio", "router", "venue")
        self.conduct.see_input(message, time_ns)
        self._now_ns = time_ns
        self._answers.see_input(message)
        self.limits.see_input(message)
        self._guards.see_input(message)
        self._sizes.see_input(message, time_ns)
        self.exits.see_input(message)
        self.closing.see_input(message)
        self._commands.see_input(message)
        self.obedience.see_input(message, time_ns, conduct=self.conduct)
        self._controls.see_input(message)
        self.deployments.see_input(message, is_excused=has_waited, uncertain=self.touched)
        self.wishes.see_input(message, time_ns, is_certain=not (self.touched or self.adjusted or self.refused))
        if isinstance(message, OrderReported | OrderFilled):
            self._told_of_more = message
        if isinstance(message, HaltTrading | ReleaseTrading):
            self._is_halted = isinstance(message, HaltTrading)
        if isinstance(message, RequestCancel) and (order := self._approved.get(message.client_order_id)):
            if order.protective:
                self.unguarded.add((order.strategy_id, order.symbol))
            self._decisions.see_canceled(message.client_order_id)
        if isinstance(message, ReleaseTrading):  # without what was set aside: who does that knows what is held
            self.touched.update(
                intent.symbol for order_id, intent in self.intents.items() if order_id in self.set_aside
            )

    def _see_effect(self, message: AnyMessage) -> None:
        """What an input has led to. The figures of an approval are those of before it, and whether an execution is
        told again is known before it counts.
        """
        self.conduct.see_effect(message)
        self._answers.see_effect(message)
        self._decisions.see_effect(message, self._now_ns)
        self._guards.see_effect(message)
        self._sizes.see_effect(message)
        has_waited = self.conduct.is_excused("portfolio", "router", "venue")
        self.exits.see_effect(message, is_excused=has_waited)
        self.closing.see_effect(message)
        self.deployments.see_effect(message)
        self._commands.see_effect(message, is_excused=has_waited)
        self.obedience.see_effect(message, conduct=self.conduct)
        if isinstance(message, OrderApproved):
            self._see_figures(message, has_waited=has_waited)
        self._controls.see_effect(message)
        self.wishes.see_effect(message)
        self.set_aside.see_effect(message, self._now_ns)
        if isinstance(message, OrderFilled):
            self._is_other_part = self._holdings.was_counted(message.execution_id)
        self._holdings.see_effect(message)
        self._see_outcome(message, has_waited=has_waited)

    def _see_outcome(self, message: AnyMessage, *, has_waited: bool) -> None:
        match message:
            case SubmitOrder():
                self._see_intent(message)
            case OrderApproved():
                self._see_approved(message)
            case OrderDenied(client_order_id=order_id):
                self._denied.add(order_id)
                self._see_verdicts(message)
                self._see_figures(message, has_waited=has_waited)
            case OrderRejected(client_order_id=order_id):
                self._rejected.add(order_id)
                self.broker.see_rejected(order_id)
            case OrderReported():
                self._see_reported(message)
            case OrderNotFound(client_order_id=order_id):
                self._not_found.add(order_id)
            case OrderCanceled() | OrderExpired():
                self._ended.add(message.client_order_id)
            case OrderAccepted():
                self._see_working(message)
            case OrderFilled():
                self._filled[message.client_order_id] += message.quantity
                if self._filled[message.client_order_id] < self.intents[message.client_order_id].quantity:
                    self._see_found(message.client_order_id)
            case OrderFillBusted(client_order_id=order_id) | OrderFillCorrected(client_order_id=order_id):
                self._with_undone.add(order_id)
            case BooksAdjusted(symbol=symbol, amount=amount):
                self.adjusted[symbol or ""] = self.adjusted.get(symbol or "", _ZERO) + amount
            case Alert(text=text) if _UNGUARDED in text:
                _, of, _, by = text.partition(_UNGUARDED)[0].split()
                self.unguarded.add((by, of))
            case Alert(subject=subject, text=text) if _IN_PART in text:
                self._see_counted_in_part(ClientOrderId(subject), text)

    def _see_counted_in_part(self, order_id: ClientOrderId, text: str) -> None:
        """Behind one that was taken back, as is known, each execution counts as a whole, or for its other part."""
        self._counted_in_part.add(self.intents[order_id].symbol)
        is_wrong = order_id in self._with_undone and not self._is_other_part
        if is_wrong and not self.conduct.is_excused("venue", "router", "portfolio"):
            self.fail("I4", f"{order_id} has executions that were taken back, and {text}")

    def _see_reported(self, report: OrderReported) -> None:
        """An order's end counts once all of its executions are known."""
        if report.status in (OrderStatus.ACCEPTED, OrderStatus.PENDING_REPLACE, OrderStatus.UNKNOWN):
            self._see_working(report)
        elif report.filled_quantity <= self._filled[report.client_order_id]:
            self._ended.add(report.client_order_id)

    def _see_working(self, event: OrderReported | OrderAccepted) -> None:
        """What is over at the broker, and was told to be, does not work again. What was not found may turn up."""
        self._see_found(event.client_order_id)
        if event.client_order_id in self._ended and event.symbol not in self.touched:
            self.fail("I10", f"{event.client_order_id} works again here, and is over at the broker")

    def _came_to_nothing(self, order_id: str) -> bool:
        """Whether it was canceled by the engine, or never left, is over, and nothing of it counts for good."""
        is_over = order_id in self._ended or order_id in self._rejected
        is_unfilled = not self._filled[order_id] or order_id in self._with_undone
        is_given_up = order_id in self.conduct.orders.canceled or order_id not in self.intents
        return is_over and is_unfilled and is_given_up

    def _see_found(self, order_id: ClientOrderId) -> None:
        if order_id in self._not_found:
            self._not_found.remove(order_id)
            intent = self.intents[order_id]
            rest = intent.quantity - self._filled[order_id]  # of an order that was changed it may be none
            closes = rest > 0 and self._holdings.is_reducing(intent, quantity=rest)
            if self._is_halted and not (closes or self._may_pass(intent)):
                self._turned_up.append(order_id)

    def _see_what_is_missing(self) -> None:
        """Executions that must have been made, and were not told, are asked for."""
        told, self._told_of_more = self._told_of_more, None
        if told is None or told.symbol in self.touched or self.conduct.orders.has_just_failed:
            return
        filled = told.filled_quantity if isinstance(told, OrderReported) else told.cumulative_quantity
        order_id = told.client_order_id
        if filled > self._filled[order_id] and not self.conduct.orders.is_asked(order_id):
            self.fail("C17", f"executions of {order_id} are missing, and it is not asked for")

    def _see_what_turned_up(self) -> None:
        """An entry that turns up in a halt is canceled at once."""
        turned_up, self._turned_up = self._turned_up, []
        for order_id in turned_up:
            if order_id not in self.conduct.orders.canceled and not self.conduct.is_excused(
                "venue", "router", "portfolio"
            ):
                self.fail("I8", f"{order_id} turns up in a halt, and is not canceled")

    def _see_approved(self, approved: OrderApproved) -> None:
        order, has_failed = approved.order, self.conduct.is_excused("portfolio", "router")
        if order.client_order_id in self._approved or order.client_order_id in self._denied:
            self.fail("I1", f"{order.client_order_id} was approved, or denied, before")
        self._approved[order.client_order_id] = order
        if order.protective:
            self.unguarded.discard((order.strategy_id, order.symbol))
        is_equity_certain = self._see_verdicts(approved)
        is_halted = order.symbol in self.conduct.halted_symbols or bool(self.conduct.block)
        if is_halted and not has_failed and not self._may_pass(order):
            self.fail("I8", f"{order.client_order_id} opens a position although its symbol, or all, is halted")
        may_be_of_before = has_failed or self.conduct.is_excused("strategy", "symbol")
        is_reducing, is_uncertain = self._holdings.is_reducing(order), self._is_held_uncertain(order.symbol)
        self.limits.see_approved(
            order, is_reducing=is_reducing, is_held_uncertain=is_uncertain, is_excused=may_be_of_before
        )
        self.deployments.see_approved(order, is_reducing=is_reducing, is_excused=may_be_of_before or is_uncertain)
        if not order.protective and not is_reducing:
            leads_to = self._see_entry(approved, may_be_of_before=may_be_of_before)
            if approved.signal is not None and is_equity_certain:
                self._sizes.see_entry(order, approved.signal, leads_to)

    def _see_figures(self, judged: OrderApproved | OrderDenied, *, has_waited: bool) -> None:
        excuses = {Excuse.FAILED: has_waited, Excuse.TOUCHED: judged.symbol in self.touched}
        if not self.limits.judged.holds(Rule.FIGURES, excuses):
            return
        if isinstance(judged, OrderApproved):
            self._controls.see_approved(judged, is_all_certain=not self.touched)
        elif judged.order is not None:
            self._controls.see_denied(judged.order, judged.verdicts)

    def _see_verdicts(self, judged: OrderApproved | OrderDenied) -> bool:
        """Whether what strategies are worth is certain: nothing was missed, late, taken back, or adjusted."""
        if judged.order is None and self.conduct.block:
            return False  # a halt closes what is held, whatever a strategy wants
        excuses = {
            Excuse.FAILED: self.conduct.is_excused("symbol", "strategy", "router", "portfolio", "venue"),
            Excuse.SET_ASIDE: bool(self.set_aside),
            Excuse.TOUCHED: bool(self.touched or self.adjusted) or any(map(self.broker.has_taken, self.refused)),
            Excuse.CLOCK: Fault.CLOCK_STEP in self._swarm.faults,
        }
        is_certain = self.limits.judged.holds(Rule.EQUITY, excuses)
        if is_certain:
            self._sizes.see_verdicts(judged)
        return is_certain

    def _see_entry(self, approved: OrderApproved, *, may_be_of_before: bool) -> Decimal:
        """An order that opens a position, or adds to one; how far it leads."""
        order, has_failed = approved.order, self.conduct.is_excused("portfolio", "router", "venue")
        excuses = {
            Excuse.FAILED: has_failed,
            Excuse.SET_ASIDE: self._is_missed(order.symbol),
            Excuse.TOUCHED: order.symbol in self.touched,
        }
        return self._decisions.see_approved(
            approved,
            held=self._holdings.of(order),
            is_certain=approved.signal is not None and self.limits.judged.holds(Rule.SIGNAL, excuses),
            may_pass_its_stop=may_be_of_before or order.symbol in self.touched,
        )

    def _see_intent(self, order: SubmitOrder) -> None:
        order_id = order.client_order_id
        before = self.intents.get(order_id)
        if before is not None and before != order:
            self.fail("I3", f"{order_id} is intended again with other terms")
        self.intents[order_id] = order
        has_failed = self.conduct.is_excused("portfolio", "router", "venue")
        self.limits.judged.holds(Rule.CONDUCT, {Excuse.FAILED: has_failed})
        approved = self._approved.get(order_id)
        if approved != order:
            self.fail("C9", f"{order_id} is sent and was {'never' if approved is None else 'otherwise'} approved")
        if self._holdings.is_reducing(order):
            self._reducing.add(order_id)
        if self._is_halted and not self._may_pass(order):
            self.fail("I8", f"{order_id} opens a position although trading is halted")

    def _may_pass(self, order: SubmitOrder) -> bool:
        """Whether no halt stops it."""
        return order.protective or self._is_held_uncertain(order.symbol) or self._holdings.is_reducing(order)

    def _is_held_uncertain(self, symbol: str) -> bool:
        """Whether it is uncertain who holds what: a message of an order was set aside, or the past changed, and an
        execution counted in part, or a message is lost or was late on its way.
        """
        has_missed = bool(self.set_aside) or self.conduct.is_excused("portfolio", "venue")
        is_uncertain = symbol in self.touched and (has_missed or symbol in self._counted_in_part)
        return is_uncertain or self._is_missed(symbol)

    def _is_missed(self, symbol: str) -> bool:
        """Whether a message of an order in the symbol was set aside: who holds what is for a person to find out."""
        return any(each in self.intents and self.intents[each].symbol == symbol for each in self.set_aside)

    # ---- the broker

    def see_quote(self, symbol: str, price: float) -> None:
        """The market has moved."""
        self.limits.see_market(symbol, price)

    def see_refused(self, order_id: str) -> None:
        """The broker has refused it: if another copy works all the same, nobody could know at the next order."""
        self.refused.add(order_id)
