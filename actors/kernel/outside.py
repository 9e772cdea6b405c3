"""What callers outside the core may do with an actor: pykka's interface, served between two inputs.

tell        -> an input like any other, journaled
call        -> a function of the caller's, run between two inputs: to look at the core as it is, or to command it
ask, proxy  -> answered between two inputs, not journaled: on a kernel with a journal they read, and tell nobody
start, stop -> between two inputs, and only on a kernel without a journal: its actors are its configuration
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import pykka
from pykka._envelope import Envelope
from pykka.messages import ProxyCall, ProxySetAttr, _ActorStop

from actors.kernel.actor import Actor, ActorStatus
from actors.kernel.errors import CoreThreadMisuse, NotJournalable
from actors.kernel.mailbox import HeldMailbox, Sink
from actors.kernel.supervisor import Supervisor
from messages import CodecError, Told, decode, encode

if TYPE_CHECKING:
    from actors.kernel.kernel import Kernel

_T = TypeVar("_T")

_logger = logging.getLogger(__name__)

_ADOPT = object()
"""Stands where a message would: take in an actor that another thread has made."""


class CoreCall(Generic[_T]):
    """A function that another thread wants to be run by the core, and the future that it waits for."""

    def __init__(self, function: Callable[[], _T]) -> None:
        self._function = function
        self.future: Future[_T] = Future()

    def run(self) -> None:
        """Run it, unless nobody waits any more. What it raises goes to the caller."""
        if not self.future.set_running_or_notify_cancel():
            return
        try:
            result = self._function()
        except Exception as error:  # noqa: BLE001  # the caller's own
            self.future.set_exception(error)
        else:
            self.future.set_result(result)


class OutsideCalls:
    """One for each kernel. Any thread may call, except `serve`: that is the core's."""

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel

    def tell(self, actor: Actor, message: Any) -> None:
        """Make a message an input.

        Where there is no journal, anything else than a message of `messages` is handled like one. Raises
        NotJournalable where there is.
        """
        try:
            data = encode(message)
            decode(data)
        except CodecError as error:
            if self._kernel.committer is not None:
                raise NotJournalable(f"{type(message).__name__} told to {actor.actor_urn}: {error}") from error
            self._enter(actor, Envelope(message))
        else:
            self._kernel.ingress.put_control(Told(actor.actor_urn, data))

    def put(self, actor: Actor, envelope: Envelope[Any]) -> None:
        """What pykka's `ask`, `stop` and proxies put into an inbox.

        Raises NotJournalable for what would change an actor and is no input, if the kernel keeps a journal.
        """
        if envelope.reply_to is None:
            actor.actor_ref.tell(envelope.message)
            return
        if isinstance(envelope.message, _ActorStop | ProxySetAttr):
            self._refuse_if_journaled(f"{type(envelope.message).__name__.strip('_')} of {actor.actor_urn}")
        self._enter(actor, envelope)

    def call(self, function: Callable[[], _T]) -> Future[_T]:
        """Have a function run on the core thread, between two inputs; what it returns or raises.

        It must be quick, for the core waits for it, and may change nothing but by `Kernel.command`.
        """
        call = CoreCall(function)
        self._kernel.ingress.put_control(call)
        return call.future

    def adopt(self, actor: Actor) -> None:
        """Let the running core take in a new actor. Raises NotJournalable if it keeps a journal."""
        self._refuse_if_journaled(f"starting {actor.actor_urn}")
        self._enter(actor, Envelope(_ADOPT))

    def stop(self, actor: Actor) -> None:
        """Stop an actor once the input at hand is handled, as pykka's `Actor.stop` asks from inside."""
        self._enter(actor, Envelope(_ActorStop()))

    def dismiss(self, actor: Actor) -> None:
        """Take an actor out for ever: its mail, and what is told to it later, become dead letters."""
        kernel, name = self._kernel, actor.actor_urn
        mail = tuple(actor.mailbox) if isinstance(actor.mailbox, HeldMailbox) else ()
        actor.mailbox = Sink(lambda message: kernel.failures.park_unaddressed(name, message))  # type: ignore[assignment]  # same use
        actor.status = ActorStatus.STOPPED
        del kernel.actors[name]
        kernel.gone = True
        if isinstance(actor.supervisor, Supervisor):
            actor.supervisor.children.remove(name)
        for timer in kernel.timers.entries():
            if timer.actor == name:
                kernel.timers.cancel(name, timer.name)
        for message in mail:
            actor.mailbox.append(message)

    def serve(self, actor: Actor, envelope: Envelope[Any]) -> None:
        """Do what was asked, and answer if somebody waits. The actor outlives its errors."""
        kernel, future = self._kernel, envelope.reply_to
        try:
            reply = self._do(actor, envelope.message, is_told=future is None)
            if kernel.outbox and kernel.committer is not None:
                raise CoreThreadMisuse(
                    f"{actor.actor_urn} told others while it answered a question; tell it instead"
                )
            kernel.flush_outbox()
            kernel.quiesce()
        except BaseException as error:  # noqa: BLE001  # goes to the caller, as in pykka
            kernel.outbox.clear()
            if future is None:
                _logger.error("call from outside failed actor=%s error=%r", actor.actor_urn, error)
            else:
                future.set_exception((type(error), error, error.__traceback__))
        else:
            if future is not None:
                future.set(reply)

    def _enter(self, actor: Actor, envelope: Envelope[Any]) -> None:
        self._kernel.ingress.put_control((actor, envelope))

    def _do(self, actor: Actor, message: Any, *, is_told: bool) -> Any:
        if message is _ADOPT:
            self._take_in(actor)
        elif isinstance(message, _ActorStop):
            self._stop(actor)
        elif is_told and not isinstance(message, ProxyCall):
            self._kernel.deliver(actor.actor_urn, message)
        elif actor.actor_stopped.is_set():
            raise pykka.ActorDeadError(f"{actor.actor_ref} stopped before handling the message")
        else:
            return actor._handle_receive(message)
        return None

    def _take_in(self, actor: Actor) -> None:
        self._kernel.actors[actor.actor_urn] = actor
        try:
            self._kernel.start(actor)
        except Exception:  # noqa: BLE001  # as in pykka: it is logged, and the actor is dead
            self._kernel.outbox.clear()
            self.dismiss(actor)
            actor._handle_failure(*sys.exc_info())

    def _stop(self, actor: Actor) -> None:
        if not actor.actor_stopped.is_set():
            self._refuse_if_journaled(f"stopping {actor.actor_urn}")
            self.dismiss(actor)
            actor._stop()

    def _refuse_if_journaled(self, what: str) -> None:
        if self._kernel.committer is not None:
            raise NotJournalable(
                f"{what} would not replay: the actors of an engine with a journal are those of its configuration. "
                "Change the configuration, or tell the actor a message."
            )
