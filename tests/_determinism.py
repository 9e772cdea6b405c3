"""What a deterministic module may not do: read a clock, a random source, the environment, or a set's order."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from tests._source import Module

BANNED_IMPORTS = {
    "time": "take the time from the input being handled (`now_ns`)",
    "random": "take a seeded generator from the kernel",
    "secrets": "take ids and randomness from the kernel",
    "uuid": "count ids instead of drawing them",
    "threading": "the core has one thread; I/O threads belong to gateways and ops",
    "multiprocessing": "processes belong to ops",
    "asyncio": "the core has one thread and its own loop",
    "socket": "the network belongs to gateways",
    "os": "take settings from the configuration",
}
BANNED_CALLS = {
    "hash": "a string's hash differs from run to run; use a digest",
    "id": "an address differs from run to run; use a name or a count",
    "input": "nothing here talks to a terminal",
    "open": "files belong to storage and gateways",
}
BANNED_METHODS = {
    ("datetime", "now"): "take the time from the input being handled (`now_ns`)",
    ("datetime", "utcnow"): "take the time from the input being handled (`now_ns`)",
    ("datetime", "today"): "take the time from the input being handled (`now_ns`)",
    ("date", "today"): "take the time from the input being handled (`now_ns`)",
}
ORDER_BLIND = {"sorted", "len", "min", "max", "any", "all", "set", "frozenset"}
"""Calls whose answer does not depend on the order in which a set gives its members."""
ORDER_BOUND = {"list", "tuple", "enumerate", "iter", "zip", "map", "filter", "reversed", "sum", "next", "dict"}
SET_CURE = "a set has no order that two runs share; sort it, or keep a dict"
SET_MAKERS = {"set", "frozenset"}
SET_ANNOTATIONS = ("set[", "frozenset[", "Set[", "AbstractSet[", "MutableSet[")


@dataclass(frozen=True)
class Breach:
    """One place where two runs could part: what was used, where, and what to do instead."""

    what: str
    where: str
    cure: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}; {self.cure}"


def breaches(module: Module) -> Iterator[Breach]:
    """All places in a module where two runs over the same inputs could part."""
    sets = _names_of_sets(module)
    blind = _order_blind_generators(module)
    for node in module.nodes:
        yield from _banned_import(module, node)
        if isinstance(node, ast.Call):
            yield from _banned_call(module, node)
        if id(node) not in blind:
            for iterated in _iterated(node):
                if _is_set(iterated, sets):
                    yield Breach("iterates a set", module.at(iterated), SET_CURE)


def _banned_import(module: Module, node: ast.AST) -> Iterator[Breach]:
    names: list[str] = []
    if isinstance(node, ast.Import):
        names = [alias.name for alias in node.names]
    elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
        names = [node.module]
    for name in names:
        top = name.split(".", 1)[0]
        if top in BANNED_IMPORTS:
            yield Breach(f"imports {top}", module.at(node), BANNED_IMPORTS[top])


def _banned_call(module: Module, node: ast.Call) -> Iterator[Breach]:
    if isinstance(node.func, ast.Name) and node.func.id in BANNED_CALLS:
        yield Breach(f"calls {node.func.id}", module.at(node), BANNED_CALLS[node.func.id])
    elif isinstance(node.func, ast.Attribute):
        owner = ast.unparse(node.func.value).rsplit(".", 1)[-1]
        cure = BANNED_METHODS.get((owner, node.func.attr))
        if cure:
            yield Breach(f"calls {owner}.{node.func.attr}", module.at(node), cure)


def _iterated(node: ast.AST) -> list[ast.expr]:
    match node:
        case ast.For(iter=iterated) | ast.AsyncFor(iter=iterated):
            return [iterated]
        case ast.ListComp() | ast.DictComp() | ast.GeneratorExp():
            return [generator.iter for generator in node.generators]
        case ast.Starred(value=value):
            return [value]
        case ast.Call(func=ast.Name(id=name), args=arguments) if name in ORDER_BOUND:
            return list(arguments)
        case ast.Call(func=ast.Attribute(attr="join" | "extend" | "fromkeys"), args=arguments):
            return list(arguments)
        case ast.Call(func=ast.Attribute(attr="pop", value=value), args=[]):
            return [value]
        case _:
            return []


def _order_blind_generators(module: Module) -> set[int]:
    return {
        id(argument)
        for node in module.nodes
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ORDER_BLIND
        for argument in node.args
    }


def _is_set(node: ast.expr, names: set[str]) -> bool:
    match node:
        case ast.Set() | ast.SetComp():
            return True
        case ast.Call(func=ast.Name(id=name)):
            return name in SET_MAKERS
        case ast.BinOp(op=ast.BitOr() | ast.BitAnd() | ast.Sub() | ast.BitXor(), left=left, right=right):
            return _is_set(left, names) or _is_set(right, names)
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name in names
        case _:
            return False


def _names_of_sets(module: Module) -> set[str]:
    """Variables, parameters and fields that hold a set, by name: coarse on purpose, one name one meaning."""
    names: set[str] = set()
    for node in module.nodes:
        match node:
            case ast.AnnAssign(target=target, annotation=annotation) if _says_set(annotation):
                names.add(_last_name(target))
            case ast.arg(arg=name, annotation=ast.expr() as annotation) if _says_set(annotation):
                names.add(name)
            case ast.Assign(targets=targets, value=value) if _is_set(value, names):
                names.update(_last_name(target) for target in targets)
            case _:
                pass
    return names


def _says_set(annotation: ast.expr) -> bool:
    text = ast.unparse(annotation).rsplit(".", 1)[-1] if "." in ast.unparse(annotation) else ast.unparse(annotation)
    return text in SET_MAKERS or text.startswith(SET_ANNOTATIONS)


def _last_name(target: ast.expr) -> str:
    return target.attr if isinstance(target, ast.Attribute) else ast.unparse(target)
