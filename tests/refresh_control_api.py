"""Writes the tables of `docs/control-api.md` from the code: `python -m tests.refresh_control_api`."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator

import msgspec
from msgspec.inspect import type_info
from msgspec.structs import FieldInfo, fields

from ops.control import answers
from ops.control.requests import COMMANDS_BY_TAG
from ops.control.routes import ROUTES, Parameter, Route
from ops.control.wording import in_words
from tests._paths import REPOSITORY

PAGE = REPOSITORY / "docs" / "control-api.md"
BEGIN = "<!-- from here on written by `python -m tests.refresh_control_api` -->\n"


def main() -> None:
    """Keep what a person wrote, and write the tables below it anew."""
    PAGE.write_text(refreshed(PAGE.read_text("utf-8")), "utf-8")


def refreshed(page: str) -> str:
    """The page with the tables of the code as it is now."""
    return page.partition(BEGIN)[0] + BEGIN + "\n" + "\n".join(_tables())


def _tables() -> Iterator[str]:
    yield "## Questions\n"
    yield "| ask | answer | what |\n| --- | --- | --- |"
    for route in ROUTES:
        yield f"| `{route.method} {route.path}` | {_answer(route)} | {route.text} |"
    for route in ROUTES:
        if route.parameters:
            yield f"\nParameters of `{route.path}`:\n\n| name | default | what |\n| --- | --- | --- |"
            for parameter in route.parameters:
                yield f"| `{parameter.name}` | {_unless_given(parameter)} | {parameter.text} |"
    yield "\n## Commands\n"
    for tag, kind in COMMANDS_BY_TAG.items():
        yield from _struct(f"`{tag}`", kind)
    yield "## Answers\n"
    for name, kind in _answer_types():
        yield from _struct(name, kind)


def _unless_given(parameter: Parameter) -> str:
    if parameter.default is None:
        return "must be given"
    return f"`{parameter.default}`" if parameter.default else "none"


def _answer(route: Route) -> str:
    if route.answer is None:
        return "JSON lines" if route.path.endswith("events") else "OpenAPI"
    return in_words(type_info(route.answer))


def _answer_types() -> Iterable[tuple[str, type[msgspec.Struct]]]:
    for name, kind in vars(answers).items():
        is_answer = (
            inspect.isclass(kind) and issubclass(kind, msgspec.Struct) and kind.__module__ == answers.__name__
        )
        if is_answer and not name.startswith("_"):
            yield name, kind


def _struct(title: str, kind: type[msgspec.Struct]) -> Iterator[str]:
    yield f"### {title}\n\n{inspect.getdoc(kind)}\n"
    told = fields(kind)
    if told:
        yield "| field | holds | default |\n| --- | --- | --- |"
        yield from (
            f"| `{field.encode_name}` | {in_words(type_info(field.type))} | {_default(field)} |" for field in told
        )
        yield ""


def _default(field: FieldInfo) -> str:
    if field.required:
        return "must be given"
    value = field.default_factory() if field.default is msgspec.NODEFAULT else field.default
    return f"`{msgspec.json.encode(value).decode()}`"


if __name__ == "__main__":
    main()
