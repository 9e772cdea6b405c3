"""Recorded market data as one source: LEAN's folders as they are, everything else by a small description."""

from __future__ import annotations

from gateways.replay._lean import LeanBars
from gateways.replay._open import open_replay
from gateways.replay._source import RecordKind, ReplaySource

__all__ = ["LeanBars", "RecordKind", "ReplaySource", "open_replay"]
