"""Event loops that wake themselves by write: they still wake, and nothing of it is a sendto any more."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from ops.drill.process.stracing import calls_of, why_not_traceable

WOKEN = """
import asyncio, threading
from ops.drill.process.waking import wake_by_write
{change}

async def main():
    woken = asyncio.Event()
    loop = asyncio.get_running_loop()
    threading.Thread(target=loop.call_soon_threadsafe, args=(woken.set,)).start()
    await asyncio.wait_for(woken.wait(), 20)

asyncio.run(main())
"""


@pytest.mark.skipif(bool(why_not_traceable()), reason=why_not_traceable() or "strace works")
@pytest.mark.parametrize(
    ("change", "are_sent"), [("wake_by_write()", False), ("", True)], ids=["changed", "as it is"]
)
def test_a_loop_that_is_woken_sends_nothing(tmp_path: Path, change: str, are_sent: bool) -> None:
    command = [sys.executable, "-c", WOKEN.format(change=change)]

    calls = list(calls_of(command, ["sendto", "recvfrom"], tmp_path / "trace"))

    assert {call.name for call in calls} == ({"sendto", "recvfrom"} if are_sent else set())
