"""Games against a market that fills, refuses, delays and forgets: a plan converges and never oversells."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from messages import (
    CancelOrder,
    ClientOrderId,
    ExecutionId,
    OrderAccepted,
    OrderCanceled,
    OrderCancelRejected,
    OrderEvent,
    OrderNotFound,
    OrderRejected,
    OrderReplaced,
    OrderReplaceRejected,
    OrderStatus,
    OrderType,
    OrderUnknown,
    ReplaceOrder,
    Side,
    VenueOrderId,
)
from rules.orders import OrderState, evolve, initial_state
from rules.planning import Cancel, Replace, Step, Submit, Target, plan
from tests.rules._orders import ADDRESS, IDENTITY, filled, order

D = Decimal
GAMES = settings(max_examples=40, stateful_step_count=30, deadline=None)
TERMS = st.sampled_from(
    [(OrderType.MARKET, None, None), (OrderType.LIMIT, D(99), None), (OrderType.STOP, None, D(103))]
)
ALIVE = (
    OrderStatus.ACCEPTED,
    OrderStatus.PARTIALLY_FILLED,
    OrderStatus.PENDING_CANCEL,
    OrderStatus.PENDING_REPLACE,
)


class Market(RuleBasedStateMachine):
    """One strategy's orders in one symbol, and a venue that decides as it goes."""

    is_long_only = True

    def __init__(self) -> None:
        super().__init__()
        self.position = D(0)
        self.target = Target(quantity=D(0))
        self.orders: list[OrderState] = []
        self.has_missed_fill = False

    # ---- the portfolio

    def pursue(self) -> None:
        for step in self.planned():
            self.take(step)
        assert self.planned() == [], "the same plan twice is nothing to do"

    def planned(self) -> list[Step]:
        return plan(self.target, position=self.position, working=self.orders)

    def take(self, step: Step) -> None:
        if not isinstance(step, Cancel):
            assert all(state.status is not OrderStatus.UNKNOWN for state in self.orders), "no order while UNKNOWN"
        match step:
            case Submit():
                self.submit(step)
            case Cancel():
                evolve(self.state_of(step.client_order_id), CancelOrder(**self.address(step.client_order_id)))
            case Replace():
                command = ReplaceOrder(
                    **self.address(step.client_order_id), quantity=step.quantity, stop_price=step.stop_price
                )
                evolve(self.state_of(step.client_order_id), command)

    def submit(self, step: Submit) -> None:
        terms = {name: getattr(step, name) for name in step.__struct_fields__ if name not in ("side", "quantity")}
        name = ClientOrderId(f"b1-sma-{len(self.orders) + 1}")
        submit = order(str(step.quantity), step.side, client_order_id=name, **terms)
        state = initial_state(submit)
        evolve(state, submit)
        self.orders.append(state)

    def told(self, state: OrderState, event: OrderEvent) -> None:
        evolution = evolve(state, event)
        assert evolution.problem == "", evolution.problem
        if evolution.fill is not None:
            self.position += evolution.fill.side.sign * evolution.fill.quantity
            if state.order.protective:
                self.target = msgspec.structs.replace(self.target, is_stopped_out=True)
        self.pursue()

    # ---- the venue

    def say(self, state: OrderState, kind: type[OrderEvent], **fields: Any) -> None:
        self.told(state, kind(**{**IDENTITY, "client_order_id": state.order.client_order_id}, **fields))

    def fill(self, state: OrderState, quantity: Decimal) -> None:
        whole = state.filled_quantity + quantity
        name = state.order.client_order_id
        fields: dict[str, Any] = {
            "client_order_id": name,
            "side": state.order.side,
            "execution_id": ExecutionId(f"{name}/{whole}"),
        }
        self.told(state, filled(str(quantity), str(whole), **fields))

    def accept(self, state: OrderState) -> None:
        self.say(state, OrderAccepted, venue_order_id=VenueOrderId("v"))

    # ---- what may happen

    @rule(
        units=st.integers(-60, 100),
        terms=TERMS,
        guard=st.sampled_from([None, D(90), D(91)]),
    )
    def wants(
        self, units: int, terms: tuple[OrderType, Decimal | None, Decimal | None], guard: Decimal | None
    ) -> None:
        quantity = D(max(units, 0) if self.is_long_only else units)
        order_type, limit_price, stop_price = terms
        self.target = Target(
            quantity=quantity,
            order_type=order_type,
            limit_price=limit_price,
            stop_price=stop_price,
            protective_stop_price=guard,
            exit_stop_price=self.target.guard_price(self.position) if self.position else None,
        )
        self.pursue()

    @precondition(lambda self: any(state.is_open for state in self.orders))
    @rule(pick=st.integers(0, 9), word=st.integers(0, 5), part=st.integers(1, 100))
    def venue_speaks(self, pick: int, word: int, part: int) -> None:
        open_orders = [state for state in self.orders if state.is_open]
        state = open_orders[pick % len(open_orders)]
        choices = self.words(state, part=D(part))
        choices[word % len(choices)]()

    def words(self, state: OrderState, *, part: Decimal) -> list[Any]:
        left = max(state.quantity - state.filled_quantity, D(0))
        words: list[Any] = (
            [lambda: self.fill(state, min(part, left)), lambda: self.fill(state, left)] if left else []
        )
        match state.status:
            case OrderStatus.SUBMITTED:
                words += [lambda: self.accept(state), lambda: self.unknown(state), lambda: self.refuse(state)]
            case OrderStatus.UNKNOWN:
                words += [lambda: self.accept(state), lambda: self.end(state)]
                if not state.is_accepted:
                    words.append(lambda: self.say(state, OrderNotFound))
            case OrderStatus.PENDING_CANCEL:
                words += [
                    lambda: self.end(state),
                    lambda: self.unknown(state),
                    lambda: self.say(state, OrderCancelRejected, reason="too late"),
                ]
            case OrderStatus.PENDING_REPLACE:
                words += [lambda: self.replaced(state), lambda: self.say(state, OrderReplaceRejected, reason="no")]
            case _:
                words += [lambda: self.accept(state), lambda: self.end_unasked(state)]
        return words

    def unknown(self, state: OrderState) -> None:
        self.say(state, OrderUnknown, reason="timeout")

    def end(self, state: OrderState) -> None:
        self.say(state, OrderCanceled)

    def end_unasked(self, state: OrderState) -> None:
        self.mark_refused(state)
        self.end(state)

    def refuse(self, state: OrderState) -> None:
        self.mark_refused(state)
        self.say(state, OrderRejected, reason="no")

    def mark_refused(self, state: OrderState) -> None:
        field = "is_protection_denied" if state.order.protective else "is_denied"
        self.target = msgspec.structs.replace(self.target, **{field: True})

    def replaced(self, state: OrderState) -> None:
        asked = state.pending_replace
        assert asked is not None
        assert asked.quantity is not None
        self.say(state, OrderReplaced, quantity=asked.quantity, stop_price=asked.stop_price)

    # ---- what must always hold

    @invariant()
    def at_most_one_stop_is_meant_to_stay(self) -> None:
        stops = [state for state in self.orders if state.is_open and state.order.protective]
        assert sum(not state.is_cancel_pending for state in stops) <= 1 + sum(
            state.was_cancel_rejected or state.status is OrderStatus.UNKNOWN for state in stops
        )

    @invariant()
    def no_more_can_be_sold_than_is_held(self) -> None:
        if self.is_long_only and not self.has_missed_fill:
            assert self.leaves(Side.SELL) <= self.position

    def leaves(self, side: Side) -> Decimal:
        return sum((state.leaves_quantity for state in self.orders if state.order.side is side), D(0))

    # ---- how it must end

    def teardown(self) -> None:
        for _ in range(300):
            state = next((each for each in self.orders if self.is_restless(each)), None)
            if state is None:
                break
            self.settle(state)
        else:
            raise AssertionError("the market never came to rest")
        self.is_where_it_was_meant_to_be()

    def is_restless(self, state: OrderState) -> bool:
        if not state.is_open:
            return False
        is_resting = state.status in (OrderStatus.ACCEPTED, OrderStatus.PARTIALLY_FILLED)
        return not (state.order.protective and is_resting and not state.was_cancel_rejected)

    def settle(self, state: OrderState) -> None:
        """The venue answers everything that is open, and fills every entry."""
        match state.status:
            case OrderStatus.UNKNOWN if state.pending_replace is not None:
                self.replaced(state)
            case OrderStatus.UNKNOWN | OrderStatus.SUBMITTED:
                self.accept(state)
            case OrderStatus.PENDING_CANCEL:
                self.end(state)
            case OrderStatus.PENDING_REPLACE:
                self.replaced(state)
            case _ if state.was_cancel_rejected:
                self.accept(state)  # the answer to the query that the refusal calls for
            case _:
                self.fill(state, state.quantity - state.filled_quantity)

    def is_where_it_was_meant_to_be(self) -> None:
        target = self.target
        assert target.quantity is not None
        if not (target.is_denied or target.is_stopped_out):
            assert self.position == target.quantity
        stops = [state for state in self.orders if state.is_open]
        guard_price = target.guard_price(self.position) if self.position else None
        if guard_price is None:
            assert stops == []
        elif not target.is_protection_denied:
            guards = [(state.leaves_quantity, state.stop_price, state.order.side) for state in stops]
            side = Side.SELL if self.position > 0 else Side.BUY
            assert guards == [(abs(self.position), guard_price, side)]

    def state_of(self, name: ClientOrderId) -> OrderState:
        return next(state for state in self.orders if state.order.client_order_id == name)

    def address(self, name: ClientOrderId) -> dict[str, Any]:
        return {**ADDRESS, "client_order_id": name}


class LongAndShortMarket(Market):
    """Targets on both sides of flat."""

    is_long_only = False


class LateMarket(Market):
    """Cancels are confirmed before the fills that came first; what is told too late cannot be planned for."""

    @precondition(lambda self: any(self.can_fill_late(state) for state in self.orders))
    @rule(part=st.integers(1, 100))
    def fills_late(self, part: int) -> None:
        state = next(state for state in self.orders if self.can_fill_late(state))
        self.has_missed_fill = True
        self.fill(state, min(D(part), state.quantity - state.filled_quantity))

    def can_fill_late(self, state: OrderState) -> bool:
        return state.status is OrderStatus.CANCELED and state.filled_quantity < state.quantity


TestMarket = Market.TestCase
TestMarket.settings = GAMES
TestLongAndShortMarket = LongAndShortMarket.TestCase
TestLongAndShortMarket.settings = GAMES
TestLateMarket = LateMarket.TestCase
TestLateMarket.settings = GAMES
