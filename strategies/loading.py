"""From a name or a file to a strategy's class, and from a table of settings to its parameters.

A file is read, checked and run as a module of its own, afresh each time, so that an edited file is the one that
runs. Whatever is wrong with it is a `StrategyError` of one line that begins with file and line.
"""

from __future__ import annotations

import ast
import hashlib
import importlib
import sys
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

import msgspec

from strategies._determinism import breaches
from strategies._parameters import explain_parameters
from strategies._state_types import unsavable_field
from strategies.base import Strategy, StrategyParameters, StrategyState
from strategies.errors import StrategyError

READY_MADE = ("moving_average_cross", "mean_reversion", "breakout", "rebalancing")
"""The strategies that come with the engine, by the name used in configuration."""


@dataclass(frozen=True)
class _Compiled:
    """A file's code, and the line at which each of its classes begins."""

    code: CodeType
    lines: Mapping[str, int]


@dataclass(frozen=True)
class _Play:
    """A module that has run: what to call it in errors, and the line at which each of its classes begins."""

    where: str
    module: ModuleType
    lines: Mapping[str, int]


def load_strategy(reference: str | Path, *, code: str = "") -> type[Strategy]:
    """The class behind a ready-made strategy's name, a file, or `FILE:ClassName`.

    A file must define one subclass of Strategy; where it defines several, `:ClassName` says which. `code` is the
    file's text where it was read before (`read_strategy`); then the file itself is not looked at. Raises
    StrategyError if it cannot be used.
    """
    if isinstance(reference, str) and reference in READY_MADE:
        ready_made = importlib.import_module(f"strategies.{reference}")
        return _the_strategy(_Play(reference, ready_made, {}), None)
    path, class_name = _split(str(reference))
    return _the_strategy(_run(path, code or _read(path, str(reference))), class_name)


def read_strategy(reference: str | Path) -> str:
    """The text of a strategy's file; empty for a ready-made one. Raises StrategyError if it cannot be read."""
    if isinstance(reference, str) and reference in READY_MADE:
        return ""
    path, _ = _split(str(reference))
    return _read(path, str(reference))


def build_parameters(strategy: type[Strategy], given: Mapping[str, Any]) -> StrategyParameters:
    """The strategy's parameters from a table as a configuration file gives it.

    Raises StrategyError naming the key, its value, what is allowed, and the cure.
    """
    try:
        return msgspec.convert(dict(given), strategy.Parameters)
    except (msgspec.ValidationError, ValueError) as error:
        problem = explain_parameters(strategy.Parameters, given, error)
        raise StrategyError(f"parameters of {strategy.__name__}: {problem}") from error


def _split(reference: str) -> tuple[Path, str | None]:
    head, colon, tail = reference.rpartition(":")
    if colon and tail.isidentifier():
        return Path(head), tail
    return Path(reference), None


def _read(path: Path, reference: str) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise StrategyError(f"{path}:1: the file is not UTF-8 text; save it as such") from error
    except OSError as error:
        raise StrategyError(
            f"strategy {reference!r} is neither a file that can be read ({error.strerror}) nor one of "
            f"{', '.join(READY_MADE)}; correct the path or the name"
        ) from error


def _run(path: Path, source: str) -> _Play:
    """Run the source as a new module; it is known to `sys.modules`, where msgspec looks for its types."""
    compiled = _compile(path, source)
    digest = hashlib.sha256(f"{path.absolute()}\n{source}".encode()).hexdigest()[:16]
    module = ModuleType(f"user_strategy_{digest}")
    module.__file__ = str(path)
    sys.modules[module.__name__] = module
    try:
        exec(compiled.code, module.__dict__)  # noqa: S102  # running the user's file is the point
    except (Exception, SystemExit) as error:
        line = _line_of(error, path)
        raise StrategyError(f"{path}:{line}: {type(error).__name__} at import: {_one_line(error)}") from error
    return _Play(str(path), module, compiled.lines)


@lru_cache(maxsize=32)
def _compile(path: Path, source: str) -> _Compiled:
    """The source, checked and compiled: once for each text, for an engine that is made again has the same ones."""
    try:
        tree = ast.parse(source, str(path))
        lines = {node.name: node.lineno for node in ast.walk(tree) if isinstance(node, ast.ClassDef)}
        for breach in breaches(tree):
            raise StrategyError(f"{path}:{breach.line}: {breach.what}, so a replay could differ; {breach.cure}")
        return _Compiled(compile(tree, str(path), "exec"), lines)
    except SyntaxError as error:
        raise StrategyError(f"{path}:{error.lineno or 1}: syntax error: {error.msg}") from error


def _line_of(error: BaseException, path: Path) -> int:
    """The last line of the file itself on the way to the error."""
    frames = traceback.extract_tb(error.__traceback__)
    lines = [frame.lineno for frame in frames if frame.filename == str(path) and frame.lineno]
    return lines[-1] if lines else 1


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split()) or "no reason given"


def _the_strategy(play: _Play, class_name: str | None) -> type[Strategy]:
    where, module = play.where, play.module
    found = {
        value.__name__: value
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, Strategy) and value.__module__ == module.__name__
    }
    names = ", ".join(found)
    if class_name is not None:
        if class_name not in found:
            raise StrategyError(f"{where}:1: has no strategy {class_name}; it has {names or 'none'}")
        return _checked(found[class_name], play)
    if not found:
        raise StrategyError(f"{where}:1: defines no subclass of strategies.Strategy; define one")
    if len(found) > 1:
        first = next(iter(found))
        raise StrategyError(f"{where}:1: defines {len(found)} strategies: {names}; name one, as {where}:{first}")
    return _checked(next(iter(found.values())), play)


def _checked(strategy: type[Strategy], play: _Play) -> type[Strategy]:
    place = f"{play.where}:{play.lines.get(strategy.__name__, 1)}: {strategy.__name__}"
    parameters, state = strategy.Parameters, strategy.State
    if not (isinstance(parameters, type) and issubclass(parameters, StrategyParameters)):
        raise StrategyError(f"{place}.Parameters is no subclass of strategies.StrategyParameters; make it one")
    if parameters is StrategyParameters:
        raise StrategyError(
            f"{place} declares no Parameters; add `class Parameters(StrategyParameters, frozen=True)`"
        )
    if not (isinstance(state, type) and issubclass(state, StrategyState)):
        raise StrategyError(f"{place}.State is no subclass of strategies.StrategyState; make it one")
    _check_types(strategy, place)
    if _wants_bars(strategy) and "timeframe" not in parameters.__struct_fields__:
        raise StrategyError(
            f'{place} overrides on_bar, but its Parameters have no timeframe; add `timeframe: Timeframe = "1m"`'
        )
    return strategy


def _check_types(strategy: type[Strategy], place: str) -> None:
    for name, struct in (("Parameters", strategy.Parameters), ("State", strategy.State)):
        try:
            problem = unsavable_field(struct)
        except (NameError, TypeError) as error:
            problem = _one_line(error)
        if problem is not None:
            raise StrategyError(
                f"{place}.{name} cannot be saved: {problem}; "
                f"use numbers, text, lists, dicts, indicators and structs of these"
            )


def _wants_bars(strategy: type[Strategy]) -> bool:
    return strategy.on_bar is not Strategy.on_bar and strategy.subscriptions is Strategy.subscriptions
