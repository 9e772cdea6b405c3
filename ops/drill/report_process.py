"""The drills on real processes, for a report."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path

import msgspec

from ops.drill.process.byte_flips import flip_bytes
from ops.drill.process.call_failures import fail_calls
from ops.drill.process.kill_sweep import sweep_kills
from ops.drill.process.random_kills import kill_at_random
from ops.drill.report_findings import ProcessFindings, ProcessProof, proof_of

RANDOM_KILLS = 100
"""How often a process is killed at random if nobody says."""


def drill_processes(drills: Iterable[str], *, most: int | None = None) -> tuple[ProcessProof, ...]:
    """Run each: `kills`, `random`, `failures` or `flips`, `most` of its places. Files stay if it finds faults.

    Raises OSError if a session cannot be traded even undisturbed.
    """
    return tuple(_proof(drill, most) for drill in drills)


def _proof(drill: str, most: int | None) -> ProcessProof:
    folder = Path(tempfile.mkdtemp(prefix="understudy-drill-"))
    findings = _findings(drill, folder, most)
    proof = proof_of(drill, findings)
    if findings.faults:
        return msgspec.structs.replace(proof, figures={**proof.figures, "files": str(folder)})
    shutil.rmtree(folder)
    return proof


def _findings(drill: str, folder: Path, most: int | None) -> ProcessFindings:
    match drill:
        case "kills":
            return sweep_kills(folder, most=most)
        case "random":
            return kill_at_random(folder, kills=most or RANDOM_KILLS)
        case "failures":
            return fail_calls(folder, most=most)
        case "flips":
            return flip_bytes(folder, most=most)
    raise ValueError(f"there is no drill '{drill}': kills, random, failures and flips are")
