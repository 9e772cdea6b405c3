"""Whether an order was durable before it left: read from hand-written traces, then from those of real engines."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from ops.drill.process.broker_client import practice_broker
from ops.drill.process.session import PRICES, RULES, prepare_session
from ops.drill.process.stracing import why_not_traceable
from ops.drill.process.synced import Stage, check_synced, stages_when_sent
from tests.simulation.process._unsynced import PROGRAM

FILE = "/data/journal/2026-01-01.mdb"
OPEN = f'1 openat(AT_FDCWD</>, "{FILE}", O_RDWR|O_CREAT, 0600) = 8<{FILE}>'
OPEN_SYNCING = f'1 openat(AT_FDCWD</>, "{FILE}", O_WRONLY|O_DSYNC|O_CLOEXEC) = 9<{FILE}>'
PAGE = rf'2 pwrite64(8<{FILE}>, "\n\0\"\243a-1\1", 4096, 12288) = 4096'
PAGES = (
    rf'2 writev(8<{FILE}>, [{{iov_base="\5\0", iov_len=4096}}, {{iov_base="\243a-1\1", iov_len=4096}}], 2) = 8192'
)
SYNC = f"2 fdatasync(8<{FILE}>) = 0"
META = rf'2 pwrite64(9<{FILE}>, "\0\1", 120, 4128) = 120'
META_UNSYNCED = rf'2 pwrite64(8<{FILE}>, "\0\1", 120, 16) = 120'
SEND = r"""3 sendto(15<socket:[7]>, "POST /orders\r\n\r\n{\"client_order_id\":\"a-1\"}", 99, 0, NULL, 0) = 99"""


@pytest.mark.parametrize(
    ("calls", "stage"),
    [
        ([PAGE, SYNC, META, SEND], Stage.DURABLE),
        ([PAGES, SYNC, META, SEND], Stage.DURABLE),
        ([PAGE, SYNC, META_UNSYNCED, SYNC, SEND], Stage.DURABLE),
        ([SEND, PAGE, SYNC, META], Stage.ABSENT),
        ([PAGE, SEND, SYNC, META], Stage.WRITTEN),
        ([PAGE, META, SEND], Stage.WRITTEN),
        ([PAGE, META, SYNC, SEND], Stage.SYNCED),
        ([PAGE, SYNC, SEND, META], Stage.SYNCED),
        ([PAGE, SYNC, META_UNSYNCED, SEND], Stage.SYNCED),
        ([SYNC, PAGE, META, SEND], Stage.WRITTEN),
    ],
)
def test_an_order_must_have_been_written_synced_and_named_when_it_leaves(calls: list[str], stage: Stage) -> None:
    assert stages(calls) == {"a-1": stage}


@pytest.mark.parametrize(
    "calls",
    [
        [PAGE, f"2 fdatasync(8<{FILE}>) = -1 EIO (Input/output error) (INJECTED)", META, SEND],
        [PAGE.replace("= 4096", "= -1 ENOSPC (No space left on device)"), SYNC, META, SEND],
        [PAGE.replace(FILE, "/data/state.mdb"), SYNC, META, SEND],
        [PAGE, SYNC.replace(FILE, "/data/state.mdb"), META, SEND],
        [PAGE.replace("243a-1", "244a-10"), SYNC, META, SEND],
    ],
    ids=["the sync failed", "the write failed", "another file written", "another file synced", "another order"],
)
def test_what_failed_or_concerns_another_file_or_order_does_not_count(calls: list[str]) -> None:
    assert stages(calls)["a-1"] < Stage.SYNCED


def test_a_sync_counts_for_what_was_written_when_it_began_and_only_once_it_has_ended() -> None:
    begun, ended = f"2 fdatasync(8<{FILE}> <unfinished ...>", "2 <... fdatasync resumed>) = 0"
    elsewhere = PAGE.replace("2 ", "4 ", 1)

    assert stages([PAGE, begun, SEND, ended]) == {"a-1": Stage.WRITTEN}
    assert stages([begun, elsewhere, ended, META, SEND]) == {"a-1": Stage.WRITTEN}
    assert stages([PAGE, begun, SEND.replace("a-1", "a-2"), ended, META, SEND])["a-1"] is Stage.DURABLE


def test_an_order_leaves_when_its_call_begins() -> None:
    begun, ended = SEND.replace(") = 99", " <unfinished ...>"), "3 <... sendto resumed>) = 99"

    assert stages([PAGE, begun, SYNC, META, ended]) == {"a-1": Stage.WRITTEN}


def test_a_descriptor_that_is_opened_anew_without_syncing_does_not_sync() -> None:
    anew = OPEN.replace("= 8<", "= 9<")

    assert stages([anew, PAGE, SYNC, META, SEND]) == {"a-1": Stage.SYNCED}


@pytest.mark.skipif(bool(why_not_traceable()), reason=why_not_traceable() or "strace works")
@pytest.mark.parametrize(
    ("options", "fault"),
    [
        ("", ""),
        ("sync=False", "was sent before its intent, which was written, was synced"),
        ("metasync=False", "was sent before the commit of its intent, which was synced, was durable itself"),
    ],
    ids=["as it is", "without a sync", "without a sync of what names it"],
)
def test_an_engine_that_does_not_sync_each_commit_is_found(tmp_path: Path, options: str, fault: str) -> None:
    with practice_broker(PRICES, rules=RULES) as broker:
        session = prepare_session(tmp_path, broker, quotes=40)
        synced = check_synced(replace(session, program=PROGRAM.format(options)), broker)

    assert bool(synced.faults) is bool(fault)
    assert all(each.endswith(fault) for each in synced.faults)
    assert synced.orders + len(synced.faults) > 0


def stages(calls: list[str]) -> dict[str, Stage]:
    """Each order of a trace that begins with the opening of the file."""
    return stages_when_sent([OPEN, OPEN_SYNCING, *calls], journal="/data/journal/")
