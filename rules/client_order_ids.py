"""The name of an order: `<book>-<strategy>-<count>`, fixed before the order is sent.

`book` is drawn when a data directory is created and anew when one is restored, so that a restored past cannot
reuse an id that the lost future has sent. `count` is the strategy's own, so what happens to others does not
shift it. Book and count hold no hyphen, so an id is read from both ends whatever the strategy is called.
"""

from __future__ import annotations

import re

from messages import ClientOrderId, StrategyId

LONGEST = 128
"""Characters that every venue we know takes for an order's id (Alpaca's limit)."""
LONGEST_BOOK = 16
LONGEST_STRATEGY_ID = 64

_BOOK = re.compile(r"[a-z0-9]+", re.ASCII)
_STRATEGY_ID = re.compile(r"[A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?", re.ASCII)


def check_book(book: str) -> str:
    """The book's id, if it is one. Raises ValueError otherwise."""
    if len(book) > LONGEST_BOOK or not _BOOK.fullmatch(book):
        raise ValueError(f"book is {book!r}; it must be 1 to {LONGEST_BOOK} of the characters a-z and 0-9")
    return book


def check_strategy_id(strategy_id: str) -> StrategyId:
    """The strategy's id, if it can be part of an order's id. Raises ValueError otherwise."""
    if len(strategy_id) > LONGEST_STRATEGY_ID or not _STRATEGY_ID.fullmatch(strategy_id):
        raise ValueError(
            f"strategy id is {strategy_id!r}; it must be 1 to {LONGEST_STRATEGY_ID} letters, digits, "
            "'_', '.' or '-', and begin and end with a letter or digit"
        )
    return StrategyId(strategy_id)


def client_order_id(book: str, strategy_id: StrategyId, count: int) -> ClientOrderId:
    """The id of the strategy's order number `count`, from 1 up. Raises ValueError for parts that do not fit."""
    if count < 1:
        raise ValueError(f"order count of {strategy_id} is {count}; the first order is number 1")
    made = f"{check_book(book)}-{check_strategy_id(strategy_id)}-{count}"
    if len(made) > LONGEST:
        raise ValueError(f"order id {made} has {len(made)} characters; at most {LONGEST} fit")
    return ClientOrderId(made)


def order_number(order_id: ClientOrderId) -> int:
    """The number of an order among its strategy's."""
    return int(order_id.rpartition("-")[2])


def without_book(order_id: ClientOrderId, book: str) -> str:
    """The id less its book, for comparing runs; an id that is not of this book stays as it is."""
    return order_id.removeprefix(f"{book}-")


def strategy_of(order_id: ClientOrderId, book: str) -> StrategyId | None:
    """The strategy behind an id of this book; `None` for an id that this book cannot have made."""
    found, _, rest = order_id.partition("-")
    strategy_id, _, count = rest.rpartition("-")
    if found != book or not (count.isascii() and count.isdigit()) or not _STRATEGY_ID.fullmatch(strategy_id):
        return None
    return StrategyId(strategy_id)
