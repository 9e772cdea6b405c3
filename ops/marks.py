"""Prices at which holdings are valued: the engine's own last ones, or the latest in a journal."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from messages import Bar, PortfolioReport, Quote, Trade
from ops.books import Marks, ReadableJournal
from rules.sizing import to_decimal

_FIRST_WINDOW = 1_000
_WIDENING = 10


def marks_in(reports: Iterable[PortfolioReport]) -> Marks:
    """The engine's own marks."""
    return {
        (report.portfolio_id, position.symbol): position.mark_price
        for report in reports
        for position in report.positions
        if position.mark_price is not None
    }


def marks_of(journal: ReadableJournal, held: Iterable[tuple[str, str]]) -> Marks:
    """The last prices in a journal of what is held, by portfolio and symbol, for a run that has told no marks."""
    keys = list(held)
    prices = latest_marks(journal, [symbol for _, symbol in keys])
    return {key: prices[key[1]] for key in keys if key[1] in prices}


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
