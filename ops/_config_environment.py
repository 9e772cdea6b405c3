"""Settings changed by the environment: `UNDERSTUDY_PORTFOLIO__MAIN__CASH=5000` is `cash` in `[portfolio.main]`.

Two underscores stand for the dot between tables. The ids of tables are matched without regard to case, and every
character that a variable's name cannot have is `_` there; a variable changes tables that are there and makes none.
A list or a table is written as in TOML, everything else as it is: text needs no quotes.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import msgspec
from msgspec import inspect

from ops._config_errors import (
    cure_for,
    describe,
    is_secret,
    moved_to,
    nearest,
    not_finite,
    one_of,
    plain_secret,
    refuse,
    show,
)
from ops._config_types import bare, is_mapping, keys_of, tables_of, type_of_key, value_type
from ops.errors import ConfigError

PREFIX = "UNDERSTUDY_"
SEPARATOR = "__"
_NEITHER_LETTER_NOR_DIGIT = re.compile(r"[^a-z0-9]")
_CONTAINERS = (inspect.VarTupleType, inspect.ListType, inspect.StructType, inspect.DictType)


@dataclass(frozen=True, slots=True)
class Overrides:
    """Which variable has set which key, in the words that errors use for the key."""

    variables: Mapping[str, str]

    def tell(self, problem: str, *, prefix: str) -> str:
        """A problem with its place: the variable, if one has set the key that it begins with, else the file."""
        for path, variable in self.variables.items():
            if problem.startswith(path) and problem[len(path) : len(path) + 1] in (" ", ":", "[", "."):
                return f"{variable}{problem[len(path) :]}"
        return f"{prefix}{problem}"


def override(raw: dict[str, Any], kind: type[msgspec.Struct], environ: Mapping[str, str]) -> Overrides:
    """Put what the environment says into `raw`, the tables of a file. Raises ConfigError naming the variable."""
    set_by: dict[str, str] = {}
    for variable in sorted(environ):
        if variable.startswith(PREFIX):
            if SEPARATOR in variable:
                path = _put(raw, kind, variable, environ[variable])
                set_by[path] = variable
            else:
                _check_underscores(variable, kind)
    return Overrides(set_by)


def _put(raw: dict[str, Any], root: type[msgspec.Struct], variable: str, text: str) -> str:
    """Set one key; what is returned is its path."""
    *above, last = variable.removeprefix(PREFIX).lower().split(SEPARATOR)
    table, kind, path = raw, root, ""
    for word in above:
        if is_mapping(kind):
            key, kind = _known_id(word, table, variable, path), value_type(kind)
        else:
            key = word
            kind, default = _setting(kind, word, variable, path)
            if isinstance(default, dict) and key not in table:
                table[key] = {name: {} for name in default}
        path = f"{path}.{key}" if path else key
        table = table.setdefault(key, {})
        kind = bare(kind, table)
        if not isinstance(table, dict) or not (is_mapping(kind) or tables_of(kind)):
            raise ConfigError(f"{variable} sets a key of {path}, which is no table. Correct one of them.")
    if is_mapping(kind):
        key, kind, default = _spelled_as(last, table) or last, value_type(kind), msgspec.NODEFAULT
    else:
        key, (kind, default) = last, _setting(kind, last, variable, path)
    table[key] = _value(text, kind, default, variable)
    return f"{path}.{key}" if path else key


def _setting(kind: Any, word: str, variable: str, path: str) -> tuple[Any, Any]:
    known = keys_of(kind)
    full = f"{path}.{word}" if path else word
    if word in known:
        return type_of_key(kind, word)
    if new := moved_to(full):
        raise ConfigError(f"{variable} sets {full}, which is now {new}. Set {_variable(new)} instead.")
    meant = nearest(word, known)
    hint = f"did you mean {_variable(f'{path}.{meant}' if path else meant)}?" if meant else "unset it."
    where = f"[{path}] may hold" if path else "There is"
    raise ConfigError(f"{variable}: {full} is not a setting; {hint} {where} {', '.join(sorted(known))}.")


def _known_id(word: str, tables: dict[str, Any], variable: str, section: str) -> str:
    found = _spelled_as(word, tables)
    if found is not None:
        return found
    written = {_as_variable(name): name for name in tables}
    meant = written.get(nearest(word, written) or "")
    cure = f"Did you mean {show(meant)}?" if meant else f"Add [{section}.{word}] to the file, or unset it."
    there = f"there is {one_of(tables)}" if tables else "there is none"
    raise ConfigError(f"{variable}: {section}.{word} is no table of the configuration; {there}. {cure}")


def _spelled_as(word: str, names: Mapping[str, object]) -> str | None:
    return next((name for name in names if _as_variable(name) == _as_variable(word)), None)


def _as_variable(name: str) -> str:
    return _NEITHER_LETTER_NOR_DIGIT.sub("_", name.lower())


def _value(text: str, kind: Any, default: object, variable: str) -> Any:
    """The text as the file would have said it."""
    about = inspect.type_info(kind)
    members = about.types if isinstance(about, inspect.UnionType) else (about,)
    may_be_container = any(isinstance(each, _CONTAINERS) for each in members)
    if may_be_container:
        try:
            value = tomllib.loads(f"value = {text}")["value"]
        except tomllib.TOMLDecodeError:
            value = text
    else:
        value = text
        try:
            converted = msgspec.convert(text, kind, strict=False)
        except msgspec.ValidationError as error:
            raise ConfigError(refuse(variable, text, describe(about), cure_for(default))) from error
        value = msgspec.to_builtins(converted, builtin_types=(Decimal, date))
    if is_secret(kind) and not isinstance(value, dict):
        raise ConfigError(plain_secret(variable))
    for key, number in not_finite({variable: value}):
        raise ConfigError(refuse(key, number, "a finite number", "Correct it."))
    return value


def _check_underscores(variable: str, kind: type[msgspec.Struct]) -> None:
    """Raises ConfigError for a variable that is a setting but for an underscore; others are not ours to judge."""
    for section in keys_of(kind):
        table = type_of_key(kind, section)[0]
        if is_mapping(table) or not variable.startswith(f"{PREFIX}{section.upper()}_"):
            continue
        key = variable.removeprefix(f"{PREFIX}{section.upper()}_").lower()
        if key in keys_of(table):
            right = _variable(f"{section}.{key}")
            raise ConfigError(f"{variable} sets nothing: two underscores stand for a dot. Did you mean {right}?")


def _variable(path: str) -> str:
    return PREFIX + path.replace(".", SEPARATOR).upper()
