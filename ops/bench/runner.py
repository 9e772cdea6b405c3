"""Measures the parts asked for, one process after another, and puts the figures of the repeats together."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from ops.bench.catalogue import Case, Part
from ops.bench.errors import BenchError, BenchLies
from ops.bench.figures import Figure, PartReport, figure
from ops.bench.machine import Machine, calibrate, calibration, describe_machine, noise_note
from ops.bench.processes import run_job
from ops.bench.terms import Job, LatencyTerms, Road, Terms

Samples = dict[str, list[float]]

STALL_MS = 200.0
STALL_SHOWN_MS = 100.0
"""At an open loop the inputs that fall due during a stall wait for its end: the p99.9 must show half of it."""

SELF_TEST = LatencyTerms(
    road=Road.EMIT, rate=1_000, seconds=3.0, warm_up_seconds=0.5, symbols=10, stall_ms=STALL_MS, floor_samples=50
)


class BenchReport(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that one call of `understudy bench` has found. `quick` figures prove only that it works."""

    machine: Machine
    directory: str
    repeats: int
    quick: bool
    parts: tuple[PartReport, ...]


class SelfTest(msgspec.Struct, frozen=True, kw_only=True):
    """What the planted stall did to the figures, in milliseconds."""

    stall_ms: float
    p50_ms: float
    p999_ms: float
    max_ms: float
    samples: int


def run_bench(
    parts: Sequence[Part],
    *,
    directory: Path,
    repeats: int,
    quick: bool,
    on_progress: Callable[[str], None],
) -> BenchReport:
    """Measure all parts below `directory`, which is left as it was. Raises BenchError."""
    machine = describe_machine(directory)
    reports = [
        _run_part(part, directory=directory, repeats=repeats, quick=quick, on_progress=on_progress)
        for part in parts
    ]
    return BenchReport(
        machine=machine, directory=str(directory), repeats=repeats, quick=quick, parts=tuple(reports)
    )


def run_self_test(directory: Path, terms: LatencyTerms = SELF_TEST) -> SelfTest:
    """Plant a stall and look for it. Raises BenchLies if the open-loop figure does not show it."""
    with tempfile.TemporaryDirectory(prefix="understudy-bench-", dir=directory) as own:
        found = run_job(Job(terms=terms, directory=own))
    result = SelfTest(
        stall_ms=terms.stall_ms,
        p50_ms=found["p50_ms"],
        p999_ms=found["p999_ms"],
        max_ms=found["max_ms"],
        samples=int(found["samples"]),
    )
    require_stall_shown(result)
    return result


def require_stall_shown(result: SelfTest) -> None:
    """Raises BenchLies unless the p99.9 holds at least half of the stall that was planted."""
    if not result.p999_ms >= STALL_SHOWN_MS:
        raise BenchLies(
            f"the benchmark lies: a handler slept {result.stall_ms:g} ms and p99.9 is {result.p999_ms:.3f} ms over "
            f"{result.samples:,} samples; it must be at least {STALL_SHOWN_MS:g} ms. Believe no latency from here."
        )


def _run_part(
    part: Part, *, directory: Path, repeats: int, quick: bool, on_progress: Callable[[str], None]
) -> PartReport:
    began, before = time.monotonic(), calibrate()
    samples: dict[str, Samples] = {case.name: {} for case in part.cases}
    with tempfile.TemporaryDirectory(prefix="understudy-bench-", dir=directory) as own:
        for repeat in range(repeats):
            for index, case in enumerate(part.cases):
                on_progress(f"{part.name}: {case.name}, {repeat + 1} of {repeats}")
                place = Path(own) / f"case-{index}"
                for name, value in _measure(case, place, quick=quick).items():
                    samples[case.name].setdefault(name, []).append(value)
    measured = calibration(before, calibrate())
    return PartReport(
        part=part.name,
        about=part.about,
        seconds=round(time.monotonic() - began, 1),
        calibration=measured,
        noise=noise_note(measured),
        figures=(*_figures(part, samples, quick=quick), *_ratios(part, samples, quick=quick)),
    )


def _measure(case: Case, place: Path, *, quick: bool) -> dict[str, float]:
    """One repeat: in a directory of its own, or in the one that was prepared for all."""
    terms = case.quick if quick else case.whole
    if case.prepare is not None:
        if not place.exists():
            place.mkdir()
            run_job(Job(terms=_pick(case.prepare, quick=quick), directory=str(place)))
        return run_job(Job(terms=terms, directory=str(place)))
    with tempfile.TemporaryDirectory(dir=place.parent) as own:
        return run_job(Job(terms=terms, directory=own))


def _pick(pair: tuple[Terms, Terms], *, quick: bool) -> Terms:
    whole, small = pair
    return small if quick else whole


def _figures(part: Part, samples: dict[str, Samples], *, quick: bool) -> list[Figure]:
    found = []
    for case in part.cases:
        if missing := case.aims.keys() - samples[case.name].keys():
            raise BenchError(f"{part.name}, {case.name} has an aim for {', '.join(sorted(missing))}, and no figure")
        for name, values in samples[case.name].items():
            aim = case.aims.get(name)
            found.append(figure(values, part=part.name, case=case.name, name=name, aim=aim, is_quick=quick))
    return found


def _ratios(part: Part, samples: dict[str, Samples], *, quick: bool) -> list[Figure]:
    found = []
    for ratio in part.ratios:
        over, under = samples[ratio.over][ratio.figure], samples[ratio.under][ratio.figure]
        values = [a / b for a, b in zip(over, under, strict=True)]
        found.append(figure(values, part=part.name, case="", name=ratio.name, aim=ratio.aim, is_quick=quick))
    return found
