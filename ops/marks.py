"""The latest price of a symbol in a journal, looked for from its end."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from messages import Bar, Quote, Trade
from ops.books import ReadableJournal
from rules.sizing import to_decimal

_FIRST_WINDOW = 1_000
_WIDENING = 10


def latest_marks(journal: ReadableJournal, symbols: Iterable[str]) -> dict[str, Decimal]:
    """Mid of the last quote, or price of the last trade or close, whichever came last. No price, no entry.

    A journal is read forwards only, so the search looks at its last inputs, then at ten times as many, and so on.
    """
    wanted = dict.fromkeys(symbols)
    beginning = journal.first_seq - 1
    window = _FIRST_WINDOW
    while wanted:
        after_seq = max(beginning, journal.last_seq - window)
        found = _last_prices(journal, after_seq, wanted)
        if len(found) == len(wanted) or after_seq == beginning:
            return found
        window *= _WIDENING
    return {}


def _last_prices(journal: ReadableJournal, after_seq: int, wanted: dict[str, None]) -> dict[str, Decimal]:
    prices: dict[str, float] = {}
    for turn in journal.read(after_seq):
        for message in turn.taken.inputs:
            match message:
                case Quote(symbol=symbol, bid=bid, ask=ask) if symbol in wanted and 0 < bid <= ask:
                    prices[symbol] = (bid + ask) / 2
                case Trade(symbol=symbol, price=price) | Bar(symbol=symbol, close=price) if (
                    symbol in wanted and price > 0
                ):
                    prices[symbol] = price
                case _:
                    pass
    marks = {symbol: to_decimal(price) for symbol, price in prices.items()}
    return {symbol: mark for symbol, mark in marks.items() if mark is not None}
