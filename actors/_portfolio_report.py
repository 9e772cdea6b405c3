"""A portfolio's books as a message."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from messages import PortfolioId, PortfolioReport, PositionReport, StrategyId, Symbol
from rules.ledger import Books, Position, check_conservation

NO_STRATEGY = StrategyId("")


def report_books(
    books: Books, *, portfolio_id: PortfolioId, currency: str, marks: Mapping[Symbol, Decimal], halted: bool
) -> PortfolioReport:
    """Account totals, and every strategy's positions; flat ones stay, for what they realised.

    What is held for none, because the venue says so, comes first, under NO_STRATEGY.

    Asserts that the strategies' ledgers sum to the account.
    """
    wrong = check_conservation(books)
    assert wrong is None, f"books of {portfolio_id}: {wrong}"
    positions = tuple(
        _position(position, portfolio_id=portfolio_id, strategy_id=strategy_id, mark=marks.get(symbol))
        for strategy_id, ledger in ((NO_STRATEGY, books.unallocated), *sorted(books.strategies.items()))
        for symbol, position in sorted(ledger.positions.items())
    )
    equity = books.account.equity(marks)
    realized_pnl = sum((position.realized_pnl for position in positions), Decimal(0))
    return PortfolioReport(
        portfolio_id=portfolio_id,
        currency=currency,
        cash=books.account.cash,
        equity=equity,
        realized_pnl=realized_pnl,
        unrealized_pnl=_total_unrealized(positions),
        commission=books.account.commission,
        positions=positions,
        halted=halted,
    )


def _position(
    position: Position, *, portfolio_id: PortfolioId, strategy_id: StrategyId, mark: Decimal | None
) -> PositionReport:
    unrealized = Decimal(0) if not position.quantity else None if mark is None else position.unrealized_pnl(mark)
    return PositionReport(
        portfolio_id=portfolio_id,
        strategy_id=strategy_id,
        symbol=position.symbol,
        quantity=position.quantity,
        average_price=position.average_price,
        mark_price=mark,
        realized_pnl=position.realized_pnl,
        unrealized_pnl=unrealized,
        commission=position.commission,
    )


def _total_unrealized(positions: tuple[PositionReport, ...]) -> Decimal | None:
    total = Decimal(0)
    for position in positions:
        if position.unrealized_pnl is None:
            return None
        total += position.unrealized_pnl
    return total
