"""Engines on changed files: each is started by itself, and what it comes to is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from ops.drill.process.broker_client import practice_broker
from ops.drill.process.damaged_starts import Damage, Whole, change_bit, start_damaged
from ops.drill.process.session import PRICES, RULES, prepare_session

STATE = Path("state.mdb")
BEHIND_ALL = 4_000_000  # reserved space
A_ROOT_PAGE = 4096 + 16


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Whole:
    """An engine that has traded a short session to its end."""
    folder = tmp_path_factory.mktemp("whole")
    calls = folder / "broker"
    with practice_broker(PRICES, rules=RULES, calls=calls) as broker:
        session = prepare_session(folder, broker, quotes=20)
        data_dir = session.data_dir("whole")
        assert session.run(data_dir).returncode == 0
    return Whole(session, data_dir, calls, broker.port)


def test_an_engine_refuses_what_it_cannot_trust_and_goes_on_with_what_does_not_matter(whole: Whole) -> None:
    damages = [Damage(STATE, BEHIND_ALL, "harmless"), Damage(STATE, A_ROOT_PAGE, "detected")]

    started = start_damaged(whole, damages)

    assert (started.agreed, started.refused, started.faults) == (1, 1, ())


def test_an_engine_that_goes_on_and_does_not_agree_with_its_broker_is_a_fault(whole: Whole, tmp_path: Path) -> None:
    calls = tmp_path / "broker"
    calls.write_bytes(b"")  # a broker that has forgotten everything

    started = start_damaged(whole._replace(broker_calls=calls), [Damage(STATE, BEHIND_ALL, "harmless")])

    assert (started.agreed, started.refused) == (0, 0)
    assert all(
        fault.startswith("state.mdb with byte 4000000 changed, which was harmless: ") for fault in started.faults
    )
    assert started.faults


def test_one_bit_is_changed_and_changed_back(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"\0\0\0")

    change_bit(path, 2)

    assert path.read_bytes() == b"\0\0\4"
    change_bit(path, 2)
    assert path.read_bytes() == b"\0\0\0"
