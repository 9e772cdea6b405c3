"""What every indicator asks of its settings."""

from __future__ import annotations


def require_period(name: str, value: int) -> None:
    """Raise ValueError unless `value` counts at least one update."""
    if value < 1:
        raise ValueError(f"{name} is {value}; it must be 1 or more")
