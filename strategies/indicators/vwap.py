"""Volume-weighted average price."""

from __future__ import annotations

import msgspec

from messages import DAY_NS, Bar


class Vwap(msgspec.Struct, gc=False, omit_defaults=True):
    """Volume-weighted average price of the session: sum(price * volume) / sum(volume), begun anew each session.

    Sessions are `session_ns` long and start at multiples of that plus `offset_ns` (UTC). A time stands for the
    interval that ends with it, so the bar that ends a session still belongs to it. Undefined while nothing
    was traded. Source: Berkowitz, Logue and Noser, The Total Cost of Transactions on the NYSE, 1988.
    """

    session_ns: int = DAY_NS
    offset_ns: int = 0
    value: float | None = None
    session_end_ns: int = 0
    notional: float = 0.0
    volume: float = 0.0

    def __post_init__(self) -> None:
        if self.session_ns < 1:
            raise ValueError(f"session_ns is {self.session_ns}; it must be above zero")

    def update(self, price: float, volume: float, time_ns: int) -> float | None:
        """The average with this print, `None` while the session has no volume."""
        if time_ns > self.session_end_ns:
            self._start_session(time_ns)
        self.notional = notional = self.notional + price * volume
        self.volume = total = self.volume + volume
        self.value = average = notional / total if total > 0.0 else None
        return average

    def update_bar(self, bar: Bar) -> float | None:
        """The average with this bar, taken at its typical price (high + low + close) / 3."""
        return self.update((bar.high + bar.low + bar.close) / 3.0, bar.volume, bar.time_ns)

    def _start_session(self, time_ns: int) -> None:
        into_session_ns = (time_ns - 1 - self.offset_ns) % self.session_ns
        self.session_end_ns = time_ns - 1 - into_session_ns + self.session_ns
        self.notional = self.volume = 0.0
