"""Replaces of which nobody knows whether they were carried out, and what is told of an order behind them."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from messages import OrderNotFound, OrderReplaced, OrderReplaceRejected, OrderStatus, OrderUnknown
from rules.orders import HIDDEN_MAX_NS, REQUEST_MAX_NS, evolve
from tests.rules._orders import accepted, after, filled, last, order, replace, reported, said

UNKNOWN = said(OrderUnknown, reason="timeout")
NOT_FOUND = said(OrderNotFound)
SENT = order()


def test_the_answer_to_an_earlier_replace_leaves_the_last_one_pending() -> None:
    state = after(SENT, accepted(), replace(quantity=Decimal(150)), replace(quantity=Decimal(20)))

    evolve(state, said(OrderReplaced, quantity=Decimal(150)))
    assert [state.status, state.quantity] == [OrderStatus.PENDING_REPLACE, 150]
    evolve(state, said(OrderReplaced, quantity=Decimal(20)))
    assert [state.status, state.quantity] == [OrderStatus.ACCEPTED, 20]


def test_that_an_unknown_order_was_accepted_does_not_tell_what_became_of_a_replace() -> None:
    state = after(SENT, replace(quantity=Decimal(150)), UNKNOWN, accepted())

    assert [state.status, state.quantity, state.is_accepted] == [OrderStatus.UNKNOWN, 100, True]
    assert state.pending_replace is not None


def test_a_replace_that_is_not_in_a_report_may_be_on_its_way_for_ten_seconds() -> None:
    asked = replace(quantity=Decimal(150))
    events = (SENT, accepted(), asked, UNKNOWN)
    early = msgspec.structs.replace(reported(), time_ns=asked.time_ns + REQUEST_MAX_NS - 1)
    late = msgspec.structs.replace(early, time_ns=asked.time_ns + REQUEST_MAX_NS)

    assert (last(*events, early).after, last(*events, early).needs_query) == (OrderStatus.UNKNOWN, True)
    state = after(*events, early, late)
    assert [state.status, state.quantity, state.pending_replace] == [OrderStatus.ACCEPTED, 100, None]


def test_an_unknown_order_stays_so_while_a_report_of_other_terms_may_be_older_than_the_last_change() -> None:
    asked = replace(quantity=Decimal(150))
    changed = said(OrderReplaced, quantity=Decimal(80))
    events = (SENT, accepted(), changed, asked, UNKNOWN)
    early = msgspec.structs.replace(
        reported(quantity="150"), time_ns=max(asked.time_ns, changed.time_ns) + REQUEST_MAX_NS - 1
    )
    late = msgspec.structs.replace(early, time_ns=early.time_ns + 1)

    assert (last(*events, early).after, last(*events, early).needs_query) == (OrderStatus.UNKNOWN, True)
    state = after(*events, early, late)
    assert [state.status, state.pending_replace] == [OrderStatus.ACCEPTED, None]


def test_a_report_of_other_terms_may_be_older_than_the_last_change_though_nothing_is_asked_for() -> None:
    changed = said(OrderReplaced, quantity=Decimal(80))
    events = (SENT, accepted(), changed, UNKNOWN)
    early = msgspec.structs.replace(reported(), time_ns=changed.time_ns + REQUEST_MAX_NS - 1)
    late = msgspec.structs.replace(early, time_ns=early.time_ns + 1)

    assert (last(*events, early).after, last(*events, early).needs_query) == (OrderStatus.UNKNOWN, True)
    state = after(*events, late)
    assert [state.status, state.quantity] == [OrderStatus.ACCEPTED, 100]


def test_a_replace_that_the_venue_is_carrying_out_is_waited_for_however_long_it_takes() -> None:
    asked = replace(quantity=Decimal(150))
    pending = msgspec.structs.replace(
        reported(OrderStatus.PENDING_REPLACE), time_ns=asked.time_ns + 100 * REQUEST_MAX_NS
    )
    events = (SENT, accepted(), asked, UNKNOWN, pending)

    assert (last(*events).after, last(*events).needs_query) == (OrderStatus.UNKNOWN, True)
    state = after(*events, said(OrderReplaced, quantity=Decimal(150)))
    assert [state.status, state.quantity, state.pending_replace] == [OrderStatus.ACCEPTED, 150, None]


def test_a_replace_that_a_word_of_the_venue_may_hide_is_waited_for_a_minute() -> None:
    asked = replace(quantity=Decimal(150))
    hidden = reported(OrderStatus.UNKNOWN)
    early = msgspec.structs.replace(hidden, time_ns=asked.time_ns + HIDDEN_MAX_NS - 1)
    late = msgspec.structs.replace(hidden, time_ns=asked.time_ns + HIDDEN_MAX_NS)
    events = (SENT, accepted(), asked, UNKNOWN)

    assert (last(*events, early).after, last(*events, early).needs_query) == (OrderStatus.UNKNOWN, True)
    state = after(*events, early, late)
    assert [state.status, state.quantity, state.pending_replace] == [OrderStatus.ACCEPTED, 100, None]


def test_a_word_that_may_hide_a_change_hides_nothing_of_an_order_without_one() -> None:
    state = after(SENT, accepted(), UNKNOWN, reported(OrderStatus.UNKNOWN))

    assert state.status is OrderStatus.ACCEPTED


def test_the_answer_to_another_replace_leaves_unknown_what_was_asked_for_last_for_ten_seconds() -> None:
    early = said(OrderReplaced, quantity=Decimal(20))
    late = msgspec.structs.replace(early, time_ns=early.time_ns + REQUEST_MAX_NS)
    before = (SENT, accepted(), replace(quantity=Decimal(150)), UNKNOWN)

    assert (last(*before, early).after, last(*before, early).needs_query) == (OrderStatus.UNKNOWN, True)
    state = after(*before, early)
    assert [state.quantity, state.pending_replace] == [20, before[2]]
    state = after(*before, late)
    assert [state.status, state.quantity, state.pending_replace] == [OrderStatus.ACCEPTED, 20, None]


def test_that_the_venue_holds_an_order_is_news_though_a_replace_of_it_is_unsettled() -> None:
    before = (SENT, replace(quantity=Decimal(150)), UNKNOWN)

    assert not last(*before, accepted()).is_ignored
    assert last(*before, accepted(), accepted()).is_ignored
    assert after(*before, accepted(), NOT_FOUND).status is OrderStatus.UNKNOWN


def test_a_change_of_an_order_that_was_not_found_tells_that_the_venue_holds_it() -> None:
    state = after(SENT, UNKNOWN, NOT_FOUND, said(OrderReplaced, quantity=Decimal(80)))

    assert [state.status, state.quantity, state.was_not_found] == [OrderStatus.ACCEPTED, 80, False]


def test_an_order_in_doubt_that_filled_is_over_once_its_larger_quantity_is_refused() -> None:
    refused = said(OrderReplaceRejected, reason="the order is filled")
    before = (SENT, accepted(), replace(quantity=Decimal(150)), UNKNOWN, filled("100", "100"))

    assert after(*before).status is OrderStatus.UNKNOWN
    assert after(*before, refused).status is OrderStatus.FILLED


def test_a_replace_that_is_refused_while_the_order_is_unknown_is_known_to_be_refused_after_it() -> None:
    refused = said(OrderReplaceRejected, reason="insufficient_qty")
    before = (SENT, accepted(), replace(quantity=Decimal(150)), UNKNOWN, refused, reported())

    assert after(*before).was_replace_rejected
    assert not after(*before, reported()).was_replace_rejected


def test_an_earlier_change_that_is_told_again_takes_nothing_back_and_is_asked_about() -> None:
    first, second = (said(OrderReplaced, quantity=Decimal(units)) for units in (50, 80))
    before = (SENT, accepted(), first, replace(quantity=Decimal(80)), second)

    again = last(*before, first)
    assert (again.after, again.needs_query) == (OrderStatus.UNKNOWN, True)
    state = after(*before, first, reported(quantity="80"))
    assert [state.status, state.quantity] == [OrderStatus.ACCEPTED, 80]


def test_a_change_that_nobody_asked_for_counts_once_it_cannot_be_an_earlier_one() -> None:
    first = said(OrderReplaced, quantity=Decimal(80))
    foreign = msgspec.structs.replace(
        said(OrderReplaced, quantity=Decimal(50)), time_ns=first.time_ns + REQUEST_MAX_NS
    )

    state = after(SENT, accepted(), first, foreign)

    assert [state.status, state.quantity] == [OrderStatus.ACCEPTED, 50]


def test_a_report_that_is_older_than_what_is_known_changes_nothing_and_is_asked_for_anew() -> None:
    works = reported(quantity="50", filled="10")
    before = (SENT, accepted(), filled("10", "10"), said(OrderReplaced, quantity=Decimal(80)))

    assert after(*before, works).quantity == 80  # the change was told within the time that an answer may take
    assert last(*before, filled("5", "15"), works).needs_query
    later = msgspec.structs.replace(works, time_ns=works.time_ns + REQUEST_MAX_NS)
    assert after(*before, later).quantity == 50
