"""A whole engine on live quotes, with monitor and control socket: what watching costs, and what overload does.

    generator process -> socket -> reader thread -> ingress -> engine <- control socket <- watching process

The engine is the shipped one but for its source: quotes are pushed, as a live feed pushes them, by the wall clock.
"""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

import msgspec

from actors import VenueActor
from actors.kernel import Kernel, RealClock
from messages import AnyMessage, Instrument, PortfolioId, Recorded, Side, SubmitOrder
from ops.bench.errors import BenchError
from ops.bench.figures import MEBIBYTE, percentile
from ops.bench.latency import bench_config, generator
from ops.bench.live_core import SocketReader
from ops.bench.load import Lateness
from ops.bench.quotes import instruments_of, symbols_named
from ops.bench.terms import LatencyTerms, Road, ServedTerms
from ops.bench.watching import Watched, WatchTerms
from ops.engine import Engine
from ops.monitor import memory_bytes
from ops.own_process import python
from ops.serving import served
from ops.sources import OpenedSource
from storage import DataDirectory

PARTS = 3
"""A watched run is quiet, watched and quiet, a third each: so a machine that drifts is seen."""
SETTLE_SECONDS = 1.0
"""At the beginning of each third, not counted."""
_LEAD_SECONDS = 2.0


class PushedSource:
    """Satisfies `Source`, and gives nothing: the market is pushed into the ingress."""

    name = "pushed"

    def __init__(self, instruments: Sequence[Instrument]) -> None:
        self._instruments = instruments

    def instruments(self) -> Sequence[Instrument]:
        """What quotes will be pushed of."""
        return self._instruments

    def take(self, limit: int) -> list[AnyMessage]:  # noqa: ARG002  # the port's signature
        """Nothing."""
        return []

    def state(self) -> bytes:
        """Nothing is to be remembered."""
        return b""

    def restore(self, state: bytes) -> None:
        """Nothing was."""

    def skip(self, count: int) -> None:
        """There is nothing to pass over."""


class _Run:
    """One run, and what was noted of it on the way."""

    def __init__(self, terms: ServedTerms, data: DataDirectory) -> None:
        symbols = symbols_named(terms.symbols)
        instruments = instruments_of(symbols)
        opened = OpenedSource(PushedSource(instruments), instruments, "1m", lambda: 0)
        self.terms = terms
        self.engine = Engine(data, bench_config(symbols), opened)
        self.engine.kernel.clock, self.engine.kernel.feed = RealClock(), None
        self.released: dict[int, int] = {}
        self.memory_mib: list[float] = []
        self._looked = 0.0

    def go(self) -> tuple[Lateness, Watched]:
        """Push all quotes through, and watch. Raises BenchError."""
        terms, engine = self.terms, self.engine
        ours, theirs = socket.socketpair()
        load = LatencyTerms(
            road=Road.FULL, rate=terms.rate, seconds=terms.seconds, warm_up_seconds=0.0, symbols=terms.symbols
        )
        with ours, generator(load, int(terms.seconds * terms.rate), theirs) as sender, served(engine):
            reader = SocketReader(ours, engine.kernel.ingress)
            with self._watching() as watching:
                self._publish_too()
                engine.after_turn = lambda kernel: self._look(kernel, reader, watching)
                engine.run(exit_at_end=False)
                seen, _ = watching.communicate()
            told, _ = sender.communicate()
        if sender.returncode or watching.returncode:
            raise BenchError(f"generator and watchers ended with {sender.returncode} and {watching.returncode}")
        return msgspec.json.decode(told, type=Lateness), msgspec.json.decode(seen, type=Watched)

    def _watching(self) -> subprocess.Popen[bytes]:
        terms = self.terms
        third = terms.seconds / PARTS
        asked = WatchTerms(
            data_dir=str(self.engine.directory.path),
            begin_s=_LEAD_SECONDS if terms.halts else third,
            end_s=terms.seconds - _LEAD_SECONDS if terms.halts else 2 * third,
            halts=terms.halts,
        )
        return subprocess.Popen(  # noqa: S603  # our own interpreter on our own module
            python("-m", "ops.bench.watching", msgspec.json.encode(asked).decode()),
            stdout=subprocess.PIPE,
        )

    def _publish_too(self) -> None:
        publish = self.engine.on_durable_effects
        assert publish is not None, "it is served"

        def note(effects: list[Recorded]) -> None:
            now_ns = time.time_ns()
            for effect in effects:
                if effect.message.__class__ is SubmitOrder:
                    self.released[effect.seq] = now_ns
            publish(effects)

        self.engine.on_durable_effects = note

    def _look(self, kernel: Kernel, reader: SocketReader, watching: subprocess.Popen[bytes]) -> None:
        now = time.monotonic()
        if now - self._looked < 1.0:
            return
        self._looked = now
        self.memory_mib.append(memory_bytes() / MEBIBYTE)
        if reader.has_ended and not len(kernel.ingress) and watching.poll() is not None:
            kernel.stop("all quotes are handled")


def measure_served(terms: ServedTerms, directory: Path) -> dict[str, float]:
    """What watching costs, or what overload does, by the terms. Raises BenchError."""
    with DataDirectory.open(directory / "data") as data:
        run = _Run(terms, data)
        lateness, watched = run.go()
        if terms.halts:
            return _overload_figures(run, watched)
        return _watched_figures(run, lateness, watched)


def _watched_figures(run: _Run, lateness: Lateness, watched: Watched) -> dict[str, float]:
    thirds = _latencies_ms(run, lateness.start_ns)
    if not all(thirds):
        raise BenchError("no order came out in one third of the run; give it more time or a higher rate")
    quiet = sorted((*thirds[0], *thirds[2]))
    busy = sorted(thirds[1])
    return {
        "quiet_p50_ms": percentile(quiet, 0.5),
        "quiet_p99_ms": percentile(quiet, 0.99),
        "watched_p50_ms": percentile(busy, 0.5),
        "watched_p99_ms": percentile(busy, 0.99),
        "p99_watched_over_quiet": percentile(busy, 0.99) / percentile(quiet, 0.99),
        "requests": watched.asked,
    }


def _latencies_ms(run: _Run, start_ns: int) -> list[list[float]]:
    """From the intended time of a quote to the release of its order, by third of the run."""
    third_ns = run.terms.seconds / PARTS * 1e9
    thirds: list[list[float]] = [[] for _ in range(PARTS)]
    for turn in run.engine.directory.journal.read():
        for effect in turn.effects:
            if effect.message.__class__ is not SubmitOrder or effect.seq not in run.released:
                continue
            sent_ns = getattr(turn.taken.inputs[effect.seq - turn.first_seq], "time_ns", 0)
            which, within_ns = divmod(sent_ns - start_ns, third_ns)
            if 0 <= which < PARTS and within_ns > SETTLE_SECONDS * 1e9:
                thirds[int(which)].append((run.released[effect.seq] - sent_ns) / 1e6)
    return thirds


def _overload_figures(run: _Run, watched: Watched) -> dict[str, float]:
    engine, terms = run.engine, run.terms
    ingress = engine.kernel.ingress
    conflated = sum(ingress.conflated.values())
    approved = engine.portfolio(PortfolioId("main")).state.orders_sent
    at_venue = sum(a.state.sent for a in engine.kernel.actors.values() if isinstance(a, VenueActor))
    entries = sum(
        effect.message.side is Side.BUY
        for effect in engine.directory.journal.read_effects(watched.last_halt_seq)
        if isinstance(effect.message, SubmitOrder) and not effect.message.protective
    )
    half = len(run.memory_mib) // 2
    return {
        "control_p50_ms": watched.control_p50_ms,
        "control_p99_ms": watched.control_p99_ms,
        "halt_ms_max": watched.halt_ms_max,
        "entries_after_halt": entries,
        "orders": approved,
        "orders_lost": approved - at_venue,
        "quotes_conflated": conflated,
        "quotes_lost": int(terms.rate * terms.seconds) - ingress.taken["market"] - conflated,
        "memory_mib_middle": max(run.memory_mib[: half + 1]),
        "memory_mib_end": max(run.memory_mib[half:]),
    }
