"""From the terms of a job to the code that measures them."""

from __future__ import annotations

from pathlib import Path
from typing import assert_never

from ops.bench.actor_cost import measure_actors
from ops.bench.latency import measure_latency
from ops.bench.message_rate import measure_messages
from ops.bench.recovery import measure_recovery
from ops.bench.restart import measure_restart
from ops.bench.served import measure_served
from ops.bench.terms import (
    ActorsTerms,
    Job,
    LatencyTerms,
    MessagesTerms,
    RecoveryTerms,
    RestartTerms,
    ServedTerms,
    ThroughputTerms,
)
from ops.bench.throughput import measure_throughput


def measure(job: Job) -> dict[str, float]:
    """The figures of one job, by name. Raises BenchError, and what the engine raises."""
    match job.terms:
        case MessagesTerms():
            return measure_messages(job.terms)
        case ThroughputTerms():
            return measure_throughput(job.terms, Path(job.directory))
        case LatencyTerms():
            return measure_latency(job.terms, Path(job.directory))
        case ActorsTerms():
            return measure_actors(job.terms)
        case RecoveryTerms():
            return measure_recovery(job.terms, Path(job.directory))
        case RestartTerms():
            return measure_restart(job.terms)
        case ServedTerms():
            return measure_served(job.terms, Path(job.directory))
        case _:
            assert_never(job.terms)
