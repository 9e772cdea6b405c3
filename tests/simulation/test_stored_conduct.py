"""What the judge sees of what is stored beside the journal, and of what is not."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest

from messages import (
    AnyMessage,
    DeadLetter,
    MessageParked,
    OrderAccepted,
    OrderCanceled,
    OrderFilled,
    OrderRecord,
    OrderStatus,
    Recorded,
    ReplaceOrder,
    encode,
)
from ops.drill.judge.stored_conduct import StoredConduct
from tests.messages._samples import EVENT, FILL, ORDER, QUOTE

PARKED = MessageParked(actor="strategy/s1", time_ns=1, message=encode(QUOTE), error="ValueError: no")
LETTER = DeadLetter(seq=7, actor=PARKED.actor, time_ns=1, message=PARKED.message, error=PARKED.error, traceback="")
ACCEPTED = OrderAccepted(**EVENT, venue_order_id=FILL.venue_order_id)
CANCELED = OrderCanceled(**EVENT, reason="on request")
PART = msgspec.structs.replace(FILL, quantity=ORDER.quantity - 1)
REST = msgspec.structs.replace(FILL, quantity=Decimal(1))


def _conduct(*effects: AnyMessage) -> tuple[StoredConduct, list[str]]:
    """The judge of a journal whose input 7 led to all of these, and what it says."""
    said: list[str] = []
    conduct = StoredConduct(lambda rule, _: said.append(rule))
    conduct.see_effects(Recorded(7, each) for each in effects)
    return conduct, said


def _record(*events: OrderAccepted | OrderCanceled | OrderFilled) -> OrderRecord:
    return OrderRecord(
        client_order_id=ORDER.client_order_id,
        seq=7,
        status=OrderStatus.ACCEPTED,
        intent=ORDER,
        events=tuple(encode(each) for each in events),
    )


def test_what_was_set_aside_is_known_after_a_start() -> None:
    conduct, said = _conduct(PARKED)

    conduct.see_recovered([LETTER, LETTER])  # it was stored, and comes out of the journal again

    assert said == []


@pytest.mark.parametrize("known", [[], [msgspec.structs.replace(LETTER, message=b"another")]])
def test_what_was_set_aside_and_is_forgotten_or_another_message_after_a_start_is_seen(
    known: list[DeadLetter],
) -> None:
    conduct, said = _conduct(PARKED)

    conduct.see_recovered(known)

    assert set(said) == {"C39"}


def test_an_open_order_is_stored_with_all_that_was_told_of_it() -> None:
    conduct, said = _conduct(ORDER, ACCEPTED, PART)

    conduct.see_stored(7, [_record(ACCEPTED, PART)])
    conduct.see_stored(7, [_record(ACCEPTED, PART, ACCEPTED, PART)])

    assert said == []


@pytest.mark.parametrize("records", [[], [_record()], [_record(ACCEPTED)], [_record(ACCEPTED, PART, CANCELED)]])
def test_one_that_is_not_stored_or_only_in_part_is_seen(records: list[OrderRecord]) -> None:
    conduct, said = _conduct(ORDER, ACCEPTED, PART)

    conduct.see_stored(7, records)

    assert said == ["C39"]


@pytest.mark.parametrize(
    "events",
    [
        [CANCELED],
        [PART, REST],
        [
            ReplaceOrder(
                client_order_id=ORDER.client_order_id,
                venue_id=ORDER.venue_id,
                symbol=ORDER.symbol,
                time_ns=1,
                quantity=PART.quantity,
            ),
            PART,
        ],
    ],
)
def test_what_is_or_may_be_over_need_not_be_stored(events: list[AnyMessage]) -> None:
    conduct, said = _conduct(ORDER, *events)

    conduct.see_stored(7, [])

    assert said == []
