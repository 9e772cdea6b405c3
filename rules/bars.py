"""Bars of every wanted length of one symbol, from its ticks or from its vendor's bars.

Only the finest length sees ticks; a finished bucket is merged into the next coarser lengths, which gives exactly
the prices that every tick added everywhere would give (1s -> 1m -> 5m -> 1h -> 1d).

What makes the prices of a bar is the symbol's `BarSource`. By default a symbol that trades has bars of its trades,
and one that is only quoted (currencies, contracts for difference) bars of its quotes: the first trade decides,
for good, because bars that are now prints and now midpoints would show jumps that nobody could trade on.

A length that the vendor delivers as bars is passed on as it comes, coarser ones are built from the vendor's, and
ticks then build only the finer ones. A vendor's bar arrives a moment after its end, so what is built from it waits
`vendor_grace_ns` before time alone closes it; normally the vendor's own last bar closes it first.

Use, for each quote (trades and vendor bars alike), one call and one test:

    closed = bars.add_quote(quote.bid, quote.ask, quote.time_ns)
    if closed is not None:              # a bucket was opened; `closed` are the bars that ended before it
        tell each bar of closed; set a timer at bars.next_end_ns (unless it is NEVER_NS)

and when that timer fires: tell each of `bars.due(now_ns)`; set the next one if there is one.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from math import gcd

from messages import DAY_NS, SECOND_NS, Bar, Symbol
from rules._bar_builder import BarBuilder, is_made_of_quotes

__all__ = ["NEVER_NS", "BarBuilder", "BarSeries", "BarSource"]

NEVER_NS = 2**63 - 1
"""Later than any time: nothing is due."""

_VENDOR = -1  # feeder of a length that is built from the vendor's finer bars
_DELIVERED = -2  # feeder of a length that the vendor delivers


class BarSource(Enum):
    """What makes the prices of a symbol's bars."""

    AUTO = "auto"
    """Quotes until the first trade, trades from then on."""
    TRADES = "trades"
    QUOTES = "quotes"


class BarSeries(BarBuilder, gc=False, omit_defaults=True):
    """All bars in the making of one symbol; itself the builder of the finest length.

    `next_end_ns` is the earliest moment at which `due` will close a bar, `NEVER_NS` if nothing is open.
    `wanted_ns` are the lengths that are told, shortest first; a finer one may be kept to feed them.
    `vendor_ends_ns` maps each length that the vendor delivers to the end of its last bar.
    """

    wanted_ns: tuple[int, ...] = ()
    source: BarSource = BarSource.AUTO
    day_offset_ns: int = 0
    vendor_grace_ns: int = 5 * SECOND_NS
    next_end_ns: int = NEVER_NS
    coarser: list[BarBuilder] = []
    vendor_ends_ns: dict[int, int] = {}

    @classmethod
    def of(
        cls,
        symbol: Symbol,
        timeframes_ns: Iterable[int] = (),
        *,
        source: BarSource = BarSource.AUTO,
        day_offset_ns: int = 0,
        vendor_grace_ns: int = 5 * SECOND_NS,
    ) -> BarSeries:
        """A series that builds these lengths.

        Days start at midnight UTC plus `day_offset_ns` (whole seconds); other lengths at multiples of theirs.
        Raises ValueError for a length or an offset that cannot be.
        """
        if day_offset_ns % SECOND_NS:
            raise ValueError(f"day_offset_ns is {day_offset_ns}; it must be a whole number of seconds")
        series = cls(
            symbol,
            SECOND_NS,
            takes_quotes=False,
            takes_trades=False,
            source=source,
            day_offset_ns=day_offset_ns,
            vendor_grace_ns=vendor_grace_ns,
        )
        for timeframe_ns in timeframes_ns:
            series.want(timeframe_ns)
        return series

    def want(self, timeframe_ns: int) -> None:
        """Build this length too, from now on; the bucket that is open now starts with what comes next."""
        if timeframe_ns < 1:
            raise ValueError(f"bar length is {timeframe_ns} ns; it must be above zero")
        if timeframe_ns not in self.wanted_ns:
            self.wanted_ns = tuple(sorted((*self.wanted_ns, timeframe_ns)))
            self._arrange()

    def due(self, now_ns: int) -> list[Bar]:
        """Close every bucket that has ended by `now_ns`: the wanted bars, by end, shorter ones first."""
        if now_ns < self.next_end_ns:
            return []
        closed: list[Bar] = []
        next_end_ns = NEVER_NS
        for builder in self._builders():
            end_ns = builder.end_ns
            if end_ns:
                if builder.feeder_ns == _VENDOR:
                    end_ns += self.vendor_grace_ns
                if end_ns <= now_ns:
                    self._finish(builder, closed)
                elif end_ns < next_end_ns:
                    next_end_ns = end_ns
        self.next_end_ns = next_end_ns
        return _by_end(closed)

    def add_bar(self, bar: Bar) -> list[Bar]:
        """Take a vendor's bar: the wanted bars that are complete with it, itself included, by end.

        A bar that is not after the last one of its length, or that `source` does not want, gives nothing.
        """
        made_of_quotes = is_made_of_quotes(bar)
        if self.source is BarSource.AUTO and not made_of_quotes:
            self._decide_for_trades()
        unwanted = BarSource.TRADES if made_of_quotes else BarSource.QUOTES
        if self.source is unwanted:
            return []
        if bar.timeframe_ns not in self.vendor_ends_ns:
            self.vendor_ends_ns[bar.timeframe_ns] = 0
            self._arrange()
        if bar.time_ns <= self.vendor_ends_ns[bar.timeframe_ns]:
            self.late += 1
            return []
        self.vendor_ends_ns[bar.timeframe_ns] = bar.time_ns
        closed: list[Bar] = [bar] if self._is_news(bar) else []
        if bar.timeframe_ns == min(self.vendor_ends_ns):
            self._merge_vendor_bar(bar, closed)
            self._look_ahead()
        return _by_end(closed)

    def _is_news(self, bar: Bar) -> bool:
        """Whether a vendor's bar is wanted, and was not told already as one built from ticks."""
        built = next((other for other in self._builders() if other.timeframe_ns == bar.timeframe_ns), None)
        told_until_ns = 0 if built is None else built.closed_until_ns
        return bar.timeframe_ns in self.wanted_ns and bar.time_ns > told_until_ns

    def _merge_vendor_bar(self, bar: Bar, closed: list[Bar]) -> None:
        """Build from the vendor's finest bars, which come in order, so that one that follows proves an end."""
        start_ns = bar.time_ns - bar.timeframe_ns
        for builder in self._builders():
            if builder.feeder_ns != _VENDOR:
                continue
            if builder.end_ns and builder.end_ns <= start_ns:
                self._finish(builder, closed)
            if start_ns < builder.closed_until_ns:
                builder.late += 1
                continue
            builder.merge_bar(bar)
            if builder.end_ns <= bar.time_ns:
                self._finish(builder, closed)

    def _finish(self, builder: BarBuilder, closed: list[Bar]) -> None:
        bar = builder.bar() if builder.timeframe_ns in self.wanted_ns else None
        if bar is not None:
            closed.append(bar)
        for coarser in self.coarser:
            if coarser.feeder_ns == builder.timeframe_ns:
                coarser.merge(builder)
        builder.closed_until_ns = builder.end_ns
        builder.discard()

    def _builders(self) -> tuple[BarBuilder, ...]:
        return (self, *self.coarser)

    def _look_ahead(self) -> None:
        self.next_end_ns = NEVER_NS
        for builder in self._builders():
            if builder.end_ns:
                wait_ns = self.vendor_grace_ns if builder.feeder_ns == _VENDOR else 0
                self.next_end_ns = min(self.next_end_ns, builder.end_ns + wait_ns)

    def _turn_to(self, time_ns: int) -> list[Bar] | None:
        closed = BarBuilder._turn_to(self, time_ns)
        if closed is not None:
            self.next_end_ns = min(self.next_end_ns, self.end_ns)
        return closed

    def _add_first_trade(self, price: float, size: float, time_ns: int) -> list[Bar] | None:
        if self.source is BarSource.AUTO:
            self._decide_for_trades()
        return BarBuilder._add_first_trade(self, price, size, time_ns)

    def _decide_for_trades(self) -> None:
        self.source = BarSource.TRADES
        self._choose_ticks()

    def _choose_ticks(self) -> None:
        """Which ticks the finest length takes; with AUTO the first trade must go by the slow path to decide."""
        builds = bool(self.wanted_ns) and self.feeder_ns == 0
        self.takes_quotes = builds and self.source is not BarSource.TRADES
        self.takes_trades = builds and self.source is BarSource.TRADES
        if self.end_ns:
            self.open_at(self.end_ns - 1)

    def _arrange(self) -> None:
        """Settle which lengths are built, and what feeds each, keeping the buckets that are open."""
        lengths = self._lengths()
        kept = {builder.timeframe_ns: builder for builder in self.coarser}
        if lengths[0] != self.timeframe_ns:
            heir = self._hand_over(lengths[0])
            kept[heir.timeframe_ns] = heir
        self.offset_ns = self._offset(lengths[0])
        self.coarser = [
            kept.get(length) or BarBuilder(self.symbol, length, self._offset(length)) for length in lengths[1:]
        ]
        for builder in self._builders():
            self._assign_feeder(builder)
        self._choose_ticks()
        self._look_ahead()

    def _lengths(self) -> list[int]:
        """The wanted lengths, shortest first, led by one that divides them all if none of them does."""
        wanted = self.wanted_ns or (SECOND_NS,)
        step = wanted[0] if len(wanted) == 1 else gcd(*wanted, self.day_offset_ns)
        return [step, *(length for length in wanted if length != step)]

    def _offset(self, length_ns: int) -> int:
        return self.day_offset_ns if length_ns == DAY_NS else 0

    def _hand_over(self, length_ns: int) -> BarBuilder:
        """Become the builder of another length; the builder that goes on with the open bucket of this one."""
        heir = BarBuilder(self.symbol, self.timeframe_ns)
        for name in BarBuilder.__struct_fields__:
            setattr(heir, name, getattr(self, name))
        heir.late = 0
        self.closed_until_ns = max(self.closed_until_ns, self.end_ns - self.timeframe_ns)
        self.discard()
        self.timeframe_ns = length_ns
        return heir

    def _assign_feeder(self, builder: BarBuilder) -> None:
        before = builder.feeder_ns
        builder.feeder_ns = self._feeder_of(builder)
        if builder.feeder_ns != before and builder.feeder_ns < 0:
            builder.discard()

    def _feeder_of(self, builder: BarBuilder) -> int:
        length = builder.timeframe_ns
        if length in self.vendor_ends_ns:
            return _DELIVERED
        if self.vendor_ends_ns and _nests(min(self.vendor_ends_ns), builder):
            return _VENDOR
        finer = (other for other in self._builders() if other.feeder_ns >= 0)
        return max((other.timeframe_ns for other in finer if _nests(other.timeframe_ns, builder)), default=0)


def _nests(length_ns: int, builder: BarBuilder) -> bool:
    """Whether whole buckets of `length_ns` make up the builder's buckets."""
    return (
        length_ns < builder.timeframe_ns
        and builder.timeframe_ns % length_ns == 0
        and builder.offset_ns % length_ns == 0
    )


def _by_end(bars: list[Bar]) -> list[Bar]:
    return sorted(bars, key=lambda bar: (bar.time_ns, bar.timeframe_ns)) if len(bars) > 1 else bars
