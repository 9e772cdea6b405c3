"""How an engine comes back: the latest good checkpoint, then the journal's inputs through the same handlers.

Every effect that comes out must equal the one recorded. So recovery is itself the proof that the engine is
deterministic, and a difference stops it with both sides shown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import zip_longest
from typing import Any

import msgspec

from actors.kernel.actor import Actor, ActorStatus
from actors.kernel.errors import HandlerBroken, ReplayDiverged, StateLost
from actors.kernel.failure import FailureHandler, load_state, save_state
from actors.kernel.kernel import CoreThread, Kernel
from actors.kernel.mailbox import HeldMailbox
from messages import (
    ActorRecord,
    AnyMessage,
    Checkpoint,
    EngineStarted,
    Interrupt,
    Recorded,
    RestartActor,
    SourceEnded,
    Turn,
)

_encoder = msgspec.msgpack.Encoder()
_record_decoder = msgspec.msgpack.Decoder(ActorRecord)


def take_checkpoint(kernel: Kernel, *, code_version: str, everything: bool = False) -> Checkpoint:
    """The kernel's state at this turn boundary; without `everything`, only the actors that have changed.

    Raises StateLost if the state of one cannot be saved: it is about to find that out, so try again later.
    """
    actors = list(kernel.actors.values()) if everything else kernel.changed_actors()
    try:
        records = {actor.actor_urn: _encoder.encode(_record(actor)) for actor in actors}
    except StateLost:
        for actor in actors:
            actor.checkpointed_at = None
        raise
    feed = kernel.feed
    return Checkpoint(
        seq=kernel.seq,
        chain=kernel.chain,
        time_ns=kernel.now_ns,
        code_version=code_version,
        actors=records,
        timers=kernel.timers.entries(),
        sources={} if feed is None else {feed.name: feed.state()},
        positions={} if feed is None else {feed.name: feed.position},
        digest=kernel.digest,
        counters={"restarts": kernel.restarts, "source_ended": int(feed is not None and feed.end_told)},
        alive=list(kernel.actors) if kernel.gone else [],
    )


def restore_checkpoint(kernel: Kernel, checkpoint: Checkpoint) -> None:
    """Put a kernel whose actors have just been made into the state of a checkpoint.

    Raises ReplayDiverged if the checkpoint knows actors that the engine has not, or the other way round.
    """
    if unlike := checkpoint.actors.keys() ^ kernel.actors.keys():
        raise ReplayDiverged(
            f"the checkpoint at input {checkpoint.seq} and the configuration disagree on actors: "
            f"{', '.join(sorted(unlike))}"
        )
    for name, data in checkpoint.actors.items():
        _restore_actor(kernel, kernel.actors[name], _record_decoder.decode(data))
    kernel.seq, kernel.chain, kernel.now_ns = checkpoint.seq, checkpoint.chain, checkpoint.time_ns
    kernel.digest = checkpoint.digest
    kernel.restarts = checkpoint.counters.get("restarts", 0)
    kernel.timers.restore(checkpoint.timers)


def replay(
    kernel: Kernel, turns: Iterable[Turn], *, check: Callable[[Turn, list[Recorded]], None]
) -> dict[str, int]:
    """Run recorded turns through the kernel's handlers; nothing is journaled or released.

    `check` gets each turn and the effects that came out now. Returns the sources' positions after the last turn.
    """
    positions: dict[str, int] = {}
    with CoreThread(kernel):
        for turn in turns:
            assert turn.first_seq == kernel.seq + 1, f"turn {turn.first_seq} follows input {kernel.seq}"
            _arm(kernel, turn.taken.interrupts)
            check(turn, kernel.replay(turn.taken.times_ns, turn.taken.inputs))
            kernel.chain = turn.chain
            positions.update(turn.taken.positions)
    return positions


def same_effects(turn: Turn, effects: list[Recorded]) -> None:
    """Raises ReplayDiverged at the first effect that is not as it was recorded."""
    if effects == turn.effects:
        return
    for recorded, now in zip_longest(turn.effects, effects):
        if not is_same_effect(recorded, now):
            seq = (recorded or now).seq
            raise ReplayDiverged(f"input {seq} was recorded to cause {_show(recorded)} and now causes {_show(now)}")


def is_same_effect(recorded: Recorded | None, now: Recorded | None) -> bool:
    """Whether two effects say the same. NaN, as in a denied signal, is not equal to itself, but encodes alike."""
    return recorded == now or _encoder.encode(recorded) == _encoder.encode(now)


def recover(
    kernel: Kernel,
    *,
    checkpoint: Checkpoint | None,
    turns: Iterable[Turn],
    on_effects: Callable[[list[Recorded]], None] | None = None,
) -> int:
    """Bring a kernel whose actors have just been made to the end of the journal; the number of inputs replayed.

    `on_effects` is given the effects of each turn once they have proven equal to those recorded. Raises
    ReplayDiverged if one differs.
    """
    positions: dict[str, int] = {}
    state: bytes | None = None
    feed = kernel.feed
    if checkpoint is not None:
        restore_checkpoint(kernel, checkpoint)
        positions = dict(checkpoint.positions)
        if feed is not None:
            state = checkpoint.sources.get(feed.name)
            feed.end_told = bool(checkpoint.counters.get("source_ended", 0))
    begin_seq = kernel.seq

    def check(turn: Turn, effects: list[Recorded]) -> None:
        same_effects(turn, effects)
        if on_effects is not None:
            on_effects(effects)
        if feed is not None and any(type(message) is SourceEnded for message in turn.taken.inputs):
            feed.end_told = True

    positions |= replay(kernel, turns, check=check)
    if feed is not None and kernel.seq:
        feed.restore(state, positions.get(feed.name, 0))
    return kernel.seq - begin_seq


def begin(kernel: Kernel, started: EngineStarted, *others: AnyMessage) -> None:
    """Give a new journal its first input, with which every actor's `on_start` runs, and `others` behind it."""
    with CoreThread(kernel):
        for message in (started, *others):
            kernel.input(message, started.time_ns)
        kernel.end_turn()


def go_on(kernel: Kernel) -> None:
    """Let actors run again that waited for a person when the engine halted. To start it again was the command."""
    with CoreThread(kernel):
        timers = {timer.actor for timer in kernel.timers.entries() if timer.name == FailureHandler.RESUME_TIMER}
        for actor in list(kernel.actors.values()):
            if actor.status is ActorStatus.BACKING_OFF and actor.actor_urn not in timers:
                kernel.input(RestartActor(actor.actor_urn), kernel.now_ns)
        kernel.end_turn()


def _arm(kernel: Kernel, interrupts: list[Interrupt]) -> None:
    for name in dict.fromkeys(interrupt.actor for interrupt in interrupts):
        mine = [interrupt for interrupt in interrupts if interrupt.actor == name]
        if name in kernel.actors:
            _arm_actor(kernel.actors[name], mine)
        else:  # it is made within the turn
            kernel.on_adopt[name] = lambda actor, mine=mine: _arm_actor(actor, mine)  # type: ignore[misc]


def _arm_actor(actor: Actor, interrupts: list[Interrupt]) -> None:
    def fail_if_due() -> None:
        if interrupts and actor.deliveries == interrupts[0].delivery:
            raise _as_recorded(interrupts.pop(0).reason)

    def starting() -> None:
        fail_if_due()
        type(actor).on_start(actor)

    def breaking(message: Any) -> Any:
        try:
            fail_if_due()
        finally:
            if not interrupts:
                actor.__dict__.pop("on_receive", None)
        return type(actor).on_receive(actor, message)

    actor.__dict__["on_start"], actor.__dict__["on_receive"] = starting, breaking


def _as_recorded(reason: str) -> BaseException:
    """The failure that a handler was recorded to end with, in the same words."""
    kind, _, text = reason.partition(": ")
    known: dict[str, type[BaseException]] = {each.__name__: each for each in (HandlerBroken, StateLost)}
    failure: type[BaseException] = known.get(kind) or type(kind, (Exception,), {})
    return failure(text)


def _record(actor: Actor) -> ActorRecord:
    save_state(actor)
    if actor.redo or actor.saved_state is None:
        raise StateLost(f"the state of {actor.actor_urn} cannot be saved")
    mail = list(actor.mailbox) if isinstance(actor.mailbox, HeldMailbox) else []
    return ActorRecord(actor.saved_state, actor.handled, actor.status.value, actor.trouble, mail)


def _restore_actor(kernel: Kernel, actor: Actor, record: ActorRecord) -> None:
    actor.saved_state = record.state
    actor.redo = []
    load_state(actor, record.state)
    actor.handled_before_redo = record.handled
    actor.trouble = record.trouble
    status = ActorStatus(record.status)
    if status is not ActorStatus.RUNNING:
        kernel.failures.hold(actor, status)
        for message in record.mail:
            actor.mailbox.append(message)


def _show(recorded: Recorded | None) -> str:
    return "nothing" if recorded is None else repr(recorded.message)
