"""`docs/configuration.md` lists every key as the code has it: unit, default, when a change applies, meaning."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec
import pytest

from ops._config_types import keys_of, type_of_key
from ops._setting_words import SECTIONS, Section
from ops.config import Config
from ops.reload_plan import when_applied
from ops.templates import as_toml
from tests._paths import REPOSITORY

DOCUMENT = REPOSITORY / "docs" / "configuration.md"
IDS = {"venue.<id>": "venue.paper", "portfolio.<id>": "portfolio.main", "strategy.<id>": "strategy.a"}
UNSAID = {"source.market.symbols": "`SIM.A` to `SIM.H`"}
"""Defaults that are too long for a cell."""


def heading(section: Section) -> str:
    return f"### `{section.place}`"


def rows(section: Section) -> Iterator[str]:
    yield "| key | unit | default | a change applies | what it is for |"
    yield "| --- | --- | --- | --- | --- |"
    for key, (unit, meaning) in section.words.items():
        yield f"| `{key}` | {unit} | {default(section, key)} | {when(section, key)} | {meaning} |"


def default(section: Section, key: str) -> str:
    path = f"{section.place}.{key}"
    if path in UNSAID:
        return UNSAID[path]
    if key == "kind":
        return "`simulated`"
    value = type_of_key(section.kind, key)[1]
    if value is msgspec.NODEFAULT:
        return "required"
    if key in ("limits", "parameters"):
        return "its own defaults"
    return "none" if value is None else f"`{as_toml(value)}`"


def when(section: Section, key: str) -> str:
    place = section.place.partition(",")[0]
    if place in ("commission", "slippage"):
        place = f"venue.paper.{place}"
    for words, name in IDS.items():
        place = place.replace(words, name)
    return when_applied(f"{place}.{key}").value


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.place)
def test_a_section_is_documented_as_it_is(section: Section) -> None:
    block = re.split(r"^##", DOCUMENT.read_text().partition(f"{heading(section)}\n")[2], flags=re.MULTILINE)[0]

    assert [line for line in block.splitlines() if line.startswith("|")] == [*rows(section)]
    assert section.about in " ".join(block.split())


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.place)
def test_every_key_has_words(section: Section) -> None:
    kinds = {"kind"} if section.place.startswith(("commission", "slippage")) else set()

    assert set(section.words) == set(keys_of(section.kind)) - kinds


def test_every_table_of_the_file_has_a_section() -> None:
    assert {section.place.split(".")[0] for section in SECTIONS} - {"commission", "slippage"} >= {
        key for key in keys_of(Config) if key not in ("commission", "slippage")
    }
