"""What a journal tells of itself: the range of each day, and what proving the whole of it found."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class DayRange:
    """One day's file and the inputs it holds; a day without inputs has a `last_seq` one below its `first_seq`."""

    path: Path
    day: str
    first_seq: int
    last_seq: int


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """Counts over all frames that are kept, `first_seq` to `last_seq`, every one proven.

    `chain` is that of the last frame: note it down elsewhere, and a journal cut short is noticed too. An empty
    journal has a `last_seq` one below its `first_seq`.
    """

    frames: int
    inputs: int
    effects: int
    first_seq: int
    last_seq: int
    chain: bytes
    days: tuple[str, ...]
