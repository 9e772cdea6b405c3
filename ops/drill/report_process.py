"""The drills on real processes, for a report."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial
from pathlib import Path

import msgspec

from ops.drill.process.byte_flips import flip_bytes
from ops.drill.process.call_failures import fail_calls
from ops.drill.process.kill_sweep import Boundary, sweep_kills
from ops.drill.process.power_losses import lose_power
from ops.drill.process.random_kills import kill_at_random
from ops.drill.report_findings import ProcessFindings, ProcessProof, proof_of

RANDOM_KILLS = 100
"""How often a process is killed at random if nobody says."""


Advance = Callable[[str, int, int], None]
"""Told the name of a drill, how many of its places are done, and of how many: 0 while that is not known yet."""


def drill_processes(
    drills: Iterable[str],
    *,
    most: int | None = None,
    at: Boundary | None = None,
    on_progress: Advance | None = None,
) -> tuple[ProcessProof, ...]:
    """Run each: `kills`, `random`, `failures`, `flips`, `power`, at `most` of its places, `kills` perhaps `at` one.
    With faults, files stay.

    An interrupted one is the last, and its files are removed. One that cannot be carried to its end, for instance
    because a session hangs, has that as its fault.
    """
    proofs: list[ProcessProof] = []
    for drill in drills:
        proofs.append(_proof(drill, most, at, partial(on_progress or _advance_unseen, drill)))
        if proofs[-1].was_broken_off:
            break
    return tuple(proofs)


def _advance_unseen(drill: str, done: int, of_how_many: int) -> None:
    """Nobody looks."""


def _proof(drill: str, most: int | None, at: Boundary | None, advance: Callable[[int, int], None]) -> ProcessProof:
    folder = Path(tempfile.mkdtemp(prefix="understudy-drill-"))
    try:
        advance(0, 0)
        proof = proof_of(drill, _findings(drill, folder, most, at, advance))
    except KeyboardInterrupt:
        proof = ProcessProof(what=drill, figures={}, faults=(), was_broken_off=True)
        _end_engines_of(folder)
    except Exception as error:  # noqa: BLE001  # whatever it is: the others have their say, and no engine stays
        fault = f"it could not be carried to its end: {type(error).__name__}: {error}"
        proof = ProcessProof(what=drill, figures={}, faults=(fault,))
        _end_engines_of(folder)
    if not proof.faults:
        shutil.rmtree(folder, ignore_errors=True)  # an engine that is just ending may still write to it
    if not folder.exists():
        return proof
    return msgspec.structs.replace(proof, figures={**proof.figures, "folder": str(folder)})


def _end_engines_of(folder: Path) -> None:
    """An engine below strace lives on when strace is killed, and no longer is our child. Its command names it."""
    for command in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):  # it may have ended meanwhile, or be somebody else's
            if os.fsencode(folder) in command.read_bytes():
                os.kill(int(command.parent.name), signal.SIGKILL)


def _findings(
    drill: str, folder: Path, most: int | None, at: Boundary | None, advance: Callable[[int, int], None]
) -> ProcessFindings:
    match drill:
        case "kills":
            return sweep_kills(folder, most=most, at=at, on_progress=advance)
        case "random":
            return kill_at_random(folder, kills=most or RANDOM_KILLS, on_progress=advance)
        case "failures":
            return fail_calls(folder, most=most, on_progress=advance)
        case "flips":
            return flip_bytes(folder, most=most, on_progress=advance)
        case "power":
            return lose_power(folder, most=most, on_progress=advance)
    raise ValueError(f"there is no drill '{drill}': kills, random, failures, flips and power are")
