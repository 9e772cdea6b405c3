"""`understudy replay`: a recorded run again, effect by effect. With other code it is a what-if: `ops.what_if`."""

from __future__ import annotations

import time
from collections.abc import Iterable
from pathlib import Path

import msgspec

from actors.kernel import ReplayDiverged, replay
from messages import Recorded, Turn
from ops.differences import check_effects
from ops.digests import final_digest
from ops.errors import UsageError
from ops.reexecution import (
    kernel_before,
    recorded_identity,
    reports_of,
    unheard,
    up_to,
)
from ops.summary import recorded_ending
from storage import DataDirectoryView


class Replayed(msgspec.Struct, frozen=True, kw_only=True):
    """What a replay came to: every effect of inputs `first_seq` to `last_seq` was as recorded.

    `inputs` counts those that were run again, from the beginning or a checkpoint. `recorded_digest` is that of the
    run, `None` if it has not ended or was not replayed to its end; else it equals `digest`.
    """

    inputs: int
    first_seq: int
    last_seq: int
    effects: int
    digest: str
    recorded_digest: str | None
    seconds: float


def replay_run(path: Path, *, first_seq: int = 1, last_seq: int | None = None) -> Replayed:
    """Run the journal again and compare the effects of the inputs from `first_seq` to `last_seq`, by default all.

    Raises ReplayDiverged at the first difference, UsageError, BooksError, StorageError, StrategyError.
    """
    began = time.perf_counter()
    with DataDirectoryView(path) as view:
        identity = recorded_identity(view)
        end = _end(view, first_seq, last_seq)
        kernel, begin = kernel_before(view, identity, first_seq)
        compared = 0

        def check(turn: Turn, effects: list[Recorded]) -> None:
            nonlocal compared
            if turn.first_seq < first_seq:
                turn = msgspec.structs.replace(turn, effects=_since(first_seq, turn.effects))
                effects = _since(first_seq, effects)
            check_effects(turn, effects)
            compared += len(effects)

        with unheard():
            replay(kernel, up_to(view.journal.read(begin), end), check=check)
        ending = recorded_ending(view, end)
    digest = final_digest(kernel.digest, reports_of(kernel))
    if ending is not None and ending.digest != digest:
        raise ReplayDiverged(
            f"every effect is as recorded, but the final books are not: the digest of the run is {ending.digest}, "
            f"that of its replay {digest}"
        )
    return Replayed(
        inputs=end - begin,
        first_seq=first_seq,
        last_seq=end,
        effects=compared,
        digest=digest,
        recorded_digest=None if ending is None else ending.digest,
        seconds=round(time.perf_counter() - began, 3),
    )


def _end(view: DataDirectoryView, first_seq: int, last_seq: int | None) -> int:
    newest = view.journal.last_seq
    end = newest if last_seq is None else last_seq
    if not 1 <= first_seq <= end <= newest:
        raise UsageError(
            f"there is nothing to replay from input {first_seq} to {end}: the journal of {view.path} has inputs "
            f"{view.journal.first_seq} to {newest}. Ask for some of those, the lower number first."
        )
    return end


def _since(first_seq: int, effects: Iterable[Recorded]) -> list[Recorded]:
    return [effect for effect in effects if effect.seq >= first_seq]
