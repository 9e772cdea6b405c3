"""What-ifs: unchanged code gives the run itself; other code gives what it would have done."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from messages import OrderDenied, SubmitOrder
from ops.config import Config, PracticeVenueSettings, StrategySettings
from ops.errors import ConfigError, UsageError
from ops.identity import Identity, store_identity
from ops.inspection import value_books
from ops.what_if import what_if
from storage import DataDirectory
from tests.recorded import SMALL, small_run, write_data_directory
from tests.simulated_runs import (
    CROSS_FILE,
    Killed,
    config_of,
    halt_for_a_while,
    kill_behind,
    run_to_end,
    run_with,
    with_latency,
)


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("what_if") / "data"
    run_to_end(path)
    return path


def two_strategies() -> Config:
    half = {"capital": "0.5"}
    return config_of(
        cross=msgspec.convert(half, StrategySettings),
        dips=msgspec.convert(half | {"use": "mean_reversion"}, StrategySettings),
    )


def test_unchanged_code_gives_the_run_itself(data_dir: Path) -> None:
    found = what_if(data_dir, [str(CROSS_FILE)])

    assert found.after == found.before
    assert found.before.digest is not None
    assert found.changed == ()
    assert found.before.portfolios == tuple(value_books(data_dir).portfolios)


@pytest.mark.parametrize("latency_ms", [0.0, 1500.0])
def test_commands_come_at_their_place_in_the_data_again(tmp_path: Path, latency_ms: float) -> None:
    summary = run_with(tmp_path, halt_for_a_while(3000, 5000), with_latency(config_of(), latency_ms))

    found = what_if(tmp_path, [str(CROSS_FILE)])

    assert summary.denied > 0
    assert found.after == found.before
    assert found.after.digest == summary.digest


def test_crashes_are_not_repeated_and_change_nothing(tmp_path: Path) -> None:
    summary = run_to_end(tmp_path, crash_seed=3)

    found = what_if(tmp_path, [str(CROSS_FILE)])

    assert (found.before.restarts, found.after.restarts) == (summary.restarts, 0)
    assert (found.after.digest, found.changed) == (summary.digest, ())


def test_a_run_that_was_killed_can_be_asked_about_too(tmp_path: Path) -> None:
    with pytest.raises(Killed):
        run_with(tmp_path, kill_behind(5000))

    found = what_if(tmp_path, ["moving_average_cross"])

    assert found.before.digest is None
    assert found.before.portfolios == found.after.portfolios
    assert found.changed == ()


def test_code_that_never_trades_would_have_left_the_cash_alone(data_dir: Path, tmp_path: Path) -> None:
    idle = tmp_path / "idle.py"
    idle.write_text(CROSS_FILE.read_text().replace("cross.stance = stance", "return"))

    found = what_if(data_dir, [str(idle)])

    assert (found.after.orders, found.after.fills, found.after.portfolios[0].equity) == (0, 0, Decimal(100_000))
    assert {each.run for each in found.changed} == {"before"}
    assert len(found.changed) == found.before.orders > 0


def test_decisions_that_differ_are_told_of_both_runs_in_order_of_time(data_dir: Path) -> None:
    found = what_if(data_dir, ["cross=breakout"])

    times = [each.time_ns for each in found.changed]
    assert times == sorted(times)
    assert {each.run for each in found.changed} == {"before", "after"}
    sent = [each.decision for each in found.changed if each.run == "after"]
    assert found.after.orders >= sum(isinstance(decision, SubmitOrder) for decision in sent) > 0


def test_an_order_more_does_not_make_all_after_it_look_changed(data_dir: Path, tmp_path: Path) -> None:
    eager = tmp_path / "eager.py"
    first = '        if not self.state.crosses:\n            self.target_weight(bar.symbol, 5.0, reason="eager")\n'
    text = CROSS_FILE.read_text()
    taken = "        self._take(bar.symbol, bar.close)\n"
    assert taken in text
    eager.write_text(text.replace(taken, first + taken))

    found = what_if(data_dir, [str(eager)])

    assert [(each.run, type(each.decision)) for each in found.changed] == [("after", OrderDenied)]


def test_code_that_fails_is_told_of(data_dir: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.py"
    broken.write_text(CROSS_FILE.read_text().replace("cross.stance = stance", "raise KeyError(symbol)"))

    found = what_if(data_dir, [str(broken)])

    assert (found.after.orders, found.after.quarantined) == (0, 1)
    assert found.after.restarts > 0


def test_of_several_strategies_the_one_that_is_meant_must_be_named(tmp_path: Path) -> None:
    summary = run_to_end(tmp_path, two_strategies())

    with pytest.raises(UsageError, match=r"2 strategies: cross, dips\. Say which one is meant by breakout: "):
        what_if(tmp_path, ["breakout"])
    with pytest.raises(
        UsageError, match=r"no strategy crss in the run, and no file crss=x\.py\. Did you mean cross\?"
    ):
        what_if(tmp_path, ["crss=x.py"])
    with pytest.raises(UsageError, match="strategy dips is given other code twice"):
        what_if(tmp_path, ["dips=breakout", "dips=rebalancing"])
    same = what_if(tmp_path, ["cross=moving_average_cross", "dips=mean_reversion"])
    assert same.after.digest == summary.digest


def test_code_that_cannot_be_loaded_is_told_in_one_line(data_dir: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="neither a file that can be read"):
        what_if(data_dir, [str(tmp_path / "none.py")])


def test_a_run_at_a_broker_cannot_be_traded_again(tmp_path: Path) -> None:
    config = msgspec.structs.replace(config_of(), venues={"paper": PracticeVenueSettings(url="http://127.0.0.1:1")})
    write_data_directory(tmp_path, small_run())
    with DataDirectory.open(tmp_path, options=SMALL) as directory:
        store_identity(directory, Identity(config, (), "1m", "market"))

    with pytest.raises(UsageError, match=r"traded at a broker, which cannot be asked .* Leave out --strategy"):
        what_if(tmp_path, ["breakout"])
