"""An engine whose files are opened otherwise than ours: one that does not wait for the disk."""

from __future__ import annotations

PROGRAM = """
import lmdb
opened = lmdb.open
lmdb.open = lambda *place, **options: opened(*place, **options, {})
from cli.main import main
main()
"""
"""With the options for `lmdb.open` to be filled in, as `sync=False`."""
