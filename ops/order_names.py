"""From what a person calls an order to its id: the id with or without its book, or the venue's id."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches

from messages import AnyMessage, OrderAccepted, OrderApproved, OrderDenied, OrderFilled, SubmitOrder
from ops.books import ReadableJournal
from ops.errors import UsageError

NEAR_SHOWN = 3

_OURS = (OrderApproved, OrderDenied, SubmitOrder)
_THEIRS = (OrderAccepted, OrderFilled)


def find_order(journal: ReadableJournal, name: str) -> str:
    """The client order id behind a name. Raises UsageError, with the nearest ids, if there is none or several."""
    effects = [recorded.message for recorded in journal.read_effects(journal.first_seq - 1)]
    ours: dict[str, None] = {m.client_order_id: None for m in effects if isinstance(m, _OURS)}
    if name in ours:
        return name
    found = [order_id for order_id in ours if _without_book(order_id) == name]
    if not found:
        found = _by_venue(effects, name) or _by_venue(_inputs(journal), name)
    if len(found) == 1:
        return found[0]
    if found:
        raise UsageError(f"{name} may be any of {', '.join(found)}. Give the whole id.")
    raise UsageError(f"there is no order {name} in the journal; {_nearest(name, list(ours))}")


def _by_venue(messages: list[AnyMessage] | Iterator[AnyMessage], name: str) -> list[str]:
    """Orders that a venue calls by that name."""
    named = (m.client_order_id for m in messages if isinstance(m, _THEIRS) and m.venue_order_id == name)
    return list(dict.fromkeys(named))


def _inputs(journal: ReadableJournal) -> Iterator[AnyMessage]:
    """What a broker says is among the inputs."""
    for turn in journal.read(journal.first_seq - 1):
        yield from turn.taken.inputs


def _nearest(name: str, known: list[str]) -> str:
    if not known:
        return "it has no orders yet."
    by_short_name = {_without_book(order_id): order_id for order_id in known}
    near = get_close_matches(name, [*by_short_name, *known], n=NEAR_SHOWN, cutoff=0.4)
    if not near:
        return f"it has {len(known)}, from {known[0]} to {known[-1]}. List them: `understudy orders`."
    ids = dict.fromkeys(by_short_name.get(each, each) for each in near)
    return f"the nearest are {', '.join(ids)}."


def _without_book(order_id: str) -> str:
    return order_id.partition("-")[2]
