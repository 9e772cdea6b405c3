"""What does not take the way through the router: halts go straight on, ahead of mail that waits."""

from __future__ import annotations

from actors.past_the_router import URGENT
from messages import CommandRefused, HaltTrading, Quote, ReleaseTrading, Told, VenueDisconnected, VenueId, encode
from tests.actors._stage import Stage
from tests.actors._trading import ABC, START_NS

HALT, RELEASE = HaltTrading(START_NS, "stop"), ReleaseTrading(START_NS, "go on")
QUOTE = Quote(ABC, START_NS, 1.0, 2.0)


def test_a_halt_does_not_take_the_way_through_the_router() -> None:
    stage = Stage()
    handled = stage.router.handled

    stage.input(HALT, VenueDisconnected(venue_id=VenueId("live"), time_ns=START_NS, reason="gone"))

    assert [type(each) for each in stage.heard("portfolio/main")] == [HaltTrading, VenueDisconnected]
    assert stage.router.handled == handled


def test_halts_overtake_the_mail_of_who_is_held_and_keep_their_own_order() -> None:
    stage = Stage()
    actor = stage.kernel.actors["portfolio/main"]
    stage.kernel.failures.hold(actor, type(actor.status).BACKING_OFF)
    stage.kernel.deliver("portfolio/main", QUOTE)

    for message in (HALT, RELEASE, HALT):
        stage.kernel.deliver_first("portfolio/main", message, behind=URGENT)

    assert list(actor.mailbox) == [HALT, RELEASE, HALT, QUOTE]


def test_what_was_urgent_once_is_not_given_to_anybody_once_more() -> None:
    stage = Stage()
    actor = stage.kernel.actors["portfolio/main"]
    stage.kernel.failures.hold(actor, type(actor.status).BACKING_OFF)

    told = stage.input(Told("portfolio/main", encode(RELEASE)), Told("portfolio/main", encode(QUOTE)))

    assert list(actor.mailbox) == [QUOTE]
    assert [type(each) for each in told] == [CommandRefused]
