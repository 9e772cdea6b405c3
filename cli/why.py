"""`understudy why`: the chain behind one order, from market data to what a fill did to the books."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from cli.message_text import message_line, number_text, order_text, signal_text
from cli.output import (
    data_dir_option,
    example,
    json_option,
    money_text,
    plain_text,
    print_json,
    print_line,
    time_text,
)
from messages import OrderFilled
from ops.order_links import (
    CommandLink,
    InputLink,
    IntentLink,
    Link,
    MarketRecord,
    OutcomeLink,
    PositionLink,
    RiskLink,
    SignalLink,
)
from ops.why import explain_order


@click.command(epilog=example("understudy why cross-3", "understudy why 4fk2p9-cross-3 --json"))
@click.argument("order")
@data_dir_option
@json_option
def why(order: str, data_dir: Path, as_json: bool) -> None:
    """Show why an order came about, and what came of it.

    ORDER is its client_order_id, the same without the book that it begins with (cross-3), or the venue's id. What
    passed between the actors is found out by running the input again; it needs the code that made the journal.
    """
    found = explain_order(data_dir, order)
    if as_json:
        print_json(found)
        return
    print_line(f"Order {found.order}: {found.status}")
    for link in found.chain:
        click.echo()
        for line in _lines(link):
            print_line(line)
    for note in found.notes:
        click.echo()
        print_line(f"Note: {note}")


def _lines(link: Link) -> Iterator[str]:
    match link:
        case InputLink():
            yield _head("input", link, f"{link.seq:,}  {message_line(link.message)}")
            yield from _path(link)
        case SignalLink():
            signal = link.signal.signal
            yield _head("signal", link, f"{signal.strategy_id} wants {signal_text(signal)}")
            yield _below(f"because {signal.reason}" if signal.reason else "no reason given")
            yield _below(_prices(link))
        case RiskLink():
            yield from _risk(link)
        case IntentLink(order=order):
            yield _head("intent", link, f"{order_text(order)}, to venue {order.venue_id}")
        case CommandLink():
            yield _head("command", link, message_line(link.message))
            yield _below(f"with input {link.seq:,}  {message_line(link.input)}")
        case OutcomeLink():
            yield from _outcome(link)
        case PositionLink():
            yield from _position(link)


def _head(name: str, link: Link, text: str) -> str:
    return f"{time_text(link.time_ns)}  {name:<8}  {text}"


def _below(text: str) -> str:
    return f"{'':<39}{text}"


def _path(link: InputLink) -> Iterator[str]:
    """The way from the input to the order, each actor with what it handled."""
    way = [link.handled[index] for index in link.path]
    width = max((len(step.actor) for step in way), default=0)
    for step in way:
        told = type(step.message).__name__ if step.message == link.message else message_line(step.message)
        yield _below(f"{step.actor:<{width}}  {told}")


def _prices(link: SignalLink) -> str:
    priced = link.signal
    if not priced.price_time_ns:
        return "no price was known"
    known = [("bid", priced.bid), ("ask", priced.ask), ("last", priced.last)]
    prices = ", ".join(f"{name} {number_text(value)}" for name, value in known if value)
    return f"at {prices}, told {time_text(priced.price_time_ns)}{', halted' if priced.halted else ''}"


def _risk(link: RiskLink) -> Iterator[str]:
    yield _head("risk", link, "approved" if link.passed else f"denied: {link.reason}")
    if link.order is not None and not link.passed:
        yield _below(f"asked for: {order_text(link.order)}")
    width = max((len(verdict.control) for verdict in link.verdicts), default=0)
    for verdict in link.verdicts:
        result = "passed" if verdict.passed else "failed"
        because = f" ({verdict.reason})" if verdict.reason else ""
        yield _below(f"{verdict.control:<{width}}  {result}  {verdict.value}, limit {verdict.limit}{because}")


def _outcome(link: OutcomeLink) -> Iterator[str]:
    event = link.event
    if isinstance(event, OrderFilled):
        text = (
            f"{type(event).__name__} {event.side.value} {plain_text(event.quantity)} at {money_text(event.price)}, "
            f"commission {money_text(event.commission)} {event.currency}, "
            f"{plain_text(event.cumulative_quantity)} filled in all ({event.execution_id})"
        )
    else:
        text = message_line(event)
    yield _head("outcome", link, text)
    yield _below(f"with input {link.seq:,}  {message_line(link.input)}")
    if link.market is not None and link.market.seq != link.seq:
        yield _below(f"met input {_record(link.market)}")


def _record(record: MarketRecord) -> str:
    return f"{record.seq:,}  {message_line(record.message)}, told {time_text(record.time_ns)}"


def _position(link: PositionLink) -> Iterator[str]:
    held = f"{plain_text(link.quantity_before)} -> {plain_text(link.quantity)} {link.symbol}"
    average = f" at {money_text(link.average_price)} on average" if link.average_price is not None else ""
    yield _head("position", link, f"{held}{average}")
    yield _below(
        f"realized {money_text(link.realized_pnl)}; ledger of {link.strategy_id}: "
        f"{money_text(link.ledger_realized_pnl_before)} -> {money_text(link.ledger_realized_pnl)}, "
        f"commission {money_text(link.ledger_commission)}"
    )
