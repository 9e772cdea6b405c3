"""A recorded run, run again: the same inputs through the same actors, in a kernel that keeps nothing.

Needs the data directory alone: configuration and instruments are kept in it, and market data stands in the journal.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager

from actors import PortfolioActor
from actors.kernel import (
    Clock,
    Delivery,
    Kernel,
    replay,
    restore_checkpoint,
    trace,
)
from messages import AnyMessage, Deployment, PortfolioReport, Turn, TurnInputs
from ops.deployments import deployments_in
from ops.differences import check_effects
from ops.digests import digest_of_effect
from ops.errors import BooksError, UsageError
from ops.identity import Identity, stored_identity
from ops.tree import build_tree
from storage import DataDirectoryView


def recorded_identity(view: DataDirectoryView) -> Identity:
    """What the run of a data directory is a function of. Raises UsageError if there is no run in it."""
    identity = stored_identity(view)
    if identity is None or not view.journal.last_seq:
        raise UsageError(f"there is no run in {view.path}. Begin one: `understudy run --data-dir {view.path}`.")
    return identity


def fresh_kernel(
    view: DataDirectoryView,
    identity: Identity,
    *,
    clock: Clock | None = None,
    deployments: Sequence[Deployment] | None = None,
    on_effect: Callable[[AnyMessage], None] | None = None,
) -> Kernel:
    """The actors of a run in their first state; `deployments` are other strategies than it began with.

    `on_effect` is told each effect as it is recorded. Raises ConfigError.
    """
    counted = digest_of_effect(view.book)

    def count(message: AnyMessage) -> bytes | None:
        if on_effect is not None:
            on_effect(message)
        return counted(message)

    kernel = Kernel(clock=clock, digest_of=count)
    build_tree(
        kernel,
        identity.config,
        instruments=identity.instruments,
        book=view.book,
        default_timeframe=identity.default_timeframe,
        deployments=identity.deployments if deployments is None else deployments,
    )
    return kernel


def kernel_before(view: DataDirectoryView, identity: Identity, seq: int) -> tuple[Kernel, int]:
    """A kernel that can go on to input `seq`, and the last input that it stands behind, 0 at first.

    That is the latest checkpoint if it is early enough, else the beginning. Raises BooksError if the beginning
    was deleted, ReplayDiverged if the code has other actors than the checkpoint.
    """
    checkpoint = view.state.latest_checkpoint()
    if checkpoint is not None and checkpoint.seq < seq:
        kernel = fresh_kernel(view, identity, deployments=deployments_in(checkpoint))
        restore_checkpoint(kernel, checkpoint)
        return kernel, checkpoint.seq
    if view.journal.first_seq > 1:
        raise BooksError(
            f"the journal of {view.path} begins with input {view.journal.first_seq}: earlier days were deleted, "
            f"and no checkpoint before input {seq} is kept. Put the deleted days back to replay it."
        )
    return fresh_kernel(view, identity), 0


def trace_inputs(view: DataDirectoryView, seqs: Iterable[int]) -> dict[int, list[Delivery]]:
    """What each of these inputs made the actors do, by running the journal again up to the last of them.

    Raises ReplayDiverged if the code that runs now does other things than were recorded.
    """
    wanted = dict.fromkeys(sorted(seqs))
    first, last = min(wanted), max(wanted)
    kernel, begin = kernel_before(view, recorded_identity(view), first)
    traces: dict[int, list[Delivery]] = {}

    def parts() -> Iterator[Turn]:
        for turn in view.journal.read(begin):
            for part in _cut(turn, wanted):
                if part.taken.inputs and part.first_seq in wanted:
                    with trace(kernel) as traces[part.first_seq]:
                        yield part
                else:
                    yield part
                if part.last_seq >= last:
                    return

    with unheard():
        replay(kernel, parts(), check=check_effects)
    return traces


@contextmanager
def unheard() -> Iterator[None]:
    """Log nothing of what fails in a replay: it failed in the recorded run, and was logged then."""
    logger = logging.getLogger("actors")
    level = logger.level
    logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        logger.setLevel(level)


def up_to(turns: Iterable[Turn], last_seq: int) -> Iterator[Turn]:
    """The turns up to input `last_seq`; the one that it lies in is cut behind it."""
    for turn in turns:
        if turn.last_seq > last_seq:
            yield _armed(turn)
            yield _part_of(turn, turn.first_seq, last_seq)
        else:
            yield turn
        if turn.last_seq >= last_seq:
            return


def reports_of(kernel: Kernel) -> tuple[PortfolioReport, ...]:
    """The books of every portfolio, as they stand."""
    return tuple(actor.report() for actor in kernel.actors.values() if isinstance(actor, PortfolioActor))


def _cut(turn: Turn, at: Iterable[int]) -> Iterator[Turn]:
    """A turn in parts, so that each of the inputs `at` is one."""
    yield _armed(turn)
    begin = turn.first_seq
    for seq in at:
        if turn.first_seq <= seq <= turn.last_seq:
            yield _part_of(turn, begin, seq - 1)
            yield _part_of(turn, seq, seq)
            begin = seq + 1
    yield _part_of(turn, begin, turn.last_seq)


def _armed(turn: Turn) -> Turn:
    """A part without inputs, but with all that timing alone decided in the turn: it is counted in deliveries."""
    taken = TurnInputs([], [], turn.taken.positions, turn.taken.interrupts)
    return Turn(turn.epoch, turn.first_seq, taken, [], turn.chain)


def _part_of(turn: Turn, first_seq: int, last_seq: int) -> Turn:
    """The inputs of a turn from one number to another, with what they caused; none if the second is lower."""
    begin, end = first_seq - turn.first_seq, last_seq + 1 - turn.first_seq
    taken = TurnInputs(turn.taken.times_ns[begin:end], turn.taken.inputs[begin:end], turn.taken.positions)
    effects = [effect for effect in turn.effects if first_seq <= effect.seq <= last_seq]
    return Turn(turn.epoch, first_seq, taken, effects, turn.chain)
