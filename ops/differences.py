"""Where what was recorded and what happens now part, told by the fields that differ."""

from __future__ import annotations

from itertools import zip_longest
from typing import Any

from actors.kernel import ReplayDiverged, is_same_effect
from messages import AnyMessage, Recorded, Turn
from ops.export import plain

FIELDS_SHOWN = 4


def check_effects(turn: Turn, effects: list[Recorded]) -> None:
    """Raises ReplayDiverged at the first effect that is not as it was recorded, with both sides of it."""
    if effects == turn.effects:
        return
    for recorded, now in zip_longest(turn.effects, effects):
        if not is_same_effect(recorded, now):
            raise ReplayDiverged(_tell(recorded, now))


def _tell(recorded: Recorded | None, now: Recorded | None) -> str:
    if recorded is not None and now is not None and recorded.seq == now.seq:
        before, after = _show_both(recorded.message, now.message)
    else:
        # Of two effects of different inputs, the earlier one has nothing on the other side.
        first = min((each for each in (recorded, now) if each is not None), key=lambda each: each.seq)
        shown = show(first.message)
        before, after = (shown, "nothing") if first is recorded else ("nothing", shown)
    seq = min(each.seq for each in (recorded, now) if each is not None)
    return f"input {seq} was recorded to cause {before} and now causes {after}"


def show(message: AnyMessage) -> str:
    """A message in a few words: its type and what it is about."""
    fields = plain(message)
    about = [str(fields[name]) for name in ("client_order_id", "actor", "subject", "symbol") if fields.get(name)]
    return " ".join([type(message).__name__, *about[:2]])


def _show_both(before: AnyMessage, after: AnyMessage) -> tuple[str, str]:
    fields = list(_differing(plain(before), plain(after), ""))
    if type(before) is not type(after) or not fields:
        return show(before), show(after)
    more = f" and {len(fields) - FIELDS_SHOWN} more" if len(fields) > FIELDS_SHOWN else ""
    sides = []
    for side, message in enumerate((before, after)):
        listed = ", ".join(f"{field[0]} {field[1 + side]}" for field in fields[:FIELDS_SHOWN])
        sides.append(f"{show(message)} with {listed}{more}")
    return sides[0], sides[1]


def _differing(before: Any, after: Any, path: str) -> list[tuple[str, Any, Any]]:
    """Path and both values of each leaf that differs, in the order of the fields."""
    match before, after:
        case dict(), dict():
            names = dict.fromkeys([*before, *after])
            parts = [(f"{path}.{name}".lstrip("."), before.get(name), after.get(name)) for name in names]
        case list(), list() if len(before) == len(after):
            parts = [
                (f"{path}[{index}]", one, other)
                for index, (one, other) in enumerate(zip(before, after, strict=True))
            ]
        case _:
            return [] if before == after else [(path, before, after)]
    return [leaf for name, one, other in parts for leaf in _differing(one, other, name)]
