"""One input, one digest: however often the run was cut off, by whatever, and whoever failed on the way."""

from __future__ import annotations

import random
import signal
from pathlib import Path
from typing import Any

import pytest

from tests._paths import shared_data
from tests.acceptance._command import (
    DATASETS,
    RUN,
    Summary,
    last_seq,
    run,
    run_and_kill,
    running,
    start,
    understudy,
    wait,
    wait_for_input,
    wait_for_owner,
)

CONFIG = """
[engine]
checkpoint_interval_inputs = {interval}

[source.market]
seed = 11
days = 1
rate = 0.25
symbols = [{{ symbol = "CALM", price = 90 }}, {{ symbol = "WILD", price = 30, annual_volatility = 0.6 }}]

[strategy.revert]
use = "mean_reversion"
capital = 0.5

[strategy.cross]
use = "moving_average_cross"
capital = 0.5
"""
OF_THE_PROCESS = ("seconds", "inputs_per_second", "restarts", "dead_letters", "resumed_from", "actors")
"""What a summary says of the process that came to the end, and not of the trading."""

KILLS = 20


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("config"), interval=100_000)


@pytest.fixture(scope="module")
def undisturbed(config: Path, tmp_path_factory: pytest.TempPathFactory) -> Summary:
    return run("--config", config, data_dir=tmp_path_factory.mktemp("undisturbed"))


def written(folder: Path, *, interval: int) -> Path:
    path = folder / f"every-{interval}.toml"
    path.write_text(CONFIG.format(interval=interval))
    return path


def trading(summary: Summary, *besides: str) -> dict[str, Any]:
    """What a run traded: two runs of one input must agree on all of it."""
    return {name: value for name, value in summary.items() if name not in (*OF_THE_PROCESS, *besides)}


def test_another_process_with_another_hash_seed_trades_the_same(
    config: Path, undisturbed: Summary, tmp_path: Path
) -> None:
    again = run("--config", config, data_dir=tmp_path, hash_seed=1)

    assert undisturbed["orders"] > 50
    assert trading(again) == trading(undisturbed)
    assert again["actors"] == undisturbed["actors"]


def test_the_order_of_the_tables_of_a_configuration_decides_nothing(undisturbed: Summary, tmp_path: Path) -> None:
    head, revert, cross = written(tmp_path, interval=100_000).read_text().split("[strategy.")
    swapped = tmp_path / "swapped.toml"
    swapped.write_text("[strategy.".join((head, f"{cross}\n", revert)))

    assert trading(run("--config", swapped, data_dir=tmp_path / "data")) == trading(undisturbed)


@pytest.mark.parametrize("seed", range(1, 4))
def test_every_actor_fails_once_and_the_trading_is_the_same(
    seed: int, config: Path, undisturbed: Summary, tmp_path: Path
) -> None:
    drilled = run("--config", config, "--crash-seed", seed, data_dir=tmp_path)

    assert trading(drilled, "journal_inputs") == trading(undisturbed, "journal_inputs")
    assert drilled["restarts"] >= len(undisturbed["actors"])
    assert [actor["name"] for actor in drilled["actors"] if actor["restarts"] < 1] == []


def test_a_recorded_day_whose_actors_fail_is_traded_the_same(tmp_path: Path) -> None:
    day = ("--replay", DATASETS / "lwc_2023.toml", "--root", shared_data())

    undisturbed = run(*day, data_dir=tmp_path / "undisturbed")
    drilled = run(*day, "--crash-seed", 3, data_dir=tmp_path / "drilled", hash_seed=3)

    assert trading(drilled, "journal_inputs") == trading(undisturbed, "journal_inputs")
    assert drilled["restarts"] >= len(drilled["actors"])


@pytest.mark.parametrize(("seed", "interval"), [(1, 500), (2, 20_000)])
def test_a_process_killed_at_random_moments_comes_to_the_same_end(
    seed: int, interval: int, undisturbed: Summary, tmp_path: Path
) -> None:
    print(f"seed {seed}")
    draw, total = random.Random(seed), undisturbed["journal_inputs"]
    config = written(tmp_path, interval=interval)
    kills = runs = 0
    while kills < KILLS // 2:
        data_dir = tmp_path / f"data-{runs}"
        runs += 1
        resumed = 0
        while kills < KILLS // 2 and last_seq(data_dir) < total * 3 // 4:
            at_seq = draw.randrange(last_seq(data_dir) + 1, total)
            ended = run_and_kill("--config", config, data_dir=data_dir, at_seq=at_seq)
            if ended.code == 0:
                break
            assert ended.code == -signal.SIGKILL, ended.stderr
            kills, resumed = kills + 1, last_seq(data_dir)

        last = run("--config", config, data_dir=data_dir)

        assert trading(last) == trading(undisturbed)
        if 0 < resumed < total:
            assert last["resumed_from"] == resumed
        assert understudy("journal", "verify", "--data-dir", data_dir).code == 0


def test_a_process_killed_while_it_recovers_comes_back_all_the_same(
    undisturbed: Summary, config: Path, tmp_path: Path
) -> None:
    run_and_kill("--config", config, data_dir=tmp_path, at_seq=undisturbed["journal_inputs"] // 2)
    for _ in range(3):
        process = start(*RUN, "--config", config, "--speed", "max", "--data-dir", tmp_path)
        assert wait_for_owner(process, tmp_path)
        process.kill()
        assert wait(process).code == -signal.SIGKILL

    last = run("--config", config, data_dir=tmp_path)

    assert trading(last) == trading(undisturbed)


def test_a_drill_that_is_killed_goes_on_to_the_same_end(undisturbed: Summary, tmp_path: Path) -> None:
    config = written(tmp_path, interval=500)
    for seed in (1, 2, 3):
        at_seq = undisturbed["journal_inputs"] * seed // 4
        run_and_kill("--config", config, "--crash-seed", seed, data_dir=tmp_path / "data", at_seq=at_seq)

    last = run("--config", config, data_dir=tmp_path / "data")

    assert trading(last, "journal_inputs") == trading(undisturbed, "journal_inputs")


def test_a_run_replayed_from_its_journal_has_the_same_digest(
    config: Path, undisturbed: Summary, tmp_path: Path
) -> None:
    run("--config", config, "--crash-seed", 4, data_dir=tmp_path)

    replayed = understudy("replay", "--json", "--data-dir", tmp_path, hash_seed=5)

    assert replayed.summary()["digest"] == undisturbed["digest"]


def test_the_same_command_after_the_end_says_the_same_again(config: Path, tmp_path: Path) -> None:
    command = (*RUN, "--config", config, "--speed", "max", "--exit-at-end", "--json", "--data-dir", tmp_path)

    first, second = understudy(*command), understudy(*command)

    assert (first.code, second.code) == (0, 0)
    assert second.stdout == first.stdout


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_a_run_in_order_and_the_same_command_goes_on(
    number: signal.Signals, config: Path, undisturbed: Summary, tmp_path: Path
) -> None:
    with running("--config", config, "--speed", 3600, data_dir=tmp_path) as process:
        wait_for_input(process, tmp_path, 1_000)
        process.send_signal(number)
        ended = wait(process)

    last = run("--config", config, data_dir=tmp_path)

    assert ended.summary()["ended"] is False
    assert ended.summary()["journal_inputs"] == last["resumed_from"]
    assert trading(last) == trading(undisturbed)


def test_a_run_that_waits_after_the_end_of_its_data_is_ended_by_a_signal(
    config: Path, undisturbed: Summary, tmp_path: Path
) -> None:
    with running("--config", config, "--speed", "max", data_dir=tmp_path) as process:
        wait_for_input(process, tmp_path, undisturbed["journal_inputs"])
        process.send_signal(signal.SIGTERM)
        ended = wait(process)

    assert trading(ended.summary()) == trading(undisturbed)
