"""`understudy drill`."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli.drill_progress import told_to_stop
from cli.error_line import tell
from cli.output import example, json_option, print_json
from ops.errors import EXIT_FAILED, EXIT_FINE

if TYPE_CHECKING:
    from ops.drill.campaign import Campaign
    from ops.drill.simulation.faults import Fault

SEEDS, QUICK_SEEDS, NIGHTLY_SEEDS = 1_000, 400, 200_000
_REALLY = ("kills", "random", "failures", "flips")


@click.command(
    epilog=example(
        "understudy drill",
        "understudy drill --minutes 30 --from 1000000 --report ./drilled",
        "understudy drill --seeds 500 --only kill --only power-loss",
        "understudy drill --seed 4711 --verbose",
        "understudy drill --process kills --most 100",
    )
)
@click.option("--seeds", type=click.IntRange(min=1), help=f"How many seeds to play. Default: {SEEDS:,}.")
@click.option("--minutes", type=click.FloatRange(min=0, min_open=True), help="Play for so long instead.")
@click.option("--quick", is_flag=True, help=f"Play {QUICK_SEEDS} seeds, enough for a change of the code.")
@click.option("--nightly", is_flag=True, help=f"Play {NIGHTLY_SEEDS:,} seeds.")
@click.option("--seed", type=click.IntRange(min=0), help="Play this one again, and nothing else.")
@click.option("--from", "first", type=click.IntRange(min=0), default=0, show_default=True, help="The first seed.")
@click.option(
    "--only", metavar="FAULT", multiple=True, help="No fault but this one, as `request-lost`; repeatable."
)
@click.option("--jobs", type=click.IntRange(min=1), help="Worker processes. Default: one for each core.")
@click.option("--verbose", is_flag=True, help="With --seed: everything that happened in it.")
@click.option(
    "--process",
    "processes",
    type=click.Choice(_REALLY),
    multiple=True,
    help="Drill real processes: alone, or after the seeds if any were asked for; repeatable.",
)
@click.option(
    "--most", type=click.IntRange(min=1), help="With --process: no more than so many times. Default: all."
)
@click.option(
    "--report",
    "directory",
    type=click.Path(path_type=Path, file_okay=False),
    help="Write report.json and report.html to this directory.",
)
@json_option
def drill(
    seeds: int | None,
    minutes: float | None,
    quick: bool,
    nightly: bool,
    seed: int | None,
    first: int,
    only: tuple[str, ...],
    jobs: int | None,
    verbose: bool,
    processes: tuple[str, ...],
    most: int | None,
    directory: Path | None,
    as_json: bool,
) -> int:
    """Let everything go wrong, and look whether an order is lost or doubled.

    Each seed is a whole engine in simulated time, with faults of broker, network, process and disk, against a
    broker that shares no code with it. What must never happen is looked for all the while, and once all has come to
    rest. A seed that fails is told with the command that plays it again. Exit code 1 if anything fails.
    """
    amounts = {"--seeds": seeds, "--minutes": minutes, "--quick": quick, "--nightly": nightly, "--seed": seed}
    given = [name for name, value in amounts.items() if value is not None and value is not False]
    if len(given) > 1:
        raise click.UsageError(f"{given[0]} and {given[1]} contradict each other. Give one of them.")
    if verbose and seed is None:
        raise click.UsageError("--verbose shows what happened in one seed. Give it with --seed.")
    faults = _faults_named(only)
    if seed is not None:
        if processes or directory:
            raise click.UsageError("--seed plays one seed and no more. Leave --process and --report out.")
        return _tell_seed(seed, faults, verbose=verbose, as_json=as_json)
    from cli.drill_text import print_report  # noqa: PLC0415  # not needed for --help
    from ops.drill.report_findings import report_on, report_plain  # noqa: PLC0415
    from ops.drill.report_process import drill_processes  # noqa: PLC0415

    if directory is not None:
        from ops.drill.report import prepare_directory  # noqa: PLC0415

        prepare_directory(directory)
    campaign = None
    if given or not processes:
        count = QUICK_SEEDS if quick else NIGHTLY_SEEDS if nightly else seeds or SEEDS
        campaign = _play(faults, first=first, seeds=count, minutes=minutes, jobs=jobs)
    is_cut = campaign is not None and campaign.was_broken_off
    report = report_on(campaign, only=only, proofs=() if is_cut else drill_processes(processes, most=most))
    if report.was_broken_off and not is_cut:
        tell("interrupted: of the drill that was under way there are no figures")
    if as_json:
        print_json(report_plain(report))
    else:
        print_report(report)
    if directory is not None:
        from ops.drill.report import write_report  # noqa: PLC0415

        click.echo(f"written: {' and '.join(map(str, write_report(directory, report)))}", err=True)
    return EXIT_FINE if report.is_fine else EXIT_FAILED


def _faults_named(names: tuple[str, ...]) -> frozenset[Fault] | None:
    """The faults that were named; `None`, which stands for all, if none was."""
    if not names:
        return None
    from ops.drill.campaign import spelled  # noqa: PLC0415
    from ops.drill.simulation.faults import Fault  # noqa: PLC0415

    known = {spelled(fault): fault for fault in Fault}
    for name in names:
        if name not in known:
            raise click.UsageError(f"there is no fault '{name}'. There are {', '.join(known)}.")
    return frozenset(known[name] for name in names)


def _tell_seed(seed: int, faults: frozenset[Fault] | None, *, verbose: bool, as_json: bool) -> int:
    from cli.drill_text import print_story  # noqa: PLC0415
    from ops.drill.campaign_seed import tell_seed  # noqa: PLC0415
    from ops.export import plain  # noqa: PLC0415

    story = tell_seed(seed, only=faults)
    if as_json:
        print_json({name: value for name, value in plain(story).items() if verbose or name != "log"})
    else:
        print_story(story, verbose=verbose)
    return EXIT_FAILED if story.violations else EXIT_FINE


def _play(
    faults: frozenset[Fault] | None, *, first: int, seeds: int, minutes: float | None, jobs: int | None
) -> Campaign:
    """The campaign, with a bar on standard error for whoever sits there and waits."""
    from ops.drill.campaign import run_campaign  # noqa: PLC0415
    from ops.drill.simulation.simulate import simulate  # noqa: PLC0415

    steps: Iterable[int] = itertools.count() if minutes else range(seeds)
    bar = click.progressbar(steps, label="seeds", show_pos=True, file=sys.stderr, hidden=not sys.stderr.isatty())
    with told_to_stop() as is_told_to_stop, bar:
        return run_campaign(
            partial(simulate, only=faults),
            first=first,
            seeds=None if minutes else seeds,
            seconds=minutes * 60 if minutes else None,
            jobs=jobs,
            on_progress=bar.update,
            goes_on=lambda: not is_told_to_stop(),
        )
