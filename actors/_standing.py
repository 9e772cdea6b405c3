"""How a portfolio stands: positions, open orders and prices, and what they come to for risk and sizing."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

import msgspec

from actors._portfolio_state import Plot, PortfolioState, PriceView
from actors._valuation import Valuation, value_symbol
from messages import Instrument, StrategyId, SubmitOrder, Symbol
from rules.orders import OrderState
from rules.risk import RiskContext
from rules.sizing import to_decimal

_ZERO = Decimal(0)


class Standing:
    """A view of a portfolio's state, with the valuation that is kept up beside it. Made anew with the state."""

    def __init__(self, state: PortfolioState, *, instruments: Mapping[Symbol, Instrument], currency: str) -> None:
        self._state = state
        self._instruments = instruments
        self._currency = currency
        self._valuation = Valuation()
        for symbol in dict.fromkeys((*state.books.account.positions, *self._symbols_with_orders())):
            self.revalue(symbol)

    def plot(self, strategy_id: StrategyId, symbol: Symbol) -> Plot:
        """The strategy's business in the symbol, begun if there was none."""
        plots = self._state.plots.setdefault(symbol, {})
        if strategy_id not in plots:
            plots[strategy_id] = Plot()
        return plots[strategy_id]

    def held(self, strategy_id: StrategyId, symbol: Symbol) -> Decimal:
        """What the strategy holds of the symbol."""
        ledger = self._state.books.strategies.get(strategy_id)
        return _ZERO if ledger is None else ledger.quantity(symbol)

    def end_flatten(self) -> None:
        """From now on signals count again."""
        for plots in self._state.plots.values():
            for plot in plots.values():
                if plot.target is not None and plot.target.is_flatten:
                    plot.target = msgspec.structs.replace(plot.target, is_flatten=False)

    def opens(self, order: OrderState) -> bool:
        """Whether a working order would open a position, or more of one; a protective stop never does."""
        held = self.held(order.order.strategy_id, order.order.symbol)
        is_exit = held * order.order.side.sign < 0 and order.leaves_quantity <= abs(held)
        return not (order.order.protective or is_exit)

    def strategy_equity(self, strategy_id: StrategyId) -> Decimal | None:
        """What the strategy's ledger is worth; `None` while that is not known."""
        ledger = self._state.books.strategies.get(strategy_id)
        return None if ledger is None else ledger.equity(self._state.marks)

    def set_view(self, symbol: Symbol, view: PriceView, price: float) -> None:
        """Prices of a symbol were told; it is valued at `price`."""
        self._state.prices[symbol] = view
        mark = to_decimal(price)
        if mark is not None and mark > 0:
            self._state.marks[symbol] = mark
            self.revalue(symbol)

    def revalue(self, symbol: Symbol) -> None:
        """Something of a symbol has changed."""
        state = self._state
        plots = state.plots.get(symbol, {}).values()
        orders = [state.orders[order_id] for plot in plots for order_id in plot.open_orders]
        part = value_symbol(
            symbol,
            books=state.books,
            orders=orders,
            instrument=self._instruments.get(symbol),
            marks=state.marks,
        )
        self._valuation.set(symbol, part)

    def needs_marks(self, symbol: Symbol) -> bool:
        """Whether the symbol is held or has open orders. What one part holds and another has sold is held, too."""
        part, books = self._valuation.of(symbol), self._state.books
        if part.open_buy or part.open_sell or books.account.quantity(symbol):
            return True
        return any(ledger.quantity(symbol) for ledger in books.strategies.values())

    def risk_context(self, order: SubmitOrder, *, now_ns: int) -> RiskContext:
        """All that the controls look at beside the order itself."""
        state, symbol = self._state, order.symbol
        view = state.prices.get(symbol, PriceView())
        part = self._valuation.of(symbol)
        mine = [state.orders[order_id] for order_id in self.plot(order.strategy_id, symbol).open_orders]
        cash = state.books.account.cash
        return RiskContext(
            instrument=self._instruments.get(symbol),
            currency=self._currency,
            equity=self._valuation.equity(cash),
            cash=cash,
            cash_held=self._valuation.held_cash,
            position=state.books.account.quantity(symbol),
            strategy_position=self.held(order.strategy_id, symbol),
            open_buy_quantity=part.open_buy,
            open_sell_quantity=part.open_sell,
            strategy_open_buy_quantity=_leaves(mine, sign=1),
            strategy_open_sell_quantity=_leaves(mine, sign=-1),
            other_gross_exposure=self._valuation.exposure_besides(symbol),
            bid=view.bid,
            ask=view.ask,
            last=view.last,
            price_time_ns=view.time_ns,
            now_ns=now_ns,
            interval_ns=view.interval_ns,
            halted=view.halted,
            entries_blocked=state.entries_blocked or state.halted_symbols.get(symbol, ""),
            is_id_known=order.client_order_id in state.orders,
            recent=state.recent,
        )

    def _symbols_with_orders(self) -> list[Symbol]:
        plots = self._state.plots
        return [symbol for symbol, mine in plots.items() if any(plot.open_orders for plot in mine.values())]


def _leaves(orders: list[OrderState], *, sign: int) -> Decimal:
    return sum((state.leaves_quantity for state in orders if state.order.side.sign == sign), _ZERO)
