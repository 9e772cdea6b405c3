"""`python -m tests.simulation.mutants`: how many seeds the simulator needs to find each wrong engine.

A mutant that escapes is either no wrong engine, or one that the simulator is blind to. Those that stand behind
something else are hunted last, and may escape. Those that are known to have escaped are hunted by their names only.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec

from tests._paths import REPOSITORY
from tests.simulation.mutants.catalogue import MUTANTS
from tests.simulation.mutants.escaped import ESCAPED
from tests.simulation.mutants.hunt import Find, Hunter


def main() -> int:
    """Hunt the mutants that were asked for; 1 if one has escaped."""
    options = _options()
    known = (*MUTANTS, *ESCAPED) if options.only else MUTANTS
    chosen = [each for each in known if not options.only or each.name in options.only]
    chosen.sort(key=lambda mutant: bool(mutant.behind))
    finds: list[Find] = []
    with tempfile.TemporaryDirectory(prefix="mutants-") as name, ThreadPoolExecutor(options.jobs) as pool:
        hunter = Hunter(REPOSITORY, Path(name), overlooked=options.overlook)
        for find in pool.map(lambda mutant: hunter.hunt(mutant, seeds=options.seeds), chosen):
            finds.append(find)
            escaped = "BEHIND" if find.behind else "ESCAPED"
            found = ("KEPT" if find.is_kept else find.seeds) if find.reason else escaped
            _say(f"{find.name:44} {found:>7}  {find.reason or find.behind}")
            if options.json is not None:
                options.json.write_bytes(msgspec.json.format(msgspec.json.encode(finds)))
    return _sum_up(finds)


def _sum_up(finds: list[Find]) -> int:
    found = [find for find in finds if find.reason]
    escaped = [find for find in finds if not find.reason and not find.behind]
    fresh = [find.seeds for find in found if not find.is_kept]
    kept, themed = len(found) - len(fresh), sum(bool(find.theme) for find in found)
    _say(f"found {len(found)} of {len(found) + len(escaped)}, {kept} of them by seeds that are kept alone")
    _say(f"{themed} were hunted with seeds of one theme")
    _say(f"{len(finds) - len(found) - len(escaped)} more stand behind something else, and were not found")
    if fresh:
        _say(f"fresh seeds needed: median {statistics.median(fresh):g}, worst {max(fresh)}")
    return 1 if escaped else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation.mutants", description=__doc__)
    parser.add_argument("--only", action="append", metavar="NAME", help="this mutant; may be given again")
    parser.add_argument("--seeds", type=int, default=3000, help="seeds for each mutant at most")
    parser.add_argument("--jobs", type=int, default=2, help="mutants at a time")
    parser.add_argument(
        "--overlook", action="append", default=[], metavar="I8", help="violations that do not count, by invariant"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="where to write what was found")
    return parser.parse_args()


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
