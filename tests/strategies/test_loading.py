"""Loading: a user's file from anywhere, afresh each time, and one exact line for whatever is wrong with it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from strategies import (
    READY_MADE,
    Strategy,
    StrategyError,
    StrategyParameters,
    StrategyState,
    Timeframe,
    build_parameters,
    load_strategy,
)
from tests.strategies._stage import SYMBOL, Stage

GOOD = """
from __future__ import annotations

from messages import Bar, Symbol
from strategies import Strategy, StrategyParameters, StrategyState, Timeframe
from strategies.indicators import Sma


class AboveAverage(Strategy):
    class Parameters(StrategyParameters, frozen=True):
        period: int = 3
        timeframe: Timeframe = "1m"

    class State(StrategyState):
        averages: dict[Symbol, Sma] = {}

    def on_bar(self, bar: Bar) -> None:
        average = self.state.averages.setdefault(bar.symbol, Sma(self.parameters.period))
        mean = average.update(bar.close)
        if mean is not None:
            self.target_weight(bar.symbol, 1.0 if bar.close > mean else 0.0, reason=f"mean {mean:.2f}")
"""
OUTSIDE = "a strategy sees only market data; give what it needs as Parameters"
SET = "iterates a set, so a replay could differ; a set has no order that two runs share; sort it, or use a dict"
HEAD = "from strategies import Strategy, StrategyParameters, StrategyState, Timeframe\n"
SMALLEST = "class One(Strategy):\n    class Parameters(StrategyParameters, frozen=True):\n        pass\n"


def write(folder: Path, text: str, name: str = "mine.py") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def refusal(reference: str | Path) -> str:
    with pytest.raises(StrategyError) as caught:
        load_strategy(reference)
    return str(caught.value)


def test_every_ready_made_strategy_loads_by_its_name_and_runs_without_settings() -> None:
    for name in READY_MADE:
        strategy = load_strategy(name)

        assert issubclass(strategy, Strategy)
        assert build_parameters(strategy, {}) == strategy.Parameters()


def test_a_file_anywhere_on_disk_plays_and_its_state_survives_a_checkpoint(tmp_path: Path) -> None:
    stage = Stage(load_strategy(write(tmp_path, GOOD)), period=2)

    for close in (10, 11, 12):
        stage.bar(close)
        stage.checkpoint()

    assert stage.wanted == [(SYMBOL, 1.0), (SYMBOL, 1.0)]
    assert [signal.reason for signal in stage.signals] == ["mean 10.50", "mean 11.50"]


def test_an_edited_file_is_loaded_as_it_stands_now(tmp_path: Path) -> None:
    path = write(tmp_path, GOOD)
    before = load_strategy(path)
    path.write_text(GOOD.replace("period: int = 3", "period: int = 7"))

    after = load_strategy(str(path))

    assert [build_parameters(each, {}).period for each in (before, after)] == [3, 7]  # type: ignore[attr-defined]  # the file's own


def test_of_two_strategies_in_a_file_the_one_named_is_loaded(tmp_path: Path) -> None:
    path = write(tmp_path, HEAD + SMALLEST + SMALLEST.replace("One", "Two"))

    assert load_strategy(f"{path}:Two").__name__ == "Two"
    assert refusal(path) == f"{path}:1: defines 2 strategies: One, Two; name one, as {path}:One"
    assert refusal(f"{path}:Six") == f"{path}:1: has no strategy Six; it has One, Two"


def test_a_strategy_imported_from_elsewhere_is_not_one_of_the_files_own(tmp_path: Path) -> None:
    path = write(tmp_path, "from strategies.breakout import Breakout\n" + HEAD + SMALLEST)

    assert load_strategy(path).__name__ == "One"


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("x = 1\nclass (:\n", 2, "syntax error: invalid syntax"),
        ("x = 1\nreturn x\n", 2, "syntax error: 'return' outside function"),
        ("\nimport no_such_module\n", 2, "ModuleNotFoundError at import: No module named 'no_such_module'"),
        ("x = 1\n\ny = x / 0\n", 3, "ZeroDivisionError at import: division by zero"),
        ("raise SystemExit(3)\n", 1, "SystemExit at import: 3"),
        (
            "def broken():\n    raise ValueError('two\\nlines')\n\nbroken()\n",
            2,
            "ValueError at import: two lines",
        ),
        ("x = 1\n", 1, "defines no subclass of strategies.Strategy; define one"),
        (
            HEAD + "class Bare(Strategy):\n    pass\n",
            2,
            "Bare declares no Parameters; add `class Parameters(StrategyParameters, frozen=True)`",
        ),
        (
            HEAD + "class Odd(Strategy):\n    class Parameters:\n        pass\n",
            2,
            "Odd.Parameters is no subclass of strategies.StrategyParameters; make it one",
        ),
        (
            HEAD + SMALLEST + "    class State:\n        pass\n",
            2,
            "One.State is no subclass of strategies.StrategyState; make it one",
        ),
        (
            "from typing import Any\n"
            + HEAD
            + SMALLEST
            + "    class State(StrategyState):\n        model: Any = None\n",
            3,
            "One.State cannot be saved: model has no exact type; "
            "use numbers, text, lists, dicts, indicators and structs of these",
        ),
        (
            HEAD
            + "class Model: ...\n"
            + SMALLEST
            + "    class State(StrategyState):\n        models: dict[str, Model] = {}\n",
            3,
            "One.State cannot be saved: models is Model; "
            "use numbers, text, lists, dicts, indicators and structs of these",
        ),
        (
            HEAD + SMALLEST + "    class State(StrategyState):\n        model: 'Missing' = None\n",
            2,
            "One.State cannot be saved: name 'Missing' is not defined; "
            "use numbers, text, lists, dicts, indicators and structs of these",
        ),
        (
            HEAD + SMALLEST + "    def on_bar(self, bar):\n        pass\n",
            2,
            'One overrides on_bar, but its Parameters have no timeframe; add `timeframe: Timeframe = "1m"`',
        ),
    ],
)
def test_a_broken_file_is_refused_with_file_line_and_reason(
    tmp_path: Path, text: str, line: int, reason: str
) -> None:
    path = write(tmp_path, text)

    assert refusal(path) == f"{path}:{line}: {reason}"


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        (
            "import time\n",
            1,
            "imports time, so a replay could differ; take the time from the message or `self.now_ns`",
        ),
        (
            "x = 1\nfrom random import gauss\n",
            2,
            "imports random, so a replay could differ; keep a seeded sequence of your own in State",
        ),
        (
            "import os.path\n",
            1,
            f"imports os, so a replay could differ; {OUTSIDE}",
        ),
        (
            "def f():\n    from uuid import uuid4\n",
            2,
            "imports uuid, so a replay could differ; count in State instead",
        ),
        (
            "import datetime\nx = datetime.datetime.now()\n",
            2,
            "uses datetime.now, so a replay could differ; take the time from the message or `self.now_ns`",
        ),
        (
            "import numpy as np\nx = np.random.rand()\n",
            2,
            "uses np.random, so a replay could differ; keep a seeded sequence of your own in State",
        ),
        (
            "from numpy.random import default_rng\n",
            1,
            "imports numpy.random, so a replay could differ; keep a seeded sequence of your own in State",
        ),
        (
            "import decimal\ndecimal.getcontext().prec = 6\n",
            2,
            "uses decimal.getcontext, so a replay could differ; it would change how the whole engine counts; "
            "use `with decimal.localcontext()`",
        ),
        (
            "x = open('prices.csv')\n",
            1,
            f"calls open(), so a replay could differ; {OUTSIDE}",
        ),
        (
            "for x in {'a', 'b'}:\n    print(x)\n",
            1,
            SET,
        ),
        (
            "x = [y for y in set(range(3))]\n",
            1,
            SET,
        ),
    ],
)
def test_what_would_make_a_replay_differ_is_refused_before_it_runs(
    tmp_path: Path, text: str, line: int, reason: str
) -> None:
    path = write(tmp_path, text)

    assert refusal(path) == f"{path}:{line}: {reason}"


def test_a_missing_file_is_refused_with_the_names_that_would_do(tmp_path: Path) -> None:
    path = tmp_path / "nowhere.py"

    assert refusal(str(path)) == (
        f"strategy '{path}' is neither a file that can be read (No such file or directory) nor one of "
        "moving_average_cross, mean_reversion, breakout, rebalancing; correct the path or the name"
    )


def test_a_file_that_is_not_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_bytes(b"\xff\xfe\x00")

    assert refusal(path) == f"{path}:1: the file is not UTF-8 text; save it as such"


class Everything(Strategy):
    """One parameter of each kind."""

    class Parameters(StrategyParameters, frozen=True):
        count: int
        ratio: float = 0.5
        timeframe: Timeframe = "1m"
        label: str = "a"
        is_on: bool = False
        weights: tuple[float, ...] = ()


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({}, "count is missing; it must be a whole number. Add it."),
        ({"count": "3"}, "count is '3'; it must be a whole number. Correct it."),
        ({"count": 3.5}, "count is 3.5; it must be a whole number. Correct it."),
        ({"count": True}, "count is True; it must be a whole number. Correct it."),
        ({"count": 3, "ratio": "x"}, "ratio is 'x'; it must be a number. Correct it, or leave it out for 0.5."),
        (
            {"count": 3, "timeframe": "2m"},
            "timeframe is '2m'; it must be one of '1d', '1h', '1m', '1s', '5m'. "
            "Correct it, or leave it out for '1m'.",
        ),
        ({"count": 3, "is_on": 1}, "is_on is 1; it must be true or false. Correct it, or leave it out for False."),
        (
            {"count": 3, "weights": [1, "x"]},
            "weights is [1, 'x']; it must be a list, each a number. Correct it, or leave it out for ().",
        ),
        ({"count": 3, "lable": "b"}, "lable is not one of them. Did you mean label?"),
        (
            {"count": 3, "zzz": "b"},
            "zzz is not one of them; there are count, ratio, timeframe, label, is_on, weights. Remove it.",
        ),
    ],
)
def test_parameters_that_do_not_fit_are_refused_with_key_value_and_cure(
    given: dict[str, Any], problem: str
) -> None:
    with pytest.raises(StrategyError) as caught:
        build_parameters(Everything, given)

    assert str(caught.value) == f"parameters of Everything: {problem}"


def test_parameters_that_fit_are_taken_as_they_are() -> None:
    built = build_parameters(Everything, {"count": 3, "ratio": 1, "weights": [1, 2.5]})

    assert built == Everything.Parameters(count=3, ratio=1.0, weights=(1.0, 2.5))


class Remembering(Strategy):
    """A strategy that overrides every hook but `on_bar`."""

    class Parameters(StrategyParameters, frozen=True):
        first: int = 1

    class State(StrategyState):
        seen: list[str] = []
        limits: dict[str, float] = {}

    def on_quote(self, quote: Any) -> None:
        self.state.seen.append("quote")


def test_the_hooks_that_are_overridden_decide_what_is_asked_for() -> None:
    assert Stage(Remembering).strategy.subscriptions().ticks
    assert Stage(Remembering).strategy.subscriptions().timeframes_ns == ()


def test_two_strategies_of_one_class_do_not_share_what_they_remember() -> None:
    one, two = Stage(Remembering), Stage(Remembering)
    one.quote(1.0, 2.0)

    assert (one.strategy.state.seen, two.strategy.state.seen) == (["quote"], [])
    assert msgspec.structs.asdict(two.strategy.state) == {"seen": [], "limits": {}}
