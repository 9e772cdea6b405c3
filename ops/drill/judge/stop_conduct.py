"""Which protective stop is owed: the one that a strategy has asked for last, for the side that it holds.

a signal for a position             -> its stop, or none, guards a position of that side from now on
a signal to be flat                 -> what is held keeps its stop until it is closed
a stop is sent, or changed          -> it lies at the price that was asked for
all is at rest, something is held   -> its stop works, unless it was hit, ended, denied, or canceled by a person

Where a signal may have come to nothing, both may be owed: what it asked for, and what was asked for before. A side
that is neither held nor wanted is not remembered for certain.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Container, Mapping
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from messages import (
    AnyMessage,
    ClosePositions,
    HaltTrading,
    OrderCanceled,
    OrderDenied,
    OrderExpired,
    OrderFilled,
    OrderNotFound,
    OrderRejected,
    OrderReported,
    PauseStrategy,
    ReplaceOrder,
    RequestCancel,
    Side,
    Signal,
    SubmitOrder,
    UndeployStrategy,
)
from ops.drill.judge.endings import ENDED
from ops.drill.judge.standing_orders import StandingOrders
from ops.drill.simulation.market import TICK

_ZERO = Decimal(0)

_Key = tuple[str, str]
_Asked = dict[Side, frozenset[Decimal | None]]
"""The prices that a stop of each side may have been asked for at; `None` for no stop."""


class StopConduct:
    """The stops that one simulation's strategies have asked for, of which each `held` so much of each symbol.

    `fail` as in `Conduct`. Of `uncertain` symbols nobody can tell who holds how much.
    """

    def __init__(
        self,
        fail: Callable[[str, str], None],
        *,
        held: Mapping[_Key, Decimal],
        orders: StandingOrders,
        uncertain: Collection[str],
    ) -> None:
        self._fail = fail
        self._held = held
        self._orders = orders
        self._uncertain = uncertain
        self._asked: dict[_Key, _Asked] = {}
        self._before: dict[_Key, tuple[_Asked, bool]] = {}
        self._without: set[_Key] = set()

    def asked(self, key: _Key, side: Side) -> frozenset[Decimal | None]:
        """The prices at which a stop of that side may be owed to a strategy in a symbol; empty if nobody knows."""
        return frozenset() if key[1] in self._uncertain else self._asked.get(key, {}).get(side, frozenset())

    def unlike(self, key: _Key, *, stops: Collection[Decimal | None], leaves: Decimal) -> str:
        """How what a strategy holds is not guarded as it has asked for, in words; empty if it is, or nobody knows.

        Nothing is under way. Its `stops` lie at these prices, and they and its exits come to what `leaves`.
        """
        held = self._held.get(key, _ZERO)
        asked = self.asked(key, Side.SELL if held > 0 else Side.BUY)
        if not (held and asked):
            return ""
        name, symbol = key
        wanted = " or ".join(sorted(map(str, asked)))
        if wrong := [str(each) for each in stops if each not in asked]:
            return f"{held} {symbol} of {name} are guarded at {', '.join(wrong)}, and should be at {wanted}"
        is_owed = None not in asked and key not in self._without
        is_bare = is_owed and leaves < abs(held)
        return f"{held} {symbol} of {name} should be guarded at {wanted}, and {leaves} leave" if is_bare else ""

    # ---- the journal

    def see_signal(self, signal: Signal) -> None:
        """A strategy that is heard tells what it wants."""
        key = signal.strategy_id, signal.symbol
        self._before[key] = self._asked.get(key, {}), key in self._without
        self._without.discard(key)
        self._leave(key)
        if signal.value:
            side = Side.SELL if signal.value > 0 else Side.BUY
            self._asked[key][side] = frozenset({_to_tick(signal.protective_stop_price, side)})

    def forget(self, others: Container[str]) -> None:
        """Of all strategies but these nobody knows what they ask for."""
        for key in [key for key in self._asked if key[0] not in others]:
            del self._asked[key]
            self._before.pop(key, None)

    def see_input(self, message: AnyMessage) -> None:
        """The next input."""
        self._before.clear()
        match message:
            case HaltTrading(flatten=True) | ClosePositions():
                for key in self._asked:
                    self._leave(key)
            case PauseStrategy(strategy_id=name) | UndeployStrategy(strategy_id=name):
                for key in self._asked:
                    if key[0] == name:
                        self._leave(key)
            case RequestCancel():
                self._see_gone(message)

    def see_effect(self, message: AnyMessage) -> None:
        """What the input has led to. The orders have not seen it yet."""
        match message:
            case SubmitOrder(protective=True) if self._orders.get(message) is None:  # one is sent again as it was
                self._see_price(message, message.stop_price)
            case ReplaceOrder() if (known := self._orders.get(message)) is not None:
                self._see_price(known.order, message.stop_price)
            case OrderDenied(order=None):
                self._see_signal_denied((message.strategy_id, message.symbol))
            case OrderDenied(order=SubmitOrder(protective=True)):
                self._without.add((message.strategy_id, message.symbol))
            case OrderFilled() | OrderCanceled() | OrderExpired() | OrderRejected() | OrderNotFound():
                self._see_gone(message)
            case OrderReported(status=status) if status in ENDED:
                self._see_gone(message)

    def _see_gone(self, message: AnyMessage) -> None:
        """A stop was hit, or has come to an end; one that the engine itself has canceled makes way for another.

        Where one was in doubt, or a change of it refused, its cancel may be forgotten, and its end be the broker's.
        """
        known = self._orders.get(message)
        if known is not None and known.order.protective:
            is_hit = isinstance(message, OrderFilled | RequestCancel)
            if is_hit or known.is_doubtful or not known.was_given_up:
                self._without.add((known.order.strategy_id, known.order.symbol))

    def _see_signal_denied(self, key: _Key) -> None:
        """A signal has come to nothing: what was asked for before may be owed as well."""
        if key not in self._before:
            return
        before, was_without = self._before[key]
        asked = self._asked[key]
        for side in Side:
            asked[side] |= before.get(side, frozenset({None}))
        if was_without:
            self._without.add(key)

    def _see_price(self, stop: SubmitOrder, price: Decimal | None) -> None:
        asked = self.asked((stop.strategy_id, stop.symbol), stop.side)
        if asked and price not in asked:
            wanted = " or ".join(sorted(str(each) for each in asked))
            self._fail("C52", f"{stop.client_order_id} is to lie at {price}, and was asked for at {wanted}")

    def _leave(self, key: _Key) -> None:
        """What is held keeps its stop. Whether the other side does, should something execute there yet, is open."""
        held, asked = self._held.get(key, _ZERO), dict(self._asked.get(key, {}))
        for side in Side:
            if held * side.sign >= 0:
                asked[side] = asked.get(side, frozenset()) | {None}
        self._asked[key] = asked


def _to_tick(price: float, side: Side) -> Decimal | None:
    """A buyer's stop goes up to the tick, a seller's down."""
    rounding = ROUND_CEILING if side is Side.BUY else ROUND_FLOOR
    steps = (Decimal(repr(price)) / TICK).to_integral_value(rounding)
    return steps * TICK if steps > 0 else None
