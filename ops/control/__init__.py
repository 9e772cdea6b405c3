"""The control socket: how a running engine is questioned and steered, by the command, the view and the dashboard."""

from __future__ import annotations

__all__: list[str] = []
