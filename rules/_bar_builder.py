"""One bar in the making: the prices of one bucket of time, added up tick by tick.

A bucket is `floor((time - offset) / length)`: it holds its start and not its end. Open is the first price in it,
high and low the extremes, close the last, volume the sum of the sizes; bid and ask are kept apart, and no bar
comes of an empty bucket. A price of 0 means that there is none (`messages.market_data`).
"""

from __future__ import annotations

import msgspec

from messages import Bar, PriceRange, Symbol


class BarBuilder(msgspec.Struct, gc=False, omit_defaults=True):
    """The open bucket of one symbol and one length.

    Ticks come in time order per kind and valid: `rules.quality` refuses the others. Where a bucket holds trades,
    they make its bar; its quotes do so only if there was no trade.

    `end_ns` is the end of the open bucket, 0 if none is open; `closed_until_ns` the end of the last closed one;
    `late` counts ticks that came after their bucket had closed, which are left out. Prices are in quote
    currency; `high`, `bid_high` and `ask_high` are 0 where nothing was added yet.
    """

    symbol: Symbol
    timeframe_ns: int
    offset_ns: int = 0
    takes_quotes: bool = True
    takes_trades: bool = True
    quotes_until_ns: int = 0
    trades_until_ns: int = 0
    end_ns: int = 0
    closed_until_ns: int = 0
    late: int = 0
    feeder_ns: int = 0
    open: float = 0.0
    high: float = 0.0
    low: float = 0.0
    close_price: float = 0.0
    volume: float = 0.0
    bid_open: float = 0.0
    bid_high: float = 0.0
    bid_low: float = 0.0
    bid_close: float = 0.0
    ask_open: float = 0.0
    ask_high: float = 0.0
    ask_low: float = 0.0
    ask_close: float = 0.0

    def add_quote(self, bid: float, ask: float, time_ns: int) -> list[Bar] | None:
        """Add a quote. `None` if its bucket was open already; else the bars (perhaps none) closed before it.

        This is the engine's hottest function: every line of the first branch is paid for by every quote.
        A missing side (0) falls through both of its first two conditions once the side has a low.
        """
        if time_ns < self.quotes_until_ns:
            if bid > self.bid_high:
                if self.bid_high == 0.0:
                    self.bid_open = self.bid_low = bid
                self.bid_high = self.bid_close = bid
            elif bid >= self.bid_low:
                self.bid_close = bid
            elif bid > 0.0:
                self.bid_low = self.bid_close = bid
            if ask > self.ask_high:
                if self.ask_high == 0.0:
                    self.ask_open = self.ask_low = ask
                self.ask_high = self.ask_close = ask
            elif ask >= self.ask_low:
                self.ask_close = ask
            elif ask > 0.0:
                self.ask_low = self.ask_close = ask
            return None
        return self._add_first_quote(bid, ask, time_ns)

    def add_trade(self, price: float, size: float, time_ns: int) -> list[Bar] | None:
        """Add a trade. `None` if its bucket was open already; else the bars (perhaps none) closed before it."""
        if time_ns < self.trades_until_ns:
            if price > self.high:
                if self.high == 0.0:
                    self.open = self.low = price
                self.high = price
            elif price < self.low:
                self.low = price
            self.close_price = price
            self.volume += size
            return None
        return self._add_first_trade(price, size, time_ns)

    def due(self, now_ns: int) -> list[Bar]:
        """Close the bucket if it has ended by `now_ns`; its bar, if anything was in it."""
        if not self.end_ns or now_ns < self.end_ns:
            return []
        bar = self.close()
        return [] if bar is None else [bar]

    def close(self) -> Bar | None:
        """The bar of the open bucket, stamped with its end, or `None` if the bucket is empty; empties it."""
        bar = self.bar()
        self.closed_until_ns = self.end_ns
        self.discard()
        return bar

    def bar(self) -> Bar | None:
        """The bar as it would be if the bucket ended with what is in it, `None` if it is empty."""
        if self.high > 0.0:
            return Bar(
                self.symbol, self.end_ns, self.timeframe_ns,
                self.open, self.high, self.low, self.close_price, self.volume,
            )  # fmt: skip
        bid = ask = None
        if self.bid_high > 0.0:
            bid = PriceRange(self.bid_open, self.bid_high, self.bid_low, self.bid_close)
        if self.ask_high > 0.0:
            ask = PriceRange(self.ask_open, self.ask_high, self.ask_low, self.ask_close)
        one, other = bid or ask, ask or bid
        if one is None or other is None:
            return None
        return Bar(
            self.symbol,
            self.end_ns,
            self.timeframe_ns,
            open=(one.open + other.open) / 2,
            high=(one.high + other.high) / 2,
            low=(one.low + other.low) / 2,
            close=(one.close + other.close) / 2,
            bid=bid,
            ask=ask,
        )

    def discard(self) -> None:
        """Forget the open bucket; without its highs, nothing of what was in it counts any more."""
        self.end_ns = self.quotes_until_ns = self.trades_until_ns = 0
        self.high = self.volume = self.bid_high = self.ask_high = 0.0

    def open_at(self, time_ns: int) -> None:
        """Open the bucket that `time_ns` lies in, unless it is open; the one before must be closed."""
        end_ns = self.bucket_end(time_ns)
        assert self.end_ns in (0, end_ns), f"{self.symbol}: bucket to {self.end_ns} is open at {time_ns}"
        self.end_ns = end_ns
        self.quotes_until_ns = end_ns if self.takes_quotes else 0
        self.trades_until_ns = end_ns if self.takes_trades else 0

    def bucket_end(self, time_ns: int) -> int:
        """End of the bucket that `time_ns` lies in."""
        length = self.timeframe_ns
        return time_ns - (time_ns - self.offset_ns) % length + length

    def merge(self, finer: BarBuilder) -> None:
        """Add the whole open bucket of a finer builder, which must lie within one bucket of this one.

        Prices come out exactly as if each tick had been added here; the volume may differ in its last bit,
        because the same sizes are added in groups.
        """
        start_ns = finer.end_ns - finer.timeframe_ns
        if not start_ns < self.end_ns:
            self.open_at(start_ns)
        if finer.high > 0.0:
            traded = PriceRange(finer.open, finer.high, finer.low, finer.close_price)
            self._merge_trades(traded, finer.volume)
        if finer.bid_high > 0.0:
            self._merge_bid(PriceRange(finer.bid_open, finer.bid_high, finer.bid_low, finer.bid_close))
        if finer.ask_high > 0.0:
            self._merge_ask(PriceRange(finer.ask_open, finer.ask_high, finer.ask_low, finer.ask_close))

    def merge_bar(self, bar: Bar) -> None:
        """Add a finished bar, which must lie within one bucket: its sides if it is made of quotes."""
        self.open_at(bar.time_ns - bar.timeframe_ns)
        if not is_made_of_quotes(bar):
            self._merge_trades(PriceRange(bar.open, bar.high, bar.low, bar.close), bar.volume)
            return
        if bar.bid is not None:
            self._merge_bid(bar.bid)
        if bar.ask is not None:
            self._merge_ask(bar.ask)

    def _merge_trades(self, traded: PriceRange, volume: float) -> None:
        if self.high == 0.0:
            self.open, self.low = traded.open, traded.low
        elif traded.low < self.low:
            self.low = traded.low
        self.high = max(self.high, traded.high)
        self.close_price = traded.close
        self.volume += volume

    def _merge_bid(self, bid: PriceRange) -> None:
        if self.bid_high == 0.0:
            self.bid_open, self.bid_low = bid.open, bid.low
        elif bid.low < self.bid_low:
            self.bid_low = bid.low
        self.bid_high = max(self.bid_high, bid.high)
        self.bid_close = bid.close

    def _merge_ask(self, ask: PriceRange) -> None:
        if self.ask_high == 0.0:
            self.ask_open, self.ask_low = ask.open, ask.low
        elif ask.low < self.ask_low:
            self.ask_low = ask.low
        self.ask_high = max(self.ask_high, ask.high)
        self.ask_close = ask.close

    def _add_first_quote(self, bid: float, ask: float, time_ns: int) -> list[Bar] | None:
        if not self.takes_quotes:
            return None
        closed = self._turn_to(time_ns)
        if closed is not None:
            self.add_quote(bid, ask, time_ns)
        return closed

    def _add_first_trade(self, price: float, size: float, time_ns: int) -> list[Bar] | None:
        if not self.takes_trades:
            return None
        closed = self._turn_to(time_ns)
        if closed is not None:
            self.add_trade(price, size, time_ns)
        return closed

    def _turn_to(self, time_ns: int) -> list[Bar] | None:
        """Close what ends by `time_ns` and open its bucket; `None` if that bucket is past."""
        if time_ns < self.closed_until_ns or time_ns < self.end_ns - self.timeframe_ns:
            self.late += 1
            return None
        closed = self.due(time_ns)
        self.open_at(time_ns)
        return closed


def is_made_of_quotes(bar: Bar) -> bool:
    """Whether the bar's own prices are midpoints: it has a side, and nothing was traded in it."""
    return bar.volume == 0.0 and (bar.bid is not None or bar.ask is not None)
