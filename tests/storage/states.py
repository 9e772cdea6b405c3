"""Checkpoints, orders and dead letters to store."""

from __future__ import annotations

from decimal import Decimal

from messages import (
    Checkpoint,
    ClientOrderId,
    DeadLetter,
    OrderRecord,
    OrderStatus,
    OrderType,
    PortfolioId,
    Side,
    StrategyId,
    SubmitOrder,
    Symbol,
    TimeInForce,
    TimerEntry,
    VenueId,
)


def checkpoint(seq: int, **actors: bytes) -> Checkpoint:
    """A checkpoint with every field set to something of its own."""
    return Checkpoint(
        seq=seq,
        chain=seq.to_bytes(32, "big"),
        time_ns=seq * 1_000,
        code_version="1.2.3",
        actors=actors,
        timers=[TimerEntry(seq * 2_000, 1, "symbol/A", "stale")],
        sources={"file": b"\x01\x02"},
        positions={"file": seq},
        digest=bytes([seq % 256]) * 32,
        counters={"inputs": seq},
    )


def order(seq: int, status: OrderStatus = OrderStatus.SUBMITTED, *, events: tuple[bytes, ...] = ()) -> OrderRecord:
    """The intent that input `seq` caused, as it stands now."""
    name = ClientOrderId(f"abc123-s-{seq}")
    intent = SubmitOrder(
        client_order_id=name,
        venue_id=VenueId("sim"),
        portfolio_id=PortfolioId("p"),
        strategy_id=StrategyId("s"),
        symbol=Symbol("AAPL"),
        side=Side.BUY,
        quantity=Decimal("10.5"),
        order_type=OrderType.MARKET,
        time_in_force=TimeInForce.DAY,
        time_ns=seq,
    )
    return OrderRecord(client_order_id=name, seq=seq, status=status, intent=intent, events=events)


def dead_letter(seq: int, actor: str = "strategy/s", error: str = "ValueError: no") -> DeadLetter:
    """A message that crashed its receiver."""
    return DeadLetter(seq=seq, actor=actor, time_ns=seq, message=b"\x90", error=error, traceback="Traceback ...")
