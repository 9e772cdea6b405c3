"""A small recorded run, written as an engine writes it: one portfolio that buys, adds, is refused, and sells."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import TypedDict

from messages import (
    GENESIS_CHAIN,
    AnyMessage,
    CancelOrder,
    ClientOrderId,
    ControlVerdict,
    EngineStarted,
    ExecutionId,
    OrderAccepted,
    OrderApproved,
    OrderCanceled,
    OrderDenied,
    OrderFilled,
    OrderRejected,
    OrderType,
    PortfolioId,
    PortfolioOpened,
    Quote,
    Recorded,
    Side,
    StrategyId,
    SubmitOrder,
    Symbol,
    TimeInForce,
    TurnInputs,
    VenueId,
    VenueOrderId,
    encode_turn,
)
from ops.config import SourceSettings, default_config, encode_config
from storage import DataDirectory, FileOptions

START_NS = 1_767_623_400_000_000_000  # 2026-01-05T14:30:00Z
SECOND_NS = 1_000_000_000
SMALL = FileOptions(reserve_bytes=64 << 10)

Step = tuple[AnyMessage, Sequence[AnyMessage]]
"""An input and the effects that it caused."""


def at(second: int) -> int:
    """The time so many seconds after the start of the run."""
    return START_NS + second * SECOND_NS


def started(config: bytes | None = None) -> Step:
    """The first input of a run, and the opening of its portfolio with 100,000 USD."""
    recorded = encode_config(default_config(SourceSettings(replay=("day.csv",)))) if config is None else config
    opened = PortfolioOpened(portfolio_id=PortfolioId("main"), currency="USD", cash=Decimal(100_000), time_ns=at(0))
    return EngineStarted(time_ns=at(0), config=recorded, code_version="0.1.0"), [opened]


def quote(second: int, bid: float, ask: float, *, symbol: str = "AAPL") -> Quote:
    """A best bid and ask."""
    return Quote(Symbol(symbol), at(second), bid, ask)


def order(count: int, side: Side, quantity: str, *, second: int, limit: str | None = None) -> SubmitOrder:
    """Order number `count` of the strategy `cross`."""
    return SubmitOrder(
        client_order_id=ClientOrderId(f"bk-cross-{count}"),
        venue_id=VenueId("paper"),
        portfolio_id=PortfolioId("main"),
        strategy_id=StrategyId("cross"),
        symbol=Symbol("AAPL"),
        side=side,
        quantity=Decimal(quantity),
        order_type=OrderType.LIMIT if limit else OrderType.MARKET,
        time_in_force=TimeInForce.GTC,
        time_ns=at(second),
        limit_price=Decimal(limit) if limit else None,
    )


def approved(submit: SubmitOrder) -> OrderApproved:
    """Risk let it pass."""
    return OrderApproved(**names_of(submit), order=submit, verdicts=(ControlVerdict("cash", True, "1", "2"),))


def denied(submit: SubmitOrder, reason: str) -> OrderDenied:
    """Risk refused it."""
    return OrderDenied(**names_of(submit), order=submit, verdicts=(), reason=reason)


def accepted(submit: SubmitOrder) -> OrderAccepted:
    """The venue holds it."""
    return OrderAccepted(**names_of(submit), venue_order_id=VenueOrderId(f"v-{submit.client_order_id}"))


def rejected(submit: SubmitOrder, reason: str) -> OrderRejected:
    """The venue refused it."""
    return OrderRejected(**names_of(submit), reason=reason)


def canceled(submit: SubmitOrder, reason: str = "") -> OrderCanceled:
    """The rest of it will not execute."""
    return OrderCanceled(**names_of(submit), reason=reason)


def cancel(submit: SubmitOrder) -> CancelOrder:
    """Our wish that it be canceled."""
    return CancelOrder(
        client_order_id=submit.client_order_id,
        venue_id=submit.venue_id,
        symbol=submit.symbol,
        time_ns=submit.time_ns + SECOND_NS,
    )


def filled(
    submit: SubmitOrder, quantity: str, price: str, *, cumulative: str | None = None, commission: str = "0"
) -> OrderFilled:
    """An execution; `cumulative` is what is filled in all with it, by default just this."""
    total = cumulative or quantity
    return OrderFilled(
        **names_of(submit),
        execution_id=ExecutionId(f"x-{submit.client_order_id}-{total}"),
        venue_order_id=VenueOrderId(f"v-{submit.client_order_id}"),
        side=submit.side,
        quantity=Decimal(quantity),
        price=Decimal(price),
        cumulative_quantity=Decimal(total),
        commission=Decimal(commission),
        currency="USD",
    )


def small_run() -> list[Step]:
    """Buys 100 at 10 and 12 in two fills, is denied once, sells 60 at 13, and leaves a buy working."""
    buy = order(1, Side.BUY, "100", second=1)
    greedy = order(2, Side.BUY, "1000000", second=2)
    sell = order(3, Side.SELL, "60", second=3)
    patient = order(4, Side.BUY, "10", second=4, limit="9.5")
    return [
        started(),
        (quote(1, 9.99, 10.01), [approved(buy), buy, accepted(buy), filled(buy, "50", "10", commission="1")]),
        (quote(2, 11.9, 12.1), [filled(buy, "50", "12", cumulative="100"), denied(greedy, "too much")]),
        (quote(3, 12.9, 13.1), [approved(sell), sell, accepted(sell), filled(sell, "60", "13", commission="0.5")]),
        (quote(4, 13.9, 14.1), [approved(patient), patient, accepted(patient)]),
    ]


def frames(steps: Sequence[Step], *, turns: Sequence[int] = (), epoch: int = 1) -> list[bytes]:
    """The steps as journal frames; `turns` are the steps after which a turn ended, by default after each."""
    ends = list(turns) or list(range(1, len(steps) + 1))
    chain, made = GENESIS_CHAIN, []
    for begin, end in pairwise([0, *ends]):
        inputs = [message for message, _ in steps[begin:end]]
        effects = [
            Recorded(begin + offset + 1, effect)
            for offset, (_, caused) in enumerate(steps[begin:end])
            for effect in caused
        ]
        times_ns = [message.time_ns for message in inputs if hasattr(message, "time_ns")]
        frame = encode_turn(
            epoch=epoch,
            first_seq=begin + 1,
            taken=TurnInputs(times_ns, inputs),
            effects=effects,
            chain_before=chain,
        )
        chain = frame[-32:]
        made.append(frame)
    return made


def write_data_directory(
    path: Path,
    steps: Sequence[Step],
    *,
    settings: dict[str, bytes] | None = None,
    days: Sequence[str] = ("2026-01-05",),
) -> None:
    """A data directory that holds the run; with several days, the turns are dealt out to them in order."""
    made = frames(steps)
    day = iter(days)
    today = [next(day)]
    share = -(-len(made) // len(days))
    with DataDirectory.open(path, today=lambda: today[0], options=SMALL) as directory:
        for begin in range(0, len(made), share):
            if begin:
                today[0] = next(day)
            directory.journal.append(made[begin : begin + share])
        directory.state.put_settings(settings or {})


class OrderNames(TypedDict):
    """The fields that every order event begins with."""

    client_order_id: ClientOrderId
    portfolio_id: PortfolioId
    strategy_id: StrategyId
    symbol: Symbol
    time_ns: int


def names_of(submit: SubmitOrder) -> OrderNames:
    """The fields that an event of this order begins with."""
    return OrderNames(
        client_order_id=submit.client_order_id,
        portfolio_id=submit.portfolio_id,
        strategy_id=submit.strategy_id,
        symbol=submit.symbol,
        time_ns=submit.time_ns,
    )
