"""Ending an engine in order, and waiting until it and its guardian have gone."""

from __future__ import annotations

import time
from contextlib import ExitStack
from pathlib import Path

from ops.control.answers import CommandDone
from ops.control.client import ControlClient
from ops.control.commands import Stop
from ops.errors import EngineNotAnswering, EngineNotRunning, UnderstudyError
from ops.processes import HeldProcess, hold, hold_guardian, lock_owner


def stop_engine(data_dir: Path, *, reason: str, timeout_seconds: float) -> CommandDone:
    """Ask over the socket, or by SIGTERM where nobody answers, and wait until the processes have ended.

    Raises EngineNotRunning if nothing runs there, EngineNotAnswering if a process is still there in the end, and
    ControlRefused if the engine says no.
    """
    deadline = time.monotonic() + timeout_seconds
    with ExitStack() as held:
        known = [process for process in (hold_guardian(data_dir), hold(lock_owner(data_dir))) if process]
        for process in known:
            held.callback(process.close)
        try:
            done, told = _ask(data_dir, reason, timeout_seconds)
        except (EngineNotRunning, EngineNotAnswering):
            if not known:
                raise
            done, told = _terminate(known[0]), []
        for process in told:
            held.callback(process.close)
        _wait([*known, *told], deadline, data_dir, timeout_seconds)
    return done


def _ask(data_dir: Path, reason: str, timeout_seconds: float) -> tuple[CommandDone, list[HeldProcess]]:
    with ControlClient(data_dir, timeout_seconds=min(timeout_seconds, 10.0)) as client:
        status = client.status()
        processes = [process for process in (hold(status.engine_pid), hold(status.guardian_pid)) if process]
        try:
            return client.do(Stop(reason=reason)), processes
        except UnderstudyError:
            for process in processes:
                process.close()
            raise


def _terminate(process: HeldProcess) -> CommandDone:
    process.terminate()
    return CommandDone(
        seq=0, text=f"the control socket does not answer, so process {process.pid} was told to end by SIGTERM"
    )


def _wait(processes: list[HeldProcess], deadline: float, data_dir: Path, timeout_seconds: float) -> None:
    for process in processes:
        if not process.wait(deadline - time.monotonic()):
            raise EngineNotAnswering(
                f"process {process.pid}, which serves {data_dir}, has not ended within {timeout_seconds:g} s. "
                f"Wait for it, or end it at once: kill -KILL {process.pid} loses nothing that was accepted."
            )
