"""The example of docs/strategies.md: loads, is configured as shown, and does what is said."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from messages import MINUTE_NS
from ops.config import load_config
from strategies import build_parameters, indicators, load_strategy
from tests._paths import REPOSITORY
from tests.strategies._stage import START_NS, SYMBOL, Stage

PAGE = (REPOSITORY / "docs" / "strategies.md").read_text()


def block(language: str) -> str:
    """The one block of code in a language."""
    (found,) = re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    return str(found)


def test_the_example_buys_a_dip_and_sells_when_it_is_back(tmp_path: Path) -> None:
    stage = Stage(load_strategy(_saved(tmp_path)), period=3, dip_fraction=0.01)

    for close in (100, 100, 100, 98):
        stage.bar(close)
    stage.fill(20)
    stage.checkpoint()
    stage.bar(100)

    assert stage.wanted == [(SYMBOL, 0.2), (SYMBOL, 0.0)]
    assert [signal.reason for signal in stage.signals] == ["98 is a dip below 99.00", "100 is back above 99.50"]
    assert stage.strategy.state.fills == 1


def test_the_example_sells_when_its_time_is_up(tmp_path: Path) -> None:
    stage = Stage(load_strategy(_saved(tmp_path)), period=3, dip_fraction=0.01)
    for close in (100, 100, 100, 98):
        stage.bar(close)
    stage.fill(20)

    stage.timer(SYMBOL)

    assert stage.now_ns == START_NS + 4 * MINUTE_NS + 600 * 10**9
    assert stage.signals[-1].reason == "time is up"


def test_the_example_is_configured_as_shown(tmp_path: Path) -> None:
    path = tmp_path / "dips.toml"
    path.write_text(block("toml"))

    strategy = load_config(path).strategies["dips"]

    assert strategy.use == "dip_buyer.py"
    built = build_parameters(load_strategy(_saved(tmp_path)), strategy.parameters)
    given = tomllib.loads(block("toml"))["strategy"]["dips"]["parameters"]
    assert {name: getattr(built, name) for name in given} == given


def test_the_page_names_every_indicator() -> None:
    answers = {"BollingerBands", "MacdLines"}

    assert [name for name in indicators.__all__ if name not in answers and f"`{name}`" not in PAGE] == []


def _saved(folder: Path) -> Path:
    path = folder / "dip_buyer.py"
    path.write_text(block("python"))
    return path
