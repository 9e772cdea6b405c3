"""The actor of the core: pykka's interface, our own mailbox and loop.

What pykka offers to callers outside (`tell`, `ask`, `proxy`, the registry, the life-cycle hooks) works as it
does there. What we replace is the thread for each actor: all actors of a kernel run on its one core thread.
"""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from enum import Enum
from threading import Condition, get_ident
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import msgspec
import pykka
from pykka._envelope import Envelope

from actors.kernel.errors import CoreThreadMisuse
from actors.kernel.future import KernelFuture, on_core_thread
from actors.kernel.mailbox import Mailbox
from messages import TimerFired, Trouble

if TYPE_CHECKING:
    from actors.kernel.kernel import Kernel

REDO_LIMIT = 100
"""Messages that an actor handles before its state is encoded anew, at least; see `Kernel`."""

TIMER_AGAIN_NS = 360_000_000_000
"""When a timer comes again whose message was set aside: longer than an actor must run to count as healthy again."""


class ActorStatus(Enum):
    RUNNING = "running"
    BACKING_OFF = "backing off"
    QUARANTINED = "quarantined"
    STOPPED = "stopped"


class SetAside(NamedTuple):
    """Stands in an actor's redo list for its `on_poison`, if the state could not be saved behind that."""

    message: Any


class NoState(msgspec.Struct):
    """State of an actor that remembers nothing."""


_some_actor_stopped = Condition()


class StopFlag:
    """Whether an actor has stopped. Stands in for `threading.Event`, which costs 1.8 microseconds and 1 KiB.

    Hardly anybody waits for a stop, so all flags share one condition.
    """

    __slots__ = ("_stopped",)

    def __init__(self) -> None:
        self._stopped = False

    def is_set(self) -> bool:
        """Whether it has stopped."""
        return self._stopped

    def set(self) -> None:
        """It has stopped, for ever."""
        with _some_actor_stopped:
            self._stopped = True
            _some_actor_stopped.notify_all()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until it has stopped, at most `timeout` seconds: whether it has."""
        with _some_actor_stopped:
            return _some_actor_stopped.wait_for(self.is_set, timeout)


class OutsideInbox:
    """The inbox that pykka's own code sees: whatever is put goes through the kernel's ingress."""

    __slots__ = ("_actor",)

    def __init__(self, actor: Actor) -> None:
        self._actor = actor

    def put(self, envelope: Envelope[Any], /) -> None:
        """Hand an envelope to the core."""
        self._actor.kernel.outside.put(self._actor, envelope)

    def get(self) -> Envelope[Any]:
        """Not for callers: the kernel alone takes mail."""
        raise CoreThreadMisuse("only the kernel takes messages out of a mailbox")

    def empty(self) -> bool:
        """Whether no mail waits."""
        return len(self._actor.mailbox) == 0


class Ref(pykka.ActorRef[Any]):
    """A reference to an actor. It stays good over every restart of the actor."""

    def __init__(self, actor: Actor) -> None:
        self.actor = actor
        self.kernel = actor.kernel
        self.actor_class = actor.__class__
        self.actor_urn = actor.actor_urn
        self.actor_stopped = actor.actor_stopped

    @property
    def actor_inbox(self) -> Any:  # type: ignore[override]  # made on demand: only outside callers need it
        """The inbox as pykka's code knows it."""
        return OutsideInbox(self.actor)

    @property
    def _actor_weakref(self) -> weakref.ref[Actor]:  # type: ignore[override]  # only proxies ask for it
        return weakref.ref(self.actor)

    def tell(self, message: Any) -> None:
        """Send a message. Inside the core it leaves when the current handler returns; outside, through the ingress.

        Raises ActorDeadError outside the core if the actor has stopped; inside, a message to a stopped actor
        becomes a dead letter.
        """
        kernel = self.kernel
        if get_ident() == kernel.thread_id:
            kernel.outbox.append((self.actor, message))
            return
        if self.actor_stopped.is_set():
            raise pykka.ActorDeadError(f"{self} not found")
        kernel.outside.tell(self.actor, message)

    def ask(self, message: Any, *, block: bool = True, timeout: float | None = None) -> Any:
        """Send a message and wait for the reply; for callers outside the core, to read.

        Raises CoreThreadMisuse inside the core when `block` is true.
        """
        if block and on_core_thread():
            raise CoreThreadMisuse(f"an actor asked {self} and would wait for ever; tell it instead")
        return super().ask(message, block=block, timeout=timeout)

    def stop(self, *, block: bool = True, timeout: float | None = None) -> Any:
        """Stop the actor, as pykka does: whether it was alive. What is told to it later becomes a dead letter.

        Raises NotJournalable if the kernel keeps a journal, CoreThreadMisuse inside the core when `block` is true.
        """
        if block and on_core_thread():
            raise CoreThreadMisuse(f"an actor waited for {self} to stop; the core would wait for itself")
        return super().stop(block=block, timeout=timeout)


class Actor(pykka.Actor):
    """Base of every actor. Subclasses set `State`, and write `on_receive`.

    A handler is a transaction. What it tells, emits or schedules leaves when it returns; if it raises, none of it
    leaves and `state` is rebuilt. So everything that a handler changes must live in `state`, a `msgspec.Struct`
    that MessagePack can hold; other attributes are set up in `__init__` or `on_restore` and then left alone.

    Of pykka's hooks, `on_start` runs before the first message and `on_stop` when the actor is stopped. `on_failure`
    is never called: a failure is no end here, the supervisor restarts the actor (see `on_poison`).
    """

    State: ClassVar[type[msgspec.Struct]] = NoState
    has_foreign_state: ClassVar[bool] = False
    """Whether user code writes its state; it may then hold what cannot be saved, until the actor finds that out."""

    def __init__(self, kernel: Kernel, name: str) -> None:
        self.kernel = kernel
        self.actor_urn = name
        self.actor_stopped = StopFlag()  # type: ignore[assignment]  # a lighter flag, same interface
        self.mailbox = Mailbox()
        self._actor_ref = Ref(self)
        self.supervisor: Actor | None = None
        self.redo: list[tuple[int, Any]] = []
        self.redo_limit = REDO_LIMIT
        self.saved_state: bytes | None = None
        self.handled_before_redo = 0
        self.status = ActorStatus.RUNNING
        self.trouble: Trouble | None = None
        self.checkpointed_at: tuple[int, ActorStatus] | None = None
        self.held_since_ns: int | None = None
        self.state: Any = self.new_state()

    @property
    def actor_inbox(self) -> Any:  # type: ignore[override]  # see Ref.actor_inbox
        """The inbox as pykka's code knows it."""
        return OutsideInbox(self)

    @staticmethod
    def _create_actor_inbox() -> Any:
        raise CoreThreadMisuse("actors of the core have a mailbox of their own")

    @staticmethod
    def _create_future() -> KernelFuture[Any]:
        return KernelFuture()

    def _start_actor_loop(self) -> None:
        self.kernel.adopt(self)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.actor_urn} {self.status.value} mail={len(self.mailbox)}>"

    @property
    def handled(self) -> int:
        """Messages handled to the end since the journal began."""
        return self.handled_before_redo + len(self.redo)

    @property
    def now_ns(self) -> int:
        """Time of the input being handled, nanoseconds UTC. There is no other clock in here."""
        return self.kernel.now_ns

    @property
    def deliveries(self) -> int:
        """Attempts to handle a message, failed ones included."""
        return self.handled + (0 if self.trouble is None else self.trouble.failures)

    def new_state(self) -> msgspec.Struct:
        """The state that the actor begins with."""
        return self.State()

    def on_restore(self) -> None:
        """Set up what is derived from `state`. Runs after every rebuild of it, and never tells or emits."""

    def on_state_lost(self, saved: bytes | None, handled: Sequence[Any]) -> None:
        """`state` begins anew, for user code cannot be carried on from `saved` and the messages `handled` since.

        What does not depend on that code can be taken over; a message that was `SetAside` stands among the others.
        Never tells or emits.
        """

    def on_poison(self, message: Any) -> None:
        """A message that kept crashing this actor was set aside. Runs as a handler of its own.

        A timer comes again: what it watches over must not go unwatched for ever.
        """
        if isinstance(message, TimerFired) and not self.has_foreign_state:
            self.set_timer(message.name, self.kernel.now_ns + TIMER_AGAIN_NS)

    def on_undelivered(self, message: Any) -> bool:  # noqa: ARG002  # subclasses look at it
        """A message was thrown away, for this actor is quarantined. Whether `state` has changed by it.

        Never tells or emits.
        """
        return False

    def stop(self) -> None:
        """Stop once this handler has returned and all mail is handled. Never in a kernel that keeps a journal."""
        self.kernel.outbox.append((self.kernel.stop_sink, self))

    def tell(self, name: str, message: Any) -> None:
        """Send a message to the actor of that name, once this handler returns."""
        self.kernel.outbox.append((self.kernel.actors[name], message))

    def emit(self, message: Any) -> None:
        """Record an effect: journaled with this input, released to the world once durable."""
        self.kernel.outbox.append((self.kernel.effect_sink, message))

    def set_timer(self, name: str, due_ns: int) -> None:
        """Ask for `TimerFired(name)` at `due_ns`; an earlier timer of that name is moved."""
        self.kernel.outbox.append((self.kernel.timer_sink, (self.actor_urn, name, due_ns)))

    def cancel_timer(self, name: str) -> None:
        """Forget the timer of that name, if it is set."""
        self.kernel.outbox.append((self.kernel.timer_sink, (self.actor_urn, name, None)))
