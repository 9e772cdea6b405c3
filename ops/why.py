"""The chain behind one order: market data, signal, risk, intent, outcomes, and what they did to the books.

What the journal holds is told from the journal. What passed between actors is not in it: that is found out by
running the inputs in question again, which gives exactly the same, or says that it does not.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec

from actors.kernel import Delivery, KernelError
from messages import EngineStarted, OrderApproved, OrderDenied, Signal, encode
from ops._order_story import Story, read_story
from ops.errors import BooksError, UnderstudyError
from ops.identity import recorded_instruments
from ops.order_links import Handled, InputLink, Link, OrderChain, SignalLink
from ops.order_names import find_order
from ops.reexecution import trace_inputs
from ops.version import CODE_VERSION
from storage import DataDirectoryView
from strategies import StrategyError

_Traces = dict[int, list[Delivery]]


def explain_order(path: Path, name: str) -> OrderChain:
    """Why an order came about, and what came of it. `name` is its id, with or without the book, or the venue's.

    Raises UsageError if there is no such order, BooksError, StorageError. What cannot be run again, or does
    something else now, is told in the notes.
    """
    with DataDirectoryView(path) as view:
        order_id = find_order(view.journal, name)
        story = read_story(view.journal, order_id, recorded_instruments(view))
        if story is None:
            raise BooksError(
                f"the verdict on {order_id} was in a day of the journal that was deleted. Put it back."
            )
        traces, notes = _run_again(view, story)
    return OrderChain(
        order=order_id, status=story.status, chain=(*_causes(story, order_id, traces), *story.links), notes=notes
    )


def _run_again(view: DataDirectoryView, story: Story) -> tuple[_Traces, tuple[str, ...]]:
    try:
        return trace_inputs(view, story.inputs), ()
    except (KernelError, UnderstudyError, StrategyError) as error:
        note = f"What passed between the actors is not known, because the run cannot be run again: {error}"
        return {}, (note, *_other_version(view))


def _other_version(view: DataDirectoryView) -> tuple[str, ...]:
    first = next(view.journal.read(view.journal.first_seq - 1)).taken.inputs[0]
    if not isinstance(first, EngineStarted) or first.code_version == CODE_VERSION:
        return ()
    return (f"The run was begun with version {first.code_version}; this is {CODE_VERSION}.",)


def _causes(story: Story, order_id: str, traces: _Traces) -> list[Link]:
    """The input at which the strategy spoke, its signal, and the input that let the order go, if it is another."""
    decided = story.inputs[story.verdict_seq]
    letting_go = _with_path(decided, traces, lambda delivery: _has_verdict(delivery, order_id))
    priced = story.verdict.signal
    if priced is None:
        return [letting_go]
    spoken = _spoken_at(story, priced.signal, traces)
    if spoken is None:
        return [SignalLink(seq=None, time_ns=priced.signal.time_ns, signal=priced), letting_go]
    signal_link = SignalLink(seq=spoken.seq, time_ns=spoken.time_ns, signal=priced)
    if spoken.seq == decided.seq:
        return [letting_go, signal_link]
    return [
        _with_path(spoken, traces, lambda delivery: _is_signal(delivery.message, priced.signal)),
        signal_link,
        letting_go,
    ]


def _spoken_at(story: Story, signal: Signal, traces: _Traces) -> InputLink | None:
    """The latest input that made the strategy tell the signal; without traces, only the order's own may be it."""
    for seq in sorted(traces, reverse=True):
        if any(_is_signal(delivery.message, signal) for delivery in traces[seq]):
            return story.inputs[seq]
    decided = story.inputs[story.verdict_seq]
    return decided if not traces and decided.time_ns == signal.time_ns else None


def _is_signal(message: object, signal: Signal) -> bool:
    """Whether it is that signal; compared as encoded, for NaN is not equal to itself."""
    return isinstance(message, Signal) and encode(message) == encode(signal)


def _with_path(link: InputLink, traces: _Traces, is_end: Callable[[Delivery], bool]) -> InputLink:
    """The input with what it made the actors do, and the way from it to the first delivery that `is_end`."""
    deliveries = traces.get(link.seq, [])
    end = next((index for index, delivery in enumerate(deliveries) if is_end(delivery)), None)
    path: list[int] = []
    while end is not None:
        path.append(end)
        end = deliveries[end].told_by
    handled = tuple(
        Handled(actor=delivery.actor, message=delivery.message, told_by=delivery.told_by) for delivery in deliveries
    )
    return msgspec.structs.replace(link, path=tuple(reversed(path)), handled=handled)


def _has_verdict(delivery: Delivery, order_id: str) -> bool:
    return any(
        isinstance(told, OrderApproved | OrderDenied) and told.client_order_id == order_id for told in delivery.told
    )
