"""From the moment at which an input was to be sent until the order that it caused is durable and let out.

    generator process -> socket -> reader thread -> ingress -> core -> committer -> release
    intended time, carried by the quote ------------------------------------------> real time

The journal holds every input beside its effects, so each released order is matched to the one quote behind it.
"""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec

from actors import Router, SymbolActor
from actors.kernel import Actor, Kernel, RealClock
from actors.names import ROUTER
from messages import (
    ClientOrderId,
    OrderType,
    PortfolioId,
    Quote,
    Side,
    StrategyId,
    SubmitOrder,
    Subscribe,
    Symbol,
    TimeInForce,
    VenueId,
)
from ops.bench.disk_floor import measure_floor
from ops.bench.errors import BenchError
from ops.bench.figures import percentile
from ops.bench.live_core import LiveCore, SocketReader
from ops.bench.load import Lateness, LoadTerms
from ops.bench.one_in_twenty import EVERY
from ops.bench.quotes import instruments_of, symbols_named
from ops.bench.scenario import CASH_EACH
from ops.bench.terms import LatencyTerms, Road
from ops.config import Config, PortfolioSettings, StrategySettings, encode_config
from ops.own_process import python
from ops.tree import build_tree
from rules.limits import RiskLimits
from storage import DataDirectory

GENERATOR_SECONDS = 60.0
"""How much longer than its schedule the generator may take before it counts as stuck."""


class EmitterState(msgspec.Struct):
    """Quotes so far."""

    quotes: int = 0


class Emitter(Actor):
    """Answers each quote with an order, unjudged. On quote number `stall_at` it first sleeps `stall_seconds`."""

    State = EmitterState

    def __init__(self, kernel: Kernel, symbol: Symbol, *, stall_at: int = 0, stall_seconds: float = 0.0) -> None:
        super().__init__(kernel, f"strategy/{symbol}")
        self._symbol = symbol
        self._stall_at = stall_at
        self._stall_seconds = stall_seconds

    def on_start(self) -> None:
        """Ask for quotes."""
        self.tell(ROUTER, Subscribe(self._symbol, self.actor_urn, ticks=True))

    def on_receive(self, message: Any) -> None:
        """One order for one quote."""
        if not isinstance(message, Quote):
            return
        self.state.quotes += 1
        if self.state.quotes == self._stall_at:
            time.sleep(self._stall_seconds)
        self.emit(
            SubmitOrder(
                client_order_id=ClientOrderId(f"bench-{self._symbol}-{self.state.quotes}"),
                venue_id=VenueId("paper"),
                portfolio_id=PortfolioId("main"),
                strategy_id=StrategyId(self._symbol),
                symbol=self._symbol,
                side=Side.BUY,
                quantity=Decimal(1),
                order_type=OrderType.MARKET,
                time_in_force=TimeInForce.GTC,
                time_ns=message.time_ns,
            )
        )


def measure_latency(terms: LatencyTerms, directory: Path) -> dict[str, float]:
    """Percentiles in milliseconds, and the floor that the disk sets, measured right after.

    A quote that was conflated, or an order that did not come, counts as slow as the slowest. Raises BenchError if
    nothing can be matched.
    """
    count = int((terms.warm_up_seconds + terms.seconds) * terms.rate)
    with DataDirectory.open(directory / "data") as data:
        core, lateness = _run(terms, data, count)
        counted_from_ns = lateness.start_ns + int(terms.warm_up_seconds * 1e9)
        latencies_ms = sorted(_latencies_ms(data, dict(core.released), counted_from_ns))
    expected = _orders_expected(terms)
    if not latencies_ms:
        raise BenchError(f"{count:,} quotes were sent and no order came out")
    missing = max(0, expected - len(latencies_ms))
    latencies_ms.extend([latencies_ms[-1]] * missing)
    return {
        "p50_ms": percentile(latencies_ms, 0.5),
        "p99_ms": percentile(latencies_ms, 0.99),
        "p999_ms": percentile(latencies_ms, 0.999),
        "max_ms": latencies_ms[-1],
        "samples": len(latencies_ms),
        "missing": missing,
        "generator_late_p50_ms": lateness.p50_ms,
        "generator_late_p99_ms": lateness.p99_ms,
        **measure_floor(directory, terms.floor_samples),
    }


def _run(terms: LatencyTerms, data: DataDirectory, count: int) -> tuple[LiveCore, Lateness]:
    symbols = symbols_named(terms.symbols)
    config = bench_config(symbols)
    kernel = Kernel(clock=RealClock(), epoch=data.epoch)
    if terms.road is Road.EMIT:
        _build_emitters(kernel, symbols, terms)
    else:
        build_tree(kernel, config, instruments=instruments_of(symbols), book=data.book, default_timeframe="1m")
    core = LiveCore(data, kernel, config.engine)
    ours, theirs = socket.socketpair()
    with ours, generator(terms, count, theirs) as sender:
        reader = SocketReader(ours, kernel.ingress)
        core.run(
            encode_config(config),
            instruments_of(symbols),
            until=lambda: reader.has_ended and not len(kernel.ingress),
        )
        output, _ = sender.communicate(timeout=GENERATOR_SECONDS)
    if sender.returncode != 0:
        raise BenchError(f"the generator of quotes ended with status {sender.returncode}")
    return core, msgspec.json.decode(output, type=Lateness)


def generator(terms: LatencyTerms, count: int, connection: socket.socket) -> subprocess.Popen[bytes]:
    """The other process. Our copy of its socket is closed, so that its end is seen here."""
    load = LoadTerms(rate=terms.rate, count=count, symbols=terms.symbols, descriptor=connection.fileno())
    with connection:
        return subprocess.Popen(  # noqa: S603  # our own interpreter on our own module
            python("-m", "ops.bench.load", msgspec.json.encode(load).decode()),
            stdout=subprocess.PIPE,
            pass_fds=(connection.fileno(),),
        )


def bench_config(symbols: tuple[Symbol, ...]) -> Config:
    """One portfolio and one strategy a symbol; the same order again a moment later is meant, and no duplicate."""
    limits = RiskLimits(duplicate_window_seconds=0.0)
    file = str(Path(__file__).with_name("one_in_twenty.py"))
    return Config(
        portfolios={"main": PortfolioSettings(cash=CASH_EACH * len(symbols), limits=limits)},
        strategies={
            f"turn-{symbol}": StrategySettings(
                use=file,
                symbols=(symbol,),
                capital=Decimal(1) / len(symbols),
                parameters={"offset": index % EVERY},
            )
            for index, symbol in enumerate(symbols)
        },
    )


def _build_emitters(kernel: Kernel, symbols: tuple[Symbol, ...], terms: LatencyTerms) -> None:
    Router.start(kernel, symbols=symbols, owners={})
    middle = int((terms.warm_up_seconds + terms.seconds / 2) * terms.rate / terms.symbols)
    for index, symbol in enumerate(symbols):
        SymbolActor.start(kernel, symbol=symbol)
        stalls = terms.stall_ms > 0 and index == 0
        Emitter.start(kernel, symbol, stall_at=middle if stalls else 0, stall_seconds=terms.stall_ms / 1000)


def _latencies_ms(data: DataDirectory, released: dict[int, int], counted_from_ns: int) -> Iterator[float]:
    """For each order in the journal: when it was released, after its quote was to be sent."""
    for turn in data.journal.read():
        for effect in turn.effects:
            if effect.message.__class__ is not SubmitOrder:
                continue
            cause = turn.taken.inputs[effect.seq - turn.first_seq]
            if not isinstance(cause, Quote):
                raise BenchError(f"input {effect.seq} caused an order and is no quote but {cause!r}")
            if cause.time_ns >= counted_from_ns:
                yield (released[effect.seq] - cause.time_ns) / 1e6


def _orders_expected(terms: LatencyTerms) -> int:
    """Orders that the quotes after the warm-up are to cause; quotes go round robin over the symbols."""
    first, last = int(terms.warm_up_seconds * terms.rate), int((terms.warm_up_seconds + terms.seconds) * terms.rate)
    if terms.road is Road.EMIT:
        return last - first
    laps = (divmod(index, terms.symbols) for index in range(first, last))
    return sum((lap + 1 + symbol % EVERY) % EVERY == 0 for lap, symbol in laps)
