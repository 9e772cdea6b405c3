"""What pykka promises to callers outside the core, and where we keep the promise only without a journal."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pykka
import pytest
from pykka._envelope import Envelope

from actors.kernel import (
    Actor,
    ActorStatus,
    Committer,
    CoreThread,
    CoreThreadMisuse,
    Kernel,
    NotJournalable,
    Supervisor,
    begin,
)
from messages import CrashActor, TimerFired, decode
from storage.memory import MemoryJournal
from tests.actors.kernel._actors import (
    START_NS,
    STARTED,
    Entry,
    handle,
    quote,
    running,
    started_kernel,
)

SECONDS = 5


class Guest(Actor):
    """Remembers what it was told, and what became of it; its doings are not its state, so that a rebuild shows."""

    def __init__(self, kernel: Kernel, name: str) -> None:
        super().__init__(kernel, name)
        self.heard: list[Any] = []
        self.stops = 0
        self.starts = 0
        self.nested = pykka.traversable(Nested())

    def on_start(self) -> None:
        self.starts += 1

    def on_stop(self) -> None:
        self.stops += 1

    def on_receive(self, message: Any) -> Any:
        if message == "fail":
            raise ValueError("asked for it")
        if message == "stop":
            self.actor_ref.tell("last words")
            self.stop()
        self.heard.append(message)
        return len(self.heard)

    def add(self, one: int, other: int) -> int:
        return one + other


class Nested:
    """Something inside an actor that a proxy may go into."""

    def __init__(self) -> None:
        self.name = "inner"


class Unstartable(Guest):
    """An actor that cannot begin."""

    def on_start(self) -> None:
        raise RuntimeError("no stage")


def guests(*names: str) -> Kernel:
    """A kernel without a journal, with these actors."""
    return started_kernel(*[lambda k, n=name: Guest.start(k, n) for name in names])


@contextmanager
def journaled(*kinds: type[Guest]) -> Iterator[Kernel]:
    """A kernel that keeps a journal, with one actor of each kind, running on a thread of its own."""
    journal = MemoryJournal()
    kernel = Kernel(epoch=journal.epoch)
    Entry.start(kernel)
    for kind in kinds:
        kind.start(kernel, kind.__name__)
    committer = kernel.committer = Committer(journal, None, lambda _effects: None)
    begin(kernel, STARTED)
    with running(kernel):
        yield kernel
    committer.close()


def guest(kernel: Kernel, name: str) -> Any:
    """The actor itself, to look at once the core is done."""
    return kernel.actors[name]


def test_ask_brings_the_reply_and_tell_brings_the_message() -> None:
    kernel = guests("a")

    with running(kernel):
        kernel.ref("a").tell({"any": "thing"})
        kernel.ref("a").tell(quote("a", 1))
        assert kernel.ref("a").ask("how many?", timeout=SECONDS) == 3

    assert guest(kernel, "a").heard == [{"any": "thing"}, quote("a", 1), "how many?"]


def test_ask_without_blocking_gives_a_future() -> None:
    kernel = guests("a")

    with running(kernel):
        futures = [kernel.ref("a").ask(text, block=False) for text in "xyz"]

        assert pykka.get_all(futures, timeout=SECONDS) == [1, 2, 3]


def test_a_reply_that_does_not_come_in_time_is_a_timeout() -> None:
    kernel = guests("a")

    with pytest.raises(pykka.Timeout, match="0 seconds"):
        kernel.ref("a").ask("nobody runs this core", timeout=0)


def test_an_exception_in_an_ask_or_a_proxy_goes_to_the_caller_and_the_actor_lives_on() -> None:
    kernel = guests("a")

    with running(kernel):
        with pytest.raises(ValueError, match="asked for it"):
            kernel.ref("a").ask("fail", timeout=SECONDS)
        with pytest.raises(TypeError, match="unsupported operand"):
            kernel.ref("a").proxy().add(1, "one").get(timeout=SECONDS)
        assert kernel.ref("a").proxy().add(1, 2).get(timeout=SECONDS) == 3


def test_a_proxy_calls_gets_sets_and_goes_into_what_is_traversable() -> None:
    kernel = guests("a")

    with running(kernel):
        proxy = kernel.ref("a").proxy()
        proxy.stops = 7
        proxy.on_receive.defer("deferred")

        assert proxy.stops.get(timeout=SECONDS) == 7
        assert proxy.nested.name.get(timeout=SECONDS) == "inner"
        assert proxy.heard.get(timeout=SECONDS) == ["deferred"]


def test_an_exception_that_nobody_waits_for_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    kernel = guests("a")

    with running(kernel):
        kernel.ref("a").proxy().on_receive.defer("fail")
        assert kernel.ref("a").ask("how many?", timeout=SECONDS) == 1

    assert "call from outside failed actor=a error=ValueError('asked for it')" in caplog.text


def test_the_registry_finds_and_broadcasts_and_forgets_who_stopped() -> None:
    kernel = guests("a", "b")

    with running(kernel):
        pykka.ActorRegistry.broadcast("all of you", target_class=Guest)
        heard = [kernel.ref(name).proxy().heard.get(timeout=SECONDS) for name in ("a", "b")]
        stopped = kernel.ref("a")
        stopped.stop(timeout=SECONDS)

        assert heard == [["all of you"], ["all of you"]]
        assert stopped not in pykka.ActorRegistry.get_all()
        assert kernel.ref("b") in pykka.ActorRegistry.get_by_class_name("Guest")
        kernel.ref("b").stop(timeout=SECONDS)


def test_a_stopped_actor_is_gone_its_hook_has_run_and_refs_know() -> None:
    kernel = guests("a")
    ref, actor = kernel.ref("a"), guest(kernel, "a")

    with running(kernel):
        was_alive = ref.stop(timeout=SECONDS)
        again = ref.stop(timeout=SECONDS)

        assert ref.actor_stopped.wait(0)
        for call in (lambda: ref.tell("too late"), lambda: ref.ask("too late"), ref.proxy):
            with pytest.raises(pykka.ActorDeadError, match=r"Guest \(a\) not found"):
                call()

    assert (was_alive, again, ref.is_alive()) == (True, False, False)
    assert "a" not in kernel.actors
    assert (actor.starts, actor.stops, actor.status) == (1, 1, ActorStatus.STOPPED)


def test_what_was_asked_before_a_stop_was_known_is_refused_as_pykka_refuses_it() -> None:
    kernel = guests("a")
    ref = kernel.ref("a")
    stopped = ref.stop(block=False)
    late, twice = ref.ask("too late", block=False), ref.stop(block=False)

    with running(kernel):
        assert stopped.get(timeout=SECONDS)
        assert twice.get(timeout=SECONDS)
        with pytest.raises(pykka.ActorDeadError, match="stopped before handling the message"):
            late.get(timeout=SECONDS)


def test_what_is_told_to_a_stopped_actor_becomes_a_dead_letter() -> None:
    class Caller(Guest):
        def on_receive(self, message: Any) -> Any:
            return absent.tell(message)

    kernel = started_kernel(lambda k: Caller.start(k, "a"), lambda k: Guest.start(k, "b"))
    kernel.timers.set("b", "alarm", START_NS + 1)
    absent = kernel.ref("b")
    absent.stop(block=False)
    absent.tell(quote("b", 2))  # on its way when the stop is handled

    with running(kernel):
        kernel.ref("router").ask("is all handled?", timeout=SECONDS)
    handle(kernel, quote("a", 1))

    assert [decode(letter.message) for letter in kernel.dead_letters] == [quote("b", 2), quote("a", 1)]
    assert {letter.error for letter in kernel.dead_letters} == {"there is no actor named b"}
    assert len(kernel.timers) == 0


def test_mail_that_waits_for_an_actor_that_backs_off_becomes_dead_letters_when_it_is_stopped() -> None:
    kernel = guests("a", "b")
    supervisor = Supervisor.start(kernel, "supervisor").actor  # type: ignore[attr-defined]  # our own Ref
    supervisor.supervise([kernel.actors["a"], kernel.actors["b"]])
    kernel.failures.hold(kernel.actors["a"], ActorStatus.BACKING_OFF)
    handle(kernel, quote("a", 1))

    with running(kernel):
        kernel.ref("a").stop(timeout=SECONDS)

    assert [decode(letter.message) for letter in kernel.dead_letters] == [quote("a", 1)]
    assert supervisor.children == ["b"]


def test_an_actor_stops_itself_after_its_handler_and_its_mail() -> None:
    kernel = guests("a")
    actor = guest(kernel, "a")

    with running(kernel):
        kernel.ref("a").tell("stop")
        assert actor.actor_stopped.wait(SECONDS)

    assert actor.heard == ["stop", "last words"]
    assert actor.stops == 1


def test_an_error_in_on_stop_is_logged_and_the_actor_is_dead(caplog: pytest.LogCaptureFixture) -> None:
    class Clinging(Guest):
        def on_stop(self) -> None:
            raise RuntimeError("I will not go")

    kernel = started_kernel(lambda k: Clinging.start(k, "a"))
    ref = kernel.ref("a")

    with running(kernel):
        assert ref.stop(timeout=SECONDS)

    assert "I will not go" in caplog.text
    assert not ref.is_alive()


def test_waiting_for_an_actor_to_stop_inside_the_core_is_refused() -> None:
    kernel = guests("a")

    with CoreThread(kernel), pytest.raises(CoreThreadMisuse, match="the core would wait for itself"):
        kernel.ref("a").stop()


def test_an_actor_may_be_started_while_the_core_runs_without_a_journal() -> None:
    kernel = guests("a")

    with running(kernel):
        kernel.ref("a").ask("is the core up?", timeout=SECONDS)
        late = Guest.start(kernel, "late")
        assert late.ask("here?", timeout=SECONDS) == 1

    assert guest(kernel, "late").starts == 1


def test_a_late_actor_that_cannot_start_is_dead_and_harms_nobody(caplog: pytest.LogCaptureFixture) -> None:
    kernel = guests("a")

    with running(kernel):
        kernel.ref("a").ask("is the core up?", timeout=SECONDS)
        late = Unstartable.start(kernel, "late")

        assert late.actor_stopped.wait(SECONDS)
        assert kernel.ref("a").ask("still there?", timeout=SECONDS) == 2

    assert "Unhandled exception in Unstartable (late)" in caplog.text
    assert "late" not in kernel.actors


def test_pykkas_on_failure_is_not_called_because_a_failure_is_no_end() -> None:
    class Failing(Guest):
        def on_failure(self, *_: Any) -> None:
            self.heard.append("on_failure")

    kernel = started_kernel(lambda k: Failing.start(k, "a"))

    with running(kernel):
        kernel.ref("a").tell("fail")
        assert kernel.ref("a").ask("still there?", timeout=SECONDS) == 1

    assert kernel.dead_letters[0].error == "ValueError: asked for it"
    assert kernel.ref("a").is_alive()


def test_with_a_journal_what_would_not_replay_is_refused_and_the_actor_lives_on() -> None:
    with journaled(Guest) as kernel:
        ref = kernel.ref("Guest")
        ref.ask("is the core up?", timeout=SECONDS)
        refused: dict[str, Any] = {
            "dict told to Guest": lambda: ref.tell({"any": "thing"}),
            "ProxyCall told to Guest": lambda: ref.proxy().add.defer(1, 2),
            "ActorStop of Guest would not replay": ref.stop,
            "ProxySetAttr of Guest would not replay": lambda: setattr(ref.proxy(), "stops", 1),
            "starting late would not replay": lambda: Guest.start(kernel, "late"),
        }

        for reason, call in refused.items():
            with pytest.raises(NotJournalable, match=reason):
                call()

        assert ref.ask("still there?", timeout=SECONDS) == 2
    assert guest(kernel, "Guest").stops == 0


def test_with_a_journal_an_actor_that_stops_itself_goes_on_and_the_attempt_is_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    class Leaving(Guest):
        def on_receive(self, message: Any) -> Any:
            if isinstance(message, TimerFired):
                self.stop()
            return super().on_receive(message)

    with journaled(Leaving) as kernel:
        ref = kernel.ref("Leaving")
        ref.tell(TimerFired("Leaving", "time to go", START_NS))

        assert [ref.ask("still there?", timeout=SECONDS) for _ in range(2)] == [2, 3]
        assert "stopping Leaving would not replay" in caplog.text
        assert ref.is_alive()


def test_with_a_journal_an_ask_may_tell_nobody() -> None:
    class Gossip(Guest):
        def on_receive(self, message: Any) -> Any:
            self.tell("Guest", message)

    with (
        journaled(Gossip, Guest) as kernel,
        pytest.raises(CoreThreadMisuse, match="Gossip told others while it answered a question"),
    ):
        kernel.ref("Gossip").ask("psst", timeout=SECONDS)

    assert guest(kernel, "Guest").heard == []


def test_only_the_kernel_takes_mail_out_of_an_inbox() -> None:
    kernel = guests("a")
    inbox = kernel.ref("a").actor_inbox

    assert inbox.empty()
    with pytest.raises(CoreThreadMisuse, match="only the kernel takes messages"):
        inbox.get()


def test_an_envelope_that_is_put_into_an_inbox_is_a_tell() -> None:
    kernel = guests("a")
    inbox = guest(kernel, "a").actor_inbox

    with running(kernel):
        inbox.put(Envelope("by hand"))
        assert kernel.ref("a").ask("there?", timeout=SECONDS) == 2

    assert guest(kernel, "a").heard[0] == "by hand"


def test_commands_for_an_actor_that_is_not_there_are_dead_letters() -> None:
    kernel = guests("a")

    with CoreThread(kernel):
        kernel.input(CrashActor("nobody"), kernel.now_ns)

    assert kernel.dead_letters[0].actor == "nobody"
