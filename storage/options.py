"""How files are laid out on disk: what an installation, or a test, may want otherwise."""

from __future__ import annotations

import os
from dataclasses import dataclass

from storage._environment import MAP_BYTES
from storage._space import Allocate

RESERVE_BYTES = 4 << 20
"""File space kept allocated ahead: once the disk is full, this much can still be written."""


@dataclass(frozen=True, slots=True)
class FileOptions:
    """Sizes for each LMDB file: the space kept allocated ahead, the size it may never exceed, and who allocates."""

    reserve_bytes: int = RESERVE_BYTES
    map_bytes: int = MAP_BYTES
    allocate: Allocate = os.posix_fallocate


DEFAULT_OPTIONS = FileOptions()
