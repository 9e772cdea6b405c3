"""The generator of the latency benchmark, a process of its own: quotes over a socket, each at its intended time.

The schedule is fixed before the first quote is sent: quote `i` is due `i / rate` seconds after the start, and
carries that time. What is late is sent at once and keeps its intended time, so a slow receiver, a stall, or this
process being late makes latencies longer and never the load lighter.

Run as `python -m ops.bench.load`, with its terms as JSON in the only argument; how late it was goes to its output.
"""

from __future__ import annotations

import socket
import sys
import time

import msgspec

from messages import encode
from ops.bench.figures import percentile
from ops.bench.quotes import make_quotes, symbols_named

LENGTH_BYTES = 2
LEAD_NS = 200_000_000
"""Between the decision to begin and the first quote."""

WAVE = 40_000


class LoadTerms(msgspec.Struct, frozen=True, kw_only=True):
    """`count` quotes over `symbols` at `rate` a second, to the socket behind a descriptor."""

    rate: int
    count: int
    symbols: int
    descriptor: int


class Lateness(msgspec.Struct, frozen=True, kw_only=True):
    """How long after their intended times quotes were given to the socket, in milliseconds."""

    start_ns: int
    p50_ms: float
    p99_ms: float


def main() -> None:
    """Send everything, then say how late that was."""
    terms = msgspec.json.decode(sys.argv[1], type=LoadTerms)
    with socket.socket(fileno=terms.descriptor) as connection:
        lateness = send(connection, terms)
    sys.stdout.buffer.write(msgspec.json.encode(lateness))


def send(connection: socket.socket, terms: LoadTerms) -> Lateness:
    """Send each quote when it is due, all that are due together. Raises OSError if nobody listens any more."""
    templates = list(make_quotes(symbols_named(terms.symbols), terms.count, wave=WAVE))
    late_ns: list[int] = []
    start_ns = time.time_ns() + LEAD_NS
    due = [start_ns + index * 1_000_000_000 // terms.rate for index in range(terms.count)]
    index = 0
    while index < terms.count:
        now_ns = time.time_ns()
        if due[index] > now_ns:
            time.sleep((due[index] - now_ns) / 1e9)
            now_ns = time.time_ns()
        first = index
        while index < terms.count and due[index] <= now_ns:
            index += 1
        frames = (
            _frame(encode(msgspec.structs.replace(templates[each], time_ns=due[each])))
            for each in range(first, index)
        )
        connection.sendall(b"".join(frames))
        late_ns.extend(now_ns - due[each] for each in range(first, index))
    late_ns.sort()
    return Lateness(
        start_ns=start_ns, p50_ms=percentile(late_ns, 0.5) / 1e6, p99_ms=percentile(late_ns, 0.99) / 1e6
    )


def _frame(data: bytes) -> bytes:
    return len(data).to_bytes(LENGTH_BYTES, "big") + data


if __name__ == "__main__":
    main()
