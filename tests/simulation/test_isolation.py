"""I14 over many seeds: who has nothing to do with an actor that fails goes on as if it had not failed."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from ops.drill.simulation.isolation import KINDS, Played, play_twice
from ops.drill.simulation.isolation_world import Failure, wiring_of
from tests._paths import REPOSITORY
from tests.simulation.isolation_mutants import MUTANTS
from tests.simulation.mutants.mutant import Mutant, apply, copy_tree

PLAY = Path(__file__).with_name("play_isolation.py")
SEEDS = int(os.environ.get("ISOLATION_SEEDS", "200"))
SEEDS_FOR_A_MUTANT = 100


@pytest.fixture(scope="module")
def plays() -> list[Played]:
    return [play_twice(seed) for seed in range(SEEDS)]


def test_the_failure_of_one_actor_leaves_the_others_as_they_are(plays: list[Played]) -> None:
    failed = [f"seed {each.seed}, {each.plan}, {each.promise}: {each.difference}" for each in plays]

    assert [text for each, text in zip(plays, failed, strict=True) if each.difference] == []


def test_each_kind_of_actor_fails_in_each_way_that_it_can(plays: list[Played]) -> None:
    hits = Counter((each.plan.actor.partition("/")[0], each.plan.failure) for each in plays if each.struck)
    at_once = {(kind, Failure.CRASH) for kind in KINDS} | {(kind, Failure.STUTTER) for kind in KINDS}
    among_many = {(kind, how) for kind in KINDS[:5] for how in (Failure.HANG, Failure.POISON)}

    assert set(hits) == at_once | among_many | {("strategy", Failure.SICKNESS)}
    assert min(hits.values()) >= 3


def test_each_promise_is_put_to_the_test_by_many_messages(plays: list[Played]) -> None:
    compared: Counter[str] = Counter()
    for each in plays:
        assert each.compared > 20
        assert each.struck
        compared[each.promise] += each.compared

    assert set(compared) == {"equal", "equal but for time", "the others are equal"}
    assert min(compared.values()) > 5_000


def test_portfolios_share_some_symbols_and_not_others() -> None:
    wirings = [wiring_of(seed) for seed in range(50)]

    assert any(len(each.downstream_of("symbol/BOTH12")) == 2 and len(each.symbols) == 3 for each in wirings)
    assert all(len(each.downstream_of("symbol/OWN1")) == 1 for each in wirings)
    assert all(each.downstream_of("venue/p2") == {"p2"} for each in wirings)


@pytest.fixture(scope="module")
def unchanged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    tree = tmp_path_factory.mktemp("unchanged")
    copy_tree(REPOSITORY, tree)
    return tree


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_an_engine_in_which_a_failure_reaches_others_is_found(
    mutant: Mutant, unchanged: Path, tmp_path: Path
) -> None:
    copy_tree(unchanged, tmp_path)
    apply(mutant, tmp_path)

    assert first_failure(tmp_path).startswith("seed ")


def first_failure(tree: Path) -> str:
    """What a play of the engine in `tree` says first."""
    environment = {**os.environ, "PYTHONPATH": str(tree), "PYTHONHASHSEED": "0"}
    command = [sys.executable, "-P", str(PLAY), "0", str(SEEDS_FOR_A_MUTANT)]
    with subprocess.Popen(command, env=environment, cwd=tree, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None, "it was asked for"
        line = process.stdout.readline()
        process.kill()
    return line
