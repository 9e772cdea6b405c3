from __future__ import annotations

from gateways.broker.requests import AnyCommand
from gateways.broker.waiting import WaitingCommands
from messages import QueryAccount, QueryOrder
from tests.gateways.broker._served import MAIN, NOW_NS, VENUE, buy, cancel

FIRST, SECOND, THIRD = buy(1), buy(2), buy(3)
ACCOUNT = QueryAccount(venue_id=VENUE, portfolio_id=MAIN, time_ns=NOW_NS, since_ns=0)


def query(count: int) -> QueryOrder:
    order = buy(count)
    return QueryOrder(client_order_id=order.client_order_id, venue_id=VENUE, symbol=order.symbol, time_ns=NOW_NS)


def drained(waiting: WaitingCommands) -> list[AnyCommand]:
    taken = []
    while (command := waiting.take()) is not None:
        taken.append(command)
        waiting.done(command)
    return taken


def test_cancels_go_before_orders_and_orders_before_questions() -> None:
    waiting = WaitingCommands(10)
    for command in (ACCOUNT, query(3), SECOND, cancel(FIRST)):
        waiting.put(command)

    assert drained(waiting) == [cancel(FIRST), SECOND, ACCOUNT, query(3)]


def test_commands_of_one_order_stay_in_order_whatever_their_kind() -> None:
    waiting = WaitingCommands(10)
    for command in (FIRST, query(1), cancel(FIRST)):
        waiting.put(command)

    assert drained(waiting) == [FIRST, query(1), cancel(FIRST)]


def test_an_order_has_one_request_under_way_and_others_go_on_beside_it() -> None:
    waiting = WaitingCommands(10)
    for command in (FIRST, cancel(FIRST), SECOND):
        waiting.put(command)

    assert [waiting.take(), waiting.take(), waiting.take()] == [FIRST, SECOND, None]
    waiting.done(FIRST)
    assert waiting.take() == cancel(FIRST)


def test_a_question_that_waits_already_is_not_asked_twice() -> None:
    waiting = WaitingCommands(10)
    for command in (query(1), query(1), ACCOUNT, ACCOUNT):
        waiting.put(command)

    assert drained(waiting) == [query(1), ACCOUNT]


def test_what_finds_no_room_is_refused_and_a_cancel_finds_room_for_longer() -> None:
    waiting = WaitingCommands(2)

    assert [waiting.put(each) for each in (FIRST, SECOND, THIRD)] == [True, True, False]
    assert [waiting.put(cancel(each)) for each in (FIRST, SECOND, THIRD)] == [True, True, False]
    assert len(waiting) == 4
    assert len(drained(waiting)) == 4
    assert waiting.put(THIRD)
