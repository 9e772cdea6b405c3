"""What a power loss leaves: rebuilt from hand-written traces, then looked at for real engines."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from ops.drill.process.power_losses import lose_power
from ops.drill.process.power_starts import told_until
from ops.drill.process.power_states import states_of
from ops.drill.process.stracing import why_not_traceable
from ops.drill.process.written import Change, Files, Recording, recorded
from tests.simulation.process._unsynced import PROGRAM

FILE = "/data/journal/day.mdb"
OPEN = f'1 openat(AT_FDCWD</>, "{FILE}", O_RDWR|O_CREAT, 0600) = 8<{FILE}>'
OPEN_SYNCING = f'1 openat(AT_FDCWD</>, "{FILE}", O_WRONLY|O_DSYNC|O_CLOEXEC) = 9<{FILE}>'
WRITE = f'1 pwrite64(8<{FILE}>, "new", 3, 512) = 3'
WRITE_SYNCING = WRITE.replace("8<", "9<")
SYNC = f"1 fdatasync(8<{FILE}>) = 0"
SYNC_OF_THE_FOLDER = "1 fsync(7</data/journal>) = 0"


@pytest.mark.parametrize(
    ("calls", "uncertain"),
    [
        ([WRITE], ["name", "write"]),
        ([WRITE, SYNC], ["name"]),
        ([SYNC, WRITE], ["name", "write"]),
        ([WRITE, SYNC_OF_THE_FOLDER], ["write"]),
        ([WRITE_SYNCING], ["name"]),
        ([WRITE, WRITE_SYNCING], ["name", "write"]),
        ([WRITE, SYNC.replace("= 0", "= -1 EIO (Input/output error)")], ["name", "write"]),
        ([WRITE.replace("= 3", "= -1 ENOSPC (No space left on device)")], ["name"]),
    ],
)
def test_a_change_is_certain_once_a_sync_of_its_own_file_has_ended(calls: list[str], uncertain: list[str]) -> None:
    recording = recording_of(calls)

    found = recording.uncertain(recording.moments)

    assert ["write" if each.data else "name" for each in found] == uncertain


def test_a_sync_covers_only_what_was_written_when_it_began() -> None:
    begun, ended = f"2 fdatasync(8<{FILE}> <unfinished ...>", "2 <... fdatasync resumed>) = 0"

    assert len(recording_of([begun, WRITE, ended]).uncertain(99)) == 2


def test_a_write_behind_a_seek_lands_where_the_seek_led() -> None:
    seek = f"1 lseek(8<{FILE}>, 4096, SEEK_SET) = 4096"
    pages = f'1 writev(8<{FILE}>, [{{iov_base="ab", iov_len=2}}, {{iov_base="cd", iov_len=2}}], 2) = 4'

    change = recording_of([seek, pages]).changes[-1]

    assert (change.offset, change.data) == (4096, b"abcd")


def test_a_torn_write_leaves_whole_sectors_of_the_disk(tmp_path: Path) -> None:
    files = Files()
    files.apply(Change("", 1, names={"file": 1}))
    files.apply(Change(1, 2, offset=500, data=b"a" * 12 + b"b" * 512 + b"c" * 8), frozenset({0, 2}))

    files.write(tmp_path / "lost")

    assert (tmp_path / "lost" / "file").read_bytes() == bytes(500) + b"a" * 12 + bytes(512) + b"c" * 8


def test_a_file_whose_name_was_not_synced_may_be_gone() -> None:
    recording = recording_of([WRITE, SYNC])

    (lost, kept, *_) = [each.kept for each in states_of(recording, 1) if each.moment == recording.moments]

    assert (lost, kept) == ((frozenset(),), (None,))


@pytest.mark.skipif(bool(why_not_traceable()), reason=why_not_traceable() or "strace works")
@pytest.mark.parametrize(
    ("options", "is_faulty"),
    [("", False), ("sync=False", True), ("metasync=False", True)],
    ids=["as it is", "without a sync", "without a sync of what names a commit"],
)
def test_a_power_loss_takes_nothing_but_from_an_engine_that_does_not_sync(
    tmp_path: Path, options: str, is_faulty: bool
) -> None:
    starts = 0 if is_faulty else 3
    losses = lose_power(tmp_path / "power", most=120, starts=starts, program=PROGRAM.format(options))

    assert losses.rebuilt == 120
    assert losses.turns > 0
    assert bool(losses.faults) is is_faulty
    assert bool(losses.losing_acknowledged_turns + losses.refused) is is_faulty
    assert losses.starts == starts
    assert losses.orders_lost == losses.orders_doubled == 0


def test_a_broker_knows_what_had_left_when_power_was_lost_and_its_market() -> None:
    market = [["quote", each, {"symbol": "ABC"}] for each in range(3)]
    submit = ["request", 3, ["POST", "/orders", {"client_order_id": "o-1"}, {}]]
    cancel = ["request", 4, ["DELETE", "/orders/o-1", None, {}]]
    calls = [market[0], submit, market[1], cancel, market[2]]
    recording = Recording(moments=9, sent={"o-1": 3}, requests=[3, 6])

    known = [told(moment, recording, calls) for moment in (2, 3, 5, 6)]

    assert known == [calls[:1], calls[:3], calls[:3], calls]


def test_an_order_that_had_not_left_is_not_known_though_it_overtook_another() -> None:
    late, early = (["request", 1, ["POST", "/orders", {"client_order_id": each}, {}]] for each in ("o-2", "o-1"))
    recording = Recording(moments=9, sent={"o-1": 3, "o-2": 5}, requests=[3, 5])

    assert told(4, recording, [late, early]) == [early]
    assert told(5, recording, [late, early]) == [late, early]


def told(moment: int, recording: Recording, calls: list[Any]) -> list[Any]:
    """What a broker of these calls is told."""
    lines = b"".join(msgspec.json.encode(each) + b"\n" for each in calls)
    return [msgspec.json.decode(each) for each in told_until(moment, recording, lines).splitlines()]


def recording_of(calls: list[str]) -> Recording:
    """What a trace tells that begins with the opening of the file."""
    return recorded([OPEN, OPEN_SYNCING, *calls], Path("/data"))
