"""The judge shares no code with what it judges, and depends on nothing but what it is told."""

from __future__ import annotations

import ast
import sys

import pytest

from tests._determinism import breaches
from tests._source import Module, modules, parse

PACKAGE = "ops.drill.broker"


def test_the_broker_imports_the_standard_library_and_itself_only() -> None:
    assert [found for module in modules("ops/drill/broker") for found in _foreign_imports(module)] == []


@pytest.mark.parametrize(
    "line", ["import rules", "from messages import Quote", "from ops.books import x", "import lmdb"]
)
def test_a_planted_import_is_found(line: str) -> None:
    assert len(_foreign_imports(parse(line))) == 1


def test_the_broker_reads_no_clock_and_draws_nothing() -> None:
    assert [str(breach) for module in modules("ops/drill/broker") for breach in breaches(module)] == []


def _foreign_imports(module: Module) -> list[str]:
    names: list[str] = []
    for node in module.nodes:
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names.append(f"{'.' * node.level}{node.module}")
    return [f"{module.path}: {name}" for name in names if not _is_independent(name)]


def _is_independent(name: str) -> bool:
    return name.split(".", maxsplit=1)[0] in sys.stdlib_module_names or f"{name}.".startswith(f"{PACKAGE}.")
