"""The drills on real processes, from a command line: what came of one as JSON, exit code 1 if there are faults.

python -m ops.drill.process kills --most 100
python -m ops.drill.process random --kills 200 --seed 7
python -m ops.drill.process failures --most 60
python -m ops.drill.process flips
python -m ops.drill.process power --most 1000
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import msgspec

from ops.drill.process.byte_flips import ByteFlips, flip_bytes
from ops.drill.process.call_failures import CallFailures, fail_calls
from ops.drill.process.kill_sweep import KillSweep, sweep_kills
from ops.drill.process.power_losses import PowerLosses, lose_power
from ops.drill.process.random_kills import RandomKills, kill_at_random


def main(arguments: list[str]) -> int:
    """Run one drill: the exit code."""
    options = _parser().parse_args(arguments)
    folder = options.folder or Path(tempfile.mkdtemp(prefix="understudy-drill-"))
    result = _drill(options, folder)
    sys.stdout.write(msgspec.json.format(msgspec.json.encode(result)).decode() + "\n")
    if result.faults:
        sys.stderr.write(f"files of the runs with faults are in {folder}\n")
    return 1 if result.faults else 0


def _drill(
    options: argparse.Namespace, folder: Path
) -> KillSweep | RandomKills | CallFailures | ByteFlips | PowerLosses:
    match options.what:
        case "kills":
            return sweep_kills(folder, most=options.most)
        case "random":
            return kill_at_random(folder, kills=options.kills, seed=options.seed)
        case "failures":
            return fail_calls(folder, most=options.most)
        case "power":
            return lose_power(folder, most=options.most, seed=options.seed)
    return flip_bytes(folder, most=options.most)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m ops.drill.process", description=__doc__)
    parser.add_argument("what", choices=("kills", "random", "failures", "flips", "power"))
    parser.add_argument("--most", type=int, help="so many places at most, evenly spread; left out: all")
    parser.add_argument("--kills", type=int, default=100, help="of the random ones")
    parser.add_argument("--seed", type=int, default=1, help="of what is drawn at random")
    parser.add_argument("--folder", type=Path, help="where files are kept; left out: a new temporary folder")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
