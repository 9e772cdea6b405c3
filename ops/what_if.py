"""What would have been: recorded market data once more, traded by other code of a strategy.

Venue, portfolios and the other strategies are as they were. Quotes, trades and bars come from the journal, and so
do people's commands, each at its place in the data; timers and everything else come about anew. What only failed
(a crash, a handler that hung) is not repeated.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from messages import (
    ActorRestarted,
    AnyMessage,
    CancelOrder,
    Instrument,
    OrderDenied,
    ReplaceOrder,
    StrategyQuarantined,
    SubmitOrder,
)
from ops._config_errors import nearest
from ops._recorded_config import outcomes_are_effects
from ops.book_lines import PortfolioLine
from ops.books import Books, Marks
from ops.config import Config, encode_config
from ops.digests import final_digest
from ops.errors import BooksError, UsageError
from ops.identity import Identity
from ops.marks import marks_in, marks_of
from ops.playing import play_again
from ops.reexecution import recorded_identity, reports_of
from ops.summary import recorded_ending
from storage import DataDirectoryView
from strategies import READY_MADE

Decision = SubmitOrder | CancelOrder | ReplaceOrder | OrderDenied
_DECISIONS = (SubmitOrder, CancelOrder, ReplaceOrder, OrderDenied)


class Trading(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a run, from its effects.

    `restarts` counts actors that failed and ran again, `quarantined` strategies that were put out of the game.
    Positions are valued at the engine's last marks if the recorded run has ended, else at the last prices in the
    journal. `digest` is `None` for a recorded run that has not ended.
    """

    orders: int
    denied: int
    fills: int
    restarts: int
    quarantined: int
    portfolios: tuple[PortfolioLine, ...]
    digest: str | None


class Changed(msgspec.Struct, frozen=True, kw_only=True):
    """A decision that only one of the two made: `run` is "before" or "after"."""

    run: str
    time_ns: int
    decision: Decision


class WhatIf(msgspec.Struct, frozen=True, kw_only=True):
    """Both runs, and every decision that they do not share, oldest first. `inputs` counts market data records."""

    replaced: dict[str, str]
    inputs: int
    seconds: float
    before: Trading
    after: Trading
    changed: tuple[Changed, ...]


def what_if(path: Path, given: Sequence[str]) -> WhatIf:
    """Trade a recorded run again with other code.

    `given` are files, each as `ID=FILE`, or one `FILE` if there is but one strategy; the name of a ready-made
    strategy stands for its file.

    Raises UsageError, StrategyError, BooksError, StorageError, EngineHalted.
    """
    began = time.perf_counter()
    with DataDirectoryView(path) as view:
        identity = recorded_identity(view)
        _require_simulated(view, identity.config)
        replaced = _by_strategy(identity.config, given)
        before = _recorded(view, identity)
        after = _Notes(identity.instruments)
        kernel = play_again(view, identity, replaced, after.note)
        ending = recorded_ending(view, view.journal.last_seq)
        if ending is not None:
            marks_before, marks_after = marks_in(ending.portfolios), marks_in(reports_of(kernel))
        else:
            marks_before = marks_after = marks_of(view.journal, [*before.books.held, *after.books.held])
    assert kernel.feed is not None, "it has been played"
    return WhatIf(
        replaced={name: str(file) for name, file in replaced.items()},
        inputs=kernel.feed.position,
        seconds=round(time.perf_counter() - began, 3),
        before=before.trading(marks_before, None if ending is None else ending.digest),
        after=after.trading(marks_after, final_digest(kernel.digest, reports_of(kernel))),
        changed=tuple(_changed(before.decisions, after.decisions)),
    )


def _require_simulated(view: DataDirectoryView, config: Config) -> None:
    """Nobody fills the orders of a what-if at a broker: what it said is of the orders that were sent then."""
    if outcomes_are_effects(encode_config(config)):
        return
    raise UsageError(
        f"the run in {view.path} traded at a broker, which cannot be asked what it would have filled; a what-if "
        "needs a simulated venue. Leave out --strategy to replay the run as it was."
    )


class _Notes:
    """What a run did: its books and its decisions, from its effects."""

    def __init__(self, instruments: Iterable[Instrument]) -> None:
        self.books = Books(instruments)
        self.decisions: list[Decision] = []
        self._kinds: Counter[type[AnyMessage]] = Counter()

    def note(self, effect: AnyMessage) -> None:
        """Take in the next effect."""
        self.books.record(effect)
        self._kinds[type(effect)] += 1
        if isinstance(effect, _DECISIONS):
            self.decisions.append(effect)

    def trading(self, marks: Marks, digest: str | None) -> Trading:
        """What came of it."""
        return Trading(
            orders=self._kinds[SubmitOrder],
            denied=self._kinds[OrderDenied],
            fills=len(self.books.fills),
            restarts=self._kinds[ActorRestarted],
            quarantined=self._kinds[StrategyQuarantined],
            portfolios=tuple(self.books.portfolios(marks)),
            digest=digest,
        )


def _recorded(view: DataDirectoryView, identity: Identity) -> _Notes:
    """The run as it was. Raises BooksError if the journal's beginning was deleted."""
    if view.journal.first_seq > 1:
        raise BooksError(
            f"the journal of {view.path} begins with input {view.journal.first_seq}; a what-if plays a run from "
            "its beginning. Put the days back that were deleted."
        )
    notes = _Notes(identity.instruments)
    for recorded in view.journal.read_effects():
        notes.note(recorded.message)
    return notes


def _by_strategy(config: Config, given: Iterable[str]) -> dict[str, Path]:
    known = list(config.strategies)
    replaced: dict[str, Path] = {}
    for each in given:
        name, equals, file = each.partition("=")
        if not (equals and name in known):
            if equals and not Path(each).exists():
                meant = nearest(name, known)
                cure = f"Did you mean {meant}?" if meant else f"There is {', '.join(known)}."
                raise UsageError(f"there is no strategy {name} in the run, and no file {each}. {cure}")
            if len(known) > 1:
                raise UsageError(
                    f"the run has {len(known)} strategies: {', '.join(known)}. "
                    f"Say which one is meant by {each}: --strategy {known[0]}={each}."
                )
            name, file = known[0], each
        if name in replaced:
            raise UsageError(
                f"strategy {name} is given other code twice: {replaced[name]} and {file}. Leave one out."
            )
        replaced[name] = (
            Path(__file__).parents[1] / "strategies" / f"{file}.py" if file in READY_MADE else Path(file)
        )
    return replaced


def _changed(before: Sequence[Decision], after: Sequence[Decision]) -> list[Changed]:
    changed = [
        Changed(run=run, time_ns=decision.time_ns, decision=decision)
        for run, mine, others in (("before", before, after), ("after", after, before))
        for decision in _only(mine, others)
    ]
    return sorted(changed, key=lambda each: each.time_ns)


def _only(mine: Iterable[Decision], others: Iterable[Decision]) -> Iterable[Decision]:
    """Decisions that the others did not make. Ids do not matter: an order more shifts the count of all after it."""
    left = Counter(_essence(decision) for decision in others)
    for decision in mine:
        essence = _essence(decision)
        if left[essence]:
            left[essence] -= 1
        else:
            yield decision


def _essence(decision: Decision) -> tuple[object, ...]:
    fields = [
        getattr(decision, name)
        for name in decision.__struct_fields__
        if name not in ("client_order_id", "order", "verdicts", "signal")
    ]
    return (type(decision), *fields)
