"""A signal while an engine is being recovered ends the process, and is no failure of the actor that was at work."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Any

import pytest

import ops.running
from messages import Checkpoint
from ops.engine import Engine
from tests.simulated_runs import run_to_end


def test_signals_end_the_process_while_an_engine_is_being_built_and_are_handled_after(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = signal.getsignal(signal.SIGINT)
    while_built: list[Any] = []

    class Watched(Engine):
        def _recover(self, checkpoint: Checkpoint | None) -> None:
            while_built.append(signal.getsignal(signal.SIGINT))
            super()._recover(checkpoint)

    monkeypatch.setattr(ops.running, "Engine", Watched)
    run_to_end(tmp_path)

    assert while_built == [signal.SIG_DFL]
    assert signal.getsignal(signal.SIGINT) == before
