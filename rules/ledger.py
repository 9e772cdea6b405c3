"""Positions, cash and profit, exact to the last digit; and one portfolio's books, split among its strategies.

Every amount is a `Decimal` in the account's currency. What a position cost is kept as an exact sum and its
average price is derived from it, so nothing drifts. One operation divides: closing part of a position takes out
its share of the cost, rounded to 12 decimals; the same rounded number leaves the cost and enters the realised
profit, so that

    cash = deposits + realised - commission - sum(cost)        equity = cash + sum(quantity x mark x multiplier)
    equity - deposits = realised + unrealised - commission

hold exactly, for amounts below 10^15 whose products keep to the 28 digits of the default decimal context.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

import msgspec

from messages import OrderFillBusted, OrderFilled, Side, StrategyId, Symbol

_ZERO = Decimal(0)
_ONE = Decimal(1)
_COST_STEP = Decimal("1e-12")
_LARGEST = Decimal(10) ** 15

Marks = Mapping[Symbol, Decimal]
"""The price at which each symbol is valued."""


class Position(msgspec.Struct, kw_only=True):
    """The net holding of one symbol; mutable, fit for a checkpoint.

    `quantity` is negative if short. `cost` is what the open part was bought for (negative: sold for), multiplier
    included and commission not. `realized_pnl` is before commission.
    """

    symbol: Symbol
    multiplier: Decimal = _ONE
    quantity: Decimal = _ZERO
    cost: Decimal = _ZERO
    realized_pnl: Decimal = _ZERO
    commission: Decimal = _ZERO

    @property
    def average_price(self) -> Decimal | None:
        """What a unit cost on average; `None` when flat. Rounded to 28 digits, and nothing is computed from it."""
        return self.cost / (self.quantity * self.multiplier) if self.quantity else None

    def value(self, mark_price: Decimal) -> Decimal:
        """What it is worth at the mark; negative if short."""
        return self.quantity * mark_price * self.multiplier

    def unrealized_pnl(self, mark_price: Decimal) -> Decimal:
        """What closing it at the mark would realise."""
        return self.value(mark_price) - self.cost


class Ledger(msgspec.Struct, kw_only=True):
    """Cash and positions of an account or of one strategy; mutable, fit for a checkpoint.

    `deposits` is all that was put in, less what was taken out. Flat positions stay, for their realised profit.
    """

    cash: Decimal = _ZERO
    deposits: Decimal = _ZERO
    realized_pnl: Decimal = _ZERO
    commission: Decimal = _ZERO
    positions: dict[Symbol, Position] = {}

    def quantity(self, symbol: Symbol) -> Decimal:
        """Units held, negative if short, zero if never traded."""
        position = self.positions.get(symbol)
        return position.quantity if position is not None else _ZERO

    def equity(self, marks: Marks) -> Decimal | None:
        """Cash and what the positions are worth; `None` while a held symbol has no mark."""
        worth = self.cash
        for position in self.positions.values():
            if position.quantity:
                mark_price = _mark(marks, position.symbol)
                if mark_price is None:
                    return None
                worth += position.value(mark_price)
        return worth

    def unrealized_pnl(self, marks: Marks) -> Decimal | None:
        """What closing everything at the marks would realise; `None` while a held symbol has no mark."""
        equity = self.equity(marks)
        return None if equity is None else equity - self.cash - sum(p.cost for p in self.positions.values())

    def gross_exposure(self, marks: Marks) -> Decimal | None:
        """Sum of what the positions are worth, long or short alike; `None` while a held symbol has no mark."""
        worth = _ZERO
        for position in self.positions.values():
            if position.quantity:
                mark_price = _mark(marks, position.symbol)
                if mark_price is None:
                    return None
                worth += abs(position.value(mark_price))
        return worth


class Books(msgspec.Struct, kw_only=True):
    """One portfolio: the account, and the same money split into a ledger per strategy and one for the rest.

    The parts sum to the account exactly: `check_conservation` says so or says where they do not. Realised profit
    is the exception, for what one strategy sells another may have bought; with unrealised profit it sums again.
    """

    account: Ledger
    unallocated: Ledger
    strategies: dict[StrategyId, Ledger] = {}


def deposit(ledger: Ledger, amount: Decimal) -> None:
    """Put cash in, or take it out if `amount` is negative."""
    ledger.cash += amount
    ledger.deposits += amount


def apply_fill(
    ledger: Ledger,
    *,
    symbol: Symbol,
    side: Side,
    quantity: Decimal,
    price: Decimal,
    commission: Decimal = _ZERO,
    multiplier: Decimal = _ONE,
) -> Decimal:
    """Book one fill and return the profit that it realised, before commission."""
    position = ledger.positions.get(symbol)
    if position is None:
        position = ledger.positions[symbol] = Position(symbol=symbol, multiplier=multiplier)
    assert position.multiplier == multiplier, f"{symbol} has multiplier {position.multiplier}, not {multiplier}"
    signed = quantity if side is Side.BUY else -quantity
    realized = _trade(position, signed, price)
    position.commission += commission
    ledger.realized_pnl += realized
    ledger.commission += commission
    ledger.cash -= signed * price * multiplier + commission
    return realized


def apply_split(ledger: Ledger, symbol: Symbol, *, new_units: Decimal, old_units: Decimal) -> None:
    """Turn every `old_units` held into `new_units` (7 and 1 for a 7:1 split); what they cost stays."""
    position = ledger.positions.get(symbol)
    if position is not None:
        position.quantity = position.quantity * new_units / old_units


def check_ledger(ledger: Ledger) -> str | None:
    """What is wrong with the ledger's sums, `None` if nothing."""
    positions = ledger.positions.values()
    cash = ledger.deposits + ledger.realized_pnl - ledger.commission - sum(p.cost for p in positions)
    sums = (
        ("cash", ledger.cash, cash),
        ("realized_pnl", ledger.realized_pnl, sum((p.realized_pnl for p in positions), _ZERO)),
        ("commission", ledger.commission, sum((p.commission for p in positions), _ZERO)),
    )
    return next(
        (f"{name} is {has}, its parts sum to {should}" for name, has, should in sums if has != should), None
    )


def open_books(cash: Decimal) -> Books:
    """The books of a portfolio that starts with this cash, none of it allocated."""
    books = Books(account=Ledger(), unallocated=Ledger())
    deposit(books.account, cash)
    deposit(books.unallocated, cash)
    return books


def allocate(books: Books, strategy_id: StrategyId, amount: Decimal) -> None:
    """Move unallocated cash to a strategy, or back if `amount` is negative.

    Raises ValueError if the side that gives has less than that.
    """
    ledger = books.strategies.get(strategy_id) or Ledger()
    giver, name = (books.unallocated, "unallocated cash") if amount > 0 else (ledger, f"cash of {strategy_id}")
    if giver.cash < abs(amount):
        raise ValueError(f"{name} is {giver.cash}; {abs(amount)} cannot be taken from it. Allocate less.")
    books.strategies[strategy_id] = ledger
    deposit(books.unallocated, -amount)
    deposit(ledger, amount)


def book_fill(books: Books, fill: OrderFilled, *, multiplier: Decimal = _ONE) -> Decimal:
    """Book a fill in the account and in its strategy's ledger; returns what it realised for the strategy.

    A strategy that is not in the books gets a ledger without cash: a fill is never lost.
    """
    ledger = books.strategies.get(fill.strategy_id)
    if ledger is None:
        ledger = books.strategies[fill.strategy_id] = Ledger()
    for each in (books.account, ledger):
        realized = apply_fill(
            each,
            symbol=fill.symbol,
            side=fill.side,
            quantity=fill.quantity,
            price=fill.price,
            commission=fill.commission,
            multiplier=multiplier,
        )
    return realized


def unbook_fill(books: Books, undone: OrderFillBusted, *, multiplier: Decimal = _ONE) -> None:
    """Book an execution that the venue took back out again: the same trade the other way round, commission too."""
    ledger = books.strategies.setdefault(undone.strategy_id, Ledger())
    for each in (books.account, ledger):
        apply_fill(
            each,
            symbol=undone.symbol,
            side=undone.side.opposite,
            quantity=undone.quantity,
            price=undone.price,
            commission=-undone.commission,
            multiplier=multiplier,
        )


def check_conservation(books: Books) -> str | None:
    """Where the parts do not sum to the account, `None` if they do: cash, deposits, commission, every quantity."""
    parts = [books.unallocated, *books.strategies.values()]
    for name, ledger in (("account", books.account), ("unallocated", books.unallocated), *books.strategies.items()):
        wrong = check_ledger(ledger)
        if wrong is not None:
            return f"{name}: {wrong}"
    for name in ("cash", "deposits", "commission"):
        whole, total = getattr(books.account, name), sum((getattr(part, name) for part in parts), _ZERO)
        if whole != total:
            return f"{name} of the account is {whole}, of its parts {total}"
    held: dict[Symbol, Decimal] = {}
    for part in parts:
        for symbol, position in part.positions.items():
            held[symbol] = held.get(symbol, _ZERO) + position.quantity
    for symbol in dict.fromkeys((*books.account.positions, *held)):
        whole, total = books.account.quantity(symbol), held.get(symbol, _ZERO)
        if whole != total:
            return f"quantity of {symbol} in the account is {whole}, in its parts {total}"
    return None


def _mark(marks: Marks, symbol: Symbol) -> Decimal | None:
    mark_price = marks.get(symbol)
    return mark_price if mark_price is not None and mark_price.is_finite() else None


def _trade(position: Position, signed: Decimal, price: Decimal) -> Decimal:
    """Change the holding by `signed` units at `price`; returns what closing realised."""
    held = position.quantity
    value = signed * price * position.multiplier
    position.quantity = held + signed
    if held * signed >= 0:
        position.cost += value
        return _ZERO
    if abs(signed) < abs(held):
        cost = _share(position.cost, of=-signed, whole=held)
        position.cost -= cost
        realized = -value - cost
    else:  # all of it is closed, and what is left of the trade opens the other way
        opened = position.quantity * price * position.multiplier
        realized = opened - value - position.cost
        position.cost = opened
    position.realized_pnl += realized
    return realized


def _share(cost: Decimal, *, of: Decimal, whole: Decimal) -> Decimal:
    share = cost * of / whole
    return share.quantize(_COST_STEP) if abs(share) < _LARGEST else share.to_integral_value()
