"""What the command and a started engine cost a machine: the modules they import, the memory they take."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests._paths import REPOSITORY

MEBIBYTE = 1 << 20
RESIDENT_MEBIBYTES_MAX = 60

HEAVY = frozenset(
    {
        *("alpaca", "pandas", "numpy", "pydantic", "requests", "websockets", "msgpack"),
        *("aiohttp", "prometheus_client", "pyarrow", "talib", "asyncio", "ssl"),
    }
)
"""Never for an engine that trades on recorded or simulated data at a simulated venue."""

OURS = ("messages", "rules", "storage", "actors", "gateways", "strategies", "research")

CONFIG = """
[source]
speed = "max"

[source.market]
seed = 7
days = 1
rate = 0.2
"""

REPORT = """
import atexit, json, sys
from pathlib import Path

def report():
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines() if ":" in line)
    peak_kib = int(status["VmHWM"].split()[0])
    Path(sys.argv[-1]).write_text(json.dumps({"modules": sorted(sys.modules), "peak_bytes": peak_kib * 1024}))

atexit.register(report)
from cli.main import main
main(sys.argv[1:-1])
"""
"""The command as its entry point runs it; at its end it leaves in a file what it had become."""


def footprint(*arguments: object, report: Path) -> dict[str, Any]:
    """Run the command in a process of its own: the modules it imported, the most memory it ever had."""
    done = subprocess.run(
        [sys.executable, "-c", REPORT, *map(str, arguments), str(report)],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(report.read_text())
    return told


def imported(told: dict[str, Any], names: frozenset[str]) -> set[str]:
    """Which of these packages, or anything in them, a process had imported."""
    return {name.partition(".")[0] for name in told["modules"]} & names


@pytest.mark.parametrize("arguments", [("--help",), ("--version",)])
def test_help_imports_none_of_what_an_engine_is_made_of(arguments: tuple[str, ...], tmp_path: Path) -> None:
    told = footprint(*arguments, report=tmp_path / "report.json")

    assert imported(told, HEAVY | {"pykka", "lmdb", "msgspec", *OURS}) == set()


def test_an_engine_imports_nothing_heavy_and_fits_into_its_memory(tmp_path: Path) -> None:
    config = tmp_path / "tiny.toml"
    config.write_text(CONFIG)

    told = footprint(
        *("run", "--no-guardian", "--config", config, "--exit-at-end", "--data-dir", tmp_path / "data", "--json"),
        report=tmp_path / "report.json",
    )

    assert imported(told, HEAVY) == set()
    assert told["peak_bytes"] <= RESIDENT_MEBIBYTES_MAX * MEBIBYTE
