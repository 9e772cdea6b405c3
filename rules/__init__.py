"""What is decided: pure functions of what they are given; no I/O, no clock, no randomness.

Import from the module that holds the rule, e.g. `from rules.risk import judge_order`.
"""

from __future__ import annotations

__all__: list[str] = []
