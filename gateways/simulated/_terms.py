"""Whether an order's terms can stand: symbol, account, grid, and the price that a buy reserves cash at."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from gateways.simulated._charges import slipped_price
from gateways.simulated._grid import exact, is_on_grid, on_grid
from gateways.simulated._offers import quote_prices
from gateways.simulated._settings import SlippageModel
from gateways.simulated._state import ZERO, SimulatedAccount, SymbolBook, VenueOrder
from messages import Instrument, OrderType, PortfolioId, ReplaceOrder, Side, SubmitOrder, Symbol

_HAS_LIMIT = (OrderType.LIMIT, OrderType.STOP_LIMIT)
_HAS_STOP = (OrderType.STOP, OrderType.STOP_LIMIT)


def terms_refusal(
    order: SubmitOrder,
    *,
    instruments: Mapping[Symbol, Instrument],
    accounts: Mapping[PortfolioId, SimulatedAccount],
    books: Mapping[Symbol, SymbolBook],
) -> str:
    """Why the venue would not take an order, funds apart; empty if it would."""
    instrument = instruments.get(order.symbol)
    if instrument is None:
        return f"symbol {order.symbol} is not traded here"
    account = accounts.get(order.portfolio_id)
    if account is None:
        return f"portfolio {order.portfolio_id} has no account here"
    if account.currency != instrument.quote_currency:
        return f"{order.symbol} is paid in {instrument.quote_currency}, the account holds {account.currency}"
    if books[order.symbol].halted:
        return f"{order.symbol} is halted"
    return grid_refusal(
        instrument, quantity=order.quantity, limit_price=order.limit_price, stop_price=order.stop_price
    )


def replace_refusal(record: VenueOrder, command: ReplaceOrder, instrument: Instrument) -> str:
    """Why the venue would not change an order to these terms, funds apart; empty if it would."""
    kind = record.order.order_type
    if not record.is_working:
        return f"the order is {record.status.value}"
    if command.limit_price is not None and kind not in _HAS_LIMIT:
        return f"a {kind.value} order has no limit price to replace"
    if command.stop_price is not None and kind not in _HAS_STOP:
        return f"a {kind.value} order has no stop price to replace"
    if command.stop_price is not None and record.is_triggered:
        return f"the stop at {record.stop_price} has been reached already"
    if command.quantity is not None and command.quantity <= record.filled_quantity:
        return (
            f"quantity {command.quantity} is not above the {record.filled_quantity} filled; cancel the rest instead"
        )
    return grid_refusal(
        instrument, quantity=command.quantity, limit_price=command.limit_price, stop_price=command.stop_price
    )


def grid_refusal(
    instrument: Instrument,
    *,
    quantity: Decimal | None,
    limit_price: Decimal | None,
    stop_price: Decimal | None,
) -> str:
    """Which term is not a whole number of lots or ticks above zero; empty if all are."""
    steps = (
        ("quantity", quantity, "lot_size", instrument.lot_size),
        ("limit_price", limit_price, "tick_size", instrument.tick_size),
        ("stop_price", stop_price, "tick_size", instrument.tick_size),
    )
    for name, value, step_name, step in steps:
        if value is not None and not (value.is_finite() and value > 0 and is_on_grid(value, step)):
            return f"{name} {value} is not a multiple of {step_name} {step} above zero"
    return ""


def hold_price(
    order: SubmitOrder,
    book: SymbolBook,
    *,
    limit_price: Decimal | None,
    stop_price: Decimal | None,
    instrument: Instrument,
    slippage: SlippageModel,
) -> Decimal | None:
    """What a buy is expected to pay per unit, at worst: its limit, else the higher of its stop and the market.

    The market is the ask, else the last print or close, with slippage. `None` if the symbol was never priced.
    """
    if order.order_type in _HAS_LIMIT:
        return limit_price
    prices = quote_prices(book.quote, instrument.tick_size)
    market = prices.taken_by(Side.BUY) or exact(book.last_price)
    if market is None:
        return stop_price
    slipped = slipped_price(slippage, side=Side.BUY, price=market, spread=prices.spread, volume_share=ZERO)
    price = on_grid(slipped, tick_size=instrument.tick_size, side=Side.BUY)
    return price if stop_price is None else max(price, stop_price)
