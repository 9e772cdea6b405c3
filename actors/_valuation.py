"""What a portfolio is worth and exposed to, kept up to date symbol by symbol instead of summed anew for each order.

Everything here follows from the portfolio's state, and is made anew from it after a restart.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from messages import Instrument, Side, Symbol
from rules.ledger import Books
from rules.orders import OrderState

_ZERO = Decimal(0)
_STEP = Decimal("1e-9")
_LARGEST = Decimal("1e18")  # beyond it 28 digits cannot hold nine places


@dataclass(frozen=True, slots=True)
class SymbolValue:
    """One symbol's part: what is held is worth `value`; with its open orders it may become worth `exposure`.

    `held_cash` is what its open buys may still cost. `value` is `None` while what is held has no mark.
    """

    value: Decimal | None
    exposure: Decimal | None
    held_cash: Decimal
    open_buy: Decimal
    open_sell: Decimal


_NOTHING = SymbolValue(_ZERO, _ZERO, _ZERO, _ZERO, _ZERO)


class Valuation:
    """Totals over all symbols, changed by one symbol at a time."""

    def __init__(self) -> None:
        self._symbols: dict[Symbol, SymbolValue] = {}
        self._unknown: dict[Symbol, None] = {}
        self._value = _ZERO
        self._exposure = _ZERO
        self.held_cash = _ZERO

    def of(self, symbol: Symbol) -> SymbolValue:
        """The symbol's part as last set."""
        return self._symbols.get(symbol, _NOTHING)

    def set(self, symbol: Symbol, now: SymbolValue) -> None:
        """Replace the symbol's part in the totals."""
        before = self.of(symbol)
        self._symbols[symbol] = now
        self._value += (now.value or _ZERO) - (before.value or _ZERO)
        self._exposure += (now.exposure or _ZERO) - (before.exposure or _ZERO)
        self.held_cash += now.held_cash - before.held_cash
        if now.value is None or now.exposure is None:
            self._unknown[symbol] = None
        else:
            self._unknown.pop(symbol, None)

    def equity(self, cash: Decimal) -> Decimal | None:
        """Cash and what is held; `None` while a held symbol has no mark."""
        return None if self._unknown else cash + self._value

    def exposure_besides(self, symbol: Symbol) -> Decimal | None:
        """Gross exposure of all other symbols; `None` while one of them has no mark."""
        if any(other != symbol for other in self._unknown):
            return None
        return self._exposure - (self.of(symbol).exposure or _ZERO)


def value_symbol(
    symbol: Symbol,
    *,
    books: Books,
    orders: Sequence[OrderState],
    instrument: Instrument | None,
    marks: Mapping[Symbol, Decimal],
) -> SymbolValue:
    """What a symbol is worth and may become worth, at its mark."""
    position = books.account.quantity(symbol)
    mark = marks.get(symbol)
    buy = sell = held_cash = _ZERO
    unit = None if mark is None or instrument is None else mark * instrument.multiplier
    for state in orders:
        leaves = state.leaves_quantity
        if state.order.side is Side.BUY:
            buy += leaves
            price = state.limit_price or state.stop_price or mark
            if price is not None and instrument is not None:
                held_cash += leaves * price * instrument.multiplier
        else:
            sell += leaves
    if unit is None:
        is_bare = position == 0 and buy == 0 and sell == 0
        worth = _ZERO if is_bare else None
        return SymbolValue(worth, worth, held_cash, buy, sell)
    extreme = max(abs(position), abs(position + buy), abs(position - sell))
    return SymbolValue(_step(position * unit), _step(extreme * unit), _step(held_cash), buy, sell)


def _step(amount: Decimal) -> Decimal:
    """To nine places: so the totals are exact, and do not depend on the way they were reached."""
    return amount.quantize(_STEP) if abs(amount) < _LARGEST else amount
