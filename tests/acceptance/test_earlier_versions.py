"""What earlier versions have left behind when they were killed: the engine of today goes on with it as they would.

A version adds `earlier/VERSION.tar.xz` once it is released: a configuration, its quotes, and the data directory
`killed` of a run that ended by SIGKILL while orders were open; and the digest of the same run, undisturbed.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.acceptance._command import RUN, understudy

EARLIER = Path(__file__).with_name("earlier")
DIGESTS = {"0.1.0": "db81b39c017a55dbf0a647e12f294d59d2f7e614eaf0d9b27cb79300bc792d81"}


@pytest.mark.parametrize("version", DIGESTS)
def test_a_killed_run_of_an_earlier_version_goes_on_to_the_digest_that_it_would_have_had(
    version: str, tmp_path: Path
) -> None:
    shutil.unpack_archive(EARLIER / f"{version}.tar.xz", tmp_path)

    replayed = understudy("replay", "--data-dir", "killed", "--json", cwd=tmp_path)
    ended = understudy(
        *RUN,
        *("--config", "session.toml", "--data-dir", "killed", "--exit-at-end", "--json"),
        cwd=tmp_path,
    )

    assert replayed.code == 0, replayed.stderr
    assert ended.summary()["digest"] == DIGESTS[version]


def test_every_earlier_version_that_left_a_run_is_tried() -> None:
    assert [each.name for each in sorted(EARLIER.iterdir())] == [f"{version}.tar.xz" for version in sorted(DIGESTS)]
