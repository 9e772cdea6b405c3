"""One value of everything that is stored, no field of it at its default: what the files in `samples/` stand for.

A file is never changed: it is what an engine of some earlier day wrote, and must decode to its value for ever. When
a type is new, or has a new field, add a value here (`Name.v1`, then `Name.v2`, ...; the earlier ones stay, and get
the default in the new field), and write its file with `python -m tests.messages.write_samples`.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec

import messages as m

FOLDER = Path(__file__).resolve().parent / "samples"

KEPT_BESIDE_THE_JOURNAL = (m.ActorRecord, m.Checkpoint, m.DeadLetter, m.OrderRecord)
PARTS_OF_A_FRAME = (m.Deployment, m.Interrupt, m.Recorded, m.TurnInputs)
STORED_TYPES: tuple[type[msgspec.Struct], ...] = (
    *m.MESSAGE_TYPES,
    *KEPT_BESIDE_THE_JOURNAL,
    *PARTS_OF_A_FRAME,
)

T = 1_700_000_000_123_456_789
ABC = m.Symbol("ABC")
EVENT: dict[str, Any] = {
    "client_order_id": m.ClientOrderId("b00k-plan-7"),
    "portfolio_id": m.PortfolioId("main"),
    "strategy_id": m.StrategyId("plan"),
    "symbol": ABC,
    "time_ns": T,
}
COMMAND: dict[str, Any] = {
    "client_order_id": m.ClientOrderId("b00k-plan-7"),
    "venue_id": m.VenueId("paper"),
    "symbol": ABC,
    "time_ns": T,
}
QUOTE = m.Quote(ABC, T, 99.25, 99.5, 300.0, 200.0)
SIGNAL = m.Signal(
    strategy_id=m.StrategyId("plan"),
    symbol=ABC,
    time_ns=T,
    kind=m.SignalKind.TARGET_WEIGHT,
    value=-0.25,
    order_type=m.OrderType.STOP_LIMIT,
    limit_price=98.5,
    stop_price=99.0,
    time_in_force=m.TimeInForce.IOC,
    protective_stop_price=101.5,
    reason="averages crossed",
)
PRICED = m.SignalPriced(
    signal=SIGNAL, bid=99.25, ask=99.5, last=99.3, price_time_ns=T - 5, halted=True, interval_ns=60_000_000_000
)
ORDER = m.SubmitOrder(
    client_order_id=m.ClientOrderId("b00k-plan-7"),
    venue_id=m.VenueId("paper"),
    portfolio_id=m.PortfolioId("main"),
    strategy_id=m.StrategyId("plan"),
    symbol=ABC,
    side=m.Side.SELL,
    quantity=Decimal("12.50"),
    order_type=m.OrderType.STOP_LIMIT,
    time_in_force=m.TimeInForce.GTC,
    time_ns=T,
    limit_price=Decimal("98.5"),
    stop_price=Decimal("99"),
    protective=True,
)
VERDICTS = (m.ControlVerdict("order value", False, "6000", "5000", "notional 6000 is above 5000"),)
FILL = m.OrderFilled(
    **EVENT,
    execution_id=m.ExecutionId("x-1"),
    venue_order_id=m.VenueOrderId("v-1"),
    side=m.Side.SELL,
    quantity=Decimal("2.50"),
    price=Decimal("98.6"),
    cumulative_quantity=Decimal("7.50"),
    commission=Decimal("0.0125"),
    currency="USD",
)
POSITION = m.PositionReport(
    portfolio_id=m.PortfolioId("main"),
    strategy_id=m.StrategyId("plan"),
    symbol=ABC,
    quantity=Decimal("-12.50"),
    average_price=Decimal("98.75"),
    mark_price=Decimal("99.375"),
    realized_pnl=Decimal("3.10"),
    unrealized_pnl=Decimal("-7.8125"),
    commission=Decimal("0.50"),
)
ACTOR = m.ActorRecord(b"\x81\xa1n\x07", 41, "backing off", m.Trouble(1, 2, 3, 4, 5, 6, 7), [QUOTE])

DEPLOYMENT = m.Deployment(
    strategy_id=m.StrategyId("plan"),
    portfolio_id=m.PortfolioId("main"),
    use="plan.py",
    symbols=(ABC,),
    capital=Decimal("0.5"),
    parameters=b'{"fast":3}',
    code="# text",
    number=2,
    reloads=1,
)
REQUEST = m.RequestOrder(
    portfolio_id=m.PortfolioId("main"),
    strategy_id=m.StrategyId("manual"),
    symbol=ABC,
    time_ns=T,
    side=m.Side.SELL,
    quantity=Decimal("3"),
    order_type=m.OrderType.STOP_LIMIT,
    time_in_force=m.TimeInForce.DAY,
    limit_price=Decimal("98.5"),
    stop_price=Decimal("99.0"),
    reason="by hand",
)

MESSAGES: tuple[Any, ...] = (
    QUOTE,
    m.Trade(ABC, T, 99.3, 50.0, "t-1", "@F"),
    m.Bar(
        ABC,
        T,
        60_000_000_000,
        *(99.0, 99.75, 98.5, 99.5, 12_345.0),
        bid=m.PriceRange(98.9, 99.7, 98.4, 99.4),
        ask=m.PriceRange(99.1, 99.8, 98.6, 99.6),
    ),
    m.Mark(ABC, T, 99.375, 99.25, 99.5),
    m.SymbolHalted(ABC, T, True, "LULD pause"),  # as the feed says it
    m.SymbolStale(ABC, T, True, T - 60),
    m.Instrument(
        symbol=ABC,
        asset_class=m.AssetClass.CRYPTO,
        quote_currency="USD",
        tick_size=Decimal("0.01"),
        lot_size=Decimal("0.001"),
        multiplier=Decimal(50),
    ),
    SIGNAL,
    PRICED,
    ORDER,
    m.CancelOrder(**COMMAND, reason="the strategy is flat"),
    m.ReplaceOrder(**COMMAND, quantity=Decimal("9"), limit_price=Decimal("98.4"), stop_price=Decimal("98.9")),
    m.QueryOrder(**COMMAND),
    m.OrderApproved(**EVENT, order=ORDER, verdicts=VERDICTS, signal=PRICED),
    m.OrderDenied(**EVENT, order=ORDER, verdicts=VERDICTS, reason="too large", signal=PRICED),
    m.OrderUnknown(**EVENT, reason="no answer within 10 s"),
    m.OrderAccepted(**EVENT, venue_order_id=m.VenueOrderId("v-1")),
    m.OrderRejected(**EVENT, reason="no such symbol"),
    FILL,
    m.OrderCanceled(**EVENT, reason="on request"),
    m.OrderCancelRejected(**EVENT, reason="already filled"),
    m.OrderReplaced(**EVENT, quantity=Decimal("9"), limit_price=Decimal("98.4"), stop_price=Decimal("98.9")),
    m.OrderReplaceRejected(**EVENT, reason="too late to replace"),
    m.OrderExpired(**EVENT, reason="the day ended"),
    m.OrderNotFound(**EVENT),
    m.OrderFillBusted(
        **EVENT,
        execution_id=m.ExecutionId("x-1"),
        side=m.Side.SELL,
        quantity=Decimal("4"),
        price=Decimal("98.5"),
        commission=Decimal("0.05"),
    ),
    m.OrderFillCorrected(
        **EVENT,
        execution_id=m.ExecutionId("x-2"),
        side=m.Side.SELL,
        quantity=Decimal("3"),
        price=Decimal("98.6"),
        commission=Decimal("0.04"),
        earlier_execution_id=m.ExecutionId("x-1"),
        earlier_quantity=Decimal("4"),
        earlier_price=Decimal("98.5"),
        earlier_commission=Decimal("0.05"),
    ),
    m.OrderReported(
        **EVENT,
        venue_order_id=m.VenueOrderId("v-1"),
        status=m.OrderStatus.CANCELED,
        quantity=Decimal("9"),
        filled_quantity=Decimal("4"),
        limit_price=Decimal("98.4"),
        stop_price=Decimal("98.9"),
        reason="on request",
    ),
    m.VenueConnected(venue_id=m.VenueId("live"), time_ns=T),
    m.VenueDisconnected(venue_id=m.VenueId("live"), time_ns=T, reason="no heartbeat"),
    m.QueryAccount(venue_id=m.VenueId("live"), portfolio_id=m.PortfolioId("main"), time_ns=T, since_ns=T - 7),
    m.AccountReported(
        venue_id=m.VenueId("live"),
        portfolio_id=m.PortfolioId("main"),
        time_ns=T,
        venue_time_ns=T - 3,
        cash=Decimal("99000.25"),
        positions=(m.HeldPosition(ABC, Decimal("-4")),),
        open_orders=(m.ClientOrderId("b-plan-1"),),
        is_blocked=True,
    ),
    m.AccountDiffers(
        portfolio_id=m.PortfolioId("main"), time_ns=T, ours=Decimal("5"), theirs=Decimal("4"), symbol=ABC
    ),
    m.AcceptDifference(portfolio_id=m.PortfolioId("main"), time_ns=T, reason="the broker is right"),
    m.BooksAdjusted(
        portfolio_id=m.PortfolioId("main"),
        time_ns=T,
        amount=Decimal("-1"),
        price=Decimal("98.5"),
        symbol=ABC,
        reason="the broker is right",
    ),
    m.PortfolioOpened(portfolio_id=m.PortfolioId("main"), currency="USD", cash=Decimal("100000.00"), time_ns=T),
    m.TradingHalted(portfolio_id=m.PortfolioId("main"), time_ns=T, reason="books differ", symbol=ABC),
    POSITION,
    m.PortfolioReport(
        portfolio_id=m.PortfolioId("main"),
        currency="USD",
        cash=Decimal("101234.5"),
        equity=Decimal("99992.3125"),
        realized_pnl=Decimal("3.10"),
        unrealized_pnl=Decimal("-7.8125"),
        commission=Decimal("0.50"),
        positions=(POSITION,),
        halted=True,
    ),
    m.EngineStarted(time_ns=T, config=b'{"source":1}', code_version="0.1.0"),
    m.SourceEnded("market:7", T),
    m.TimerFired("strategy/plan", "wake", T),
    m.Told("portfolio/main", b"\x92\xaaStopEngine\xa3now"),
    m.CrashActor("strategy/plan"),
    m.RestartActor("strategy/plan"),
    m.HaltTrading(T, "a person said so"),
    m.ReleaseTrading(T, "all is well"),
    m.StopEngine("enough"),
    m.Subscribe(ABC, "strategy/plan", ticks=True, marks=True, timeframes_ns=(60_000_000_000, 5)),
    m.Subscribed(ABC, T),
    m.Unsubscribe(ABC, "strategy/plan", ticks=True, marks=True, timeframes_ns=(60_000_000_000, 5)),
    m.Alert(level=m.AlertLevel.CRITICAL, subject="ABC", text="look at it", time_ns=T),
    m.ActorRestarted(actor="strategy/plan", time_ns=T, restarts=3, error="ValueError: 1"),
    m.MessageParked(actor="strategy/plan", time_ns=T, message=b"\x91\x01", error="ValueError: 1"),
    m.StrategyQuarantined(strategy_id=m.StrategyId("plan"), time_ns=T, reason="failed too often"),
    m.DeployStrategy(deployment=DEPLOYMENT, time_ns=T),
    m.UndeployStrategy(strategy_id=m.StrategyId("plan"), time_ns=T, close=True),
    m.PauseStrategy(strategy_id=m.StrategyId("plan"), time_ns=T, reason="earnings"),
    m.ResumeStrategy(strategy_id=m.StrategyId("plan"), time_ns=T),
    m.ReloadStrategy(strategy_id=m.StrategyId("plan"), time_ns=T, use="plan.py", code="# other"),
    m.ChangeLimits(portfolio_id=m.PortfolioId("main"), time_ns=T, limits=b'{"min_cash":"5"}'),
    REQUEST,
    m.OrderRequestPriced(
        request=REQUEST, bid=99.25, ask=99.5, last=99.3, price_time_ns=T - 5, halted=True, interval_ns=60
    ),
    m.RequestCancel(
        client_order_id=m.ClientOrderId("b00k-plan-7"),
        portfolio_id=m.PortfolioId("main"),
        time_ns=T,
        reason="by hand",
    ),
    m.ClosePositions(
        portfolio_id=m.PortfolioId("main"),
        time_ns=T,
        symbol=ABC,
        strategy_id=m.StrategyId("plan"),
        reason="by hand",
    ),
    m.QuarantineActor("strategy/plan", "the process hung in its code"),
    m.StrategyReleased(strategy_id=m.StrategyId("plan"), time_ns=T),
    m.CommandRefused(subject="strategy/plan", time_ns=T, reason="there is one already"),
)

OTHERS: tuple[Any, ...] = (
    ACTOR,
    m.Checkpoint(
        seq=1234,
        chain=bytes(range(32)),
        time_ns=T,
        code_version="0.1.0",
        actors={"router": b"\x95\xc4\x01\x80\x02"},
        timers=[m.TimerEntry(T + 9, 2, "strategy/plan", "wake")],
        sources={"market:7": b"\x01\x02"},
        positions={"market:7": 1230},
        digest=bytes(range(32, 64)),
        counters={"restarts": 3},
        schema=1,
    ),
    m.DeadLetter(
        seq=1234, actor="strategy/plan", time_ns=T, message=b"\x91\x01", error="ValueError: 1", traceback="File ..."
    ),
    m.OrderRecord(
        client_order_id=m.ClientOrderId("b00k-plan-7"),
        seq=1234,
        status=m.OrderStatus.PARTIALLY_FILLED,
        intent=ORDER,
        events=(b"\x91\x01", b"\x91\x02"),
    ),
    DEPLOYMENT,
    m.Interrupt("strategy/plan", 17, "HandlerBroken: too long"),
    m.Recorded(1234, QUOTE),
    m.TurnInputs([T, T + 1], [QUOTE, m.StopEngine("enough")], {"market:7": 1230}, [m.Interrupt("a", 1, "b")]),
)

TAKEN = m.TurnInputs([T, T + 1], [QUOTE, m.StopEngine("enough")], {"market:7": 12}, [m.Interrupt("a", 3, "why")])
EFFECTS = [m.Recorded(41, ORDER), m.Recorded(42, m.StopEngine())]
CHAIN_BEFORE = bytes(range(32))
FRAME = m.encode_turn(epoch=3, first_seq=41, taken=TAKEN, effects=EFFECTS, chain_before=CHAIN_BEFORE)
FRAMES = {"Frame.v1": FRAME}
"""A whole frame of the journal, by format version."""

CHECKPOINT = next(value for value in OTHERS if isinstance(value, m.Checkpoint))
ACCOUNT = next(value for value in MESSAGES if isinstance(value, m.AccountReported))
REPORTED = next(value for value in MESSAGES if isinstance(value, m.OrderReported))
ADJUSTED = next(value for value in MESSAGES if isinstance(value, m.BooksAdjusted))
SECOND_SHAPES: tuple[Any, ...] = (
    m.Mark(ABC, T, 99.375, 99.25, 99.5, halted=True),
    m.HaltTrading(T, "a person said so", flatten=True),
    msgspec.structs.replace(CHECKPOINT, alive=["router"]),
    m.OrderNotFound(**EVENT, asked_ns=T),
    msgspec.structs.replace(REPORTED, asked_ns=T),
    msgspec.structs.replace(ACCOUNT, asked_ns=T),
    msgspec.structs.replace(ADJUSTED, parts=(m.AdjustedPart(m.StrategyId("plan"), Decimal(-1)),)),
)

SAMPLES: dict[str, Any] = {f"{type(value).__name__}.v1": value for value in (*MESSAGES, *OTHERS)} | {
    f"{type(value).__name__}.v2": value for value in SECOND_SHAPES
}
"""By name of type and number of its shape."""


def encoded(value: msgspec.Struct) -> bytes:
    """The value as the engine stores it."""
    return msgspec.msgpack.encode(value)


def path_of(name: str) -> Path:
    """The file of a sample: its bytes in hexadecimal."""
    return FOLDER / f"{name}.hex"


def stored(name: str) -> bytes:
    """The bytes of a sample's file."""
    return bytes.fromhex(path_of(name).read_text())


def newest() -> Iterator[tuple[str, Any]]:
    """The sample of each type's latest shape."""
    latest = {type(SAMPLES[name]): name for name in sorted(SAMPLES, key=_version)}
    for name in latest.values():
        yield name, SAMPLES[name]


def _version(name: str) -> int:
    return int(name.rpartition(".v")[2])
