"""Opening recorded data: whatever the paths name becomes one source."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path

import msgspec

from gateways.errors import FeedError, FeedMissing
from gateways.replay._ends import first_time_ns
from gateways.replay._lean import LeanBars, choose_bars, is_lean, lean_files, lean_plans
from gateways.replay._loading import load_description
from gateways.replay._plan import FilePlan
from gateways.replay._plans import description_plans
from gateways.replay._source import ReplaySource
from gateways.replay._stream import Bounds
from messages import Instrument, Symbol

_NAME_LENGTH_MAX = 100


class _Opened(msgspec.Struct):
    """What the paths came down to so far."""

    names: list[str] = []
    plans: list[FilePlan] = []
    instruments: dict[Symbol, Instrument] = {}
    left_out: list[str] = []


def open_replay(
    paths: Sequence[Path],
    *,
    root: Path | None = None,
    start_ns: int | None = None,
    stop_ns: int | None = None,
    lean_bars: LeanBars = LeanBars.TRADE,
) -> ReplaySource:
    """All data that the paths name, merged in time order; equal times in the order of the paths, then of the files.

    A path is a data set description (.toml), a LEAN zip, a LEAN folder of any level, or a folder with exactly one
    description. `root` is where the files of descriptions are looked for, instead of where they say. Only records
    with `start_ns <= time_ns < stop_ns` are given. `lean_bars` chooses where LEAN has both trade and quote bars of
    a symbol; `ReplaySource.left_out` tells the files passed over. Raises FeedError: one line that says what to do.
    """
    opened = _Opened()
    parts = [(path, _description_at(path)) for path in paths]
    lean = [file for path, description in parts if description is None for file in lean_files(path)]
    chosen, left_out = choose_bars(list(dict.fromkeys(lean)), lean_bars)
    of_lean = lean_plans(chosen)
    for path, description in parts:
        if description is None:
            _add_lean(opened, path, *of_lean)
        else:
            _add_description(opened, description, root)
    opened.left_out += [str(file.path) for file in left_out]
    if not opened.plans:
        raise FeedMissing("no data is named. Give a description (.toml), a LEAN zip, or a folder with either.")
    defaults = Bounds()
    bounds = Bounds(
        defaults.start_ns if start_ns is None else start_ns,
        defaults.stop_ns if stop_ns is None else stop_ns,
    )
    return _source(opened, bounds)


def _description_at(path: Path) -> Path | None:
    """The description that a path names, None if it names LEAN data. Raises FeedMissing if it is neither."""
    if not path.exists():
        raise FeedMissing(f"{path}: there is no such file or folder. Correct the path.")
    if path.suffix == ".toml":
        return path
    descriptions = sorted(path.glob("*.toml")) if path.is_dir() else []
    if len(descriptions) == 1:
        return descriptions[0]
    if descriptions:
        names = ", ".join(description.name for description in descriptions)
        raise FeedMissing(f"{path}: holds {len(descriptions)} descriptions ({names}). Name the one to be replayed.")
    if is_lean(path):
        return None
    raise FeedMissing(
        f"{path}: neither a description (.toml), nor a folder with one, nor LEAN data. "
        f"Write a description for it: see docs/data-sets.md."
    )


def _add_description(opened: _Opened, path: Path, root: Path | None) -> None:
    data_set = load_description(path)
    plans, instruments = description_plans(data_set, path=path, root=root)
    opened.names.append(data_set.name or path.stem)
    opened.plans += plans
    _add_instruments(opened, instruments)


def _add_lean(opened: _Opened, path: Path, plans: Sequence[FilePlan], instruments: Sequence[Instrument]) -> None:
    """Those LEAN files that lie below one path. They were named all together, so that names are unique."""
    known = {plan.path for plan in opened.plans}
    below = path.absolute()
    own = [plan for plan in plans if plan.path.absolute().is_relative_to(below) and plan.path not in known]
    if not own:
        return
    symbols = {record.symbol for plan in own for record in plan.records}
    opened.plans += own
    opened.names.append(os.path.commonpath([plan.label for plan in own]) or "lean")
    _add_instruments(opened, [instrument for instrument in instruments if instrument.symbol in symbols])


def _add_instruments(opened: _Opened, instruments: Sequence[Instrument]) -> None:
    for instrument in instruments:
        known = opened.instruments.setdefault(instrument.symbol, instrument)
        if known != instrument:
            raise FeedError(
                f"{instrument.symbol} has other terms in two of the inputs: {known} and {instrument}. "
                f"Give it the same terms under [instruments.{instrument.symbol}], or another symbol."
            )


def _source(opened: _Opened, bounds: Bounds) -> ReplaySource:
    begins_ns = [first_time_ns(plan) for plan in opened.plans]
    wanted = [index for index, begin_ns in enumerate(begins_ns) if begin_ns < bounds.stop_ns]
    if not wanted:
        raise FeedMissing("all data begins at or after the stop time. Give a later one.")
    return ReplaySource(
        _name(opened.names),
        plans=[opened.plans[index] for index in wanted],
        begins_ns=[begins_ns[index] for index in wanted],
        instruments=sorted(opened.instruments.values(), key=lambda instrument: instrument.symbol),
        bounds=bounds,
        left_out=opened.left_out,
    )


def _name(names: Sequence[str]) -> str:
    """The inputs' names; where they are too long together, some of them and a digest of all."""
    name = "+".join(names)
    if len(name) <= _NAME_LENGTH_MAX:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:12]
    return f"{name[: _NAME_LENGTH_MAX - 13]}~{digest}"
