"""What this disk needs to make anything durable: no latency of a durable effect can be below it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

from ops.bench.figures import percentile
from storage import LmdbStateStore

BLOCK = bytes(4096)


def measure_floor(directory: Path, samples: int) -> dict[str, float]:
    """Milliseconds of a 4 KiB append with fdatasync, and of the smallest commit that LMDB makes durable.

    An LMDB transaction without any change is not written at all, so the smallest one here puts one empty record.
    """
    floors = {"fdatasync": _append(directory / "floor.bin"), "lmdb_commit": _commit(directory / "floor.mdb")}
    figures = {}
    for name, once in floors.items():
        times_ms = sorted(_time_ms(once) for _ in range(samples))
        figures[f"{name}_p50_ms"] = percentile(times_ms, 0.5)
        figures[f"{name}_p99_ms"] = percentile(times_ms, 0.99)
    return figures


def _time_ms(once: Callable[[], None]) -> float:
    began = time.perf_counter_ns()
    once()
    return (time.perf_counter_ns() - began) / 1e6


def _append(path: Path) -> Callable[[], None]:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)

    def once() -> None:
        os.write(descriptor, BLOCK)
        os.fdatasync(descriptor)

    return once


def _commit(path: Path) -> Callable[[], None]:
    store = LmdbStateStore(path)
    return lambda: store.put_settings({"floor": b""})
