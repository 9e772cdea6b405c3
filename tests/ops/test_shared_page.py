"""The page that guardian and engine share."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from ops.shared_page import Phase, SharedPage
from tests._paths import REPOSITORY

WRITES_EVERY_FIELD = """
import sys
from ops.shared_page import Phase, SharedPage
page = SharedPage.from_descriptor(int(sys.argv[1]))
page.beat()
page.beat()
page.durable_seq = 2**40
page.phase = Phase.TRADING
page.beacon[0] = 7
print(page.hung, page.engine_starts, page.guardian_pid)
"""


@pytest.fixture
def page() -> Iterator[SharedPage]:
    made = SharedPage.create()
    yield made
    made.close()


def test_what_one_process_writes_the_other_reads(page: SharedPage) -> None:
    page.hung, page.engine_starts, page.guardian_pid = 3, 2, os.getpid()
    assert page.descriptor is not None

    done = subprocess.run(
        [sys.executable, "-c", WRITES_EVERY_FIELD, str(page.descriptor)],
        pass_fds=[page.descriptor],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )

    assert done.stdout.split() == ["3", "2", str(os.getpid())]
    assert (page.beats, page.durable_seq, page.phase, page.running) == (2, 2**40, Phase.TRADING, 7)


def test_what_was_written_outlives_the_process_that_was_killed_over_it(page: SharedPage) -> None:
    assert page.descriptor is not None
    dies = f"{WRITES_EVERY_FIELD}\nimport os, signal; os.kill(os.getpid(), signal.SIGKILL)"

    subprocess.run(
        [sys.executable, "-c", dies, str(page.descriptor)],
        pass_fds=[page.descriptor],
        cwd=REPOSITORY,
        capture_output=True,
        check=False,
        timeout=60,
    )

    assert page.running == 7


def test_a_private_page_works_alike_and_is_nobody_elses() -> None:
    page = SharedPage.private()

    page.beat()
    page.running = 5

    assert (page.beats, page.beacon[0], page.descriptor) == (1, 5, None)
    assert (page.beacon.format, len(page.beacon)) == ("I", 1)
    page.close()


def test_the_state_of_a_page_can_be_read_off_it(page: SharedPage) -> None:
    page.phase = Phase.RECOVERING

    assert repr(page) == "SharedPage(RECOVERING, beats=0, durable_seq=0, running=0, hung=0, engine_starts=0)"
