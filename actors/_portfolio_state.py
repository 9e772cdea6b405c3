"""What a portfolio remembers."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from actors._link_state import LinkState
from messages import ClientOrderId, Mark, OrderRequestPriced, SignalPriced, StrategyId, Symbol
from rules.client_order_ids import order_number
from rules.ledger import Books
from rules.limits import RiskLimits
from rules.orders import OrderState
from rules.planning import Target, leads_to
from rules.risk import Submission


class PriceView(msgspec.Struct, frozen=True, array_like=True):
    """The latest prices that the portfolio was told of a symbol."""

    bid: float = 0.0
    ask: float = 0.0
    last: float = 0.0
    time_ns: int = 0
    interval_ns: int = 0
    halted: bool = False

    @classmethod
    def of_signal(cls, priced: SignalPriced | OrderRequestPriced) -> PriceView:
        """The prices that came with a signal or a person's order."""
        return cls(priced.bid, priced.ask, priced.last, priced.price_time_ns, priced.interval_ns, priced.halted)

    def moved_to(self, mark: Mark) -> PriceView:
        """The prices after a mark. It ends a halt, and begins none: an exit in one is for the venue to judge."""
        halted = self.halted and mark.halted
        return PriceView(mark.bid, mark.ask, mark.price, mark.time_ns, self.interval_ns, halted)

    @property
    def mark_price(self) -> float:
        """The mid, or the last price where a side is missing; 0 if there is none."""
        return (self.bid + self.ask) / 2 if self.bid > 0.0 and self.ask > 0.0 else self.last


class Plot(msgspec.Struct):
    """One strategy's business in one symbol: what it wants, why, and its open orders.

    `since` is how many orders the strategy had when it began to want that.
    """

    target: Target | None = None
    signal: SignalPriced | None = None
    open_orders: list[ClientOrderId] = []
    since: int = 0

    def concerns(self, state: OrderState, position: Decimal) -> bool:
        """Whether what becomes of an order tells of the target.

        One for an earlier wish does not, unless it leads from this position to the target, too; a stop always does.
        """
        order = state.order
        is_its_own = order.protective or order_number(order.client_order_id) > self.since
        return is_its_own or (self.target is not None and leads_to(self.target, state, position))


class PortfolioState(msgspec.Struct):
    """Books, orders, targets and prices of one portfolio.

    `order_counts` numbers each strategy's orders. `orders` holds the open ones and, up to a bound, those closed
    lately (`closed`), for fills that come late; `given_up` are those to be canceled whatever their strategy
    wants, and why; `cancel_refused_ns` when the venue refused to lately. `entries_blocked` is why no position
    may be opened anywhere, `halted_ns` when the last halt was given, `halted_symbols` why not in one symbol.
    Nothing is done in `shut_symbols`, not even to guard or close a position: an execution could not be booked, and
    nobody knows how large it is.
    `quarantined` and `paused` tell why a strategy is not listened to, `retired` are those that have gone;
    `to_sideline` those whose entries are still to be canceled, since the command could not be carried out.
    `limits` are those that took the place of the ones it began with. `watched` are the symbols that marks are
    told of. `link` is how it stands with its account at a broker.
    """

    books: Books
    order_counts: dict[StrategyId, int] = {}
    orders: dict[ClientOrderId, OrderState] = {}
    closed: list[ClientOrderId] = []
    given_up: dict[ClientOrderId, str] = {}
    cancel_refused_ns: dict[ClientOrderId, int] = {}
    plots: dict[Symbol, dict[StrategyId, Plot]] = {}
    prices: dict[Symbol, PriceView] = {}
    marks: dict[Symbol, Decimal] = {}
    recent: list[Submission] = []
    watched: dict[Symbol, bool] = {}
    entries_blocked: str = ""
    halted_ns: int = 0
    halted_symbols: dict[Symbol, str] = {}
    shut_symbols: dict[Symbol, bool] = {}
    quarantined: dict[StrategyId, str] = {}
    paused: dict[StrategyId, str] = {}
    retired: dict[StrategyId, bool] = {}
    to_sideline: list[StrategyId] = []
    limits: RiskLimits | None = None
    orders_sent: int = 0
    fills: int = 0
    denied: int = 0
    stray_events: int = 0
    link: LinkState = msgspec.field(default_factory=lambda: LinkState(hold=""))

    def is_sidelined(self, strategy_id: StrategyId) -> bool:
        """Whether a strategy is not listened to, now or any more."""
        return strategy_id in self.quarantined or strategy_id in self.paused or strategy_id in self.retired
