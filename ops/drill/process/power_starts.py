"""Let an engine go on from what a power loss has left, at a broker that was told what had left until then.

Each start has its own files and its own broker, which remembers its calls up to the moment of the loss and trades
on: orders that had left may execute while nobody listens. The engine trades the session to its end and is held to
account.
"""

from __future__ import annotations

import shutil
from collections.abc import Collection, Sequence
from typing import NamedTuple

import msgspec

from ops.drill.process.broker_client import practice_broker
from ops.drill.process.finishing import finish
from ops.drill.process.power_states import Remains, State
from ops.drill.process.session import PRICES, RULES, Session
from ops.drill.process.written import Recording


class Traded(NamedTuple):
    """A session that was traded whole: how it was written, what its broker was told, and on which port."""

    session: Session
    recording: Recording
    calls: bytes
    port: int


class PowerStarts(msgspec.Struct, frozen=True, kw_only=True):
    """Engines that went on from a power loss, the orders of all of them, and what was wrong with which."""

    starts: int = 0
    orders: int = 0
    orders_lost: int = 0
    orders_doubled: int = 0
    faults: tuple[str, ...] = ()


def start_after(traded: Traded, states: Sequence[State]) -> PowerStarts:
    """Start an engine on each of these states, whose moments come in order. Files of starts with faults stay."""
    remains = Remains(traded.recording)
    orders = lost = doubled = 0
    faults: list[str] = []
    for count, state in enumerate(states, 1):
        data_dir = traded.session.data_dir(f"after-{count}")
        remains.of(state).write(data_dir)
        calls = data_dir.with_suffix(".broker")
        calls.write_bytes(told_until(state.moment, traded.recording, traded.calls))
        with practice_broker(PRICES, rules=RULES, calls=calls, port=traded.port) as broker:
            verdict = finish(traded.session, data_dir, broker)
        orders += verdict.orders
        lost += verdict.orders_lost
        doubled += verdict.orders_doubled
        where = f"started after power was lost at moment {state.moment}, {state.what} left"
        faults += (f"{where}: {fault} ({data_dir.name})" for fault in verdict.faults)
        if not verdict.faults:
            shutil.rmtree(data_dir)
            calls.unlink()
    return PowerStarts(
        starts=len(states), orders=orders, orders_lost=lost, orders_doubled=doubled, faults=tuple(faults)
    )


def told_until(moment: int, recording: Recording, calls: bytes) -> bytes:
    """What the broker had been told when power was lost: the requests that had left by then, and its market.

    Of two requests that left at once one may have overtaken the other: orders that had not left are left out.
    """
    left = sum(after <= moment for after in recording.requests)
    gone = {order for order, after in recording.sent.items() if after <= moment}
    kept: list[bytes] = []
    for line in calls.splitlines(keepends=True):
        kind, _, terms = msgspec.json.decode(line)
        if kind == "request":
            if not left:
                break
            if not _may_be_known(terms, gone):
                continue
            left -= 1
        kept.append(line)
    return b"".join(kept)


def _may_be_known(request: Sequence[object], gone: Collection[str]) -> bool:
    method, _, body, *_ = request
    return method != "POST" or not isinstance(body, dict) or body.get("client_order_id") in gone
