"""`understudy bench`."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli.output import Column, example, json_option, print_json, print_table
from ops.bench.catalogue import PART_NAMES, parts_named

if TYPE_CHECKING:
    from ops.bench.runner import BenchReport

REPEATS = 3


@click.command(
    epilog=example(
        "understudy bench",
        "understudy bench throughput latency --dir /mnt/fast --json",
        "understudy bench --quick",
        "understudy bench --self-test",
    )
)
@click.argument("parts", nargs=-1, type=click.Choice(PART_NAMES), metavar="[PART]...")
@click.option("--repeats", type=click.IntRange(min=1), help=f"How often each is measured. Default: {REPEATS}.")
@click.option("--quick", is_flag=True, help="Everything once and very small: proves that it works, no figures.")
@click.option(
    "--dir",
    "directory",
    type=click.Path(path_type=Path, exists=True, file_okay=False, writable=True),
    help="Where journals are written, so which disk is measured. Default: the directory for temporary files.",
)
@click.option("--self-test", is_flag=True, help="Plant a stall; fail unless the latency figures show it.")
@json_option
def bench(
    parts: tuple[str, ...],
    repeats: int | None,
    quick: bool,
    directory: Path | None,
    self_test: bool,
    as_json: bool,
) -> None:
    """Measure what the engine costs on this machine.

    Parts: messages, throughput, latency, actors, recovery, restart, served; all of them if none is named. A
    whole run takes about ten minutes, and is worth what the machine is quiet. What each figure means and what it
    leaves out is in docs/benchmarks.md.
    """
    from ops.bench.runner import run_bench, run_self_test  # noqa: PLC0415  # not needed for --help

    place = directory or Path(tempfile.gettempdir())
    if self_test:
        _require_alone({"the parts": bool(parts), "--repeats": repeats is not None, "--quick": quick})
        found = run_self_test(place)
        if as_json:
            print_json(found)
        else:
            click.echo(
                f"a planted stall of {found.stall_ms:g} ms shows: p50 {found.p50_ms:.2f} ms, "
                f"p99.9 {found.p999_ms:.2f} ms, max {found.max_ms:.2f} ms over {found.samples:,} samples"
            )
        return
    report = run_bench(
        parts_named(parts),
        directory=place,
        repeats=repeats or (1 if quick else REPEATS),
        quick=quick,
        on_progress=_say,
    )
    if as_json:
        print_json(report)
    else:
        _print_report(report)


def _require_alone(given: dict[str, bool]) -> None:
    """Raises UsageError naming what a self-test would pass over."""
    left_out = [name for name, is_given in given.items() if is_given]
    if left_out:
        raise click.UsageError(
            f"--self-test plants a stall and measures no part. Leave {' and '.join(left_out)} out."
        )


def _say(text: str) -> None:
    """What is being measured, to whoever sits there and waits."""
    if sys.stderr.isatty():
        click.echo(f"measuring {text}", err=True)


def _print_report(report: BenchReport) -> None:
    machine = report.machine
    libraries = ", ".join(f"{name} {version}" for name, version in machine.libraries.items())
    click.echo(
        f"{machine.cpu}, {machine.usable_cores} of {machine.cores} cores, {machine.memory_gib:g} GiB; "
        f"{machine.kernel}; {machine.file_system} at {report.directory}\n"
        f"{machine.python}, {libraries}; load {machine.load:g} before\n"
        f"{report.repeats} repeats, the median of them and their lowest and highest"
    )
    if report.quick:
        click.echo("QUICK: this shows that everything works. Its figures are of runs too small to mean anything.")
    for part in report.parts:
        click.echo(f"\n{part.part}: {part.about}\n{part.noise}")
        print_table(part.figures, _FIGURES, none="  nothing")


def _number_text(value: float) -> str:
    if value == int(value) or abs(value) >= 10_000:
        return f"{value:,.0f}"
    return f"{value:,.4g}" if abs(value) < 1_000 else f"{value:,.1f}"


_FIGURES: tuple[Column, ...] = (
    Column("case", "case"),
    Column("name", "figure"),
    Column("median", "median", _number_text, right=True),
    Column("lowest", "lowest", _number_text, right=True),
    Column("highest", "highest", _number_text, right=True),
    Column("aim", "aim"),
    Column("verdict", "verdict"),
)
