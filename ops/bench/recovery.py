"""How long an engine needs to come back after its process was killed."""

from __future__ import annotations

import time
from pathlib import Path

from actors.kernel import Kernel
from ops.bench.errors import BenchError
from ops.bench.figures import MEBIBYTE
from ops.bench.scenario import Scenario, checkpoints_every, opened
from ops.bench.terms import Phase, RecoveryTerms
from ops.engine import Engine
from storage import DataDirectory


class Cut(Exception):
    """Ends a run between two turns without its last checkpoint, as a kill would."""


def measure_recovery(terms: RecoveryTerms, directory: Path) -> dict[str, float]:
    """Prepare a journal and return nothing, or come back from it and return how long that took."""
    scenario = Scenario(symbols=100, strategies=1, inputs=terms.inputs)
    if terms.phase is Phase.PREPARE:
        _prepare(terms, scenario, directory)
        return {}
    return _recover(terms, scenario, directory)


def _prepare(terms: RecoveryTerms, scenario: Scenario, directory: Path) -> None:
    def cut_at_the_end(kernel: Kernel) -> None:
        if kernel.feed is not None and kernel.feed.end_told:
            raise Cut

    config = scenario.config(checkpoints_every(terms.checkpoint_inputs))
    with DataDirectory.open(directory) as data:
        engine = Engine(data, config, opened(scenario.source(), scenario.names))
        engine.after_turn = cut_at_the_end
        try:
            engine.run(exit_at_end=True)
        except Cut:
            return
    raise BenchError("the run came to its end, and was to be cut off before")


def _recover(terms: RecoveryTerms, scenario: Scenario, directory: Path) -> dict[str, float]:
    """Open the directory, read, replay, compare every effect: until the engine could take its next input."""
    config = scenario.config(checkpoints_every(terms.checkpoint_inputs))
    source = opened(scenario.spent_source(), scenario.names)
    began = time.perf_counter()
    with DataDirectory.open(directory) as data:
        engine = Engine(data, config, source)
        seconds = time.perf_counter() - began
        if engine.resumed_from is None or engine.resumed_from < terms.inputs:
            raise BenchError(f"recovered to input {engine.resumed_from} of {terms.inputs}")
        bytes_used = data.journal.used_bytes
    return {
        "recovery_seconds": seconds,
        "inputs": terms.inputs,
        "replayed": engine.replayed_inputs,
        "replayed_per_second": engine.replayed_inputs / seconds,
        "journal_mib": bytes_used / MEBIBYTE,
    }
