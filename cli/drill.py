"""`understudy drill`."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import click
from msgspec.structs import replace

from cli.drill_asked import NIGHTLY_SEEDS, QUICK_SEEDS, SEEDS, Asked
from cli.drill_progress import process_bars, seeds_bar, time_bar, told_to_stop
from cli.error_line import tell
from cli.output import Folder, example, json_option, print_json
from ops.errors import EXIT_FAILED, EXIT_FINE

if TYPE_CHECKING:
    from ops.drill.campaign import Campaign, Play
    from ops.drill.campaign_twice import TraceComparison
    from ops.drill.process.kill_sweep import Boundary
    from ops.drill.report_findings import DrillReport
    from ops.drill.simulation.faults import Fault
    from ops.drill.simulation.theme import Theme

_PROCESS_DRILLS = ("kills", "random", "failures", "flips", "power")


@click.command(
    epilog=example(
        "understudy drill",
        "understudy drill --minutes 30 --from 1000000 --report ./drilled",
        "understudy drill --seeds 500 --only kill --only power-loss",
        "understudy drill --seeds 200 --theme 'actors fail while people halt' --twice",
        "understudy drill --seed 4711 --verbose",
        "understudy drill --process kills --most 100",
        "understudy drill --process kills --at pwrite64:93",
    )
)
@click.option("--seeds", type=click.IntRange(min=1), help=f"How many seeds to play. Default: {SEEDS:,}.")
@click.option("--minutes", type=click.FloatRange(min=0, min_open=True), help="Play for so long instead.")
@click.option("--quick", is_flag=True, help=f"Play {QUICK_SEEDS} seeds, enough for a change of the code.")
@click.option("--nightly", is_flag=True, help=f"Play {NIGHTLY_SEEDS:,} seeds.")
@click.option("--seed", type=click.IntRange(min=0), help="Play this one again, and nothing else.")
@click.option("--from", "first", type=click.IntRange(min=0), help="The first seed. Default: 0.")
@click.option(
    "--only",
    metavar="FAULT",
    multiple=True,
    help="This fault in every seed, as `request-lost`, and no other that is drawn; repeatable.",
)
@click.option(
    "--least",
    type=click.IntRange(min=1),
    metavar="N",
    help="Fail unless each fault has struck so often in each state of an order in which it can.",
)
@click.option("--theme", metavar="WORDS", help="Let every seed have this theme, as `day after day ends`.")
@click.option("--jobs", type=click.IntRange(min=1), help="Worker processes. Default: one for each core.")
@click.option(
    "--twice",
    is_flag=True,
    help="Play each seed once more, in processes with another PYTHONHASHSEED, and compare what happened.",
)
@click.option(
    "--generation",
    type=click.IntRange(min=0),
    metavar="N",
    help="With --seed: what it drew at that time, 0 being the first. Default: what it draws today.",
)
@click.option("--verbose", is_flag=True, help="With --seed: everything that happened in it.")
@click.option(
    "--process",
    "processes",
    type=click.Choice(_PROCESS_DRILLS),
    multiple=True,
    help="Drill real processes: alone, or after the seeds if any were asked for; repeatable.",
)
@click.option(
    "--most",
    type=click.IntRange(min=1),
    help="With --process: no more than so many times, of each file for flips. Default: all, 100 for random.",
)
@click.option("--at", metavar="CALL:NUMBER", help="With --process kills: at this boundary alone, as `pwrite64:93`.")
@click.option(
    "--report",
    "directory",
    type=Folder(file_okay=False),
    help="Write report.json and report.html to this directory.",
)
@json_option
def drill(**options: Any) -> int:
    """Let everything go wrong, and look whether an order is lost or doubled.

    Each seed is a whole engine in simulated time, with faults of broker, network, process and disk, against a
    broker that shares no code with it. What must never happen is looked for all the while, and once all has come to
    rest. A seed that fails is told with the command that plays it again. Exit code 1 if anything fails.
    """
    asked = Asked(**options)
    faults, theme = _faults_named(asked.only), _theme_called(asked.theme)
    if asked.seed is not None:
        return _tell_seed(asked, asked.seed, faults, theme)
    if asked.directory is not None:
        from ops.drill.report import prepare_directory  # noqa: PLC0415  # not needed for --help

        prepare_directory(asked.directory)
    from ops.drill.simulation.simulate import simulate  # noqa: PLC0415

    report = _drilled(asked, partial(simulate, only=faults, theme=theme))
    if asked.as_json:
        from ops.drill.report_findings import report_plain  # noqa: PLC0415

        print_json(report_plain(report))
    else:
        from cli.drill_text import print_report  # noqa: PLC0415

        print_report(report)
    if asked.directory is not None:
        from ops.drill.report import write_report  # noqa: PLC0415

        click.echo(f"written: {' and '.join(map(str, write_report(asked.directory, report)))}", err=True)
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


def _theme_called(words: str | None) -> Theme | None:
    if words is None:
        return None
    from ops.drill.simulation.themes import LATER_THEMES, THEMES, theme_called  # noqa: PLC0415

    try:
        return theme_called(words)
    except ValueError as error:
        known = "; ".join(theme.words for theme in (*THEMES, *LATER_THEMES))
        raise click.UsageError(f"there is no theme '{words}'. There are: {known}.") from error


def _tell_seed(asked: Asked, seed: int, faults: frozenset[Fault] | None, theme: Theme | None) -> int:
    from cli.drill_text import print_story  # noqa: PLC0415
    from ops.drill.campaign_seed import tell_seed  # noqa: PLC0415
    from ops.drill.simulation.generations import GENERATION  # noqa: PLC0415
    from ops.export import plain  # noqa: PLC0415

    generation = GENERATION if asked.generation is None else asked.generation
    if generation > GENERATION:
        raise click.UsageError(f"there is no generation {generation} yet. Today's is {GENERATION}.")
    story = tell_seed(seed, only=faults, theme=theme, generation=generation)
    if asked.as_json:
        print_json({name: value for name, value in plain(story).items() if asked.verbose or name != "log"})
    else:
        print_story(story, verbose=asked.verbose)
    return EXIT_FAILED if story.violations else EXIT_FINE


def _boundary(name: str | None) -> Boundary | None:
    from ops.drill.process.kill_sweep import boundary_called  # noqa: PLC0415

    try:
        return None if name is None else boundary_called(name)
    except ValueError as error:
        raise click.UsageError(f"{error}.") from error


def _drilled(asked: Asked, play: Play) -> DrillReport:
    from ops.drill.report_findings import report_on  # noqa: PLC0415
    from ops.drill.report_process import drill_processes  # noqa: PLC0415

    at = _boundary(asked.at)
    campaign, traces = _play(asked, play) if asked.plays_seeds else (None, None)
    report = report_on(campaign, only=asked.only, theme=asked.theme or "", traces=traces, least=asked.least or 0)
    if report.was_broken_off:
        return report
    with process_bars() as advance:
        proofs = drill_processes(asked.processes, most=asked.most, at=at, on_progress=advance)
    report = replace(report, proofs=proofs)
    if report.was_broken_off:
        tell("interrupted: of the drill that was under way there are no figures")
    for line in report.skipped:
        tell(f"{line}. Install strace and allow it to trace (ptrace), or leave that drill out.")
    return report


def _play(asked: Asked, play: Play) -> tuple[Campaign, TraceComparison | None]:
    from ops.drill.campaign import run_campaign  # noqa: PLC0415
    from ops.drill.campaign_twice import run_campaign_twice  # noqa: PLC0415

    first, count = asked.first or 0, asked.count
    bar = time_bar(asked.minutes * 60) if asked.minutes else seeds_bar(count * 2 if asked.twice else count)
    with told_to_stop() as is_told_to_stop, bar as advance:
        if asked.twice:
            return run_campaign_twice(
                play,
                seeds=count,
                first=first,
                jobs=asked.jobs,
                on_progress=advance,
                goes_on=lambda: not is_told_to_stop(),
            )
        campaign = run_campaign(
            play,
            first=first,
            seeds=None if asked.minutes else count,
            seconds=asked.minutes * 60 if asked.minutes else None,
            jobs=asked.jobs,
            on_played=lambda played: advance(len(played)),
            goes_on=lambda: not is_told_to_stop(),
        )
    return campaign, None
