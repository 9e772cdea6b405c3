"""The machine that was measured on, and a small loop that shows how busy it is with other things."""

from __future__ import annotations

import os
import platform
import time
from importlib.metadata import version
from pathlib import Path

import msgspec

from ops.bench.figures import Calibration
from ops.doctor.disk import gather_mount, locate

LIBRARIES = ("pykka", "msgspec", "lmdb")
CALIBRATION_ROUNDS = 5
CALIBRATION_STEPS = 400_000
NOISY_SPREAD = 1.15
"""Rounds of the same loop that differ by more than this mean that the machine has other work."""


class Machine(msgspec.Struct, frozen=True, kw_only=True):
    """Where the figures are from. `load` is the one-minute load average before anything was measured."""

    cpu: str
    cores: int
    usable_cores: int
    memory_gib: float
    kernel: str
    file_system: str
    python: str
    libraries: dict[str, str]
    load: float


def describe_machine(directory: Path) -> Machine:
    """What is known of this machine, and of the disk that `directory` is on."""
    return Machine(
        cpu=_cpu_model(),
        cores=os.cpu_count() or 1,
        usable_cores=len(os.sched_getaffinity(0)),
        memory_gib=round(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / (1 << 30), 1),
        kernel=f"{platform.system()} {platform.release()} {platform.machine()}",
        file_system=_file_system(directory),
        python=f"{platform.python_implementation()} {platform.python_version()}",
        libraries={name: version(name) for name in LIBRARIES},
        load=round(os.getloadavg()[0], 2),
    )


def calibrate() -> tuple[float, float]:
    """Milliseconds that the fastest and the slowest of a few rounds of a fixed loop take."""
    times = []
    for _ in range(CALIBRATION_ROUNDS):
        began = time.perf_counter()
        total = 0
        for step in range(CALIBRATION_STEPS):
            total += step & 7
        times.append((time.perf_counter() - began) * 1000)
    return round(min(times), 2), round(max(times), 2)


def calibration(before: tuple[float, float], after: tuple[float, float]) -> Calibration:
    """Two calibrations, around a part."""
    return Calibration(
        before_fastest_ms=before[0],
        before_slowest_ms=before[1],
        after_fastest_ms=after[0],
        after_slowest_ms=after[1],
    )


def noise_note(measured: Calibration) -> str:
    """One line on how far the figures of that part may be believed."""
    spread = f"the same loop took {measured.spread:.2f} times as long at its slowest as at its fastest"
    if measured.spread > NOISY_SPREAD:
        return f"noisy: {spread}; measure again when the machine has nothing else to do"
    return f"quiet: {spread}"


def _cpu_model() -> str:
    for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "model name":
            return value.strip()
    return platform.processor() or "unknown"


def _file_system(directory: Path) -> str:
    """Type of the file system that a directory is on."""
    mount = gather_mount(locate(directory))
    return "unknown" if mount is None else mount.kind
