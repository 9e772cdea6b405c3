"""The lines at the top: how the engine is, whether the books agree, and what is overloaded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual.content import Content

from ops.books_check import Agreement, Verdict
from ops.control.answers import Status
from ops.printable import printable
from ops.tui import figures

Part = tuple[str, str]
"""A text and its style."""

_STATES = {
    "trading": "$gain",
    "recovering": "$warning",
    "stopping": "$warning",
    "idle": "$quiet",
    "halted": "$error",
}
_SIGNS = {
    Agreement.AGREE: ("✔ ", "$gain"),
    Agreement.DIFFER: ("✘ ", "$error"),
    Agreement.READING: ("… ", "$quiet"),
    Agreement.UNKNOWN: ("? ", "$warning"),
}


@dataclass(frozen=True, slots=True)
class Absence:
    """The engine does not answer: for how long, and what was said last."""

    seconds: float
    reason: str


def state_line(status: Status | None, absence: Absence | None, width: int) -> Content:
    """Name, state, engine time, rates; parts at the end are left out where there is no room."""
    if absence is not None or status is None:
        since = f" for {figures.age(absence.seconds)}" if absence is not None else ""
        return _line([[("● engine is down, waiting" + since, "bold $error")]], width)
    state = f"● {status.state}".ljust(9)
    parts: list[list[Part]] = [
        [(state, f"bold {_STATES.get(status.state, '$error')}")],
        [(figures.day_and_clock(status.time_ns), "")],
        [(f"{figures.rate(status.inputs_per_second):>5}", ""), (" in/s", "$quiet")],
        [("lag ", "$quiet"), (f"{figures.age(status.lag_seconds):>5}", _lag_style(status.lag_seconds))],
        [("starts ", "$quiet"), (f"{status.engine_starts}", "$warning" if status.engine_starts > 1 else "")],
        [("saved ", "$quiet"), (f"{figures.age(status.checkpoint_age_seconds):>5}", "")],
        [("pid ", "$quiet"), (f"{status.engine_pid}", "")],
        [("mem ", "$quiet"), (f"{status.memory_bytes / 2**20:.0f} MiB", "")],
        [(status.data_dir.rstrip("/").rsplit("/", 1)[-1], "$quiet")],
    ]
    return _line(parts, width)


def books_line(verdict: Verdict, width: int) -> Content:
    """What the check of the books found last."""
    sign, style = _SIGNS[verdict.agreement]
    return _line([[(sign + verdict.text, style)]], width)


def load_line(status: Status | None, width: int) -> Content:
    """Halts and warnings if there are any, first; then lanes, conflation, restarts, dead letters."""
    if status is None:
        return _line([], width)
    parts: list[list[Part]] = [[(f"⏹ {text}", "$error")] for text in _halts(status)]
    parts += [[(f"⚠ {concern.subject}: {concern.text}", "$warning")] for concern in status.warnings]
    parts += [
        [
            (f"{lane.lane} ", "$quiet"),
            (f"{figures.count(lane.waiting)} waiting", _load_style(lane.waiting, lane.limit)),
        ]
        for lane in status.lanes
        if lane.waiting or lane.lane == "market"
    ]
    parts += [
        [(f"{lane.lane} ", "$quiet"), (f"{figures.count(lane.dropped)} dropped", "$error")]
        for lane in status.lanes
        if lane.dropped
    ]
    parts += [
        [("conflated ", "$quiet"), (figures.count(status.conflated), "$warning" if status.conflated else "")],
        [("restarts ", "$quiet"), (figures.count(status.restarts), "$warning" if status.restarts else "")],
        [
            ("dead letters ", "$quiet"),
            (figures.count(status.dead_letters), "$error" if status.dead_letters else ""),
        ],
        [("orders ", "$quiet"), (figures.count(status.orders_sent), "")],
        [("fills ", "$quiet"), (figures.count(status.fills), "")],
        [("denied ", "$quiet"), (figures.count(status.denied), "$warning" if status.denied else "")],
    ]
    return _line(parts, width)


def _halts(status: Status) -> list[str]:
    whole = [f"{name} halted: {reason}" for name, reason in status.halted.items()]
    return whole + [f"{name} halted: {reason}" for name, reason in status.halted_symbols.items()]


def _lag_style(seconds: float) -> str:
    return "$error" if seconds > 5 else "$warning" if seconds > 1 else ""


def _load_style(waiting: int, limit: int) -> str:
    return "$error" if waiting * 2 > limit else "$warning" if waiting * 10 > limit else ""


def _line(parts: Sequence[Sequence[Part]], width: int) -> Content:
    """Parts with space between them, as many as fit; the first one always."""
    shown: list[Part] = [(" ", "")]
    used = 1
    for place, told in enumerate(parts):
        part = [(printable(text), style) for text, style in told]
        size = sum(len(text) for text, _ in part) + (3 if place else 0)
        if place and used + size > width - 1:
            break
        shown += [("   ", ""), *part] if place else part
        used += size
    return Content.assemble(*shown).truncate(width, ellipsis=True)


def tabs(pages: Sequence[str], current: str) -> Content:
    """The pages of a small terminal, by the keys that show them."""
    parts: list[Part] = []
    for place, page in enumerate(pages, 1):
        parts += [(f"{place} ", "$accent"), (page, "bold $name" if page == current else "$quiet"), (" ", "")]
    return Content.assemble(*parts)


def keys_line(chosen: str, *, allow_kill: bool, width: int) -> Content:
    """The keys that matter most, and whom they act on."""
    keys = [("c", "crash"), ("h", "hang"), ("p", "poison"), ("r", "restart")]
    keys += [("k", "kill engine" if width >= 110 else "kill")] if allow_kill else []
    keys += [("z", "halt"), ("u", "release"), ("tab", "next panel")] if width >= 110 else []
    keys += [("?", "help"), ("q", "leave")]
    gap = "   " if width >= 110 else " "
    parts: list[Part] = [(" ", "")]
    for key, word in keys:
        parts += [(key, "bold $accent"), (f" {word}{gap}", "")]
    left = Content.assemble(*parts)
    right = Content.assemble(("▸ ", "$accent"), (chosen, "bold $name"), " ") if chosen else Content()
    room = width - left.cell_length - right.cell_length
    return Content.assemble(left, " " * room, right) if room >= 0 else left.truncate(width)
