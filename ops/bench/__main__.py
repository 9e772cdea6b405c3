"""One measurement in a process of its own: a job as JSON on standard input, its figures as JSON on the output."""

from __future__ import annotations

import sys

import msgspec

from ops.bench.measure import measure
from ops.bench.terms import Job


def main() -> None:
    """Read the job, measure, and write the figures."""
    job = msgspec.json.decode(sys.stdin.buffer.read(), type=Job)
    figures = measure(job)
    sys.stdout.buffer.write(msgspec.json.encode(figures))


if __name__ == "__main__":
    main()
