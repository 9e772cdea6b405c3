"""What the journal itself tells of one order, in the order in which it happened."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple

import msgspec

from messages import (
    AnyMessage,
    Bar,
    CancelOrder,
    Instrument,
    OrderApproved,
    OrderDenied,
    OrderEvent,
    OrderFilled,
    OrderUnknown,
    QueryOrder,
    Quote,
    ReplaceOrder,
    SubmitOrder,
    Trade,
    Turn,
)
from ops.book_lines import ZERO, PositionLine
from ops.books import Books, ReadableJournal
from ops.export import repeats
from ops.order_links import (
    CommandLink,
    InputLink,
    IntentLink,
    Link,
    MarketRecord,
    OutcomeLink,
    PositionLink,
    RiskLink,
)

Verdict = OrderApproved | OrderDenied

_OF_AN_ORDER = (SubmitOrder, CancelOrder, ReplaceOrder, QueryOrder, OrderEvent)
_MARKET = (Quote, Trade, Bar)
_COMMANDS = (CancelOrder, ReplaceOrder, QueryOrder, OrderUnknown)


class Story(msgspec.Struct, kw_only=True):
    """One order in the journal: the verdict on it, all that followed, and the inputs that may be behind it.

    `inputs` are, by number, the input that brought the verdict and those of the time at which the signal was given.
    """

    verdict: Verdict
    verdict_seq: int
    status: str = ""
    inputs: dict[int, InputLink] = {}
    links: list[Link] = []


def read_story(journal: ReadableJournal, order_id: str, instruments: tuple[Instrument, ...]) -> Story | None:
    """The story of an order; `None` if the day of its verdict was deleted. Raises BooksError, JournalCorrupt.

    Where earlier days were deleted, nothing is known of what was held, and the story has no positions.
    """
    story = _begin(journal, order_id)
    if story is not None:
        reader = _StoryReader(story, order_id, instruments, is_whole=journal.first_seq == 1)
        for turn in journal.read(journal.first_seq - 1):
            reader.read(turn)
        story.status = reader.status
    return story


def _begin(journal: ReadableJournal, order_id: str) -> Story | None:
    for recorded in journal.read_effects(journal.first_seq - 1):
        message = recorded.message
        if isinstance(message, OrderApproved | OrderDenied) and message.client_order_id == order_id:
            return Story(verdict=message, verdict_seq=recorded.seq)
    return None


class _StoryReader:
    """Takes the turns of a journal one by one, and notes what concerns the order."""

    def __init__(self, story: Story, order_id: str, instruments: tuple[Instrument, ...], *, is_whole: bool) -> None:
        self._story = story
        self._order_id = order_id
        self._is_whole = is_whole
        self._signal_ns = None if story.verdict.signal is None else story.verdict.signal.signal.time_ns
        self._quote: _Came | None = None
        self._market: _Came | None = None
        self._books = Books(instruments)

    @property
    def status(self) -> str:
        """Where the order stands; a signal that no order could be made of was denied."""
        line = self._books.orders.get(self._order_id)
        return "denied" if line is None else line.status.value

    def read(self, turn: Turn) -> None:
        """Note what a turn tells of the order; quick over market data that caused nothing, nearly all there is."""
        effects: dict[int, list[AnyMessage]] = {}
        for recorded in turn.effects:
            effects.setdefault(recorded.seq, []).append(recorded.message)
        symbol, times_ns = self._story.verdict.symbol, turn.taken.times_ns
        for seq, message in enumerate(turn.taken.inputs, turn.first_seq):
            time_ns = times_ns[seq - turn.first_seq]
            if isinstance(message, _MARKET):
                if message.symbol == symbol:
                    self._note_market(seq, time_ns, message)
                if seq not in effects and time_ns != self._signal_ns:
                    continue
            self._note_input(_Came(seq, time_ns, message), effects.get(seq, ()))

    def _note_input(self, came: _Came, effects: Iterable[AnyMessage]) -> None:
        story = self._story
        if came.seq == story.verdict_seq or (came.seq < story.verdict_seq and came.time_ns == self._signal_ns):
            story.inputs[came.seq] = InputLink(seq=came.seq, time_ns=came.time_ns, message=came.message)
        if not repeats(effects, came.message):
            self._note(came.message, came)
        for effect in effects:
            self._note(effect, came)

    def _note_market(self, seq: int, time_ns: int, message: Quote | Trade | Bar) -> None:
        self._market = _Came(seq, time_ns, message)
        if isinstance(message, Quote):
            self._quote = self._market

    def _met(self, came: _Came) -> MarketRecord | None:
        """The market data that an execution at this input met."""
        met = self._market if self._market is not None and self._market.seq == came.seq else self._quote
        met = met or self._market
        return None if met is None else MarketRecord(seq=met.seq, time_ns=met.time_ns, message=met.message)

    def _note(self, message: AnyMessage, came: _Came) -> None:
        is_mine = isinstance(message, _OF_AN_ORDER) and message.client_order_id == self._order_id
        if not is_mine:
            if self._is_whole:
                self._books.record(message)
            return
        if not isinstance(message, OrderFilled):
            self._story.links.append(_link(message, came))
            self._books.record(message)
            return
        outcome = OutcomeLink(
            seq=came.seq, time_ns=came.time_ns, event=message, input=came.message, market=self._met(came)
        )
        self._story.links.append(outcome)
        before, counted = self._positions(), len(self._books.fills)
        self._books.record(message)
        if self._is_whole and len(self._books.fills) > counted:
            self._story.links.append(_position_link(message, came, before, self._positions()))

    def _positions(self) -> list[PositionLine]:
        """All that the order's strategy holds or held."""
        verdict = self._story.verdict
        return [
            line
            for line in self._books.positions({})
            if (line.portfolio_id, line.strategy_id) == (verdict.portfolio_id, verdict.strategy_id)
        ]


class _Came(NamedTuple):
    """One input."""

    seq: int
    time_ns: int
    message: AnyMessage


def _link(message: AnyMessage, came: _Came) -> Link:
    match message:
        case OrderApproved() | OrderDenied():
            return RiskLink(
                seq=came.seq,
                time_ns=came.time_ns,
                passed=isinstance(message, OrderApproved),
                reason=message.reason if isinstance(message, OrderDenied) else "",
                order=message.order,
                verdicts=message.verdicts,
            )
        case SubmitOrder():
            return IntentLink(seq=came.seq, time_ns=came.time_ns, order=message)
        case message if isinstance(message, _COMMANDS):
            return CommandLink(seq=came.seq, time_ns=came.time_ns, message=message, input=came.message)
        case _:
            return OutcomeLink(seq=came.seq, time_ns=came.time_ns, event=message, input=came.message)


def _position_link(
    fill: OrderFilled, came: _Came, before: list[PositionLine], after: list[PositionLine]
) -> PositionLink:
    old = next((line for line in before if line.symbol == fill.symbol), None)
    new = next(line for line in after if line.symbol == fill.symbol)
    return PositionLink(
        seq=came.seq,
        time_ns=came.time_ns,
        portfolio_id=fill.portfolio_id,
        strategy_id=fill.strategy_id,
        symbol=fill.symbol,
        quantity_before=ZERO if old is None else old.quantity,
        quantity=new.quantity,
        average_price_before=None if old is None else old.average_price,
        average_price=new.average_price,
        realized_pnl=new.realized_pnl - (ZERO if old is None else old.realized_pnl),
        ledger_realized_pnl_before=_total(line.realized_pnl for line in before),
        ledger_realized_pnl=_total(line.realized_pnl for line in after),
        ledger_commission=_total(line.commission for line in after),
    )


def _total(values: Iterable[Decimal]) -> Decimal:
    return sum(values, ZERO)
