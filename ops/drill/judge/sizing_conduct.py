"""How large orders are: what a share of their strategy's own equity comes to, at the price that its signal tells.

The equity of a strategy is its capital, less what its executions paid, and what it holds at the last mark. That one
is told at most once a second, so it is one of the prices of the second before; of the symbol that is ordered it is
the price that came with the signal. Orders are judged by the equity of the account: the same for all together.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import NamedTuple

from messages import (
    SECOND_NS,
    AnyMessage,
    DeployStrategy,
    OrderApproved,
    OrderDenied,
    OrderFilled,
    OrderType,
    Quote,
    SignalKind,
    SignalPriced,
    SubmitOrder,
)
from ops.drill.simulation.configuration import strategy_of
from ops.drill.simulation.swarm import CASH, Swarm

MARKS_KEPT_NS = SECOND_NS
"""How much older than the last price the mark may be that a position is valued at."""

_EXACT = Decimal("1e-9")
"""How far a limit may be off where it is told: a verdict has ten digits."""

_ACCOUNT = ""
_ZERO = Decimal(0)

_Marks = Mapping[str, tuple[Decimal, Decimal]]
"""The lowest and the highest price that each symbol may be valued at."""


class _Ledger(NamedTuple):
    """What a strategy has, or the account: cash, and units by symbol."""

    cash: Decimal
    held: Mapping[str, Decimal]

    def after(self, fill: OrderFilled) -> _Ledger:
        units = fill.side.sign * fill.quantity
        held = {**self.held, fill.symbol: self.held.get(fill.symbol, _ZERO) + units}
        return _Ledger(self.cash - units * fill.price - fill.commission, held)

    def equities(self, marks: _Marks) -> tuple[Decimal, Decimal]:
        """The least and the most that it may be worth."""
        least = most = self.cash
        for symbol, units in self.held.items():
            if units:
                low, high = sorted(units * price for price in marks[symbol])
                least, most = least + low, most + high
        return least, most


class _Moment(NamedTuple):
    """How all stood when an input came."""

    ledgers: Mapping[str, _Ledger]
    marks: _Marks


class SizingConduct:
    """The sizes of one simulation's orders, whose lots are one unit. `fail` as in `Conduct`."""

    def __init__(self, swarm: Swarm, fail: Callable[[str, str], None]) -> None:
        self._fail = fail
        self._capital = CASH * strategy_of(swarm, 1).capital
        self._fraction = swarm.limits.max_gross_exposure_fraction  # nobody changes this one between two starts
        self._ledgers: Mapping[str, _Ledger] = {_ACCOUNT: _Ledger(CASH, {})}
        self._quoted: defaultdict[str, list[tuple[int, Decimal]]] = defaultdict(list)
        self._marks: _Marks = {}
        self._times_ns: list[int] = []
        self._moments: list[_Moment] = []

    @property
    def cash(self) -> Decimal:
        """The cash of the account, as far as executions tell it."""
        return self._ledgers[_ACCOUNT].cash

    def see_input(self, message: AnyMessage, time_ns: int) -> None:
        """The next input, and when it was handled (ns, the engine's clock)."""
        if isinstance(message, Quote):
            self._see_quote(message)
        elif isinstance(message, DeployStrategy):
            come = message.deployment
            self._ledgers = {**self._ledgers, come.strategy_id: _Ledger(CASH * come.capital, {})}
        self._times_ns.append(time_ns)
        self._moments.append(_Moment(self._ledgers, self._marks))

    def see_effect(self, message: AnyMessage) -> None:
        """What an input led to."""
        if isinstance(message, OrderFilled):
            changed = {name: self._ledger(self._ledgers, name) for name in (_ACCOUNT, message.strategy_id)}
            self._ledgers = {**self._ledgers, **{name: each.after(message) for name, each in changed.items()}}

    def see_entry(self, order: SubmitOrder, priced: SignalPriced, leads_to: Decimal) -> None:
        """An order that opens a position, or adds to one, was approved: with all that works it leads so far."""
        least, most = self.sizes(priced)
        if not least <= leads_to <= most:
            wanted = least if least == most else f"{least} to {most}"
            self._fail("C34", f"{order.client_order_id} makes it {leads_to}, and its signal asked for {wanted}")

    def see_verdicts(self, judged: OrderApproved | OrderDenied) -> None:
        """An order was judged; or a signal came to nothing, without an order, while nothing is halted."""
        if isinstance(judged, OrderDenied) and judged.order is None and judged.signal is not None:
            if all(self.sizes(judged.signal)):
                self._fail("C34", f"a signal of {judged.strategy_id} comes to nothing: {judged.reason}")
            return
        least, most = self._ledgers[_ACCOUNT].equities(self._marks)
        for verdict in judged.verdicts:
            if verdict.control == "gross_exposure" and verdict.limit not in ("known", "unknown"):
                equity = Decimal(verdict.limit) / self._fraction
                if not least * (1 - _EXACT) <= equity <= most * (1 + _EXACT):
                    text = f"is judged by an equity of {equity}, and it is {least} to {most}"
                    self._fail("C34", f"{judged.client_order_id} {text}")

    def _see_quote(self, quote: Quote) -> None:
        quoted = self._quoted[quote.symbol]
        quoted.append((quote.time_ns, _mid(quote)))
        while quoted[0][0] <= quote.time_ns - MARKS_KEPT_NS:
            del quoted[0]
        prices = [price for _, price in quoted]
        self._marks = {**self._marks, quote.symbol: (min(prices), max(prices))}

    def sizes(self, priced: SignalPriced) -> tuple[Decimal, Decimal]:
        """The least and the most that the signal may have asked for, in units, negative if short."""
        signal, price = priced.signal, _price_of(priced)
        assert signal.kind is SignalKind.TARGET_WEIGHT, "strategies of the drill ask for nothing else"
        weight, mark = Decimal(repr(signal.value)), _mid(priced)
        begin, end = bisect_left(self._times_ns, signal.time_ns), bisect_right(self._times_ns, signal.time_ns)
        begin = min(begin, end - 1)  # it answers an input of its own time
        sizes: list[Decimal] = []
        for ledgers, marks in self._moments[begin:end]:
            ledger = self._ledger(ledgers, signal.strategy_id)
            for equity in ledger.equities({**marks, signal.symbol: (mark, mark)}):
                sizes.append(max(equity, _ZERO) * weight / price // 1)
        return min(sizes), max(sizes)

    def _ledger(self, ledgers: Mapping[str, _Ledger], name: str) -> _Ledger:
        return ledgers.get(name) or _Ledger(self._capital, {})


def _mid(priced: Quote | SignalPriced) -> Decimal:
    return Decimal(repr((priced.bid + priced.ask) / 2))


def _price_of(priced: SignalPriced) -> Decimal:
    """What a unit is likely to cost at worst."""
    signal = priced.signal
    match signal.order_type:
        case OrderType.LIMIT | OrderType.STOP_LIMIT:
            price = signal.limit_price
        case OrderType.STOP:
            price = signal.stop_price
        case OrderType.MARKET:
            price = priced.ask if signal.value > 0 else priced.bid
    return Decimal(repr(price))
