"""Order ids: made of known parts, read back without doubt."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messages import ClientOrderId, StrategyId
from rules.client_order_ids import (
    LONGEST,
    check_book,
    check_strategy_id,
    client_order_id,
    strategy_of,
    without_book,
)

BOOKS = st.from_regex(r"[a-z0-9]{1,16}", fullmatch=True)
STRATEGIES = st.from_regex(r"[A-Za-z0-9]([A-Za-z0-9_.\-]{0,62}[A-Za-z0-9])?", fullmatch=True).map(StrategyId)
COUNTS = st.integers(1, 10**18)


def test_an_id_is_book_strategy_and_count() -> None:
    assert client_order_id("k3x", StrategyId("sma-cross"), 7) == "k3x-sma-cross-7"


@given(BOOKS, STRATEGIES, COUNTS)
def test_an_id_fits_every_venue_and_tells_its_strategy(book: str, strategy_id: StrategyId, count: int) -> None:
    made = client_order_id(book, strategy_id, count)

    assert len(made) <= LONGEST
    assert strategy_of(made, book) == strategy_id


@given(st.tuples(BOOKS, STRATEGIES, COUNTS), st.tuples(BOOKS, STRATEGIES, COUNTS))
def test_different_orders_have_different_ids(
    one: tuple[str, StrategyId, int], other: tuple[str, StrategyId, int]
) -> None:
    assert (client_order_id(*one) == client_order_id(*other)) == (one == other)


@given(BOOKS, BOOKS, STRATEGIES, COUNTS)
def test_without_its_book_an_id_is_the_same_in_every_run(
    book: str, other: str, strategy_id: StrategyId, count: int
) -> None:
    one = without_book(client_order_id(book, strategy_id, count), book)

    assert one == without_book(client_order_id(other, strategy_id, count), other)


def test_an_id_of_another_book_stays_whole() -> None:
    assert without_book(ClientOrderId("k3x-sma-7"), "k3") == "k3x-sma-7"


@pytest.mark.parametrize("text", ["", "k3x", "k3-sma-7", "k3x-sma-x", "k3x--7", "k3x-sma-", "k3x-7", "k3x-sma-²"])
def test_an_id_that_the_book_cannot_have_made_has_no_strategy(text: str) -> None:
    assert strategy_of(ClientOrderId(text), "k3x") is None


@pytest.mark.parametrize("book", ["", "K3", "a-b", "a b", "é", "a" * 17, "a\n"])
def test_a_book_of_other_characters_or_length_is_refused(book: str) -> None:
    with pytest.raises(ValueError, match=r"book is .*; it must be 1 to 16 of the characters"):
        check_book(book)


@pytest.mark.parametrize("name", ["", "-a", "a-", ".a", "a b", "a/b", "é", "a" * 65, "a\n"])
def test_a_strategy_id_that_would_break_an_order_id_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=r"strategy id is .*; it must be 1 to 64 letters"):
        check_strategy_id(name)


@pytest.mark.parametrize("count", [0, -1])
def test_orders_are_counted_from_one(count: int) -> None:
    with pytest.raises(ValueError, match="the first order is number 1"):
        client_order_id("k3x", StrategyId("sma"), count)


def test_a_count_too_long_for_a_venue_is_refused() -> None:
    with pytest.raises(ValueError, match="at most 128 fit"):
        client_order_id("k" * 16, StrategyId("s" * 64), 10**60)
