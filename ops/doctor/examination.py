"""Every check, in the order in which a person reads them."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from pathlib import Path

from ops.config import StorageSettings
from ops.doctor import clock, configuration, disk, interpreter, machine, recorded
from ops.doctor.check import Check
from ops.errors import ConfigError
from storage import utc_today


def examine(data_dir: Path | None, *, config_path: Path | None, environ: Mapping[str, str]) -> list[Check]:
    """Whether this machine, clock, disk, data directory and configuration are fit for an engine.

    Without `data_dir` it is the one that the configuration names, or ./data. What is there is left as it is;
    files that are written to try the disk are gone again.
    """
    checks = [*_interpreter_checks(), *_machine_checks()]
    config = None if config_path is None else configuration.read_config(config_path, environ)
    if data_dir is None and config is not None and not isinstance(config, ConfigError):
        data_dir = Path(config.storage.data_dir)
    before = clock.gather_instant()
    place = disk.locate(data_dir or Path(StorageSettings().data_dir))
    on_disk = _disk_checks(place)
    checks += _clock_checks(before)
    checks += on_disk
    checks += _books_checks(place)
    if config_path is not None and config is not None:
        refusal = configuration.gather_refusal(config, environ)
        checks.append(configuration.judge_config(config_path, config, refusal=refusal))
    return checks


def _interpreter_checks() -> list[Check]:
    return [
        interpreter.judge_interpreter(interpreter.gather_interpreter()),
        interpreter.judge_libraries(interpreter.gather_libraries()),
        interpreter.judge_encoding(interpreter.gather_encoding()),
        interpreter.judge_time_zones(interpreter.gather_time_zone_error()),
    ]


def _machine_checks() -> list[Check]:
    memory, limits = machine.gather_memory(), machine.gather_limits()
    return [
        machine.judge_processors(machine.gather_processors()),
        machine.judge_memory(memory),
        machine.judge_swap(memory),
        machine.judge_open_files(limits),
        machine.judge_address_space(limits),
        machine.judge_core_dumps(limits),
        machine.judge_user(os.geteuid()),
    ]


def _clock_checks(before: clock.Instant) -> list[Check]:
    return [
        clock.judge_clock_run(before, clock.gather_instant()),
        clock.judge_synchronisation(clock.gather_synchronisation()),
        clock.judge_reading(clock.gather_reading()),
        clock.judge_time_zone(clock.gather_time_zone()),
    ]


def _disk_checks(place: disk.Place) -> list[Check]:
    room, mount, folder = disk.gather_room(place), disk.gather_mount(place), place.existing
    return [
        disk.judge_mount(mount),
        disk.judge_space(room),
        disk.judge_inodes(room),
        disk.judge_rights(place, disk.gather_rights(place)),
        disk.judge_write_times(disk.gather_write_times(folder), mount),
        disk.judge_allocation(disk.gather_allocation(folder)),
        disk.judge_locking(disk.gather_locking(folder)),
        disk.judge_socket(disk.gather_socket(folder)),
    ]


def _books_checks(place: disk.Place) -> list[Check]:
    names = recorded.gather_names(place.existing) if place.is_there else None
    checks = [recorded.judge_contents(place.wanted, names)]
    if names is None or not {"journal", "state.mdb"} & {*names}:
        return checks
    owner, books = recorded.gather_owner(place.wanted), recorded.gather_books(place.wanted)
    return [
        *checks,
        recorded.judge_owner(owner, books),
        recorded.judge_checkpoint(books),
        recorded.judge_journal(books, today=utc_today()),
        recorded.judge_proof(books, now_ns=time.time_ns()),
    ]
