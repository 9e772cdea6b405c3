"""The simulated venue as an actor of the core: it keeps the matching engine's state and its delays.

It asks a symbol for market data only while it holds an order there, so market data that meets no order costs
nothing here. An order that comes to a symbol without a subscription waits for the symbol's answer first, so
that it meets the quote that stands.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import msgspec

from actors.kernel import Actor
from actors.kernel.actor import TIMER_AGAIN_NS
from actors.names import ROUTER, exchange_actor, venue_actor
from actors.venue import not_handled
from gateways.simulated._events import rejected, replace_rejected
from gateways.simulated._settings import SimulatedVenueSettings
from gateways.simulated._state import SimulatedVenueState
from gateways.simulated.venue import SimulatedVenue
from messages import (
    Bar,
    CancelOrder,
    Instrument,
    OrderEvent,
    OrderNotFound,
    PortfolioId,
    QueryOrder,
    Quote,
    ReplaceOrder,
    SubmitOrder,
    Subscribe,
    Subscribed,
    Symbol,
    SymbolHalted,
    TimerFired,
    Trade,
    Unsubscribe,
    VenueId,
)

if TYPE_CHECKING:
    from actors.kernel import Kernel

EXPIRY_TIMER = "expiry"
ARRIVAL_TIMER = "arrival"

_NOT_HANDLED = "the venue could not handle it"

OrderCommand = SubmitOrder | CancelOrder | ReplaceOrder | QueryOrder


class AccountTerms(msgspec.Struct, frozen=True):
    """An account that the venue opens for a portfolio."""

    portfolio_id: PortfolioId
    currency: str
    cash: Decimal


class Journey(msgspec.Struct, frozen=True, array_like=True):
    """A command on its way to the venue."""

    arrives_ns: int
    command: OrderCommand


class ExchangeState(msgspec.Struct):
    """The engine's state, commands on their way, and commands that wait for a symbol's answer."""

    venue: SimulatedVenueState
    journeys: list[Journey] = []
    waiting: dict[Symbol, list[OrderCommand]] = {}
    subscribed: dict[Symbol, bool] = {}


class ExchangeActor(Actor):
    """Plays the venue `venue_id` for the venue actor of that name."""

    def __init__(
        self,
        kernel: Kernel,
        *,
        venue_id: VenueId,
        settings: SimulatedVenueSettings,
        instruments: Mapping[Symbol, Instrument],
        accounts: Sequence[AccountTerms],
    ) -> None:
        self._settings = settings
        self._instruments = instruments
        self._accounts = tuple(accounts)
        self._venue_id = venue_id
        super().__init__(kernel, exchange_actor(venue_id))
        self._venue_actor = venue_actor(venue_id)

    def new_state(self) -> ExchangeState:
        """No orders yet."""
        return ExchangeState(venue=SimulatedVenueState())

    def on_restore(self) -> None:
        """Put the engine on the state."""
        self._venue = SimulatedVenue(
            venue_id=self._venue_id,
            settings=self._settings,
            instruments=self._instruments,
            state=self.state.venue,
        )

    def on_start(self) -> None:
        """Open the accounts."""
        for account in self._accounts:
            self._venue.open_account(account.portfolio_id, account.currency, account.cash)

    def on_receive(self, message: Any) -> None:
        """Market data, a command, or the passing of time."""
        match message:
            case Quote() | Trade() | Bar() | SymbolHalted():
                self._tell_events(self._venue.on_market(message, self.now_ns))
                self._settle(message.symbol)
            case SubmitOrder() | CancelOrder() | ReplaceOrder() | QueryOrder():
                self._set_out(message)
            case Subscribed(symbol=symbol):
                for command in self.state.waiting.pop(symbol, []):
                    self._arrive(command)
                self._settle(symbol)
            case TimerFired(name=name) if name == ARRIVAL_TIMER:
                self._arrivals()
            case TimerFired():
                self._tell_events(self._venue.on_time(self.now_ns))
                for symbol in list(self.state.subscribed):
                    self._settle(symbol)

    def on_poison(self, message: Any) -> None:
        """No order stays without an end, or an answer: what cannot be handled is refused, a cancel tried again."""
        super().on_poison(message)
        match message:
            case SubmitOrder() | ReplaceOrder():
                self._refuse(message)
            case CancelOrder():
                self._depart(message, self._venue.latency_ns(message.client_order_id))
            case Subscribed(symbol=symbol):
                for command in self.state.waiting.pop(symbol, []):
                    self._refuse(command)
                self._settle(symbol)
            case TimerFired(name=name) if name == ARRIVAL_TIMER:
                self._refuse_arrived()

    def _refuse(self, command: OrderCommand) -> None:
        """The venue will not carry out what it could not handle. Its venue's actor asks a question again itself."""
        match command:
            case SubmitOrder():  # behind the halt: its portfolio may order anew at once
                self.tell(ROUTER, not_handled(command, portfolio_id=command.portfolio_id, now_ns=self.now_ns))
                self._tell_events([rejected(command, _NOT_HANDLED, self.now_ns)])
            case ReplaceOrder():
                order = self._order_of(command)
                self._tell_events([replace_rejected(command, order, _NOT_HANDLED, self.now_ns)])

    def _refuse_arrived(self) -> None:
        """One of those that have arrived cannot be handled, and nobody knows which. Cancels arrive once more."""
        for command in self._take_arrived():
            if isinstance(command, CancelOrder):
                self._depart(command, TIMER_AGAIN_NS)
            else:
                self._refuse(command)
        self._set_arrival_timer()

    def _order_of(self, command: ReplaceOrder) -> SubmitOrder | None:
        """The order that the command is about: it may not have arrived itself."""
        record = self._venue.state.orders.get(command.client_order_id)
        if record is not None:
            return record.order
        orders = (each for each in self._not_arrived() if isinstance(each, SubmitOrder))
        return next((each for each in orders if each.client_order_id == command.client_order_id), None)

    def _not_arrived(self) -> Iterator[OrderCommand]:
        for journey in self.state.journeys:
            yield journey.command
        for commands in self.state.waiting.values():
            yield from commands

    def _set_out(self, command: OrderCommand) -> None:
        latency_ns = self._venue.latency_ns(command.client_order_id)
        if latency_ns <= 0:
            self._reach(command)
            return
        self._depart(command, latency_ns)

    def _depart(self, command: OrderCommand, latency_ns: int) -> None:
        self.state.journeys.append(Journey(self.now_ns + latency_ns, command))
        self._set_arrival_timer()

    def _arrivals(self) -> None:
        for command in self._take_arrived():
            self._reach(command)
        self._set_arrival_timer()

    def _take_arrived(self) -> list[OrderCommand]:
        journeys = self.state.journeys
        arrived = [journey for journey in journeys if journey.arrives_ns <= self.now_ns]
        self.state.journeys = [journey for journey in journeys if journey.arrives_ns > self.now_ns]
        return [journey.command for journey in sorted(arrived, key=lambda journey: journey.arrives_ns)]

    def _set_arrival_timer(self) -> None:
        if self.state.journeys:
            self.set_timer(ARRIVAL_TIMER, min(journey.arrives_ns for journey in self.state.journeys))

    def _reach(self, command: OrderCommand) -> None:
        """A command is at the venue: it meets the book at once, or as soon as the book is known."""
        symbol = command.symbol
        if symbol in self.state.subscribed and symbol not in self.state.waiting:
            self._arrive(command)
            self._settle(symbol)
            return
        self.state.waiting.setdefault(symbol, []).append(command)
        if symbol not in self.state.subscribed:
            self.state.subscribed[symbol] = True
            self.tell(ROUTER, Subscribe(symbol, self.actor_urn, ticks=True))

    def _arrive(self, command: OrderCommand) -> None:
        venue, now_ns = self._venue, self.now_ns
        match command:
            case SubmitOrder():
                events = venue.submit(command, now_ns)
            case CancelOrder():
                events = venue.cancel(command, now_ns)
            case ReplaceOrder():
                events = venue.replace(command, now_ns)
            case QueryOrder():
                events = venue.query(command, now_ns)
        self._tell_events(events)

    def _tell_events(self, events: Sequence[OrderEvent]) -> None:
        """What is refused about an order that the venue does not know has nobody to be told to."""
        for event in events:
            if not event.portfolio_id and not isinstance(event, OrderNotFound):
                continue
            self.emit(event)
            self.tell(self._venue_actor, event)

    def _settle(self, symbol: Symbol) -> None:
        """Give up a subscription that nothing needs any more, and see to the next expiry."""
        venue = self._venue
        if not venue.is_working(symbol) and symbol not in self.state.waiting and symbol in self.state.subscribed:
            del self.state.subscribed[symbol]
            self.tell(ROUTER, Unsubscribe(symbol, self.actor_urn, ticks=True))
        if venue.next_due_ns is not None:
            self.set_timer(EXPIRY_TIMER, venue.next_due_ns)
