"""Which code is running, as the journal and checkpoints record it."""

from __future__ import annotations

CODE_VERSION = "0.1.0"
