"""What an examination says: one check each."""

from __future__ import annotations

from enum import Enum

import msgspec


class Level(Enum):
    """How fit: FAIL means that the engine cannot run here, or that its books would not be safe."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was looked at: what was found, why it matters, and the cure unless it is well."""

    name: str
    level: Level
    value: str
    why: str
    cure: str = ""


def passed(name: str, value: str, *, why: str) -> Check:
    """A check that is well."""
    return Check(name=name, level=Level.OK, value=value, why=why)


def warned(name: str, value: str, *, why: str, cure: str) -> Check:
    """A check that a person should look at; the engine runs all the same."""
    return Check(name=name, level=Level.WARN, value=value, why=why, cure=cure)


def failed(name: str, value: str, *, why: str, cure: str) -> Check:
    """A check that must be put right first."""
    return Check(name=name, level=Level.FAIL, value=value, why=why, cure=cure)


def size_text(size_bytes: int) -> str:
    """Bytes in the largest unit that keeps a digit before the point: `512 KiB`, `3.4 GiB`."""
    size = float(size_bytes)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if size < 1024:
            return f"{size:.0f} {unit}" if size >= 10 or unit == "B" else f"{size:.1f} {unit}"
        size /= 1024
    return f"{size:.1f} TiB"
