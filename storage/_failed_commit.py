"""What a failed commit leaves on a meta page, put right: it would pass for damage at the next opening.

When LMDB cannot write a meta page, it writes that page again with the transaction number that it had, and with the
roots of the commit that failed. So the older of the two snapshots holds more than the newer one, which is just what
a newest commit looks like whose number was changed on disk (`_structure`). Only whoever made the commit knows which
of the two it is, so that process gives the older page the roots of the newer one, whose snapshot holds.
"""

from __future__ import annotations

import os
import struct
from contextlib import suppress
from pathlib import Path

from storage._structure import META_BODY, read_metas


def forget_failed_commit(path: Path) -> None:
    """Call it right after a commit failed. Does what it can: the disk may fail again, and that is no news."""
    with suppress(OSError, ValueError, struct.error):
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        try:
            first, second = read_metas(path)
            older, newer = (0, 1) if first.transaction < second.transaction else (1, 0)
            body = os.pread(descriptor, META_BODY.length, newer * first.page_bytes + META_BODY.offset)
            os.pwrite(descriptor, body, older * first.page_bytes + META_BODY.offset)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
