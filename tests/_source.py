"""The project's own source, read as syntax trees for the tests that judge its shape."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

from tests._paths import REPOSITORY

PACKAGES = ("messages", "rules", "storage", "actors", "gateways", "strategies", "research", "ops", "cli")
"""Left to right: a package may import only those before it."""

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Module:
    """One Python file: `path` is relative to the repository, with `/` between the parts."""

    path: str
    text: str
    tree: ast.Module

    @property
    def package(self) -> str:
        """The top-level folder it lies in."""
        return self.path.split("/", 1)[0]

    @cached_property
    def nodes(self) -> tuple[ast.AST, ...]:
        """Every node of the tree, walked once."""
        return tuple(ast.walk(self.tree))

    def functions(self) -> Iterator[FunctionNode]:
        """All functions and methods, nested ones too."""
        for node in self.nodes:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield node

    def at(self, node: ast.AST) -> str:
        """`path:line` of a node, as editors understand it."""
        return f"{self.path}:{getattr(node, 'lineno', 1)}"


def parse(text: str, path: str = "rules/planted.py") -> Module:
    """A module from text, for tests that plant a fault."""
    return Module(path, text, ast.parse(text))


@cache
def modules(*packages: str) -> tuple[Module, ...]:
    """Every module below these top-level folders, in order of path."""
    found = (path for package in packages for path in sorted((REPOSITORY / package).rglob("*.py")))
    return tuple(_load(path) for path in found)


def existing_packages() -> tuple[str, ...]:
    """The packages that there are so far."""
    return tuple(name for name in PACKAGES if (REPOSITORY / name / "__init__.py").is_file())


@cache
def _load(path: Path) -> Module:
    text = path.read_text("utf-8")
    return Module(path.relative_to(REPOSITORY).as_posix(), text, ast.parse(text, str(path)))
