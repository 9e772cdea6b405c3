"""Terms of instruments: what is told, and for the rest what is usual in the asset class."""

from __future__ import annotations

from decimal import Decimal

from gateways.replay._description import Terms
from messages import AssetClass, Instrument, Symbol

_FIAT_CODE_LENGTH = 3
_CRYPTO_QUOTES = ("USDT", "USDC", "BUSD", "TUSD", "USD", "EUR", "GBP", "JPY", "BTC", "ETH", "BNB")
_USUAL = {
    AssetClass.EQUITY: Terms(quote_currency="USD", tick_size=Decimal("0.01"), lot_size=Decimal(1)),
    AssetClass.FOREX: Terms(quote_currency="USD", tick_size=Decimal("0.00001"), lot_size=Decimal(1)),
    AssetClass.CRYPTO: Terms(quote_currency="USD", tick_size=Decimal("0.00000001"), lot_size=Decimal("0.00000001")),
    AssetClass.FUTURE: Terms(quote_currency="USD", tick_size=Decimal("0.01"), lot_size=Decimal(1)),
    AssetClass.CFD: Terms(quote_currency="USD", tick_size=Decimal("0.001"), lot_size=Decimal(1)),
    AssetClass.INDEX: Terms(quote_currency="USD", tick_size=Decimal("0.01"), lot_size=Decimal(1)),
}


def complete(told: Terms, default: Terms) -> Terms:
    """`told`, and `default` where it says nothing."""
    values = {name: (getattr(told, name), getattr(default, name)) for name in Terms.__struct_fields__}
    return Terms(**{name: usual if value is None else value for name, (value, usual) in values.items()})


def instrument_of(symbol: Symbol, terms: Terms) -> Instrument:
    """An instrument with these terms; an equity if they do not say. Raises ValueError for a number not above 0."""
    asset_class = terms.asset_class or AssetClass.EQUITY
    named = Terms(quote_currency=_quote_currency(symbol, asset_class))
    whole = complete(terms, complete(named, _USUAL[asset_class]))
    assert whole.quote_currency is not None, "every asset class has a usual quote currency"
    assert whole.tick_size is not None, "every asset class has a usual tick size"
    assert whole.lot_size is not None, "every asset class has a usual lot size"
    return Instrument(
        symbol=symbol,
        asset_class=asset_class,
        quote_currency=whole.quote_currency,
        tick_size=whole.tick_size,
        lot_size=whole.lot_size,
        multiplier=Decimal(1) if whole.multiplier is None else whole.multiplier,
    )


def _quote_currency(symbol: str, asset_class: AssetClass) -> str | None:
    """The currency that the name of a pair ends with."""
    pair = symbol.split(".", maxsplit=1)[0].upper()
    base, _, quote = pair.replace("-", "_").replace("/", "_").partition("_")
    if quote and asset_class in (AssetClass.CRYPTO, AssetClass.FOREX):
        return quote
    if asset_class is AssetClass.CRYPTO:
        return next((code for code in _CRYPTO_QUOTES if base.endswith(code) and base != code), None)
    if asset_class is AssetClass.FOREX and len(base) == 2 * _FIAT_CODE_LENGTH:
        return base[_FIAT_CODE_LENGTH:]
    return None
