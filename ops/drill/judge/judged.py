"""How much was judged, and how much was excused and why: a judge that excuses everything finds nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from enum import Enum


class Rule(Enum):
    """What is looked at, order by order, for the orders that it holds for."""

    PRICES = "price collar and duplicates"
    AGE = "age of the price"
    FIGURES = "the figures of the controls"
    SIGNAL = "size and terms that a signal asked for"
    EQUITY = "size by what its strategy is worth"
    SIZE = "value and position"
    EXPOSURE = "exposure and cash"
    SALES = "what is on offer is held"
    CONDUCT = "how it is sent again, changed and canceled"


class Excuse(Enum):
    """Why an order is passed over. Of several excuses the first one here counts."""

    FAILED = "an actor on the way had failed"
    SET_ASIDE = "a message was set aside"
    TOUCHED = "somebody else traded, or the broker changed the past"
    CLOCK = "somebody sets the clock"


class Judged:
    """The orders of one simulation by rule: those that were judged (`None`), and those passed over, by excuse."""

    def __init__(self) -> None:
        self.counts: Counter[tuple[Rule, Excuse | None]] = Counter()

    def holds(self, rule: Rule, excuses: Mapping[Excuse, bool]) -> bool:
        """Whether an order is judged by the rule. It is counted: under the first excuse that is true, if any is."""
        excuse = next((each for each in Excuse if excuses.get(each)), None)
        self.counts[rule, excuse] += 1
        return excuse is None
