"""What holds for every course of orders and market data."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from gateways.simulated import (
    BpsSlippage,
    NoCommission,
    NoSlippage,
    NotionalCommission,
    PerShareCommission,
    SimulatedVenue,
    SimulatedVenueSettings,
    SimulatedVenueState,
    SpreadSlippage,
    VolumeShareSlippage,
)
from messages import (
    HOUR_NS,
    MINUTE_NS,
    Bar,
    CancelOrder,
    OrderCanceled,
    OrderEvent,
    OrderExpired,
    OrderFilled,
    OrderRejected,
    OrderReplaced,
    Quote,
    ReplaceOrder,
    Side,
    SubmitOrder,
    SymbolHalted,
    TimeInForce,
    Trade,
)
from tests.gateways.simulated._venues import AAA, MAIN, NOON_NS, SIM, cancel, instrument, order, replace

Input = SubmitOrder | CancelOrder | ReplaceOrder | Quote | Trade | Bar | SymbolHalted | int
"""A whole number is the passing of so many nanoseconds."""

CASH = Decimal(20_000)
HOLDING = Decimal(50)

prices = st.integers(9_900, 10_100).map(lambda cents: cents / 100)
sizes = st.sampled_from([0.0, 1.0, 7.0, 30.0, 250.0])
order_ids = st.integers(0, 9).map(lambda number: f"o{number}")
limits = st.none() | prices.map(lambda price: f"{price:.2f}")


@st.composite
def orders(draw: st.DrawFn) -> SubmitOrder:
    return order(
        draw(st.sampled_from(Side)),
        draw(st.integers(1, 60)),
        limit=draw(limits),
        stop=draw(limits),
        order_id=draw(order_ids),
        lasts=draw(st.sampled_from(TimeInForce)),
    )


@st.composite
def market_data(draw: st.DrawFn) -> Quote | Trade | Bar:
    kind = draw(st.sampled_from(["quote", "trade", "bar"]))
    one, two, three, four = (draw(prices) for _ in range(4))
    if kind == "quote":
        bid = draw(st.sampled_from([0.0, one, one, one]))
        return Quote(AAA, NOON_NS, bid, two, draw(sizes), draw(sizes))
    if kind == "trade":
        return Trade(AAA, NOON_NS, one, draw(sizes))
    low, high = min(one, two, three, four), max(one, two, three, four)
    return Bar(AAA, NOON_NS, MINUTE_NS, one, high, low, four, draw(sizes) * 100)


replaces = st.builds(
    lambda order_id, quantity, limit: replace(order_id, quantity=quantity, limit=limit),
    order_ids,
    st.none() | st.integers(1, 60),
    limits,
)
inputs = st.lists(
    orders()
    | market_data()
    | market_data()
    | market_data()
    | order_ids.map(cancel)
    | replaces
    | st.sampled_from([1, MINUTE_NS, 7 * HOUR_NS])
    | st.booleans().map(lambda halted: SymbolHalted(AAA, NOON_NS, halted)),
    max_size=60,
)
venue_settings = st.builds(
    SimulatedVenueSettings,
    commission=st.sampled_from([NoCommission(), PerShareCommission(), NotionalCommission(Decimal(3))]),
    slippage=st.sampled_from(
        [NoSlippage(), BpsSlippage(Decimal(3)), SpreadSlippage(Decimal("0.3")), VolumeShareSlippage()]
    ),
    allow_margin=st.booleans(),
    allow_short=st.booleans(),
    hold_quantity_for_sells=st.booleans(),
    trade_participation_max=st.sampled_from([Decimal(1), Decimal("0.3")]),
)


class Run:
    """A venue, the time, and everything that it said."""

    def __init__(self, terms: SimulatedVenueSettings) -> None:
        self.terms = terms
        self.now_ns = NOON_NS
        self.events: list[OrderEvent] = []
        self.venue = self._venue(None)
        self.venue.open_account(MAIN, "USD", CASH)
        self.venue.state.accounts[MAIN].positions[AAA] = HOLDING

    def _venue(self, state: SimulatedVenueState | None) -> SimulatedVenue:
        return SimulatedVenue(venue_id=SIM, settings=self.terms, instruments={AAA: instrument()}, state=state)

    def restart(self) -> None:
        """Go on from the encoded state, in a new venue."""
        encoded = msgspec.msgpack.encode(self.venue.state)
        self.venue = self._venue(msgspec.msgpack.decode(encoded, type=SimulatedVenueState))

    def handle(self, one: Input) -> list[OrderEvent]:
        events = self._handle(one)
        self.events += events
        return events

    def _handle(self, one: Input) -> list[OrderEvent]:
        match one:
            case int():
                self.now_ns += one
                return self.venue.on_time(self.now_ns)
            case SubmitOrder():
                known = one.client_order_id in self.venue.state.orders
                events = self.venue.submit(one, self.now_ns)
                return [] if known else events  # an answer given before is not a new event
            case CancelOrder():
                known = one.client_order_id in self.venue.state.orders
                working = known and self.venue.state.orders[one.client_order_id].is_working
                events = self.venue.cancel(one, self.now_ns)
                return events if working else []
            case ReplaceOrder():
                return self.venue.replace(one, self.now_ns)
            case _:
                timed: Any = msgspec.structs.replace(one, time_ns=self.now_ns)
                return self.venue.on_market(timed, self.now_ns)


def ran(terms: SimulatedVenueSettings, course: list[Input]) -> Run:
    run = Run(terms)
    for one in course:
        run.handle(one)
    return run


@given(venue_settings, inputs)
def test_no_fill_is_worse_than_the_limit_that_stood_when_it_was_made(
    terms: SimulatedVenueSettings, course: list[Input]
) -> None:
    run = Run(terms)
    for one in course:
        limits_then = {key: record.limit_price for key, record in run.venue.state.orders.items()}
        for event in run.handle(one):
            if isinstance(event, OrderReplaced):
                limits_then[event.client_order_id] = event.limit_price
            if isinstance(event, OrderFilled):
                record = run.venue.state.orders[event.client_order_id]
                limit = limits_then.get(event.client_order_id, record.limit_price)
                assert limit is None or (event.price - limit) * event.side.sign <= 0


@given(venue_settings, inputs)
def test_fills_never_exceed_the_quantity_and_their_sum_is_told_with_each(
    terms: SimulatedVenueSettings, course: list[Input]
) -> None:
    run = ran(terms, course)

    filled: dict[str, Decimal] = defaultdict(Decimal)
    for event in run.events:
        if isinstance(event, OrderFilled):
            filled[event.client_order_id] += event.quantity
            assert event.cumulative_quantity == filled[event.client_order_id]
    for order_id, record in run.venue.state.orders.items():
        assert filled[order_id] == record.filled_quantity <= record.quantity


@given(venue_settings, inputs)
def test_cash_and_holdings_are_the_sum_of_the_fills(terms: SimulatedVenueSettings, course: list[Input]) -> None:
    run = ran(terms, course)

    fills = [event for event in run.events if isinstance(event, OrderFilled)]
    account = run.venue.state.accounts[MAIN]
    assert account.cash == CASH - sum(f.side.sign * f.quantity * f.price + f.commission for f in fills)
    assert account.positions.get(AAA, 0) == HOLDING + sum(f.side.sign * f.quantity for f in fills)
    assert len({f.execution_id for f in fills}) == len(fills)


@given(venue_settings, inputs)
def test_without_margin_no_buy_takes_cash_below_zero_and_without_shorts_no_position_does(
    terms: SimulatedVenueSettings, course: list[Input]
) -> None:
    run = Run(terms)
    for one in course:
        for event in run.handle(one):
            account = run.venue.state.accounts[MAIN]
            if isinstance(event, OrderFilled) and event.side is Side.BUY and not terms.allow_margin:
                assert account.cash >= 0
            assert terms.allow_short or account.positions.get(AAA, Decimal(0)) >= 0


@given(venue_settings, inputs)
def test_what_is_held_is_the_sum_of_what_working_buys_hold(
    terms: SimulatedVenueSettings, course: list[Input]
) -> None:
    state = ran(terms, course).venue.state

    held = [record.held_cash for record in state.orders.values() if record.is_working]
    assert state.accounts[MAIN].held_cash == sum(held)
    assert all(record.held_cash == 0 for record in state.orders.values() if not record.is_working)
    assert set(state.books[AAA].working) == {key for key, record in state.orders.items() if record.is_working}


@given(venue_settings, inputs)
def test_a_fok_order_fills_in_one_piece_or_not_at_all(terms: SimulatedVenueSettings, course: list[Input]) -> None:
    run = ran(terms, course)

    for record in run.venue.state.orders.values():
        if record.order.time_in_force is TimeInForce.FOK:
            assert record.filled_quantity in (0, record.quantity)
            assert record.fill_count <= 1


@given(venue_settings, inputs)
def test_an_order_that_ended_says_nothing_more(terms: SimulatedVenueSettings, course: list[Input]) -> None:
    ended: set[str] = set()
    for event in ran(terms, course).events:
        if isinstance(event, OrderFilled | OrderCanceled | OrderExpired | OrderRejected | OrderReplaced):
            assert event.client_order_id not in ended
        if isinstance(event, OrderCanceled | OrderExpired | OrderRejected):
            ended.add(event.client_order_id)


@given(venue_settings, inputs, st.sets(st.integers(0, 59)))
@settings(max_examples=60)
def test_a_venue_restored_at_any_point_goes_on_as_if_nothing_had_happened(
    terms: SimulatedVenueSettings, course: list[Input], restarts: set[int]
) -> None:
    disturbed = Run(terms)
    for index, one in enumerate(course):
        if index in restarts:
            disturbed.restart()
        disturbed.handle(one)

    undisturbed = ran(terms, course)

    assert disturbed.events == undisturbed.events
    assert disturbed.venue.state == undisturbed.venue.state
    assert disturbed.venue.next_due_ns == undisturbed.venue.next_due_ns
    encoded = [msgspec.msgpack.encode(run.venue.state) for run in (disturbed, undisturbed)]
    assert encoded[0] == encoded[1]
