"""Each measurement in a fresh process: no memory, cache or compiled state of one is left for the next."""

from __future__ import annotations

import subprocess

import msgspec

from ops.bench.errors import BenchError
from ops.bench.terms import Job
from ops.own_process import python


def run_job(job: Job) -> dict[str, float]:
    """The figures of one job. Raises BenchError if its process failed; ends the process if we are interrupted."""
    command = python("-m", "ops.bench")
    # A session of its own: an interrupt from the keyboard then comes to us alone, and we end the child.
    with subprocess.Popen(  # noqa: S603  # our own interpreter on our own module
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    ) as process:
        try:
            output, errors = process.communicate(msgspec.json.encode(job))
        except BaseException:
            process.kill()
            raise
    if process.returncode != 0:
        said = errors.decode(errors="replace").strip().splitlines()
        raise BenchError(
            f"measuring {type(job.terms).__name__} failed with status {process.returncode}: "
            f"{said[-1] if said else 'it said nothing'}"
        )
    return msgspec.json.decode(output, type=dict[str, float])
