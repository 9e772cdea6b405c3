"""What was measured, what was hoped for, and how sure one may be of it."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from enum import Enum

import msgspec

MEBIBYTE = 1 << 20


class Verdict(Enum):
    """Whether a figure reaches its aim."""

    MET = "met"
    NOT_MET = "not met"
    NOT_JUDGED = "not judged"
    """A quick run is too small to judge by."""
    NO_AIM = ""


class Bound(Enum):
    """From which side an aim bounds its figure."""

    AT_LEAST = "at least"
    AT_MOST = "at most"


class Aim(msgspec.Struct, frozen=True):
    """What a figure is to reach; exactly there counts."""

    bound: Bound
    value: float

    def judge(self, value: float) -> Verdict:
        """Whether the value reaches it."""
        reached = value >= self.value if self.bound is Bound.AT_LEAST else value <= self.value
        return Verdict.MET if reached else Verdict.NOT_MET

    def __str__(self) -> str:
        return (
            f"{self.bound.value} {self.value:,g}" if self.value < 1000 else f"{self.bound.value} {self.value:,.0f}"
        )


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """One figure of one case. Its name ends with its unit; `values` are the repeats in the order they ran."""

    part: str
    case: str
    name: str
    median: float
    lowest: float
    highest: float
    values: tuple[float, ...]
    aim: str = ""
    verdict: Verdict = Verdict.NO_AIM


class Calibration(msgspec.Struct, frozen=True, kw_only=True):
    """Milliseconds that the same small loop took around a part: what else the machine was doing.

    The fastest and the slowest of several rounds. On a quiet machine all four are within a few per cent.
    """

    before_fastest_ms: float
    before_slowest_ms: float
    after_fastest_ms: float
    after_slowest_ms: float

    @property
    def spread(self) -> float:
        """The slowest round over the fastest one."""
        times = (self.before_fastest_ms, self.before_slowest_ms, self.after_fastest_ms, self.after_slowest_ms)
        return max(times) / min(times)


class PartReport(msgspec.Struct, frozen=True, kw_only=True):
    """All figures of one part, what it measured, and how noisy the machine was."""

    part: str
    about: str
    seconds: float
    calibration: Calibration
    noise: str
    figures: tuple[Figure, ...]


def figure(
    values: Sequence[float], *, part: str, case: str, name: str, aim: Aim | None = None, is_quick: bool = False
) -> Figure:
    """The median of the repeats, their spread, and the verdict on the median."""
    median = statistics.median(values)
    verdict = Verdict.NO_AIM if aim is None else Verdict.NOT_JUDGED if is_quick else aim.judge(median)
    return Figure(
        part=part,
        case=case,
        name=name,
        median=median,
        lowest=min(values),
        highest=max(values),
        values=tuple(values),
        aim="" if aim is None else str(aim),
        verdict=verdict,
    )


def percentile(ordered: Sequence[float], fraction: float) -> float:
    """The smallest value that `fraction` of them do not exceed (nearest rank); `ordered` must be sorted.

    Raises ValueError if there is none.
    """
    if not ordered:
        raise ValueError("there are no samples to take a percentile of")
    return ordered[max(0, math.ceil(fraction * len(ordered)) - 1)]
