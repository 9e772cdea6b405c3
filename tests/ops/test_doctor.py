"""The doctor on real folders: there or not, ours or not, whole or damaged."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ops.doctor import Check, Level, disk, examine, machine
from ops.doctor.disk import locate
from ops.inspection import verify_journal
from tests.recorded import small_run, write_data_directory

DISK_CHECKS = (
    "file system", "free space", "free inodes", "permissions", "write latency", "reserved space", "file locks",
    "control socket",
)  # fmt: skip


def examined(path: Path | None, config: Path | None = None, **environ: str) -> dict[str, Check]:
    found = examine(path, config_path=config, environ=environ)
    checks = {check.name: check for check in found}
    assert len(checks) == len(found), "each check has its own name"
    return checks


@contextmanager
def locked(path: Path) -> Iterator[None]:
    with (path / "lock").open("r+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        yield


def flip_a_byte(path: Path, *, within: bytes) -> None:
    content = bytearray(path.read_bytes())
    content[content.rindex(within)] ^= 1
    path.write_bytes(content)


def test_a_folder_that_is_not_there_is_judged_by_the_nearest_one_and_nothing_is_left(tmp_path: Path) -> None:
    checks = examined(tmp_path / "some" / "where")

    assert checks["data directory"].value == f"{tmp_path}/some/where, none yet"
    assert checks["permissions"].value == f"none yet; {tmp_path} is there"
    assert set(DISK_CHECKS) <= set(checks)
    assert "engine" not in checks
    assert list(tmp_path.iterdir()) == []


def test_a_data_directory_is_examined_and_left_as_it_is(tmp_path: Path) -> None:
    write_data_directory(tmp_path, small_run())
    tmp_path.chmod(0o700)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.mdb")}

    checks = examined(tmp_path)

    assert checks["engine"].value == "does not run; the last one ended in order"
    assert checks["checkpoint"].value == "none; a start replays 5 inputs"
    assert checks["journal"].value == "5 inputs in 1 day; the last 5 are proven"
    assert checks["permissions"].level is Level.OK
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.mdb")} == before


def test_an_engine_that_runs_is_told_with_its_process(tmp_path: Path) -> None:
    write_data_directory(tmp_path, small_run())

    with locked(tmp_path):
        checks = examined(tmp_path)

    assert checks["engine"].value == f"runs, process {os.getpid()}"


def test_a_changed_byte_in_the_journal_is_found(tmp_path: Path) -> None:
    write_data_directory(tmp_path, small_run())
    flip_a_byte(tmp_path / "journal" / "2026-01-05.mdb", within=b"AAPL")

    checks = examined(tmp_path)

    assert checks["journal"].level is Level.FAIL
    assert "is damaged from input" in checks["journal"].value


def test_a_damaged_state_does_not_keep_the_journal_from_being_proven(tmp_path: Path) -> None:
    write_data_directory(tmp_path, small_run())
    with (tmp_path / "state.mdb").open("r+b") as file:
        file.truncate(5000)

    checks = examined(tmp_path)

    assert checks["checkpoint"].level is Level.FAIL
    assert checks["journal"].value == "5 inputs in 1 day; the last 5 are proven"
    assert checks["engine"].level is Level.WARN


def test_a_journal_that_lacks_what_was_proven_fails(tmp_path: Path) -> None:
    write_data_directory(tmp_path, small_run(), days=("2026-01-05", "2026-01-06"))
    assert examined(tmp_path)["journal proven"].level is Level.WARN
    verify_journal(tmp_path)
    assert examined(tmp_path)["journal proven"].level is Level.OK

    (tmp_path / "journal" / "2026-01-06.mdb").unlink()

    assert examined(tmp_path)["journal proven"].level is Level.FAIL


def test_a_journal_without_its_state_is_told(tmp_path: Path) -> None:
    write_data_directory(tmp_path, small_run())
    (tmp_path / "state.mdb").unlink()

    checks = examined(tmp_path)

    assert checks["data directory"].value == f"{tmp_path}, without its state.mdb"
    assert checks["checkpoint"].value == "none; a start replays 5 inputs"
    assert checks["engine"].value == "does not run; how the last one ended is not known"


def test_a_file_in_place_of_the_folder_fails(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")

    checks = examined(tmp_path / "data")

    assert checks["permissions"].level is Level.FAIL
    assert checks["write latency"].value == "not tried: nothing can be written there"


@pytest.mark.skipif(not Path("/proc/self/mountinfo").exists(), reason="no /proc")
def test_a_folder_that_refuses_files_is_told_and_not_tried() -> None:
    """/proc is a folder where nobody, root included, makes files."""
    checks = examined(Path("/proc/none"))

    assert checks["write latency"].value == "not tried: nothing can be written there"
    assert checks["control socket"].level is Level.WARN


def test_the_configuration_names_the_data_directory_unless_it_is_given(tmp_path: Path) -> None:
    config = tmp_path / "paper.toml"
    config.write_text(f'[source]\nmarket = {{ seed = 7 }}\n[storage]\ndata_dir = "{tmp_path}/there"\n')

    named, given = examined(None, config), examined(tmp_path / "here", config)

    assert named["configuration"].level is Level.OK
    assert named["data directory"].value == f"{tmp_path}/there, none yet"
    assert given["data directory"].value == f"{tmp_path}/here, none yet"


def test_a_configuration_that_is_wrong_fails_with_its_own_words(tmp_path: Path) -> None:
    config = tmp_path / "paper.toml"
    config.write_text("[sorce]\n")

    check = examined(tmp_path, config)["configuration"]

    assert check.level is Level.FAIL
    assert check.value.startswith(f"{config}: sorce is not a setting; did you mean source?")


@pytest.mark.parametrize(
    ("text", "refusal"),
    [
        ('[strategy.a]\nuse = "nope"', "strategy.a: "),
        ('[strategy.a]\nuse = "/tmp/"', "strategy.a: "),
        ("[strategy.a]\nparameters = { fast_priod = 3 }", "strategy.a: "),
        ('[strategy.a]\nsymbols = ["SIM.Q"]', "strategy.a.symbols names SIM.Q"),
        ('[alerts]\nwebhook = { env = "NOPE_X" }', "the environment variable NOPE_X is not set."),
        ('[alerts]\nwebhook = { file = "open" }', "secret file open can be read by others, mode 0644."),
    ],
)
def test_a_configuration_that_a_start_would_refuse_fails_with_the_words_of_the_start(
    text: str, refusal: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "open").write_text("https://example.org/hook")
    (tmp_path / "open").chmod(0o644)
    config = tmp_path / "paper.toml"
    config.write_text(f"{text}\n[source]\nmarket = {{ seed = 7 }}\n")

    check = examined(tmp_path, config)["configuration"]

    assert check.level is Level.FAIL
    assert check.value.startswith(f"{config}: {refusal}")


def test_a_credential_of_systemd_is_looked_for_where_there_are_any(tmp_path: Path) -> None:
    config = tmp_path / "paper.toml"
    config.write_text('[source]\nmarket = { seed = 7 }\n[alerts]\nwebhook = { credential = "hook" }\n')

    by_hand = examined(tmp_path / "data", config)
    by_systemd = examined(tmp_path / "data", config, CREDENTIALS_DIRECTORY=str(tmp_path))

    assert by_hand["configuration"].level is Level.OK
    assert by_systemd["configuration"].level is Level.FAIL


def test_a_configuration_on_data_that_are_not_there_fails(tmp_path: Path) -> None:
    config = tmp_path / "fx.toml"
    config.write_text(f'[source]\nreplay = ["{tmp_path}/none.toml"]\n')

    check = examined(tmp_path, config)["configuration"]

    assert (check.level, "there is no such file" in check.value) == (Level.FAIL, True)


def test_the_tries_on_a_local_disk_succeed_and_leave_nothing(tmp_path: Path) -> None:
    times = disk.gather_write_times(tmp_path, writes=3)

    assert times is not None
    assert len(times) == 3
    assert disk.gather_locking(tmp_path) is True
    assert disk.gather_allocation(tmp_path) is not None
    assert list(tmp_path.iterdir()) == []


def test_a_socket_can_be_made_below_a_path_that_is_too_long_for_an_address(tmp_path: Path) -> None:
    deep = tmp_path / ("x" * 120)
    deep.mkdir()

    assert disk.gather_socket(deep) is True
    assert list(deep.iterdir()) == []


def test_a_link_is_followed_to_where_the_data_are(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")

    place = locate(tmp_path / "link" / "run")

    assert (place.wanted, place.existing, place.is_there) == (tmp_path / "real/run", tmp_path / "real", False)


def test_the_machine_tells_its_memory_and_processors() -> None:
    memory = machine.gather_memory()

    assert memory is not None
    assert 0 < memory.available <= memory.total
    assert machine.gather_processors().usable >= 1


def test_what_others_use_of_an_outer_group_s_memory_is_not_available(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inner = tmp_path / "groups/shared/engine"
    inner.mkdir(parents=True)
    (tmp_path / "self").mkdir()
    (tmp_path / "self/cgroup").write_text("0::/shared/engine\n")
    (tmp_path / "meminfo").write_text("MemTotal: 8388608 kB\nMemAvailable: 4194304 kB\n")
    for group, limit, used in ((inner, 2 << 30, 100 << 20), (inner.parent, 3 << 30, 2900 << 20)):
        (group / "memory.max").write_text(f"{limit}\n")
        (group / "memory.current").write_text(f"{used}\n")
    monkeypatch.setattr(machine, "_PROC", tmp_path)
    monkeypatch.setattr(machine, "_CGROUP", tmp_path / "groups")

    found = machine.gather_memory()

    assert found == machine.Memory(total=2 << 30, available=172 << 20, swap_total=0, swap_used=0)
