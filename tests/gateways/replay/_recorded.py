"""What tests of the replay share: the recorded sets, what their manifest says, and small files made on the spot."""

from __future__ import annotations

import csv
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime, tzinfo
from functools import cache
from pathlib import Path

import msgspec

from gateways.replay import ReplaySource, open_replay
from messages import AnyMessage, Bar, Quote, Trade
from tests._paths import REPOSITORY, shared_data

DESCRIPTIONS = REPOSITORY / "tests" / "datasets"


class Listed(msgspec.Struct, frozen=True):
    """One line of the manifest: rows, and the first and last time as the file writes them."""

    rows: int
    first: str
    last: str


@cache
def manifest() -> dict[str, Listed]:
    """What the manifest of the recorded data says about each file."""
    with (shared_data() / "MANIFEST.csv").open(encoding="utf-8", newline="") as file:
        lines = [line for line in csv.DictReader(file) if line["rows"] and " .. " in line["range"]]
    return {line["file"]: Listed(int(line["rows"]), *line["range"].split(" .. ")) for line in lines}


def listed(pattern: str) -> list[Listed]:
    """The manifest's lines of the files that a pattern names."""
    data = shared_data()
    return [manifest()[path.relative_to(data).as_posix()] for path in sorted(data.glob(pattern))]


def described(name: str) -> ReplaySource:
    """The recorded set with that description."""
    return open_replay([DESCRIPTIONS / f"{name}.toml"], root=shared_data())


def lean(*paths: str) -> ReplaySource:
    """Recorded LEAN data."""
    return open_replay([shared_data() / "lean" / path for path in paths])


def rest(source: ReplaySource, batch: int = 5000) -> Iterator[Quote | Trade | Bar]:
    """All records that are left."""
    while records := source.take(batch):
        for record in records:
            yield as_market_data(record)


def as_market_data(record: AnyMessage) -> Quote | Trade | Bar:
    """The record, which must be market data."""
    assert isinstance(record, Quote | Trade | Bar)
    return record


def ns(text: str, zone: tzinfo = UTC) -> int:
    """Nanoseconds UTC of a time in ISO form, a wall time of `zone` if it has no offset."""
    moment = datetime.fromisoformat(text)
    moment = moment if moment.tzinfo else moment.replace(tzinfo=zone)
    since = moment - datetime(1970, 1, 1, tzinfo=UTC)
    return (since.days * 86_400 + since.seconds) * 1_000_000_000 + since.microseconds * 1000


def write_zip(path: Path, text: str) -> Path:
    """A zip with one file in it, as LEAN has them."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"{path.stem}.csv", text)
    return path


def write_set(folder: Path, description: str, **files: str) -> Path:
    """A description and its files, `a_csv="..."` being `a.csv`; gives the path of the description."""
    for name, text in files.items():
        (folder / name.replace("_", ".")).write_text(text, encoding="utf-8")
    path = folder / "set.toml"
    path.write_text(description, encoding="utf-8")
    return path
