"""The control socket: how a running engine is questioned and steered, by command, view and dashboard."""

from __future__ import annotations

__all__: list[str] = []
