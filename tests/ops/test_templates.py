"""The files that `understudy init` writes: each is a configuration, shows every key, and tells true defaults."""

from __future__ import annotations

import re
from typing import Any

import msgspec
import pytest

from ops._config_types import keys_of
from ops._setting_words import SECTIONS
from ops.config import Config, SourceSettings, parse_config, unsupported
from ops.templates import EXAMPLE, TEMPLATES, as_toml, render
from rules.quality import QualityLimits
from strategies import build_parameters, load_strategy

NAMES = tuple(TEMPLATES)
LEFT_OUT = re.compile(r"^#(?=[a-z_]+ = |\[)", re.MULTILINE)
"""The mark of a setting that is left out; `# ` with a space is for people."""


def text_of(name: str) -> str:
    return render(TEMPLATES[name], file="understudy.toml")


def with_every_setting(text: str) -> Config:
    lines = [line for line in text.splitlines() if EXAMPLE not in continued(line, text)]
    return parse_config(LEFT_OUT.sub("", "\n".join(lines)), name="all.toml")


def continued(line: str, text: str) -> str:
    """A line with the lines below that go on with its comment."""
    after = text.partition(f"{line}\n")[2].splitlines()
    below = next((index for index, each in enumerate(after) if not each.startswith("    ")), len(after))
    return " ".join([line, *(each.strip(" #") for each in after[:below])])


@pytest.mark.parametrize("name", NAMES)
def test_every_template_is_a_configuration(name: str) -> None:
    config = parse_config(text_of(name), name=name)

    assert (unsupported(config) is not None) == (name == "alpaca")


@pytest.mark.parametrize("name", NAMES)
def test_the_values_that_are_commented_out_are_the_defaults(name: str) -> None:
    config, whole = parse_config(text_of(name), name=name), with_every_setting(text_of(name))

    assert set(whole.symbols.values()) == {QualityLimits()}
    assert without_parameters(whole) == without_parameters(config)
    for strategy_id, strategy in whole.strategies.items():
        kind = load_strategy(strategy.use)
        given = config.strategies[strategy_id].parameters
        assert strategy.parameters.keys() | {"timeframe"} == {*keys_of(kind.Parameters)}
        assert build_parameters(kind, strategy.parameters) == build_parameters(kind, given)


def without_parameters(config: Config) -> Config:
    strategies = {
        name: msgspec.structs.replace(strategy, parameters={}) for name, strategy in config.strategies.items()
    }
    return msgspec.structs.replace(config, symbols={}, strategies=strategies)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.place)
def test_every_key_of_a_table_that_is_used_is_shown(name: str, section: Any) -> None:
    text = text_of(name)
    places = [table for table in TEMPLATES[name].tables if table.place == section.place]

    for table in places:
        block = re.split(r"^#?\[", text.partition(f"[{table.name}]\n")[2], maxsplit=1, flags=re.MULTILINE)[0]
        shown = re.findall(r"^#?([a-z_]+) = ", block, re.MULTILINE)
        tables = {key for key in ("limits", "parameters") if key in keys_of(section.kind)}
        asked = table.shown or tuple(key for key in keys_of(section.kind) if key not in tables)
        assert sorted(shown) == sorted(asked)


def test_between_them_the_templates_show_every_key_of_a_source() -> None:
    shown = {key for name in NAMES for key in re.findall(r"^#?([a-z_]+) = ", text_of(name), re.MULTILINE)}
    headers = {
        header for name in NAMES for header in re.findall(r"^\[source\.([a-z]+)\]", text_of(name), re.MULTILINE)
    }

    assert {*keys_of(SourceSettings)} <= shown | headers


def test_paper_trading_has_two_portfolios_and_never_closes() -> None:
    config = parse_config(text_of("paper"), name="paper")

    assert config.source.market is not None
    assert (config.source.speed, config.source.market.continuous) == (1.0, True)
    assert [strategy.portfolio for strategy in config.strategies.values()] == ["main", "main", "swing"]


@pytest.mark.parametrize("name", NAMES)
def test_a_line_fits_into_a_terminal(name: str) -> None:
    assert max(map(len, text_of(name).splitlines())) <= 116


def test_text_is_quoted_as_toml_wants_it() -> None:
    assert as_toml('a "b"\n\\') == r'"a \"b\"\n\\"'
    assert as_toml({"a": (1, 2.5, True), "b": {}}) == "{ a = [1, 2.5, true], b = {} }"
