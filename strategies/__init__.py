"""What is played: a base class for strategies, indicators for them, and four strategies to start from."""

from __future__ import annotations

__all__: list[str] = []
