"""Other processes of our own: they run our code, wherever they are started."""

from __future__ import annotations

import os
import subprocess
from decimal import Decimal
from pathlib import Path

import pytest

import strategies
from messages import Deployment, PortfolioId, StrategyId, Symbol
from ops.own_process import python, python_path
from ops.vetting import Case, vet


@pytest.fixture
def among_namesakes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A working directory in which somebody has packages called as ours are."""
    for name in ("strategies", "ops"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("raise SystemExit('not ours')")
    monkeypatch.chdir(tmp_path)


@pytest.mark.usefixtures("among_namesakes")
def test_our_own_code_is_imported_whatever_lies_in_the_working_directory() -> None:
    said = subprocess.run(
        python("-c", "import strategies; print(strategies.__file__)"),
        env=os.environ | python_path(),
        capture_output=True,
        text=True,
        check=True,
    )

    assert said.stdout.strip() == strategies.__file__


@pytest.mark.usefixtures("among_namesakes")
def test_code_is_vetted_whatever_lies_in_the_working_directory() -> None:
    deployment = Deployment(
        strategy_id=StrategyId("cross"),
        portfolio_id=PortfolioId("main"),
        use="moving_average_cross",
        symbols=(Symbol("SIM.A"),),
        capital=Decimal("0.5"),
    )

    vet(Case(deployment, default_timeframe="1m", state=None))
