"""What a strategy's file may not use: whatever could make two runs over the same inputs part.

A strategy is replayed: after a crash, in recovery, in a what-if. If it read a clock or drew a random number, the
replay would give other orders than the day itself. The check reads the source and runs nothing; it is meant for
mistakes, not for malice.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

_NOW = "take the time from the message or `self.now_ns`"
_SEED = "keep a seeded sequence of your own in State"
_THREAD = "the engine runs all strategies on one thread; use `self.set_timer`"
_OUTSIDE = "a strategy sees only market data; give what it needs as Parameters"

_DECIMAL = "it would change how the whole engine counts; use `with decimal.localcontext()`"

_MODULES = {
    "time": _NOW,
    "random": _SEED,
    "secrets": _SEED,
    "uuid": "count in State instead",
    "os": _OUTSIDE,
    "sys": _OUTSIDE,
    "io": _OUTSIDE,
    "pathlib": _OUTSIDE,
    "tempfile": _OUTSIDE,
    "shutil": _OUTSIDE,
    "subprocess": _OUTSIDE,
    "socket": _OUTSIDE,
    "ssl": _OUTSIDE,
    "http": _OUTSIDE,
    "urllib": _OUTSIDE,
    "requests": _OUTSIDE,
    "httpx": _OUTSIDE,
    "aiohttp": _OUTSIDE,
    "sqlite3": _OUTSIDE,
    "importlib": "import by name at the top of the file",
    "threading": _THREAD,
    "multiprocessing": _THREAD,
    "concurrent": _THREAD,
    "asyncio": _THREAD,
    "signal": _THREAD,
}
_CALLS = {
    "open": _OUTSIDE,
    "input": _OUTSIDE,
    "hash": "a hash of text differs from run to run; use the text itself as key",
    "id": "an address differs from run to run; use a name or a count",
    "eval": "write the expression out",
    "exec": "write the code out",
    "__import__": "import by name at the top of the file",
    "getcontext": _DECIMAL,
    "setcontext": _DECIMAL,
}
_ATTRIBUTES = {
    ("decimal", "getcontext"): _DECIMAL,
    ("decimal", "setcontext"): _DECIMAL,
    ("datetime", "now"): _NOW,
    ("datetime", "utcnow"): _NOW,
    ("datetime", "today"): _NOW,
    ("date", "today"): _NOW,
    ("Timestamp", "now"): _NOW,
    ("Timestamp", "today"): _NOW,
    ("np", "random"): _SEED,
    ("numpy", "random"): _SEED,
}
_ON_SELF = "declare it in State: what is kept elsewhere is lost in a crash"
_SET_CURE = "a set has no order that two runs share; sort it, or use a dict"


@dataclass(frozen=True)
class Breach:
    """One place where two runs could part."""

    line: int
    what: str
    cure: str


def breaches(tree: ast.AST) -> list[Breach]:
    """All places in a parsed file where two runs could part, in the order of their lines."""
    found = (breach for node in ast.walk(tree) for breach in _in_node(node))
    return sorted(found, key=lambda breach: breach.line)


def _in_node(node: ast.AST) -> Iterator[Breach]:
    match node:
        case ast.Import(names=names):
            for alias in names:
                yield from _in_import(node.lineno, alias.name)
        case ast.ImportFrom(module=str(module), names=names, level=0):
            for alias in names:
                yield from _in_import(node.lineno, f"{module}.{alias.name}")
        case ast.Call(func=ast.Name(id=name)) if name in _CALLS:
            yield Breach(node.lineno, f"calls {name}()", _CALLS[name])
        case ast.Attribute(value=value, attr=attribute):
            owner = ast.unparse(value).rsplit(".", 1)[-1]
            if (owner, attribute) in _ATTRIBUTES:
                yield Breach(node.lineno, f"uses {owner}.{attribute}", _ATTRIBUTES[owner, attribute])
        case ast.ClassDef(bases=bases, body=body) if any(_is_named_strategy(base) for base in bases):
            for method in body:
                if isinstance(method, ast.FunctionDef) and method.name != "__init__":
                    yield from _kept_on_self(method)
        case ast.For(iter=iterated) | ast.comprehension(iter=iterated) if _is_set(iterated):
            yield Breach(iterated.lineno, "iterates a set", _SET_CURE)


def _is_named_strategy(base: ast.expr) -> bool:
    return ast.unparse(base).rsplit(".", 1)[-1] == "Strategy"


def _kept_on_self(method: ast.FunctionDef) -> Iterator[Breach]:
    """Assignments to attributes of a strategy itself; `self.state` and what is in it may be assigned to."""
    own = method.args.args[0].arg if method.args.args else ""
    for node in ast.walk(method):
        match node:
            case ast.Attribute(value=ast.Name(id=name), attr=attribute, ctx=ast.Store()) if name == own:
                if attribute != "state":
                    yield Breach(node.lineno, f"assigns {own}.{attribute}", _ON_SELF)


def _in_import(line: int, name: str) -> Iterator[Breach]:
    top, _, rest = name.partition(".")
    if top in _MODULES:
        yield Breach(line, f"imports {top}", _MODULES[top])
    elif top == "numpy" and rest.startswith("random"):
        yield Breach(line, "imports numpy.random", _SEED)


def _is_set(node: ast.expr) -> bool:
    match node:
        case ast.Set() | ast.SetComp() | ast.Call(func=ast.Name(id="set" | "frozenset")):
            return True
        case _:
            return False
