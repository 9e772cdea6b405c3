"""why: one order's chain for people and for programs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from cli.main import main
from ops.export import plain
from ops.why import explain_order
from tests.simulated_runs import run_to_end


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("why") / "data"
    run_to_end(path)
    return path


def test_people_see_a_chain_with_times(data_dir: Path) -> None:
    result = _run(data_dir, "cross-2")

    assert (result.exit_code, result.stderr) == (0, "")
    lines = result.stdout.splitlines()
    assert lines[0].endswith("-cross-2: filled")
    heads = [line.split() for line in lines if line[:2] == "20"]
    assert [head[1] for head in heads][:5] == ["input", "signal", "risk", "intent", "outcome"]
    assert [head[0] for head in heads] == sorted(head[0] for head in heads)
    assert heads[-1][1] == "position"
    below = [line.split()[:2] for line in lines if line.startswith("   ")]
    for shown in (["strategy/cross", "Bar"], ["because", "fast"], ["cash", "passed"]):
        assert shown in below


def test_programs_get_one_object(data_dir: Path) -> None:
    told: dict[str, Any] = json.loads(_run(data_dir, "cross-2", "--json").stdout)

    assert told == plain(explain_order(data_dir, "cross-2"))
    assert list(told) == ["order", "status", "chain", "notes"]
    assert [link["link"] for link in told["chain"]][:4] == ["input", "signal", "risk", "intent"]


def test_an_unknown_order_is_a_misuse_told_in_one_line(data_dir: Path) -> None:
    result = _run(data_dir, "cros-2")

    assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (2, "", 1)
    assert result.stderr.startswith("understudy: there is no order cros-2 in the journal; the nearest are ")


def _run(data_dir: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["why", *arguments, "--data-dir", str(data_dir)])
