"""`python -m tests.simulation.mutants`: how many seeds the simulator needs to find each wrong engine.

A mutant that escapes is either no wrong engine, or one that the simulator is blind to.
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
from tests.simulation.mutants.hunt import Find, Hunter


def main() -> int:
    """Hunt the mutants that were asked for; 1 if one has escaped."""
    options = _options()
    chosen = [each for each in MUTANTS if not options.only or each.name in options.only]
    finds: list[Find] = []
    with tempfile.TemporaryDirectory(prefix="mutants-") as name, ThreadPoolExecutor(options.jobs) as pool:
        hunter = Hunter(REPOSITORY, Path(name), overlooked=options.overlook)
        for find in pool.map(lambda mutant: hunter.hunt(mutant, seeds=options.seeds), chosen):
            finds.append(find)
            found = ("KEPT" if find.is_kept else find.seeds) if find.reason else "ESCAPED"
            _say(f"{find.name:44} {found:>7}  {find.reason}")
            if options.json is not None:
                options.json.write_bytes(msgspec.json.format(msgspec.json.encode(finds)))
    fresh = [find.seeds for find in finds if find.reason and not find.is_kept]
    kept = sum(find.is_kept for find in finds)
    _say(f"found {len(fresh) + kept} of {len(finds)}, {kept} of them by seeds that are kept alone")
    if fresh:
        _say(f"fresh seeds needed: median {statistics.median(fresh):g}, worst {max(fresh)}")
    return 0 if len(fresh) + kept == len(finds) else 1


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
