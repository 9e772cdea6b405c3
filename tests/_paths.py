"""Where tests find recorded data that is kept beside the repository, not in it."""

from __future__ import annotations

from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent


def shared_data() -> Path:
    """The folder of recorded market data; skips the calling test where it is absent."""
    path = REPOSITORY.parent / "shared" / "data"
    if not path.is_dir():
        pytest.skip(f"recorded market data is not at {path}")
    return path
