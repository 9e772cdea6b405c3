"""What the house style forbids, as functions from a module to the faults in it, each with its cure."""

from __future__ import annotations

import ast
import re
import sys
import tokenize
from collections.abc import Iterator
from io import StringIO

from tests._source import PACKAGES, FunctionNode, Module

FILE_LINES_MAX = 500
FUNCTION_LINES_MAX = 70
PARAMETERS_MAX = 8
POSITIONAL_MAX = 5

NEVER_IMPORTED_BY = {"actors": ("storage", "gateways", "strategies", "research")}
"""Beyond the order of the packages: `actors` states what it needs in `actors/kernel/ports.py` instead."""

THIRD_PARTIES: dict[str, tuple[str, ...]] = {
    "msgspec": PACKAGES,
    "pykka": ("actors",),
    "lmdb": ("storage",),
    "click": ("cli",),
    "alpaca": ("gateways",),
    "websockets": ("gateways",),
    "aiohttp": ("gateways", "ops"),
    "prometheus_client": ("ops",),
    "textual": ("ops",),
    "pyarrow": ("storage", "gateways", "research", "cli"),
}
"""Each at its edge, so that exchanging one touches one folder."""

IMPORTED_LAZILY = ("alpaca", "websockets", "aiohttp", "prometheus_client", "pyarrow")
"""Heavy or optional: imported inside the function that needs it, so that nothing else pays."""

VAGUE_NAMES = re.compile(r"(Manager|Helper|Helpers|Utils|Util)$")
VAGUE_MODULES = {"utils", "util", "helpers", "helper", "common", "misc"}
UNFINISHED = re.compile(r"#.*\b(TODO|FIXME|XXX|HACK)\b")
BARE_IGNORE = re.compile(r"#\s*type:\s*ignore(?!\[[a-z-]+)")


def imports_that_point_the_wrong_way(module: Module) -> Iterator[str]:
    """Imports of our own packages that lie to the right, or that the package must not know."""
    allowed = PACKAGES[: PACKAGES.index(module.package) + 1]
    refused = NEVER_IMPORTED_BY.get(module.package, ())
    for node, name in _imports(module):
        if name == "tests" or (name in PACKAGES and (name not in allowed or name in refused)):
            yield (
                f"{module.at(node)}: {module.package} may not import {name}; move the code to the left, "
                f"or state what is needed as a Protocol and wire it in ops"
            )


def third_parties_away_from_their_edge(module: Module) -> Iterator[str]:
    """Imports of other people's packages outside the folders that may know them, or too early."""
    inner = {id(node) for function in module.functions() for node in ast.walk(function)} | _typing_only(module)
    for node, name in _imports(module):
        if name in PACKAGES or name in sys.stdlib_module_names or name == "tests":
            continue
        where = THIRD_PARTIES.get(name, ())
        if module.package not in where:
            yield f"{module.at(node)}: {name} may be imported only in {', '.join(where) or 'no package at all'}"
        elif name in IMPORTED_LAZILY and id(node) not in inner:
            yield f"{module.at(node)}: import {name} inside the function that needs it; it is slow or optional"


def oversized(module: Module) -> Iterator[str]:
    """Files, functions and parameter lists past the hard budget."""
    lines = module.text.count("\n")
    if lines > FILE_LINES_MAX:
        yield f"{module.path}: {lines} lines, at most {FILE_LINES_MAX}; split it by idea"
    for function in module.functions():
        length = (function.end_lineno or function.lineno) - function.lineno + 1
        if length > FUNCTION_LINES_MAX:
            yield f"{module.at(function)}: {function.name} has {length} lines, at most {FUNCTION_LINES_MAX}"
        if module.package != "cli":  # click passes one keyword for each option
            yield from _too_many_parameters(module, function)


def swallowed_errors(module: Module) -> Iterator[str]:
    """Handlers that catch everything, and broad ones that do nothing."""
    for node in module.nodes:
        if not isinstance(node, ast.ExceptHandler):
            continue
        if node.type is None:
            yield f"{module.at(node)}: a bare except; name the narrowest type"
        elif _is_broad(node.type) and all(isinstance(line, ast.Pass | ast.Continue) for line in node.body):
            yield f"{module.at(node)}: a broad error is swallowed; catch the narrowest type, or say what happened"


def prints(module: Module) -> Iterator[str]:
    """Calls of `print` outside `cli`."""
    for node in module.nodes:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print":
            yield f"{module.at(node)}: print belongs to cli; log, or return what is to be shown"


def loose_ends(module: Module) -> Iterator[str]:
    """Comments that leave work behind, and `type: ignore` without its error code."""
    for token in tokenize.generate_tokens(StringIO(module.text).readline):
        if token.type != tokenize.COMMENT:
            continue
        where = f"{module.path}:{token.start[0]}"
        if UNFINISHED.search(token.string):
            yield f"{where}: do it, or write it down where work is planned"
        if BARE_IGNORE.search(token.string):
            yield f"{where}: `type: ignore` needs the code of the error that it silences"


def vague_names(module: Module) -> Iterator[str]:
    """Classes and files whose name could hold anything."""
    stem = module.path.rsplit("/", 1)[-1].removesuffix(".py").lstrip("_")
    if stem in VAGUE_MODULES:
        yield f"{module.path}: name the idea that the file holds"
    for node in module.nodes:
        if isinstance(node, ast.ClassDef) and VAGUE_NAMES.search(node.name):
            yield f"{module.at(node)}: {node.name} could hold anything; name what it is"


def missing_docstrings(module: Module) -> Iterator[str]:
    """Modules and public functions at their top level that do not say what they are for."""
    if module.tree.body and ast.get_docstring(module.tree) is None:
        yield f"{module.path}: the module has no docstring"
    for node in module.tree.body:
        if not isinstance(node, FunctionNode) or node.name.startswith("_"):
            continue
        if ast.get_docstring(node) is None:
            yield f"{module.at(node)}: {node.name} has no docstring"


def sleeps_and_mocks(module: Module) -> Iterator[str]:
    """Tests that wait for real time to pass, or that replace our own code by something that agrees."""
    for statement, _ in _imports(module):
        if "unittest" in ast.unparse(statement) and "mock" in ast.unparse(statement):
            yield f"{module.at(statement)}: use the shipped in-memory implementation instead of a mock"
    for node in module.nodes:
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("time.sleep", "sleep"):
            yield f"{module.at(node)}: a test may not sleep; wait on an event with a timeout, or move the clock"


def is_sorted_as_a_public_list(names: list[str]) -> bool:
    """Constants, then classes, then functions, each by name: the order in which ruff keeps `__all__`."""
    return names == sorted(names, key=lambda name: (not name.isupper(), not name[:1].isupper(), name))


def _imports(module: Module) -> Iterator[tuple[ast.stmt, str]]:
    for node in module.nodes:
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node, alias.name.split(".", 1)[0]
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node, node.module.split(".", 1)[0]


def _typing_only(module: Module) -> set[int]:
    blocks = (
        node
        for node in module.nodes
        if isinstance(node, ast.If) and ast.unparse(node.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING")
    )
    return {id(inner) for block in blocks for inner in ast.walk(block)}


def _too_many_parameters(module: Module, function: FunctionNode) -> Iterator[str]:
    arguments = function.args
    positional = [a.arg for a in (*arguments.posonlyargs, *arguments.args) if a.arg not in ("self", "cls")]
    count = len(positional) + len(arguments.kwonlyargs)
    if count > PARAMETERS_MAX:
        yield f"{module.at(function)}: {function.name} takes {count} parameters, at most {PARAMETERS_MAX}"
    if len(positional) > POSITIONAL_MAX:
        yield (
            f"{module.at(function)}: {function.name} takes {len(positional)} parameters by position, "
            f"at most {POSITIONAL_MAX}; put `*` after the first"
        )


def _is_broad(node: ast.expr) -> bool:
    return any(name in ("Exception", "BaseException") for name in re.findall(r"\w+", ast.unparse(node)))
