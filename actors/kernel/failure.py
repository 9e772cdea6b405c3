"""What happens when a handler fails: rebuild, try again, set aside, restart, quarantine, or give up.

a handler raises -> nothing it told leaves -> state rebuilt: last saved state + messages handled since, muted
-> the message is tried again; the third failure (the first, if it hung) parks it as a dead letter
-> the supervisor decides: go on at once | go on after a while | too many: quarantine or escalate
"""

from __future__ import annotations

import logging
import traceback
from typing import TYPE_CHECKING, Any

import msgspec

from actors.kernel.actor import REDO_LIMIT, Actor, ActorStatus, SetAside
from actors.kernel.clock import monotonic_ns
from actors.kernel.errors import EngineHalted, HandlerBroken, InjectedCrash, StateLost
from actors.kernel.mailbox import HeldMailbox, Mailbox, Sink
from actors.kernel.supervisor import ChildFailed, ChildReleased, GaveUp, Restarted, RestartLater, Supervisor
from messages import ActorRestarted, CodecError, DeadLetter, Interrupt, MessageParked, Trouble, encode

if TYPE_CHECKING:
    from actors.kernel.kernel import Kernel

_logger = logging.getLogger(__name__)
_encoder = msgspec.msgpack.Encoder()

ATTEMPTS = 3
"""Failures to handle one message before it is parked. A hang costs everybody a second, so there one is enough."""

PARKED_IN_A_ROW = 3
"""Parked messages, with none handled in between, after which an actor counts as beyond restarting."""

BYTES_PER_REDO = 32
"""Large states are saved more seldom: an actor's redo list may grow by one message for so many bytes of state."""

LONGEST_ERROR = 2000
"""Characters of an error's text that are kept."""

START = "start"
"""Stands in an actor's redo list for its `on_start`."""


def save_state(actor: Actor) -> bool:
    """Encode an actor's state as the base that a restart begins from, and forget what led to it; whether it was.

    What user code wrote may not come back as it is; then nothing changes but the time of the next try.
    """
    try:
        saved = _encoder.encode(actor.state)
        if actor.has_foreign_state:
            msgspec.msgpack.decode(saved, type=type(actor.state))
    except Exception:
        if not actor.has_foreign_state:
            raise
        actor.redo_limit = len(actor.redo) + REDO_LIMIT
        return False
    actor.saved_state = saved
    actor.handled_before_redo += len(actor.redo)
    actor.redo = []
    actor.redo_limit = max(REDO_LIMIT, len(saved) // BYTES_PER_REDO)
    return True


def load_state(actor: Actor, saved: bytes | None) -> None:
    """Give an actor the state behind `saved`, or the one that it begins with."""
    fresh = actor.new_state()
    actor.state = fresh if saved is None else msgspec.msgpack.decode(saved, type=type(fresh))
    actor.on_restore()


def _forget(actor: Actor) -> None:
    """Let an actor begin anew, with the state that it began with and what it takes over from the lost one."""
    saved, handled = actor.saved_state, [message for _, message in actor.redo]
    actor.handled_before_redo += len(actor.redo)
    actor.saved_state, actor.redo = None, []
    load_state(actor, None)
    actor.on_state_lost(saved, handled)
    save_state(actor)


class FailureHandler:
    """Carries out what a failure calls for. One for each kernel, on the core thread."""

    RESUME_TIMER = "$resume"

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel

    def handle(self, actor: Actor, message: Any, error: BaseException) -> None:
        """A handler raised: `message` is still at the head of the actor's mailbox."""
        error = self._rebuild_or_lose(actor, error)
        self.note(actor, error)
        trouble = self._count_attempt(actor)
        _logger.warning(
            "handler failed actor=%s error=%s attempt=%d", actor.actor_urn, describe(error), trouble.attempts
        )
        beyond_hope = None
        if isinstance(error, HandlerBroken | StateLost) or trouble.attempts >= ATTEMPTS:
            beyond_hope = self._park(actor, message, error)
        self._restart(actor, error, describe(error) if isinstance(error, StateLost) else beyond_hope)

    def note(self, actor: Actor, error: BaseException) -> None:
        """Journal that a handler failed, and in which words.

        A replay fails at the same delivery in the same words. Timing may have decided it, or memory, or the depth
        of the stack; and words may hold addresses, or a set in the order of one process.
        """
        self._kernel.note_interrupt(Interrupt(actor.actor_urn, actor.deliveries, describe(error)))

    def crash(self, actor: Actor) -> None:
        """A drill: fail as if a handler had raised, between two messages. An actor that may not run cannot fail."""
        if actor.status is not ActorStatus.RUNNING:
            return
        self._trouble(actor).failures += 1
        self.rebuild(actor)
        self._restart(actor, InjectedCrash("crashed on command"), None)

    def resume(self, actor: Actor) -> None:
        """Let an actor that backed off or was quarantined run again."""
        self._kernel.timers.cancel(actor.actor_urn, self.RESUME_TIMER)
        if actor.status is ActorStatus.RUNNING:
            return
        mail = actor.mailbox if isinstance(actor.mailbox, HeldMailbox) else ()
        actor.mailbox = Mailbox(mail)
        actor.status = ActorStatus.RUNNING
        actor.held_since_ns = None
        self._kernel.make_ready(actor)
        self._kernel.quiesce()

    def quarantine(self, actor: Actor, supervisor: Supervisor, reason: str) -> None:
        """Keep an actor out for a reason that is no failure of a handler."""
        self._ask(supervisor, ChildFailed(actor.actor_urn, reason, beyond_hope=reason))
        self._keep_out(actor, reason)

    def release(self, supervisor: Supervisor, child: str) -> None:
        """Let a supervisor know that a person took a child back into the game."""
        kernel = self._kernel
        supervisor.release(child)
        supervisor.redo.append((kernel.now_ns, ChildReleased(child)))
        kernel.flush_outbox()

    def hold(self, actor: Actor, status: ActorStatus) -> None:
        """Keep an actor from running; its mail waits, or is thrown away if it is quarantined."""
        actor.status = status
        actor.held_since_ns = monotonic_ns()
        if status is ActorStatus.BACKING_OFF:
            actor.mailbox = HeldMailbox(actor.mailbox)
        else:
            waiting = actor.mailbox
            actor.mailbox = Sink(lambda message: self._throw_away(actor, message))  # type: ignore[assignment]  # same use
            for message in waiting:
                self._throw_away(actor, message)

    def rebuild(self, actor: Actor) -> None:
        """Make an actor's state anew from its saved state and the messages handled since, telling nobody."""
        kernel = self._kernel
        now_ns, outbox, kernel.outbox = kernel.now_ns, kernel.outbox, []
        try:
            load_state(actor, actor.saved_state)
            for kernel.now_ns, message in actor.redo:
                if message is START:
                    type(actor).on_start(actor)
                elif isinstance(message, SetAside):
                    actor.on_poison(message.message)
                else:  # the handler itself, not a drill that stands before it
                    type(actor).on_receive(actor, message)
                kernel.outbox.clear()
        finally:
            kernel.now_ns, kernel.outbox = now_ns, outbox

    def _keep_out(self, actor: Actor, reason: str) -> None:
        _logger.error("quarantined actor=%s reason=%s", actor.actor_urn, reason)
        save_state(actor)
        if actor.redo:  # it cannot be saved, and nobody would find out any more
            _forget(actor)
        self._kernel.timers.cancel(actor.actor_urn, self.RESUME_TIMER)
        self.hold(actor, ActorStatus.QUARANTINED)

    def _rebuild_or_lose(self, actor: Actor, error: BaseException) -> BaseException:
        """Rebuild after a failure; what it amounts to.

        What was handled once may fail now, if it depends on more than state and message. An actor that may be
        quarantined has lost its state then, and is. For any other the engine stops: its journal has the truth.
        """
        if not isinstance(error, StateLost):
            try:
                self.rebuild(actor)
            except BaseException as again:  # noqa: BLE001  # what user code raises
                error = StateLost(f"{describe(again)}, in rebuilding it after {describe(error)}")
            else:
                return error
        if not (isinstance(actor.supervisor, Supervisor) and actor.supervisor.quarantine):
            raise EngineHalted(f"the state of {actor.actor_urn} is lost: {error}") from error
        _forget(actor)
        return error

    def park_unaddressed(self, name: str, message: Any) -> None:
        """A message from outside for an actor that is not there."""
        self._dead_letter(name, message, f"there is no actor named {name}", "")

    def _park(self, actor: Actor, message: Any, error: BaseException) -> str | None:
        """Set the message at the head aside; the reason to give up, if this was one too many in a row."""
        trouble = self._trouble(actor)
        trouble.parked = trouble.parked + 1 if trouble.parked_at == actor.handled else 1
        trouble.parked_at = actor.handled
        trouble.attempts = 0
        actor.mailbox.popleft()
        trace = _printable("".join(traceback.format_exception(error)))
        self._dead_letter(actor.actor_urn, message, describe(error), trace)
        self._poison(actor, message)
        if trouble.parked >= PARKED_IN_A_ROW:
            return f"{trouble.parked} messages in a row could not be handled; the last: {describe(error)}"
        return None

    def _poison(self, actor: Actor, message: Any) -> None:
        kernel = self._kernel
        try:
            actor.on_poison(message)
            kernel.flush_outbox()
        except Exception:
            kernel.outbox.clear()
            _logger.exception("on_poison failed actor=%s", actor.actor_urn)
            self.rebuild(actor)
        else:
            if not save_state(actor):
                actor.redo.append((kernel.now_ns, SetAside(message)))
                actor.handled_before_redo -= 1

    def _restart(self, actor: Actor, error: BaseException, beyond_hope: str | None) -> bool:
        """Do what the supervisor decides; `False` if that is to give up, up to the root."""
        kernel = self._kernel
        supervisor = actor.supervisor
        failed = ChildFailed(actor.actor_urn, describe(error), beyond_hope)
        decision = self._ask(supervisor, failed) if isinstance(supervisor, Supervisor) else Restarted(())
        match decision:
            case Restarted(siblings=siblings):
                for name in siblings:
                    self.rebuild(kernel.actors[name])
                self._record_restart(actor, error)
                kernel.make_ready(actor, first=True)
            case RestartLater(delay_ns=delay_ns, siblings=siblings):
                for name in siblings:
                    self.rebuild(kernel.actors[name])
                self._record_restart(actor, error)
                self.hold(actor, ActorStatus.BACKING_OFF)
                kernel.timers.set(actor.actor_urn, self.RESUME_TIMER, kernel.now_ns + delay_ns)
            case GaveUp(reason=reason, quarantine=True):
                self._keep_out(actor, reason)
            case GaveUp(reason=reason):
                assert supervisor is not None, "only a supervisor gives up"
                return self._escalate(actor, supervisor, reason)
        return True

    def _escalate(self, actor: Actor, supervisor: Actor, reason: str) -> bool:
        """The supervisor itself counts as failed: its parent decides, up to the root."""
        kernel = self._kernel
        if supervisor.supervisor is None:
            kernel.fatal = f"{actor.actor_urn} failed too often: {reason}"
            self.hold(actor, ActorStatus.BACKING_OFF)
            return False
        self._trouble(supervisor).failures += 1
        _forget(supervisor)
        goes_on = self._restart(supervisor, InjectedCrash(reason), None)
        if goes_on:
            kernel.make_ready(actor, first=True)
        else:
            self.hold(actor, ActorStatus.BACKING_OFF)
        return goes_on

    def _ask(self, supervisor: Supervisor, failed: ChildFailed) -> Restarted | RestartLater | GaveUp:
        """Let a supervisor handle a failure at once: a restart may not wait behind other mail."""
        kernel = self._kernel
        decision = supervisor.decide(failed)
        supervisor.redo.append((kernel.now_ns, failed))
        kernel.flush_outbox()
        return decision

    def _record_restart(self, actor: Actor, error: BaseException) -> None:
        trouble = self._trouble(actor)
        trouble.restarts += 1
        self._kernel.restarts += 1
        self._kernel.effect_sink.append(
            ActorRestarted(
                actor=actor.actor_urn,
                time_ns=self._kernel.now_ns,
                restarts=trouble.restarts,
                error=describe(error),
            )
        )

    def _dead_letter(self, name: str, message: Any, error: str, trace: str) -> None:
        kernel = self._kernel
        try:
            data = encode(message)
        except CodecError:
            data = _printable(repr(message)).encode()
        kernel.dead_letters.append(
            DeadLetter(
                seq=kernel.seq, actor=name, time_ns=kernel.now_ns, message=data, error=error, traceback=trace
            )
        )
        parked = MessageParked(actor=name, time_ns=kernel.now_ns, message=data, error=error)
        kernel.effect_sink.append(parked)

    def _count_attempt(self, actor: Actor) -> Trouble:
        trouble = self._trouble(actor)
        if trouble.attempts_at != actor.handled:
            trouble.attempts, trouble.attempts_at = 0, actor.handled
        trouble.attempts += 1
        trouble.failures += 1
        return trouble

    def _throw_away(self, actor: Actor, message: Any) -> None:
        self._trouble(actor).undelivered += 1
        actor.checkpointed_at = None
        if actor.on_undelivered(message):
            save_state(actor)

    @staticmethod
    def _trouble(actor: Actor) -> Trouble:
        if actor.trouble is None:
            actor.trouble = Trouble()
        return actor.trouble


def describe(error: BaseException) -> str:
    """An error's kind and text, fit for the journal whatever user code put into it."""
    try:
        text = str(error)
    except BaseException:  # noqa: BLE001  # what user code raises
        text = "its text cannot be shown"
    return f"{type(error).__name__}: {_printable(text)[:LONGEST_ERROR]}"


def _printable(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode()
