"""Recovery: checkpoint plus journal give the engine back, and effects prove it."""

from __future__ import annotations

import random
from typing import Any

import msgspec
import pytest

from actors.kernel import (
    Actor,
    Committer,
    CoreThread,
    EngineHalted,
    Kernel,
    ReplayDiverged,
    SourceFeed,
    begin,
    crash_plan,
    recover,
    take_checkpoint,
)
from actors.kernel import kernel as kernel_module
from messages import Quote
from storage.memory import MemoryJournal, MemoryStateStore
from tests.actors.kernel._actors import STARTED, Counter, Entry, Faulty, Quotes

SYMBOLS = ("a", "b", "c")
COUNT = 600


class Harness:
    """A journal and a store that outlive kernels, as files outlive processes."""

    def __init__(self) -> None:
        self.journal = MemoryJournal()
        self.store = MemoryStateStore()

    def kernel(self, make: Any = Counter.start) -> Kernel:
        kernel = Kernel(epoch=self.journal.epoch, digest_of=msgspec.msgpack.encode)
        Entry.start(kernel)
        for name in SYMBOLS:
            make(kernel, name, *(["c"] if name != "c" else []))
        kernel.feed = SourceFeed(Quotes(COUNT, SYMBOLS))
        return kernel

    def resume(self, make: Any = Counter.start) -> Kernel:
        kernel = self.kernel(make)
        checkpoint = self.store.latest_checkpoint()
        turns = self.journal.read(0 if checkpoint is None else checkpoint.seq)
        recover(kernel, checkpoint=checkpoint, turns=turns)
        return kernel

    def run(self, kernel: Kernel, *, until: int = COUNT, checkpoint_every: int = 0, turn: int = 50) -> None:
        kernel.committer = Committer(self.journal, self.store, lambda _effects: None)
        if kernel.seq == 0:
            begin(kernel, STARTED)
        assert kernel.feed is not None
        next_checkpoint = kernel.seq + checkpoint_every
        with CoreThread(kernel):
            while kernel.feed.position < until and kernel.turn(turn):
                if checkpoint_every and kernel.seq >= next_checkpoint:
                    kernel.committer.submit_checkpoint(take_checkpoint(kernel, code_version="test"))
                    next_checkpoint += checkpoint_every
            if until == COUNT:
                kernel.turn()
        kernel.committer.flush()
        kernel.committer.close()


def outcome(kernel: Kernel) -> tuple[Any, ...]:
    """All that a run amounts to."""
    states = {name: actor.state for name, actor in kernel.actors.items()}
    assert kernel.feed is not None
    return kernel.digest, kernel.seq, kernel.now_ns, states, kernel.feed.position


def undisturbed() -> tuple[Any, ...]:
    harness = Harness()
    kernel = harness.kernel()
    harness.run(kernel)
    return outcome(kernel)


@pytest.mark.parametrize("checkpoint_every", [0, 70, 200])
def test_a_run_cut_anywhere_ends_as_if_it_had_not_been(checkpoint_every: int) -> None:
    expected = undisturbed()
    for cut in (1, 49, 50, 51, 120, 333, 599):
        harness = Harness()
        harness.run(harness.kernel(), until=cut, checkpoint_every=checkpoint_every, turn=17)

        kernel = harness.resume()
        harness.run(kernel, checkpoint_every=checkpoint_every)

        assert outcome(kernel) == expected, f"cut at {cut}"


def test_a_run_cut_many_times_ends_as_if_it_had_not_been() -> None:
    harness, draw = Harness(), random.Random(11)
    harness.run(harness.kernel(), until=20)

    for until in sorted(draw.sample(range(20, COUNT), 12)):
        harness.run(harness.resume(), until=until, checkpoint_every=90, turn=draw.randrange(1, 60))
    kernel = harness.resume()
    harness.run(kernel)

    assert outcome(kernel) == undisturbed()


def test_resuming_after_the_end_changes_nothing() -> None:
    harness = Harness()
    harness.run(harness.kernel(), checkpoint_every=100)

    kernel = harness.resume()
    harness.run(kernel)

    assert outcome(kernel) == undisturbed()


def test_a_crash_that_was_injected_replays_at_the_same_message() -> None:
    harness = Harness()
    kernel = harness.kernel()
    crash_plan(kernel.actors["a"], 40)
    crash_plan(kernel.actors["c"], 333)
    harness.run(kernel)

    resumed = harness.resume()

    assert resumed.restarts == kernel.restarts == 2
    assert outcome(resumed) == outcome(kernel)


def test_failures_and_parked_messages_replay_as_they_were() -> None:
    def make(kernel: Kernel, name: str, *rest: Any) -> Any:
        return Faulty.start(kernel, name, lambda quote: quote.bid == 103.0, *rest)

    harness = Harness()
    kernel = harness.kernel(make)
    harness.run(kernel, until=301, checkpoint_every=110)

    resumed = harness.resume(make)

    assert resumed.restarts == kernel.restarts > 10
    assert outcome(resumed)[0] == outcome(kernel)[0]


class Changed(Counter):
    """A counter of a later release, which counts otherwise."""

    def on_receive(self, message: Any) -> Any:
        if isinstance(message, Quote) and message.bid == 105.0:
            message = msgspec.structs.replace(message, bid=105.5)
        return super().on_receive(message)


def test_code_that_does_something_else_is_stopped_with_both_sides_shown() -> None:
    harness = Harness()
    harness.run(harness.kernel())

    with pytest.raises(ReplayDiverged, match=r"input 7 was recorded to cause .*'c 615\.0.* now causes .*'c 615\.5"):
        harness.resume(Changed.start)


def test_another_set_of_actors_than_the_checkpoint_knows_is_refused() -> None:
    harness = Harness()
    harness.run(harness.kernel(), until=300, checkpoint_every=100)
    kernel = harness.kernel()
    Counter.start(kernel, "new")

    with pytest.raises(ReplayDiverged, match="disagree on actors: new"):
        recover(kernel, checkpoint=harness.store.latest_checkpoint(), turns=[])


def test_a_checkpoint_holds_only_actors_that_changed_since_the_last() -> None:
    harness = Harness()
    kernel = harness.kernel()
    harness.run(kernel, until=10)
    take_checkpoint(kernel, code_version="test")

    nothing_new = take_checkpoint(kernel, code_version="test")

    assert nothing_new.actors == {}


class Failing(MemoryJournal):
    """A journal whose disk gives up."""

    def append(self, frames: Any) -> None:
        raise OSError("the disk is gone")


def test_a_journal_that_fails_halts_the_engine() -> None:
    harness = Harness()
    harness.journal = Failing()

    with pytest.raises(EngineHalted, match="the disk is gone"):
        harness.run(harness.kernel())


def test_effects_are_released_in_order_and_only_once_their_turn_is_durable() -> None:
    harness = Harness()
    kernel = harness.kernel()
    released: list[int] = []

    def release(effects: list[Any]) -> None:
        released.extend(effect.seq for effect in effects)
        assert released[-1] <= harness.journal.last_seq

    kernel.committer = Committer(harness.journal, harness.store, release)
    begin(kernel, STARTED)
    with CoreThread(kernel):
        while kernel.turn(20):
            pass
    kernel.committer.flush()
    kernel.committer.close()

    assert released == sorted(released)
    assert released[-1] == COUNT + 1


def test_held_mail_of_an_actor_that_backs_off_survives_the_process() -> None:
    harness = Harness()
    kernel = harness.kernel()
    harness.run(kernel, until=30)
    kernel.committer = None
    held: Actor = kernel.actors["a"]
    kernel.failures.hold(held, type(held.status).BACKING_OFF)
    held.mailbox.append(Quotes(1, ("a",)).take(1)[0])
    checkpoint = take_checkpoint(kernel, code_version="test", everything=True)

    again = harness.kernel()
    recover(again, checkpoint=checkpoint, turns=[])

    assert list(again.actors["a"].mailbox) == list(held.mailbox)
    assert again.actors["a"].status is held.status


def test_many_timers_before_one_record_do_not_make_one_endless_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernel_module, "TIMERS_LIMIT", 5)
    harness = Harness()
    kernel = harness.kernel()
    for second in range(40):
        kernel.timers.set("a", f"alarm {second}", STARTED.time_ns - second)

    harness.run(kernel)

    sizes = [len(turn.taken.inputs) for turn in harness.journal.read()]
    assert max(sizes[:8]) <= 6
    assert outcome(harness.resume()) == outcome(kernel)
