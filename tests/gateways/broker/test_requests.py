from __future__ import annotations

from gateways.broker import Request, request_of
from tests.gateways.broker._words import CANCEL, NOW_NS, ORDER_ID, QUERY, QUERY_ACCOUNT, REPLACE, SUBMIT


def test_an_order_is_posted_with_its_terms_in_plain_digits() -> None:
    request = request_of(SUBMIT)

    assert request == Request(
        "POST",
        "/orders",
        {
            "client_order_id": ORDER_ID,
            "symbol": "ABC",
            "side": "buy",
            "type": "stop_limit",
            "time_in_force": "gtc",
            "qty": "100",
            "limit_price": "10.25",
            "stop_price": "10.20",
        },
    )


def test_a_replacement_names_only_what_changes() -> None:
    assert request_of(REPLACE) == Request("PATCH", f"/orders/{ORDER_ID}", {"qty": "50"})


def test_cancels_and_queries_name_their_order_in_the_path() -> None:
    assert request_of(CANCEL) == Request("DELETE", f"/orders/{ORDER_ID}")
    assert request_of(QUERY) == Request("GET", f"/orders/{ORDER_ID}")


def test_the_account_is_asked_for_since_a_time() -> None:
    assert request_of(QUERY_ACCOUNT) == Request("GET", "/account", query={"since": NOW_NS - 60})
