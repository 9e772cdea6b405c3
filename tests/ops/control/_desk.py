"""A small engine for the control server: fixed answers, kept in memory, and a note of what it was asked."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path

from messages import PortfolioId, PositionReport, StrategyId, Symbol
from ops.control.answers import (
    ActorDetail,
    ActorLine,
    CommandDone,
    Concern,
    DeadLetterLine,
    FillRow,
    HandledMessage,
    LaneLine,
    OrderRow,
    PortfolioView,
    Status,
    StrategyLine,
    SymbolLine,
    View,
)
from ops.control.client import ControlClient
from ops.control.commands import Command
from ops.control.events import EventHub
from ops.control.server import ControlServer
from ops.errors import UsageError

NOON_NS = 1_767_614_400_000_000_000

ROUTER = ActorLine(
    name="router",
    kind="router",
    depth=1,
    status="running",
    mailbox=2,
    oldest_age_seconds=0.25,
    handled=1_000,
    rate=99.5,
    crashes=1,
    restarts=1,
    parked=0,
    undelivered=0,
    conflated=3,
    checkpoint_age_seconds=None,
)
DEAD_LETTER = DeadLetterLine(
    seq=7,
    actor="strategy/cross",
    time_ns=NOON_NS,
    type="Quote",
    message={"type": "Quote", "symbol": "AAPL"},
    error="ValueError: no",
    traceback="Traceback ...",
)
DETAIL = ActorDetail(
    line=ROUTER,
    state={"prices": {"AAPL": "10.5"}, "count": 3},
    messages=(HandledMessage(time_ns=NOON_NS, type="Quote", fields={"symbol": "AAPL", "bid": 10.0}),),
    timers={"wake": NOON_NS},
    children=("symbol/AAPL",),
)
STATUS = Status(
    protocol=1,
    version="0.1.0",
    data_dir="data",
    book="bk",
    epoch=1,
    state="trading",
    engine_pid=12,
    guardian_pid=None,
    engine_starts=1,
    clean_start=True,
    hung_actor=None,
    started_ns=NOON_NS,
    uptime_seconds=1.5,
    recovery_seconds=0.25,
    replayed_inputs=0,
    source="simulated-market:7",
    source_ended=False,
    seq=10,
    durable_seq=9,
    time_ns=NOON_NS,
    lag_seconds=0.0,
    inputs_per_second=100.0,
    messages_per_second=300.0,
    lanes=(LaneLine(lane="market", waiting=0, limit=1_000, total=10, rate=100.0, conflated=0, dropped=0),),
    actors=1,
    actors_not_running=0,
    restarts=1,
    dead_letters=1,
    conflated=3,
    refused=0,
    orders_sent=1,
    orders_approved=1,
    fills=1,
    denied=0,
    halted={"main": "by hand"},
    halted_symbols={},
    checkpoint_seq=0,
    checkpoint_age_seconds=None,
    journal_bytes=65_536,
    disk_free_bytes=1 << 33,
    memory_bytes=1 << 26,
    open_files=20,
    threads=4,
    slow_handlers=0,
    warnings=(Concern(subject="router", text="2 messages wait"),),
)
VIEW = View(
    seq=10,
    durable_seq=9,
    time_ns=NOON_NS,
    status=STATUS,
    symbols=(
        SymbolLine(
            symbol="AAPL",
            bid=10.0,
            ask=10.5,
            last=0.0,
            time_ns=NOON_NS,
            is_halted=False,
            is_stale=False,
            handled=9,
            rate=1.0,
            conflated=0,
            refused=0,
        ),
    ),
    strategies=(
        StrategyLine(
            strategy_id="cross",
            portfolio_id="main",
            use="moving_average_cross",
            code="",
            reloads=0,
            status="running",
            reason="",
            symbols=("AAPL",),
            capital=Decimal(1),
            equity=None,
            realized_pnl=Decimal("-0.10"),
            unrealized_pnl=None,
            open_positions=1,
            open_orders=0,
            orders=1,
            handled=9,
            crashes=0,
            restarts=0,
        ),
    ),
    portfolios=(
        PortfolioView(
            portfolio_id="main",
            venue_id="paper",
            currency="USD",
            starting_cash=Decimal(100_000),
            cash=Decimal(99_000),
            equity=Decimal("100000.50"),
            realized_pnl=Decimal(0),
            unrealized_pnl=Decimal("0.5"),
            commission=Decimal(0),
            halted="",
            halted_symbols={},
            limits={"max_order_notional": Decimal(5_000)},
            positions=(
                PositionReport(
                    portfolio_id=PortfolioId("main"),
                    strategy_id=StrategyId("cross"),
                    symbol=Symbol("AAPL"),
                    quantity=Decimal(100),
                    average_price=Decimal(10),
                    mark_price=None,
                    realized_pnl=Decimal(0),
                    unrealized_pnl=None,
                    commission=Decimal(0),
                ),
            ),
            venue_cash=None,
            venue_positions={"AAPL": Decimal(100)},
        ),
    ),
    orders=(
        OrderRow(
            client_order_id="bk-cross-1",
            portfolio_id="main",
            strategy_id="cross",
            symbol="AAPL",
            side="buy",
            order_type="market",
            quantity=Decimal(100),
            filled_quantity=Decimal(100),
            limit_price=None,
            stop_price=None,
            average_price=Decimal(10),
            status="filled",
            protective=False,
            time_ns=NOON_NS,
            updated_ns=NOON_NS,
            reason="",
        ),
    ),
    fills=(
        FillRow(
            seq=5,
            time_ns=NOON_NS,
            execution_id="x-1",
            client_order_id="bk-cross-1",
            portfolio_id="main",
            strategy_id="cross",
            symbol="AAPL",
            side="buy",
            quantity=Decimal(100),
            price=Decimal(10),
        ),
    ),
    actors=(ROUTER,),
)
DONE = CommandDone(seq=11, text="done", records=({"seq": 11, "type": "HaltTrading"},), notes=("look",))


class FixedDesk:
    """Answers at once, always the same; `trouble`, if set, is raised instead."""

    def __init__(self) -> None:
        self.events = EventHub()
        self.trouble: Exception | None = None
        self.asked: list[str] = []
        self.commands: list[Command] = []

    async def status(self) -> Status:
        self._note("status")
        return STATUS

    async def actors(self) -> tuple[ActorLine, ...]:
        self._note("actors")
        return (ROUTER,)

    async def actor(self, name: str, *, messages: int) -> ActorDetail:
        self._note(f"actor {name} {messages}")
        if name != ROUTER.name:
            raise UsageError(f"there is no actor {name}; did you mean {ROUTER.name}?")
        return DETAIL

    async def view(self) -> View:
        self._note("view")
        return VIEW

    async def dead_letters(self) -> tuple[DeadLetterLine, ...]:
        self._note("dead letters")
        return (DEAD_LETTER,)

    async def do(self, command: Command) -> CommandDone:
        self._note("do")
        self.commands.append(command)
        return DONE

    def _note(self, question: str) -> None:
        self.asked.append(question)
        if self.trouble is not None:
            raise self.trouble


@contextmanager
def served(desk: FixedDesk, data_dir: Path) -> Iterator[ControlClient]:
    """A client of a server that answers for the desk, both over a real socket."""
    server = ControlServer(desk, data_dir)
    server.start()
    try:
        with ControlClient(data_dir) as client:
            yield client
    finally:
        server.stop()
