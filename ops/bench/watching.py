"""Who watches and steers the engine in the benchmark of a served engine, in a process of their own.

`python -m ops.bench.watching` with its terms as JSON; what they saw goes to its output.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from ops.bench.figures import percentile
from ops.control.client import ControlClient
from ops.control.commands import Halt, Release

VIEW_SECONDS = 0.5
"""Between two looks of the terminal view, and of each client."""
ASK_SECONDS = 0.05
ASKED_BETWEEN_HALTS = 40


class WatchTerms(msgspec.Struct, frozen=True, kw_only=True):
    """`clients` and a view with a stream of events, from `begin_s` to `end_s` after the start; or, with `halts`,
    one client that asks and halts instead.
    """

    data_dir: str
    begin_s: float
    end_s: float
    clients: int = 10
    halts: bool = False


class Watched(msgspec.Struct, frozen=True, kw_only=True):
    """Times to an answer, and to a durable halt, in milliseconds; the input of the last halt, 0 for none."""

    asked: int
    control_p50_ms: float
    control_p99_ms: float
    halt_ms_max: float = 0.0
    last_halt_seq: int = 0


def main() -> None:
    """Watch as asked, and say what was seen."""
    terms = msgspec.json.decode(sys.argv[1], type=WatchTerms)
    started = time.monotonic()
    time.sleep(terms.begin_s)
    end = started + terms.end_s
    watched = _halt_now_and_then(terms, end) if terms.halts else _watch(terms, end)
    sys.stdout.buffer.write(msgspec.json.encode(watched))


def _watch(terms: WatchTerms, end: float) -> Watched:
    taken_ms: list[float] = []
    path = Path(terms.data_dir)

    def poll(what: str) -> None:
        with ControlClient(path) as client:
            while time.monotonic() < end:
                begin = time.perf_counter()
                getattr(client, what)()
                taken_ms.append((time.perf_counter() - begin) * 1e3)
                time.sleep(VIEW_SECONDS)

    def follow() -> None:
        with ControlClient(path) as client:
            for _ in client.events(types=("OrderApproved", "OrderFilled")):
                if time.monotonic() > end:
                    return

    asks = ["view", *("status" if index % 2 else "actors" for index in range(terms.clients))]
    threads = [threading.Thread(target=poll, args=(what,)) for what in asks]
    threading.Thread(target=follow, daemon=True).start()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return _seen(taken_ms)


def _halt_now_and_then(terms: WatchTerms, end: float) -> Watched:
    asked_ms: list[float] = []
    halts_ms: list[float] = []
    seq = 0
    with ControlClient(Path(terms.data_dir)) as client:
        while True:
            for _ in range(ASKED_BETWEEN_HALTS):
                asked_ms.append(_took_ms(client.status))
                time.sleep(ASK_SECONDS)
            begin = time.perf_counter()
            seq = client.do(Halt(reason="bench")).seq
            halts_ms.append((time.perf_counter() - begin) * 1e3)
            if time.monotonic() > end:
                break
            asked_ms.append(_took_ms(lambda: client.do(Release())))
    seen = _seen(asked_ms)
    return msgspec.structs.replace(seen, halt_ms_max=max(halts_ms), last_halt_seq=seq)


def _took_ms(ask: Callable[[], object]) -> float:
    begin = time.perf_counter()
    ask()
    return (time.perf_counter() - begin) * 1e3


def _seen(taken_ms: list[float]) -> Watched:
    taken_ms.sort()
    return Watched(
        asked=len(taken_ms),
        control_p50_ms=percentile(taken_ms, 0.5),
        control_p99_ms=percentile(taken_ms, 0.99),
    )


if __name__ == "__main__":
    main()
