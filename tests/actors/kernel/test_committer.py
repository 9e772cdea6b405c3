"""The committer: groups, order, and that nothing leaves before it is durable or after a write has failed."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

import pytest

from actors.kernel import Committer, EngineHalted
from actors.kernel import committer as committer_module
from messages import Checkpoint, DeadLetter, OrderRecord, Recorded, StopEngine
from tests.messages._samples import ORDER, T

SECONDS = 10


class Disk:
    """A journal and a store that write when the test lets them, and log what they wrote in which order."""

    def __init__(self, *, is_open: bool = True) -> None:
        self.gate = threading.Event()
        self.begun = threading.Event()
        self.log: list[Any] = []
        self.fails_at: bytes | None = None
        self.epoch = 1
        self.last_seq = 7
        self.chain = bytes(32)
        if is_open:
            self.gate.set()

    def append(self, frames: Sequence[bytes]) -> None:
        self.begun.set()
        assert self.gate.wait(SECONDS), "the test never opened the gate"
        if self.fails_at in frames:
            raise OSError(f"cannot write {self.fails_at!r}")
        self.log.append(list(frames))

    def save_checkpoint(
        self,
        checkpoint: Checkpoint,
        *,
        orders: Sequence[OrderRecord] = (),
        dead_letters: Sequence[DeadLetter] = (),
    ) -> None:
        if checkpoint.seq < 0:
            raise OSError("cannot write this checkpoint")
        self.log.append((checkpoint.seq, len(orders), len(dead_letters)))

    def latest_checkpoint(self) -> Checkpoint | None:
        return None

    def read(self, after_seq: int = 0) -> Any:
        return iter(())

    read_effects = read

    def committer(self, **terms: Any) -> Committer:
        """A committer on this disk, whose released effects go to the log too."""
        return Committer(self, self, lambda effects: self.log.append([e.seq for e in effects]), **terms)


def turn(seq: int, *, effects: int = 0) -> tuple[bytes, list[Recorded], int]:
    """A turn that is known by its number."""
    return f"turn {seq}".encode(), [Recorded(seq, StopEngine())] * effects, seq


def checkpoint(seq: int) -> Checkpoint:
    """A checkpoint that is known by its number."""
    return Checkpoint(seq=seq, chain=bytes(32), time_ns=T, code_version="test", actors={})


def test_turns_that_wait_while_the_disk_is_busy_are_written_as_one_group() -> None:
    disk = Disk(is_open=False)
    committer = disk.committer()
    committer.submit_turn(*turn(1))
    assert disk.begun.wait(SECONDS)
    for seq in (2, 3, 4):
        committer.submit_turn(*turn(seq))

    disk.gate.set()
    committer.flush()

    assert disk.log == [[b"turn 1"], [b"turn 2", b"turn 3", b"turn 4"]]
    assert committer.durable_seq == 4
    committer.close()


def test_effects_are_released_after_their_turn_is_written_and_turns_without_release_nothing() -> None:
    disk = Disk()
    committer = disk.committer()

    for seq, effects in ((1, 0), (2, 2), (3, 1)):
        committer.submit_turn(*turn(seq, effects=effects))
        committer.flush()

    assert disk.log == [[b"turn 1"], [b"turn 2"], [2, 2], [b"turn 3"], [3]]
    committer.close()


def test_a_checkpoint_is_written_between_the_turns_that_it_was_submitted_between() -> None:
    disk = Disk(is_open=False)
    record = OrderRecord(client_order_id=ORDER.client_order_id, seq=1, status=ORDER.side, intent=ORDER)  # type: ignore[arg-type]  # counted only
    letter = DeadLetter(seq=1, actor="a", time_ns=T, message=b"", error="", traceback="")
    committer = disk.committer(changed_orders=lambda: [record])
    committer.submit_turn(*turn(1, effects=1))
    committer.submit_checkpoint(checkpoint(1), [letter, letter])
    committer.submit_turn(*turn(2))

    disk.gate.set()
    committer.flush()

    assert disk.log == [[b"turn 1"], [1], (1, 1, 2), [b"turn 2"]]
    committer.close()


def test_without_a_store_a_checkpoint_is_left_out() -> None:
    disk = Disk()
    committer = Committer(disk, None, lambda _effects: None)

    committer.submit_checkpoint(checkpoint(1))
    committer.submit_turn(*turn(1))
    committer.flush()

    assert disk.log == [[b"turn 1"]]
    committer.close()


def test_before_anything_is_written_the_journals_end_is_what_is_durable() -> None:
    committer = Disk().committer()

    committer.flush()

    assert committer.durable_seq == 7
    committer.close()


def test_closing_writes_what_waits() -> None:
    disk = Disk(is_open=False)
    committer = disk.committer()
    for seq in (1, 2, 3):
        committer.submit_turn(*turn(seq, effects=1))

    disk.gate.set()
    committer.close()

    written = [each for group in disk.log for each in group if isinstance(each, bytes)]
    assert written == [b"turn 1", b"turn 2", b"turn 3"]
    assert disk.log[-1][-1] == 3


def test_a_core_that_is_faster_than_the_disk_waits_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(committer_module, "BACKLOG_LIMIT", 4)
    disk = Disk()
    committer = disk.committer()

    for seq in range(1, 301):
        committer.submit_turn(*turn(seq))
    committer.flush()

    assert max(len(group) for group in disk.log) <= 4
    assert [each for group in disk.log for each in group] == [f"turn {seq}".encode() for seq in range(1, 301)]
    committer.close()


def test_after_a_failed_write_nothing_more_is_written_or_released_and_everybody_is_told() -> None:
    disk = Disk()
    disk.fails_at = b"turn 2"
    committer = disk.committer()
    committer.submit_turn(*turn(1, effects=1))
    committer.flush()
    committer.submit_turn(*turn(2, effects=1))

    with pytest.raises(EngineHalted, match="cannot write b'turn 2'"):
        committer.flush()
    with pytest.raises(EngineHalted, match="cannot write b'turn 2'"):
        committer.submit_turn(*turn(3))
    with pytest.raises(EngineHalted, match="cannot write b'turn 2'"):
        committer.submit_checkpoint(checkpoint(3))

    assert disk.log == [[b"turn 1"], [1]]
    assert committer.durable_seq == 1
    committer.close()


def test_a_core_that_waits_for_the_disk_is_told_when_it_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(committer_module, "BACKLOG_LIMIT", 1)
    disk = Disk(is_open=False)
    disk.fails_at = b"turn 1"
    committer = disk.committer()
    told: list[str] = []

    def core() -> None:
        for seq in range(1, 9):
            try:
                committer.submit_turn(*turn(seq))
            except EngineHalted as error:
                told.append(str(error))

    thread = threading.Thread(target=core, daemon=True)
    thread.start()
    assert disk.begun.wait(SECONDS)
    disk.gate.set()
    thread.join(SECONDS)

    assert told
    assert set(told) == {"cannot write b'turn 1'"}
    committer.close()


def test_a_checkpoint_that_cannot_be_written_halts_too() -> None:
    committer = Disk().committer()
    committer.submit_checkpoint(checkpoint(-1))

    with pytest.raises(EngineHalted, match="cannot write this checkpoint"):
        committer.flush()
    committer.close()


def test_a_gateway_that_fails_to_take_effects_halts_because_they_are_durable_and_not_sent() -> None:
    def refuse(_effects: list[Recorded]) -> None:
        raise ConnectionError("the gateway is gone")

    committer = Committer(Disk(), None, refuse)
    committer.submit_turn(*turn(1, effects=1))

    with pytest.raises(EngineHalted, match="the gateway is gone"):
        committer.flush()
    committer.close()
