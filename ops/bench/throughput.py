"""How many quotes a second a whole engine handles, from the source to books that are committed."""

from __future__ import annotations

from pathlib import Path

from ops.bench.errors import BenchError
from ops.bench.scenario import Scenario, opened
from ops.bench.terms import ThroughputTerms
from ops.engine import Engine
from ops.summary import RunSummary
from storage import DataDirectory


def measure_throughput(terms: ThroughputTerms, directory: Path) -> dict[str, float]:
    """Inputs a second of a run that begins and ends a journal, and what came of it.

    Raises BenchError if it was not traded, or is not all in the journal.
    """
    warm_up = Scenario(symbols=terms.symbols, strategies=terms.strategies, inputs=terms.warm_up_inputs)
    run_scenario(warm_up, directory / "warm-up")
    measured = Scenario(symbols=terms.symbols, strategies=terms.strategies, inputs=terms.inputs)
    summary = run_scenario(measured, directory / "measured")
    if not summary.fills:
        raise BenchError(f"{summary.inputs:,} inputs made {summary.orders} orders and no fill; give more inputs")
    return {
        "inputs_per_second": summary.inputs / summary.seconds,
        "inputs": summary.inputs,
        "orders": summary.orders,
        "fills": summary.fills,
        "denied": summary.denied,
        "refused": sum(summary.refused.values()),
        "orders_percent": 100 * summary.orders / summary.inputs,
    }


def run_scenario(scenario: Scenario, directory: Path) -> RunSummary:
    """Trade all of it. Raises BenchError if the journal does not hold every input."""
    source = scenario.source()
    with DataDirectory.open(directory) as data:
        summary = Engine(data, scenario.config(), opened(source, scenario.names)).run(exit_at_end=True)
        if data.journal.last_seq != summary.journal_inputs:
            raise BenchError(f"the journal ends at {data.journal.last_seq}, the run at {summary.journal_inputs}")
    return summary
