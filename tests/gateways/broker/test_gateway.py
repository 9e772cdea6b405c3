"""The gateway against a practice broker, over loopback."""

from __future__ import annotations

import socket

import pytest

from gateways.broker import stream
from messages import (
    AccountReported,
    OrderAccepted,
    OrderFilled,
    OrderNotFound,
    OrderReported,
    OrderStatus,
    OrderUnknown,
    QueryAccount,
    QueryOrder,
    VenueConnected,
    VenueDisconnected,
)
from tests.gateways.broker._served import MAIN, NOW_NS, VENUE, Heard, buy, cancel, gateway_to, trading

QUERY = QueryOrder(client_order_id=buy(1).client_order_id, venue_id=VENUE, symbol=buy(1).symbol, time_ns=NOW_NS)
QUERY_ACCOUNT = QueryAccount(venue_id=VENUE, portfolio_id=MAIN, time_ns=NOW_NS, since_ns=0)


def test_an_order_is_accepted_and_its_execution_comes_by_the_stream() -> None:
    with trading() as (broker, gateway, heard):
        gateway.release(buy(1))
        kinds = {type(heard.next()) for _ in range(3)}  # the reply, and the two updates
        executions = broker.do(lambda: len(broker.model.executions))

    assert kinds == {OrderAccepted, OrderFilled}
    assert executions == 1


def test_a_cancel_goes_behind_its_order_and_its_outcome_comes_by_the_stream() -> None:
    with trading() as (broker, gateway, heard):
        gateway.release(buy(1, limit_price="9.00"))
        gateway.release(cancel(buy(1)))
        ended = heard.until(OrderReported)
        still_open = broker.do(broker.model.open_orders)

    assert ended.client_order_id == buy(1).client_order_id
    assert still_open == []


def test_an_order_whose_answer_is_lost_is_unknown_sent_once_and_found_when_asked_for() -> None:
    with trading() as (broker, gateway, heard):
        broker.suffer(answers_lost=1)
        gateway.release(buy(1))
        heard.until(OrderUnknown)
        gateway.release(QUERY)
        reported = heard.until(OrderReported)
        accepted = broker.do(lambda: len(broker.model.accepted))

    assert reported.status is OrderStatus.FILLED
    assert accepted == 1
    assert gateway.unanswered == 1


def test_an_order_that_never_arrived_is_unknown_and_then_not_found() -> None:
    with trading() as (broker, gateway, heard):
        broker.suffer(requests_not_heard=1)
        gateway.release(buy(1))
        heard.until(OrderUnknown)
        gateway.release(QUERY)

        heard.until(OrderNotFound)


def test_an_answer_that_comes_too_late_is_none() -> None:
    with trading() as (broker, _, heard):
        broker.suffer(answer_delay_seconds=30.0)
        impatient = gateway_to(broker.url, heard, timeout_seconds=0.05)
        impatient.start()
        impatient.release(buy(1))
        unknown = heard.until(OrderUnknown)
        impatient.close()

    assert unknown.reason == "the venue did not answer"


def test_the_account_is_told_behind_its_executions() -> None:
    with trading() as (broker, gateway, heard):
        broker.suffer(hides_updates=True)
        gateway.release(buy(1))
        heard.until(OrderAccepted)
        gateway.release(QUERY_ACCOUNT)
        filled = heard.until(OrderFilled)
        account = heard.until(AccountReported)

    assert filled.client_order_id == buy(1).client_order_id
    assert [str(each.quantity) for each in account.positions] == ["10"]


def test_the_stream_is_connected_again_when_the_venue_comes_back() -> None:
    with trading() as (broker, _, heard):
        port = broker.server.port
        broker.stop()
        lost = heard.until(VenueDisconnected)
        broker.start(port)

        heard.until(VenueConnected)
    assert lost.reason == "the venue ended the stream"


def test_a_stream_that_says_nothing_is_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "SILENCE_SECONDS", 0.2)
    with trading() as (broker, _, heard):
        broker.suffer(is_mute=True)

        assert heard.until(VenueDisconnected).reason == "nothing was heard for 0.2 s"


def test_the_account_has_one_listener_and_the_later_one_takes_the_place() -> None:
    with trading() as (broker, _, heard):
        other_heard = Heard()
        other = gateway_to(broker.url, other_heard)
        other.start()
        other_heard.until(VenueConnected)

        heard.until(VenueDisconnected)
        other.close()


def test_a_venue_that_is_not_there_is_told_of_once_and_orders_are_unknown() -> None:
    with socket.socket() as reserved:  # bound, and nobody listens
        reserved.bind(("127.0.0.1", 0))
        heard = Heard()
        gateway = gateway_to(f"http://127.0.0.1:{reserved.getsockname()[1]}", heard)
        gateway.start()
        heard.until(VenueDisconnected)
        gateway.release(buy(1))

        assert isinstance(heard.next(), OrderUnknown)
        gateway.close()


def test_what_was_released_is_still_sent_when_the_gateway_closes() -> None:
    with trading() as (broker, gateway, _):
        for count in range(1, 21):
            gateway.release(buy(count))
        gateway.close()

        assert broker.do(lambda: len(broker.model.accepted)) == 20


def test_a_closed_gateway_sends_nothing_and_says_nothing_of_it() -> None:
    with trading() as (broker, gateway, _):
        gateway.close()
        gateway.release(buy(1))
        gateway.close()

        assert broker.do(lambda: len(broker.model.accepted)) == 0
