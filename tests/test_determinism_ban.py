"""Nothing that decides may read a clock, a random source, the environment, a thread, or a set's order."""

from __future__ import annotations

import pytest

from tests._determinism import breaches
from tests._source import modules, parse

DECIDING = ("messages", "rules", "actors", "gateways/simulated", "strategies")

_WHICH_THREAD = "asks which thread it is on, to refuse what only the core may do, or only others"
_BETWEEN_THREADS = "stands between the core and other threads: a lock, and nothing that decides"

ALLOWED: dict[str, dict[str, str]] = {
    "actors/kernel/actor.py": {"imports threading": _WHICH_THREAD},
    "actors/kernel/clock.py": {"imports time": "the one clock: it stamps inputs, and the stamps are journaled"},
    "actors/kernel/committer.py": {"imports threading": "writes the journal on a thread of its own"},
    "actors/kernel/future.py": {"imports threading": _WHICH_THREAD},
    "actors/kernel/ingress.py": {"imports threading": _BETWEEN_THREADS},
    "actors/kernel/kernel.py": {"imports threading": _WHICH_THREAD},
    "actors/kernel/watchdog.py": {"imports threading": "breaks into a hung handler; that it did is journaled"},
}
"""By file, what it may do all the same, and why. An entry that nothing needs any more fails below."""


def test_nothing_that_decides_depends_on_more_than_its_inputs() -> None:
    found = [(module.path, breach) for module in modules(*DECIDING) for breach in breaches(module)]

    assert [str(breach) for path, breach in found if breach.what not in ALLOWED.get(path, {})] == []


def test_every_exception_is_still_needed_and_says_why() -> None:
    used = {(module.path, breach.what) for module in modules(*DECIDING) for breach in breaches(module)}

    listed = {(path, what) for path, exceptions in ALLOWED.items() for what in exceptions}

    assert sorted(listed - used) == []
    assert all(reason for exceptions in ALLOWED.values() for reason in exceptions.values())


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("import time\n", "imports time"),
        ("from time import monotonic_ns\n", "imports time"),
        ("import random\n", "imports random"),
        ("import secrets\n", "imports secrets"),
        ("from uuid import uuid4\n", "imports uuid"),
        ("import threading\n", "imports threading"),
        ("import os\nhome = os.environ['HOME']\n", "imports os"),
        ("from os import environ\n", "imports os"),
        ("def f():\n    import asyncio\n", "imports asyncio"),
        ("from datetime import datetime\nnow = datetime.now()\n", "calls datetime.now"),
        ("import datetime\nnow = datetime.datetime.utcnow()\n", "calls datetime.utcnow"),
        ("from datetime import date\nday = date.today()\n", "calls date.today"),
        ("x = hash('a') % 7\n", "calls hash"),
        ("x = sorted([f], key=lambda f: id(f))\n", "calls id"),
        ("for x in {1, 2}:\n    f(x)\n", "iterates a set"),
        ("for x in set(names):\n    f(x)\n", "iterates a set"),
        ("xs = [f(x) for x in {y for y in z}]\n", "iterates a set"),
        ("xs = list(frozenset(names))\n", "iterates a set"),
        ("names: set[str] = make()\nfor x in names:\n    f(x)\n", "iterates a set"),
        ("def f(names: frozenset[str]) -> None:\n    g(*names)\n", "iterates a set"),
        ("seen = set()\ntext = ','.join(seen)\n", "iterates a set"),
        (
            "class A:\n    def f(self):\n        self.seen = set()\n        return self.seen.pop()\n",
            "iterates a set",
        ),
        ("seen = set()\nfor x in seen - {1}:\n    f(x)\n", "iterates a set"),
        ("seen = {1}\ntotal = sum(seen)\n", "iterates a set"),
    ],
)
def test_a_planted_breach_is_found_and_told_its_cure(text: str, what: str) -> None:
    found = list(breaches(parse(text)))

    assert [breach.what for breach in found] == [what]
    assert found[0].cure


@pytest.mark.parametrize(
    "text",
    [
        "for x in sorted({1, 2}):\n    f(x)\n",
        "seen = set()\nfine = x in seen\nseen.add(1)\ncount = len(seen)\n",
        "seen = {1}\nfine = any(x > 1 for x in seen)\n",
        "names: dict[str, set[int]] = {}\nfor x in names:\n    f(x)\n",
        "from datetime import datetime, UTC\nat = datetime.fromtimestamp(now_ns // 10**9, UTC)\n",
        "class A:\n    def hash(self): ...\nA().hash()\n",
        "for x in {1: 2}:\n    f(x)\n",
    ],
)
def test_what_two_runs_share_is_left_alone(text: str) -> None:
    assert list(breaches(parse(text))) == []
