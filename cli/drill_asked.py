"""What was asked of `understudy drill`, and what of it contradicts itself."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import click

SEEDS, QUICK_SEEDS, NIGHTLY_SEEDS = 1_000, 400, 200_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The options, as click hands them over. Raises click.UsageError if one would be passed over in silence."""

    seeds: int | None
    minutes: float | None
    quick: bool
    nightly: bool
    seed: int | None
    first: int | None
    only: tuple[str, ...]
    least: int | None
    theme: str | None
    jobs: int | None
    twice: bool
    generation: int | None
    verbose: bool
    processes: tuple[str, ...]
    most: int | None
    at: str | None
    directory: Path | None
    as_json: bool

    def __post_init__(self) -> None:
        amounts = self._amounts()
        if len(amounts) > 1:
            raise click.UsageError(f"{amounts[0]} and {amounts[1]} contradict each other. Give one of them.")
        if self.minutes is not None and not math.isfinite(self.minutes * 60):
            raise click.UsageError(f"--minutes is {self.minutes:g}; it must be a number of minutes, as 30.")
        if self.verbose and self.seed is None:
            raise click.UsageError("--verbose shows what happened in one seed. Give it with --seed.")
        if self.twice and self.minutes is not None:
            raise click.UsageError(
                "--twice plays the same seeds again, however long it takes. Give it with --seeds."
            )
        if self.generation is not None and self.seed is None:
            raise click.UsageError("--generation is of a seed that was kept. Give it with --seed.")
        if self.most and not self.processes:
            raise click.UsageError("--most limits a drill on real processes. Give it with --process.")
        if self.at and self.processes != ("kills",):
            raise click.UsageError("--at names a boundary of the kill sweep. Give it with --process kills alone.")
        if self.at and self.most:
            raise click.UsageError("--at names one boundary, and --most says how many. Give one of them.")
        if self.seed is not None and (names := self._of_campaigns() + self._beyond_seeds()):
            raise click.UsageError(f"--seed plays one seed and no more. Leave {_listed(names)} out.")
        if not self.plays_seeds and (names := self._of_campaigns() + self._of_seeds()):
            raise click.UsageError(
                f"--process alone plays no seeds, and {_listed(names)} would change nothing. Give --seeds, too, or "
                f"leave {_listed(names)} out."
            )

    @property
    def plays_seeds(self) -> bool:
        """Whether simulated engines are played: unless real processes alone are asked for."""
        return bool(self._amounts()) or not self.processes

    @property
    def count(self) -> int:
        """How many seeds a campaign has that does not go by time."""
        return QUICK_SEEDS if self.quick else NIGHTLY_SEEDS if self.nightly else self.seeds or SEEDS

    def _amounts(self) -> list[str]:
        amounts = {
            "--seeds": self.seeds,
            "--minutes": self.minutes,
            "--quick": self.quick,
            "--nightly": self.nightly,
            "--seed": self.seed,
        }
        return [name for name, value in amounts.items() if value is not None and value is not False]

    def _of_campaigns(self) -> list[str]:
        options = {
            "--from": self.first,
            "--least": self.least,
            "--jobs": self.jobs,
            "--twice": self.twice or None,
        }
        return [name for name, value in options.items() if value is not None]

    def _of_seeds(self) -> list[str]:
        return [name for name, value in {"--only": self.only, "--theme": self.theme}.items() if value]

    def _beyond_seeds(self) -> list[str]:
        options = {"--process": self.processes, "--report": self.directory}
        return [name for name, value in options.items() if value]


def _listed(names: list[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))
