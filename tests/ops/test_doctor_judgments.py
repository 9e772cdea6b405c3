"""What the doctor makes of what it has found: both sides of every limit."""

from __future__ import annotations

from pathlib import Path

import pytest

from ops.config import default_config
from ops.doctor import Check, Level, clock, configuration, disk, interpreter, machine, recorded
from ops.doctor.clock import Instant, Reading, Synchronisation
from ops.doctor.disk import Mount, Place, Rights, Room
from ops.doctor.interpreter import Interpreter, Library
from ops.doctor.machine import Limits, Memory, Processors
from ops.doctor.recorded import Books
from ops.errors import ConfigError
from ops.proof_note import ProofNote
from tests.simulated_runs import SOURCE

OK, WARN, FAIL = Level.OK, Level.WARN, Level.FAIL
MIB, GIB = 1 << 20, 1 << 30
SECOND_NS = 1_000_000_000
DAY_NS = 86_400 * SECOND_NS
NOW_NS = 1_795_000_000 * SECOND_NS  # 2026-11-18
HOME = Place(wanted=Path("/srv/run"), existing=Path("/srv/run"))
NOT_MADE = Place(wanted=Path("/srv/run"), existing=Path("/srv"))


def python(
    version: tuple[int, ...] = (3, 11, 7), *, bits: int = 64, asserts: bool = True, kind: str = "CPython"
) -> Check:
    return interpreter.judge_interpreter(
        Interpreter(implementation=kind, version=version, bits=bits, checks_asserts=asserts)
    )


def memory(available: int = 4 * GIB, *, swap: int = 0, used: int = 0) -> Memory:
    return Memory(total=8 * GIB, available=available, swap_total=swap, swap_used=used)


def limits(*, files: int | None = 4096, space: int | None = None, core: int | None = 0) -> Limits:
    return Limits(open_files=files, address_space=space, core_bytes=core)


def mount(kind: str, options: str = "rw,noatime") -> Mount:
    return Mount(kind=kind, point="/srv", source="disk", options=options)


def room(free: int = 9 * GIB, inodes: int | None = 100_000) -> Room:
    return Room(bytes_free=free, bytes_total=10 * GIB, inodes_free=inodes)


def rights(mode: int = 0o700, *, owner: int = 1000, writable: bool = True) -> Rights:
    return Rights(mode=mode, owner=owner, user=1000, is_writable=writable)


def times_ms(median: float, worst: float = 9.0) -> list[float]:
    return [median] * 9 + [worst]


def clock_run(*, year_ns: int = NOW_NS, drift_ns: int = 0) -> Check:
    before = Instant(wall_ns=year_ns, monotonic_ns=0)
    return clock.judge_clock_run(before, Instant(wall_ns=year_ns + SECOND_NS + drift_ns, monotonic_ns=SECOND_NS))


def books(
    *, days: tuple[str, ...] = ("2026-11-18",), note: ProofNote | None = None, kept: bool | None = None
) -> Books:
    return Books(checkpoint_seq=90, days=days, last_seq=100, proven=100, note=note, is_note_kept=kept)


def note(age_days: float) -> ProofNote:
    return ProofNote(time_ns=NOW_NS - int(age_days * DAY_NS), first_seq=1, last_seq=80, chain="ab")


LEVELS: tuple[tuple[str, Check, Level], ...] = (
    ("the oldest Python that will do", python((3, 11, 0)), OK),
    ("one that is too old", python((3, 10, 9)), FAIL),
    ("32 bits", python(bits=32), FAIL),
    ("assertions off", python(asserts=False), FAIL),
    ("another Python", python(kind="PyPy"), WARN),
    ("UTF-8", interpreter.judge_encoding("utf8"), OK),
    ("ASCII", interpreter.judge_encoding("ANSI_X3.4-1968"), WARN),
    ("time zones", interpreter.judge_time_zones(None), OK),
    ("no time zones", interpreter.judge_time_zones("America/New_York cannot be looked up"), FAIL),
    ("two processors", machine.judge_processors(Processors(usable=2, quota=None)), OK),
    ("two by quota", machine.judge_processors(Processors(usable=8, quota=2.0)), OK),
    ("one processor", machine.judge_processors(Processors(usable=1, quota=None)), WARN),
    ("half of eight", machine.judge_processors(Processors(usable=8, quota=0.5)), WARN),
    ("memory enough", machine.judge_memory(memory(512 * MIB)), OK),
    ("memory short", machine.judge_memory(memory(512 * MIB - 1)), WARN),
    ("memory at the edge", machine.judge_memory(memory(128 * MIB)), WARN),
    ("no memory", machine.judge_memory(memory(128 * MIB - 1)), FAIL),
    ("memory unknown", machine.judge_memory(None), WARN),
    ("no swap", machine.judge_swap(memory()), OK),
    ("swap idle", machine.judge_swap(memory(swap=GIB, used=GIB // 10)), OK),
    ("swap in use", machine.judge_swap(memory(swap=GIB, used=GIB // 5)), WARN),
    ("swap unknown", machine.judge_swap(None), WARN),
    ("files enough", machine.judge_open_files(limits(files=1024)), OK),
    ("files few", machine.judge_open_files(limits(files=1023)), WARN),
    ("files too few", machine.judge_open_files(limits(files=127)), FAIL),
    ("files unlimited", machine.judge_open_files(limits(files=None)), OK),
    ("address space unlimited", machine.judge_address_space(limits()), OK),
    ("address space for four files", machine.judge_address_space(limits(space=256 * GIB)), OK),
    ("address space for less", machine.judge_address_space(limits(space=256 * GIB - 1)), FAIL),
    ("core dumps off", machine.judge_core_dumps(limits()), OK),
    ("core dumps on", machine.judge_core_dumps(limits(core=None)), WARN),
    ("small core dumps", machine.judge_core_dumps(limits(core=1)), WARN),
    ("a user", machine.judge_user(1000), OK),
    ("root", machine.judge_user(0), WARN),
    ("a local disk", disk.judge_mount(mount("ext4")), OK),
    ("a remount below a read-only one", disk.judge_mount(mount("ext4", "rw,errors=remount-ro")), OK),
    ("a read-only disk", disk.judge_mount(mount("ext4", "ro")), FAIL),
    ("a network", disk.judge_mount(mount("nfs4")), WARN),
    ("memory as a disk", disk.judge_mount(mount("tmpfs")), WARN),
    ("a container's own files", disk.judge_mount(mount("overlay")), WARN),
    ("a file system in user space", disk.judge_mount(mount("fuse.mergerfs")), WARN),
    ("an unknown disk", disk.judge_mount(None), WARN),
    ("space enough", disk.judge_space(room(GIB)), OK),
    ("space short", disk.judge_space(room(GIB - 1)), WARN),
    ("no space", disk.judge_space(room(64 * MIB - 1)), FAIL),
    ("inodes enough", disk.judge_inodes(room(inodes=1000)), OK),
    ("inodes not counted", disk.judge_inodes(room(inodes=None)), OK),
    ("inodes few", disk.judge_inodes(room(inodes=999)), WARN),
    ("no inodes", disk.judge_inodes(room(inodes=15)), FAIL),
    ("a private folder", disk.judge_rights(HOME, rights()), OK),
    ("a folder that others see into", disk.judge_rights(HOME, rights(0o750)), WARN),
    ("somebody else's folder", disk.judge_rights(HOME, rights(owner=7)), WARN),
    ("a folder that is closed to us", disk.judge_rights(HOME, rights(writable=False)), FAIL),
    ("a folder that can be made", disk.judge_rights(NOT_MADE, rights(0o755)), OK),
    ("a folder that cannot be made", disk.judge_rights(NOT_MADE, rights(writable=False)), FAIL),
    ("a quick disk", disk.judge_write_times(times_ms(5.0, 100.0), None), OK),
    ("a slow disk", disk.judge_write_times(times_ms(5.1), None), WARN),
    ("a disk with pauses", disk.judge_write_times(times_ms(1.0, 101.0), None), WARN),
    ("a disk for archives", disk.judge_write_times(times_ms(101.0, 300.0), None), FAIL),
    ("a disk that lies", disk.judge_write_times(times_ms(0.009), mount("ext4")), WARN),
    ("a disk in memory", disk.judge_write_times(times_ms(0.009), mount("tmpfs")), OK),
    ("a disk that was not timed", disk.judge_write_times(None, None), WARN),
    ("space can be set aside", disk.judge_allocation(True), OK),
    ("space cannot be set aside", disk.judge_allocation(False), WARN),
    ("locks work", disk.judge_locking(True), OK),
    ("locks do not work", disk.judge_locking(False), FAIL),
    ("a socket can be made", disk.judge_socket(True), OK),
    ("no socket can be made", disk.judge_socket(False), FAIL),
    ("a socket was not tried", disk.judge_socket(None), WARN),
    ("a clock that runs evenly", clock_run(drift_ns=50_000_000), OK),
    ("a clock that jumped", clock_run(drift_ns=-51_000_000), WARN),
    ("a clock that begins anew", clock_run(year_ns=0), FAIL),
    ("a disciplined clock", clock.judge_synchronisation(Synchronisation(True, 1.0, 0.001)), OK),
    ("one whose servers are gone", clock.judge_synchronisation(Synchronisation(True, 1.1, 0.001)), WARN),
    ("a free clock", clock.judge_synchronisation(Synchronisation(False, 0.1, 0.001)), WARN),
    ("a clock that nobody tells of", clock.judge_synchronisation(None), WARN),
    ("a quick clock", clock.judge_reading(Reading("tsc", 50.0)), OK),
    ("a source of unknown name", clock.judge_reading(Reading("", 50.0)), OK),
    ("a slow source", clock.judge_reading(Reading("hpet", 50.0)), WARN),
    ("a slow reading", clock.judge_reading(Reading("xen", 1001.0)), WARN),
    ("any zone", clock.judge_time_zone("Asia/Tokyo"), OK),
    ("no folder", recorded.judge_contents(HOME.wanted, None), OK),
    ("an empty folder", recorded.judge_contents(HOME.wanted, []), OK),
    ("a data directory", recorded.judge_contents(HOME.wanted, ["state.mdb", "journal", "log"]), OK),
    ("a journal alone", recorded.judge_contents(HOME.wanted, ["journal"]), WARN),
    ("somebody's documents", recorded.judge_contents(HOME.wanted, ["thesis.tex"]), WARN),
    ("an engine runs", recorded.judge_owner(7, Books(is_clean=False)), OK),
    ("it ended in order", recorded.judge_owner(None, Books(is_clean=True)), OK),
    ("it was killed", recorded.judge_owner(None, Books(is_clean=False)), WARN),
    ("nobody knows how it ended", recorded.judge_owner(None, Books()), WARN),
    ("a good checkpoint", recorded.judge_checkpoint(books()), OK),
    ("no checkpoint yet", recorded.judge_checkpoint(Books(last_seq=4)), OK),
    ("a bad checkpoint passed over", recorded.judge_checkpoint(Books(passed_over=("number 3",))), WARN),
    ("a damaged state", recorded.judge_checkpoint(Books(state_problem="damaged")), FAIL),
    ("an empty journal", recorded.judge_journal(Books(), today="2026-11-18"), OK),
    ("a whole journal", recorded.judge_journal(books(), today="2026-11-18"), OK),
    ("a journal of tomorrow", recorded.judge_journal(books(), today="2026-11-17"), FAIL),
    ("a damaged journal", recorded.judge_journal(Books(journal_problem="damaged"), today="2026-11-18"), FAIL),
    ("one day, not proven", recorded.judge_proof(books(), now_ns=NOW_NS), OK),
    ("two days, not proven", recorded.judge_proof(books(days=("1", "2")), now_ns=NOW_NS), WARN),
    ("proven a week ago", recorded.judge_proof(books(note=note(7), kept=True), now_ns=NOW_NS), OK),
    ("proven before that", recorded.judge_proof(books(note=note(7.1), kept=True), now_ns=NOW_NS), WARN),
    ("proven, and part of it gone", recorded.judge_proof(books(note=note(1), kept=False), now_ns=NOW_NS), FAIL),
    ("proven, then deleted by retention", recorded.judge_proof(books(note=note(1)), now_ns=NOW_NS), OK),
    ("a configuration", configuration.judge_config(Path("a.toml"), default_config(SOURCE)), OK),
    ("refused", configuration.judge_config(Path("a.toml"), default_config(SOURCE), refusal="x"), FAIL),
    ("a wrong one", configuration.judge_config(Path("a.toml"), ConfigError("a.toml: x is 1")), FAIL),
)  # fmt: skip


@pytest.mark.parametrize(
    ("check", "level"), [(check, level) for _, check, level in LEVELS], ids=[n for n, *_ in LEVELS]
)
def test_a_finding_is_judged_and_a_bad_one_has_a_cure(check: Check, level: Level) -> None:
    assert check.level is level, check
    assert check.value
    assert check.why
    assert bool(check.cure) is (level is not OK)


@pytest.mark.parametrize(
    ("version", "wanted", "held"),
    [
        ("3.0.0", ">=3.0,<4", True),
        ("4", ">=3.0,<4", False),
        ("4.0.0rc1", "<4,>=3.0", False),
        ("2.9.9", ">=3.0,<4", False),
        ("4.5.1", "<4.6,>=4.5", True),
        ("4.6", "<4.6,>=4.5", False),
        ("0.2.0", "==0.2", True),
        ("1.0", "", True),
        (None, ">=1", False),
    ],
)
def test_a_version_is_held_against_its_range(version: str | None, wanted: str, held: bool) -> None:
    assert interpreter.is_in_range(version, wanted) is held


def test_a_library_that_is_missing_or_too_old_is_named_with_the_command_that_installs_it() -> None:
    found = [
        Library("lmdb", "<4,>=3.0", "2.1"),
        Library("pykka", ">=4.5", None),
        Library("msgspec", ">=0.22", "0.22.0"),
    ]

    check = interpreter.judge_libraries(found)

    assert (check.level, check.value) == (FAIL, "lmdb 2.1 (needs <4,>=3.0), pykka missing (needs >=4.5)")
    assert check.cure == "Install them: python -m pip install 'lmdb<4,>=3.0' 'pykka>=4.5'"


def test_a_source_tree_that_is_not_installed_is_told() -> None:
    assert interpreter.judge_libraries([]).level is WARN


def test_the_latency_of_an_order_is_told_from_that_of_the_disk() -> None:
    check = disk.judge_write_times(times_ms(1.5, 20.0), None)

    assert check.value == "median 1.50 ms, worst 20.00 ms of 10; an order waits about 3.0 ms"


def test_a_path_lies_on_the_longest_mount_point_and_the_latest_of_equals() -> None:
    text = (
        "21 1 254:0 / / rw,noatime - ext4 /dev/vda rw\n"
        "30 21 0:30 / /srv/my\\040data rw shared:1 - tmpfs tmpfs rw\n"
        "31 21 0:31 / /srv/my\\040data rw shared:2 master:1 - nfs4 server:/x ro\n"
        "32 21 0:32 / /srv/my rw - xfs /dev/b rw\n"
        "garbage\n"
    )

    found = disk.mount_of(Path("/srv/my data/run"), disk.parse_mounts(text))

    assert found == Mount(kind="nfs4", point="/srv/my data", source="server:/x", options="rw,ro")
    assert found.is_read_only
