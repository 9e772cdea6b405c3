"""What the judge sees of answers that do not name their question."""

from __future__ import annotations

import msgspec
import pytest

from messages import AnyMessage, OrderNotFound, OrderStatus, QueryOrder
from ops.drill.judge.answer_conduct import AnswerConduct
from tests.messages._samples import EVENT, ORDER, REPORTED

ASKED_NS = 7
QUESTION = QueryOrder(
    client_order_id=ORDER.client_order_id, venue_id=ORDER.venue_id, symbol=ORDER.symbol, time_ns=ASKED_NS
)
WORKS = msgspec.structs.replace(REPORTED, **EVENT, status=OrderStatus.ACCEPTED, asked_ns=ASKED_NS)
NOT_FOUND = OrderNotFound(**EVENT, asked_ns=ASKED_NS)


def _said(answer: AnyMessage) -> list[str]:
    said: list[str] = []
    conduct = AnswerConduct(lambda rule, _: said.append(rule))
    conduct.see_effect(QUESTION)
    conduct.see_input(answer)
    return said


@pytest.mark.parametrize("answer", [WORKS, NOT_FOUND], ids=["works", "not found"])
def test_an_answer_names_the_question(answer: AnyMessage) -> None:
    assert _said(answer) == []
    assert _said(msgspec.structs.replace(answer, asked_ns=0)) == ["C47"]
    assert _said(msgspec.structs.replace(answer, asked_ns=ASKED_NS + 1)) == ["C47"]
    assert _said(msgspec.structs.replace(answer, client_order_id="drill0-s1-9")) == ["C47"]


@pytest.mark.parametrize("status", [OrderStatus.CANCELED, OrderStatus.EXPIRED])
def test_that_an_order_has_ended_is_told_unasked_too(status: OrderStatus) -> None:
    assert _said(msgspec.structs.replace(WORKS, status=status, asked_ns=0)) == []
    assert _said(msgspec.structs.replace(WORKS, status=status)) == []
    assert _said(msgspec.structs.replace(WORKS, status=status, asked_ns=ASKED_NS + 1)) == ["C47"]
