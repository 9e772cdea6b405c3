"""Which stretches of an order's cumulative quantity have been reported as filled.

An execution of quantity q that brings the cumulative quantity to c fills the stretch from c - q to c. Executions
reported late, twice, or by two channels under two names then need no guessing: what is covered has been counted.
Stretches are kept in order, apart from each other: almost always one, from 0 to what is filled.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

Stretch = tuple[Decimal, Decimal]


def uncovered_quantity(covered: Sequence[Stretch], start: Decimal, end: Decimal) -> Decimal:
    """How much of the stretch from `start` to `end` is not covered yet."""
    quantity = end - start
    for low, high in covered:
        overlap = min(high, end) - max(low, start)
        if overlap > 0:
            quantity -= overlap
    return quantity


def cover(covered: Sequence[Stretch], start: Decimal, end: Decimal) -> list[Stretch]:
    """The stretches once that from `start` to `end` is covered too."""
    before = [stretch for stretch in covered if stretch[1] < start]
    after = [stretch for stretch in covered if stretch[0] > end]
    touching = covered[len(before) : len(covered) - len(after)]
    if touching:
        start = min(start, touching[0][0])
        end = max(end, touching[-1][1])
    return [*before, (start, end), *after]
