"""What the judge says of a journal: rules that need the broker's side, too, or what is held."""

from __future__ import annotations

import msgspec
import pytest

from messages import (
    AnyMessage,
    CancelOrder,
    HaltTrading,
    OrderAccepted,
    OrderApproved,
    OrderNotFound,
    VenueOrderId,
)
from messages.turn import Recorded, TurnInputs, encode_turn
from ops.drill.broker import BrokerModel
from ops.drill.simulation.judge import Judge
from tests.messages._samples import EVENT, ORDER, QUOTE
from tests.simulation.test_conduct import CALM


@pytest.mark.parametrize("is_canceled", [True, False])
def test_an_entry_that_turns_up_in_a_halt_is_to_be_canceled_at_once(is_canceled: bool) -> None:
    judge = Judge(CALM, BrokerModel(cash="1000", rules=CALM.rules, symbols={ORDER.symbol: "0.01"}))
    entry = msgspec.structs.replace(ORDER, protective=False)
    approved = OrderApproved(**EVENT, order=entry, verdicts=())
    cancel = CancelOrder(
        client_order_id=ORDER.client_order_id, venue_id=ORDER.venue_id, symbol=ORDER.symbol, time_ns=3
    )
    works = OrderAccepted(**EVENT, venue_order_id=VenueOrderId("v1"))
    inputs: list[tuple[AnyMessage, list[AnyMessage]]] = [
        (QUOTE, [approved, entry]),
        (OrderNotFound(**EVENT), [OrderNotFound(**EVENT)]),
        (HaltTrading(2, "stop"), []),
        (works, [works, *([cancel] if is_canceled else [])]),
        (QUOTE, []),
    ]
    effects = [Recorded(seq, each) for seq, (_, led_to) in enumerate(inputs, 1) for each in led_to]
    taken = TurnInputs(times_ns=[0] * len(inputs), inputs=[message for message, _ in inputs])

    judge.see_frames([encode_turn(epoch=1, first_seq=1, taken=taken, effects=effects, chain_before=b"")])

    told = [each for each in judge.violations if "turns up" in each]
    assert told == ([] if is_canceled else [f"I8: {ORDER.client_order_id} turns up in a halt, and is not canceled"])
