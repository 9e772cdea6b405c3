"""What `understudy drill` prints for people."""

from __future__ import annotations

import click

from cli.output import Column, duration_text, print_table
from ops.drill.campaign import Campaign
from ops.drill.campaign_coverage import THIN_BELOW, Coverage
from ops.drill.campaign_seed import SeedStory
from ops.drill.campaign_twice import TraceComparison
from ops.drill.report_findings import (
    DrillReport,
    ProcessProof,
    command_for,
    command_to_compare,
    figure_text,
    seeds_of,
)

FAILURES_SHOWN = 20
_FAULTS_SHOWN = 10
_CELLS_SHOWN = 12


def print_report(report: DrillReport) -> None:
    """The figures first, then what failed; a verdict as the last line."""
    if report.campaign and report.coverage:
        _print_campaign(report.campaign)
        _print_coverage(report.coverage, only=report.only)
        _print_failures(report, report.campaign)
    if report.traces:
        _print_traces(report, report.traces)
    for proof in report.proofs:
        _print_proof(proof)
    click.echo()
    click.secho(report.verdict, fg="green" if report.is_fine else "red")


def print_story(story: SeedStory, *, verbose: bool) -> None:
    """One seed: with `verbose` its log, then its violations and its figures."""
    if verbose:
        for line in story.log:
            click.echo(line)
    for text in story.violations:
        click.secho(text, fg="red")
    click.echo(
        f"seed {story.seed}: {_count(len(story.violations), 'violation')}, {_count(story.orders, 'order')}, "
        f"{_count(story.executions, 'execution')}, {_count(story.starts, 'start')} of the engine, "
        f"{sum(hit.count for hit in story.hits):,} faults"
    )


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _print_campaign(campaign: Campaign) -> None:
    click.echo(
        f"{seeds_of(campaign)}: {len(campaign.failures):,} of {campaign.seeds:,} failed, "
        f"orders lost {campaign.orders_lost:,}, doubled {campaign.orders_doubled:,}\n"
        f"{campaign.orders:,} orders, {campaign.executions:,} executions, {campaign.inputs:,} inputs, "
        f"{campaign.recoveries:,} recoveries\n"
        f"{duration_text(campaign.simulated_seconds)} of simulated time in {duration_text(campaign.seconds)}, "
        f"{campaign.seeds_per_second_per_core:,.1f} seeds a second in each of {campaign.jobs} processes"
    )
    if times := campaign.recovery_times:
        click.echo(
            f"recovered in {times.seconds_median:,.3f} s of simulated time (median of {times.count:,}), 99% within "
            f"{times.seconds_p99:,.3f} s, worst {times.seconds_worst:,.3f} s (seed {times.worst_seed})"
        )
    shares = ", ".join(f"{each.rule} {each.share:.0%}" for each in campaign.judged)
    click.echo(f"judged: {shares}; nothing was excused in {campaign.seeds_without_excuse:,} seeds")
    if campaign.was_broken_off:
        click.secho("broken off: there were to be more seeds", fg="red")
    killed = ", ".join(f"{each.where} {each.count:,}" for each in campaign.boundaries)
    click.echo(f"killed: {killed or 'never'}")


def _print_coverage(coverage: Coverage, *, only: tuple[str, ...]) -> None:
    """What struck, and of what was asked for what did not."""
    click.echo()
    columns = [Column("fault", "fault"), Column("struck", "struck", "{:,}".format, right=True)]
    print_table([row for row in coverage.rows if row.struck], columns, none="no fault struck")
    cells = len(coverage.rows) * len(coverage.columns)
    if not only:
        click.echo(
            f"{len(coverage.empty)} of {cells - coverage.impossible} cells of fault by order state are empty, "
            f"{coverage.thin} below {THIN_BELOW}: see --report"
        )
    if coverage.below:
        more = len(coverage.below) - _CELLS_SHOWN
        rest = f", and {more} more: see --report" if more > 0 else ""
        named = ", ".join(coverage.below[:_CELLS_SHOWN])
        click.secho(f"struck fewer than {coverage.least:,} times: {named}{rest}", fg="red")
    if coverage.refuted:
        click.secho(f"struck, and held to be impossible: {', '.join(coverage.refuted)}", fg="red")
    if coverage.never:
        click.echo(f"never struck: {', '.join(coverage.never)}")


def _print_failures(report: DrillReport, campaign: Campaign) -> None:
    for failure in campaign.failures[:FAILURES_SHOWN]:
        click.echo(f"\n{command_for(report, failure.seed)}")
        for text in failure.violations:
            click.secho(f"  {text}", fg="red")
    if len(campaign.failures) > FAILURES_SHOWN:
        click.echo(f"\n{len(campaign.failures) - FAILURES_SHOWN:,} more seeds failed: see --json or --report.")


def _print_traces(report: DrillReport, traces: TraceComparison) -> None:
    cut = " (broken off)" if traces.was_broken_off else ""
    click.echo(f"\nplayed twice: {traces.equal:,} of {traces.seeds:,} traces equal, with another hash seed{cut}")
    for seed in traces.different[:FAILURES_SHOWN]:
        click.secho(f"  seed {seed} differs: {command_to_compare(report, seed)}", fg="red")
    if len(traces.different) > FAILURES_SHOWN:
        click.echo(f"  {len(traces.different) - FAILURES_SHOWN:,} more seeds differ: see --json or --report.")


def _print_proof(proof: ProcessProof) -> None:
    cut = "broken off" if proof.was_broken_off else f"not done, for {proof.skipped}" if proof.skipped else ""
    click.echo(f"\nreal processes, {proof.what}: {cut or _count(len(proof.faults), 'fault')}")
    for name, value in proof.figures.items():
        click.echo(f"  {name.replace('_', ' ')}: {figure_text(value)}")
    for text in proof.faults[:_FAULTS_SHOWN]:
        click.secho(f"  {text}", fg="red")
    if len(proof.faults) > _FAULTS_SHOWN:
        click.echo(f"  {len(proof.faults) - _FAULTS_SHOWN:,} more faults: see --json or --report.")
