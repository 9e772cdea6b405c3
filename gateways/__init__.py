"""The outside world: brokers and market-data feeds, each in a folder of its own."""

from __future__ import annotations

__all__: list[str] = []
