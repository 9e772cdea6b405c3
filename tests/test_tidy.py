"""The house style, enforced: which way imports point, how large things may be, what is not written."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from inspect import ismodule

import pytest

from tests import _tidy_rules as tidy
from tests._source import Module, existing_packages, modules, parse

Rule = Callable[[Module], Iterator[str]]

OURS = existing_packages()
EVERYWHERE: tuple[Rule, ...] = (tidy.oversized, tidy.swallowed_errors, tidy.loose_ends, tidy.vague_names)
IN_PACKAGES: tuple[Rule, ...] = (
    tidy.imports_that_point_the_wrong_way,
    tidy.third_parties_away_from_their_edge,
    tidy.missing_docstrings,
)


@pytest.mark.parametrize("rule", EVERYWHERE, ids=lambda rule: rule.__name__)
def test_no_file_of_the_project_breaks_the_style(rule: Rule) -> None:
    assert _faults(rule, *OURS, "tests") == []


@pytest.mark.parametrize("rule", IN_PACKAGES, ids=lambda rule: rule.__name__)
def test_no_package_breaks_the_layers_or_hides_its_purpose(rule: Rule) -> None:
    assert _faults(rule, *OURS) == []


def test_nothing_prints_but_the_command_line() -> None:
    assert _faults(tidy.prints, *(name for name in OURS if name != "cli")) == []


def test_no_test_sleeps_or_mocks() -> None:
    assert _faults(tidy.sleeps_and_mocks, "tests") == []


@pytest.mark.parametrize("package", OURS)
def test_the_public_list_of_a_package_is_whole_sorted_and_exists(package: str) -> None:
    module = importlib.import_module(package)

    public = list(module.__all__)

    assert [name for name in public if not hasattr(module, name)] == []
    assert tidy.is_sorted_as_a_public_list(public)
    assert len(set(public)) == len(public)


@pytest.mark.parametrize("package", OURS)
def test_whatever_a_package_imports_for_others_is_on_its_public_list(package: str) -> None:
    module = importlib.import_module(package)

    offered = {name for name, value in vars(module).items() if name[0] != "_" and not ismodule(value)}

    assert sorted(offered - {*module.__all__, "annotations"}) == []


PLANTED: tuple[tuple[Rule, str, str], ...] = (
    (tidy.imports_that_point_the_wrong_way, "rules/planted.py", "import storage\n"),
    (tidy.imports_that_point_the_wrong_way, "rules/planted.py", "from actors.kernel import ports\n"),
    (tidy.imports_that_point_the_wrong_way, "actors/planted.py", "def f():\n    from storage import Journal\n"),
    (tidy.imports_that_point_the_wrong_way, "ops/planted.py", "from tests import _paths\n"),
    (tidy.third_parties_away_from_their_edge, "actors/planted.py", "import lmdb\n"),
    (tidy.third_parties_away_from_their_edge, "ops/planted.py", "import pandas\n"),
    (tidy.third_parties_away_from_their_edge, "gateways/planted.py", "import pyarrow.parquet\n"),
    (tidy.oversized, "rules/planted.py", "x = 1\n" * 501),
    (tidy.oversized, "rules/planted.py", "def f():\n" + "    x = 1\n" * 70),
    (tidy.oversized, "rules/planted.py", "def f(a, b, c, d, e, g): ...\n"),
    (tidy.oversized, "rules/planted.py", "def f(a, *, b, c, d, e, g, h, i, j): ...\n"),
    (tidy.swallowed_errors, "rules/planted.py", "try:\n    f()\nexcept Exception:\n    pass\n"),
    (tidy.swallowed_errors, "rules/planted.py", "try:\n    f()\nexcept:\n    raise\n"),
    (tidy.prints, "rules/planted.py", "print(1)\n"),
    (tidy.loose_ends, "rules/planted.py", "x = 1  # " + "TODO later\n"),
    (tidy.loose_ends, "rules/planted.py", "x = 1  # type" + ": ignore\n"),
    (tidy.vague_names, "rules/utils.py", "x = 1\n"),
    (tidy.vague_names, "rules/planted.py", "class Order" + "Manager: ...\n"),
    (tidy.missing_docstrings, "rules/planted.py", "x = 1\n"),
    (tidy.missing_docstrings, "rules/planted.py", '"""Doc."""\ndef f(): ...\n'),
    (tidy.sleeps_and_mocks, "tests/planted.py", "import time\ntime.sleep(1)\n"),
    (tidy.sleeps_and_mocks, "tests/planted.py", "from unittest.mock import Mock\n"),
)


@pytest.mark.parametrize(("rule", "path", "text"), PLANTED)
def test_a_planted_fault_is_found(rule: Rule, path: str, text: str) -> None:
    faults = list(rule(parse(text, path)))

    assert len(faults) == 1
    assert faults[0].startswith(path)


INNOCENT: tuple[tuple[Rule, str, str], ...] = (
    (tidy.imports_that_point_the_wrong_way, "ops/fine.py", "from messages import Quote\nimport storage\n"),
    (tidy.third_parties_away_from_their_edge, "gateways/fine.py", "def f():\n    import pyarrow\n"),
    (
        tidy.third_parties_away_from_their_edge,
        "gateways/fine.py",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import alpaca\n",
    ),
    (tidy.oversized, "rules/fine.py", "x = 1\n" * 500),
    (tidy.oversized, "rules/fine.py", "def f(self, a, b, c, d, e, *, g, h, i): ...\n"),
    (tidy.swallowed_errors, "rules/fine.py", "try:\n    f()\nexcept KeyError:\n    pass\n"),
    (tidy.loose_ends, "rules/fine.py", "x = 1  # type" + ": ignore[misc]  # the library has no stubs\n"),
)


@pytest.mark.parametrize(("rule", "path", "text"), INNOCENT)
def test_what_is_right_is_left_alone(rule: Rule, path: str, text: str) -> None:
    assert list(rule(parse(text, path))) == []


def _faults(rule: Rule, *packages: str) -> list[str]:
    return [fault for module in modules(*packages) for fault in rule(module)]
