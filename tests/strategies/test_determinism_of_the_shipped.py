"""What is asked of a user's strategy holds for the rules and the strategies that come with the engine."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from strategies._determinism import breaches
from tests._paths import REPOSITORY

FILES = sorted(
    path
    for package in ("rules", "strategies")
    for path in (REPOSITORY / package).rglob("*.py")
    if path.name != "loading.py"  # it reads and runs files: that is its purpose, and no strategy can reach it
)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(REPOSITORY)))
def test_no_rule_and_no_shipped_strategy_uses_what_a_users_may_not(path: Path) -> None:
    assert breaches(ast.parse(path.read_text())) == []
