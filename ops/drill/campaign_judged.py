"""How much a campaign has judged: one without a violation proves only what was not passed over."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from ops.drill.judge.judged import Excuse, Rule


class JudgedRule(msgspec.Struct, frozen=True, kw_only=True):
    """One rule: how many orders were `judged` by it, and how many were `excused`, by why, in words."""

    rule: str
    judged: int
    excused: dict[str, int]

    @property
    def share(self) -> float:
        """The part that was judged, 0 to 1; 1 if there was no order that the rule holds for."""
        orders = self.judged + sum(self.excused.values())
        return self.judged / orders if orders else 1.0


def judged_rules(counts: Mapping[tuple[Rule, Excuse | None], int]) -> tuple[JudgedRule, ...]:
    """Every rule, whether it was looked at or not."""
    return tuple(
        JudgedRule(
            rule=rule.value,
            judged=counts.get((rule, None), 0),
            excused={each.value: counts.get((rule, each), 0) for each in Excuse},
        )
        for rule in Rule
    )
