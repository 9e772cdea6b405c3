"""Inputs that do not take the way through the router: what a broker says, and what may fail nowhere on its way.

a broker's words of an order -> the actor of its venue, which tells on what is news
halts, releases, connections -> all that send orders, ahead of the mail that waits for one being restarted
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from actors.kernel.kernel import Kernel
from actors.names import STRATEGIES, strategy_actor
from actors.portfolio import PortfolioActor
from messages import (
    MESSAGE_TYPES,
    DeployStrategy,
    HaltTrading,
    OrderApproved,
    OrderDenied,
    OrderEvent,
    PortfolioId,
    ReleaseTrading,
    Told,
    UndeployStrategy,
    VenueConnected,
    VenueDisconnected,
    decode,
)

VENUE_WORDS = tuple(
    kind
    for kind in MESSAGE_TYPES
    if issubclass(kind, OrderEvent) and not issubclass(kind, OrderApproved | OrderDenied)
)
"""What a venue can say of an order."""

URGENT = (HaltTrading, ReleaseTrading, VenueConnected, VenueDisconnected)
"""Inputs that go straight to all that send orders, in their own order."""


def let_brokers_speak(kernel: Kernel, venues: Mapping[PortfolioId, str]) -> None:
    """Let what is said of an order go to the venue's actor; `venues` names it for each portfolio at a broker."""

    def tell_venue(event: OrderEvent) -> None:
        if (name := venues.get(event.portfolio_id)) is not None:
            kernel.deliver(name, event)
        else:
            kernel.steering.refuse(event.client_order_id, f"no broker keeps orders of {event.portfolio_id}")

    if venues:
        kernel.steering.handlers |= dict.fromkeys(VENUE_WORDS, tell_venue)


def let_halts_through(kernel: Kernel, names: Sequence[str]) -> None:
    """Let halts go straight to these actors, whoever has failed meanwhile.

    An order among the mail that a halt overtakes is of before the halt, and may not leave any more. What was set
    aside of this kind is not given to anybody once more: a release may be of before the last halt. Nor is one that
    lets a strategy come which is not there, or has come, or go which is there.
    """

    def tell_all(message: HaltTrading | ReleaseTrading | VenueConnected | VenueDisconnected) -> None:
        for name in names:
            kernel.deliver_first(name, message, behind=URGENT)

    def tell_one(told: Told) -> None:
        message = decode(told.message)
        if isinstance(message, URGENT):
            kernel.steering.refuse(told.actor, f"{type(message).__name__} is of long ago; say now what is to be")
        elif told.actor == STRATEGIES or _is_undone(told.actor, message):
            kernel.steering.refuse(told.actor, f"{type(message).__name__} was carried out then, or has been undone")
        else:
            kernel.deliver(told.actor, message)

    def _is_undone(name: str, message: Any) -> bool:
        if isinstance(message, UndeployStrategy):
            return strategy_actor(message.strategy_id) in kernel.actors
        if not isinstance(message, DeployStrategy):
            return False
        strategy_id, actor = message.deployment.strategy_id, kernel.actors.get(name)
        has_come = isinstance(actor, PortfolioActor) and strategy_id in actor.state.books.strategies
        return has_come or strategy_actor(strategy_id) not in kernel.actors

    kernel.steering.handlers |= {**dict.fromkeys(URGENT, tell_all), Told: tell_one}
