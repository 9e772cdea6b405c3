"""What can be wrong with a strategy.

StrategyError     the file, the class or its parameters cannot be used: correct what the text names
"""

from __future__ import annotations


class StrategyError(Exception):
    """A strategy cannot be loaded or set up. One line: where, what is wrong with the value, and the cure."""
