"""What a field of a command or an answer may hold, in words."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import inspect

_PLAIN: dict[type[inspect.Type], str] = {
    inspect.AnyType: "anything",
    inspect.BoolType: "true or false",
    inspect.DecimalType: "a decimal number",
    inspect.FloatType: "a number",
    inspect.IntType: "a whole number",
    inspect.NoneType: "null",
}


def in_words(kind: inspect.Type) -> str:
    """What a value of this type is, e.g. `one of buy, sell`."""
    match kind:
        case inspect.Metadata():
            return in_words(kind.type)
        case inspect.StrType():
            return f"a string{_length(kind.min_length, kind.max_length)}"
        case inspect.LiteralType():
            return f"one of {', '.join(sorted(str(value) for value in kind.values))}"
        case inspect.UnionType():
            return _either(kind.types)
        case inspect.VarTupleType() | inspect.ListType():
            return f"a list, each {in_words(kind.item_type)}"
        case inspect.DictType():
            return f"an object, each value {in_words(kind.value_type)}"
        case inspect.StructType():
            return kind.cls.__name__
        case _:
            return _PLAIN[type(kind)]


def _either(kinds: Iterable[inspect.Type]) -> str:
    told = sorted(kinds, key=lambda kind: isinstance(kind, inspect.NoneType))  # null last
    return " or ".join(in_words(kind) for kind in told)


def _length(least: int | None, most: int | None) -> str:
    if most is None:
        return ""
    return f" of {least} to {most} characters" if least else f" of at most {most} characters"
