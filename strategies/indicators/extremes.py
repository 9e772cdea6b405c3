"""The highest or lowest of the last values."""

from __future__ import annotations

import msgspec

from strategies.indicators._checks import require_period


class RollingMax(msgspec.Struct, gc=False, omit_defaults=True):
    """The highest of the last `period` values.

    `values` are those that can still become the highest: falling, each with the count at which it `expires`; those
    before `head` have expired already and are cut off now and then. Each value is added and removed once, which
    makes an update constant in the mean. Source: D. Lemire, Streaming Maximum-Minimum Filter, 2006.
    """

    period: int
    value: float | None = None
    count: int = 0
    head: int = 0
    values: list[float] = []
    expires: list[int] = []

    def __post_init__(self) -> None:
        require_period("period", self.period)

    def update(self, value: float) -> float | None:
        """The highest with this value, `None` before the first `period` values."""
        values, expires = self.values, self.expires
        head = self.head
        while len(values) > head and values[-1] <= value:
            values.pop()
            expires.pop()
        self.count = count = self.count + 1
        values.append(value)
        expires.append(count + self.period)
        if expires[head] <= count:
            head += 1
            if head > self.period:
                del values[:head], expires[:head]
                head = 0
            self.head = head
        if count >= self.period:
            self.value = highest = values[head]
            return highest
        return None


class RollingMin(msgspec.Struct, gc=False, omit_defaults=True):
    """The lowest of the last `period` values: the highest of their negatives, negated."""

    period: int
    value: float | None = None
    negatives: RollingMax | None = None

    def __post_init__(self) -> None:
        self.negatives = self.negatives or RollingMax(self.period)

    def update(self, value: float) -> float | None:
        """The lowest with this value, `None` before the first `period` values."""
        assert self.negatives is not None
        highest = self.negatives.update(-value)
        self.value = lowest = None if highest is None else -highest
        return lowest
