"""The report as one page: summary, failures with their commands, coverage, kills, proofs on real processes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape

from ops.drill.campaign import Campaign, RecoveryTimes
from ops.drill.campaign_coverage import THIN_BELOW, Coverage
from ops.drill.report_findings import (
    DrillReport,
    ProcessProof,
    command_for,
    command_to_compare,
    figure_text,
    seeds_of,
)
from ops.version import CODE_VERSION

FAILURES_SHOWN = 200
"""How many failing seeds the page shows; `report.json` has them all."""

_STYLE = """
:root { color-scheme: light dark; }
:root { --line: #d0d4da; --soft: #66707c; --good: #14713d; --bad: #b3261e; --hit: 20,113,61; }
@media (prefers-color-scheme: dark) {
  :root { --line: #3a4048; --soft: #9aa4af; --good: #5fd08f; --bad: #ff8a80; --hit: 95,208,143; }
}
body { font: 15px/1.5 system-ui, sans-serif; max-width: 76rem; margin: 0 auto; padding: 1rem; }
h1 { font-size: 1.5rem; margin: .5rem 0; } h2 { font-size: 1.15rem; margin: 2rem 0 .5rem; }
.good { color: var(--good); } .bad { color: var(--bad); } .soft { color: var(--soft); }
dl { display: grid; grid-template-columns: repeat(auto-fill, minmax(10rem, 1fr)); gap: .75rem; margin: 1rem 0; }
dl div { border: 1px solid var(--line); border-radius: .4rem; padding: .5rem .7rem; }
dt { color: var(--soft); font-size: .85rem; } dd { margin: 0; font-size: 1.1rem; font-weight: 600; }
dd, td { font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
.wide { overflow-x: auto; } table { border-collapse: collapse; font-size: .85rem; }
th, td { border: 1px solid var(--line); padding: .2rem .5rem; text-align: right; white-space: nowrap; }
th:first-child, td:first-child { text-align: left; }
code { font: .9em ui-monospace, monospace; } pre { overflow-x: auto; margin: .25rem 0; }
li { margin: .6rem 0; } .none { color: var(--soft); }
.thin { outline: 1px dashed var(--soft); outline-offset: -3px; }
"""


def page(report: DrillReport) -> str:
    """The whole page as HTML. It names no other file and runs no script."""
    verdict = f'<p class="{"good" if report.is_fine else "bad"}">{report.verdict}</p>'
    parts = [f"<h1>understudy drill</h1>{verdict}<p class=soft>understudy {escape(CODE_VERSION)}</p>"]
    if report.campaign and report.coverage:
        parts += [*_summary(report, report.campaign), *_failures(report, report.campaign)]
        parts += _traces(report)
        parts += [*_actor_failures(report.campaign), *_judged(report.campaign)]
        parts += [*_coverage(report.coverage), *_boundaries(report.campaign)]
    parts += _proofs(report.proofs)
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><title>understudy drill</title>'
        f"<style>{_STYLE}</style></head><body>\n" + "\n".join(parts) + "\n</body></html>\n"
    )


def _summary(report: DrillReport, campaign: Campaign) -> Iterator[str]:
    yield "<h2>Simulated campaign</h2>"
    yield (
        f"<p>{seeds_of(campaign).capitalize()}, each a whole engine against an independent broker, with "
        f"{escape(', '.join(report.only)) if report.only else 'every kind of fault'}"
        f"{escape(f', as if: {report.theme}') if report.theme else ''}.</p>"
    )
    if campaign.was_broken_off:
        yield '<p class="bad">The campaign was broken off: there were to be more seeds.</p>'
    yield _cards(
        {
            "seeds": f"{campaign.seeds:,}",
            "seeds that failed": f"{len(campaign.failures):,}",
            "orders lost": f"{campaign.orders_lost:,}",
            "orders doubled": f"{campaign.orders_doubled:,}",
            "orders": f"{campaign.orders:,}",
            "executions": f"{campaign.executions:,}",
            "inputs": f"{campaign.inputs:,}",
            "recoveries": f"{campaign.recoveries:,}",
            "simulated time": _span(campaign),
            "took": f"{campaign.seconds:,.0f} s",
            "seeds a second and core": f"{campaign.seeds_per_second_per_core:,.1f}",
            **_recovery(campaign.recovery_times),
        }
    )


def _recovery(times: RecoveryTimes | None) -> dict[str, str]:
    if times is None:
        return {}
    return {
        "recovery, median": f"{times.seconds_median:,.3f} s",
        "recovery, 99%": f"{times.seconds_p99:,.3f} s",
        f"recovery, worst (seed {times.worst_seed})": f"{times.seconds_worst:,.3f} s",
    }


def _span(campaign: Campaign) -> str:
    if campaign.simulated_years >= 1:
        return f"{campaign.simulated_years:,.1f} years"
    return f"{campaign.simulated_seconds / 3_600:,.1f} hours"


def _failures(report: DrillReport, campaign: Campaign) -> Iterator[str]:
    yield "<h2>Failures</h2>"
    if not campaign.failures:
        yield '<p class="good">None.</p>'
        return
    yield "<ol>"
    for failure in campaign.failures[:FAILURES_SHOWN]:
        lines = "<br>".join(escape(text) for text in failure.violations)
        command = escape(command_for(report, failure.seed))
        yield f"<li>{lines}<pre><code>{command} --verbose</code></pre></li>"
    yield "</ol>"
    if len(campaign.failures) > FAILURES_SHOWN:
        yield f"<p>{len(campaign.failures) - FAILURES_SHOWN:,} more are in report.json.</p>"


def _traces(report: DrillReport) -> Iterator[str]:
    if (traces := report.traces) is None:
        return
    yield "<h2>Played twice</h2>"
    kind = "bad" if traces.different or traces.was_broken_off else "good"
    cut = "; broken off" if traces.was_broken_off else ""
    yield f'<p class="{kind}">{traces.equal:,} of {traces.seeds:,} traces equal, with another hash seed{cut}.</p>'
    for seed in traces.different[:FAILURES_SHOWN]:
        yield f"<pre><code>{escape(command_to_compare(report, seed))}</code></pre>"


def _actor_failures(campaign: Campaign) -> Iterator[str]:
    yield "<h2>Failures by kind of actor</h2>"
    heads = ("actor", "crashed", "broken off", "choked on a message")
    yield from _table(
        heads, ((each.kind, each.crashed, each.broken_off, each.choked) for each in campaign.actor_failures)
    )


def _judged(campaign: Campaign) -> Iterator[str]:
    yield "<h2>How much was judged</h2>"
    yield (
        f"<p>Orders by rule, and those that were passed over by why. In {campaign.seeds_without_excuse:,} of "
        f"{campaign.seeds:,} seeds nothing was excused.</p>"
    )
    reasons = list(campaign.judged[0].excused) if campaign.judged else []
    yield from _table(
        ("rule", "judged", "share", *reasons),
        (
            (each.rule, each.judged, f"{each.share:.1%}", *(each.excused[reason] for reason in reasons))
            for each in campaign.judged
        ),
    )


def _table(heads: Iterable[str], rows: Iterable[Iterable[str | int]]) -> Iterator[str]:
    yield f'<div class="wide"><table><tr>{"".join(f"<th>{escape(head)}</th>" for head in heads)}</tr>'
    for row in rows:
        cells = (f"{cell:,}" if isinstance(cell, int) else escape(cell) for cell in row)
        yield f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"
    yield "</table></div>"


def _coverage(coverage: Coverage) -> Iterator[str]:
    yield "<h2>What the faults have struck</h2>"
    yield (
        f"<p>How often each fault struck in each state of an order. {escape(coverage.counted)}</p>"
        f"<p>{coverage.thin} cells were hit fewer than "
        f"{THIN_BELOW} times (dashed), {len(coverage.empty)} never; {coverage.impossible} more cannot be.</p>"
    )
    if coverage.below:
        yield f'<p class="bad">Hit fewer than {coverage.least:,} times: {escape(", ".join(coverage.below))}.</p>'
    if coverage.refuted:
        yield f'<p class="bad">Hit, and held to be impossible: {escape(", ".join(coverage.refuted))}.</p>'
    if coverage.never:
        yield f"<p>Never struck at all: {escape(', '.join(coverage.never))}.</p>"
    yield '<div class="wide"><table><tr><th>fault</th><th>struck</th>'
    yield "".join(f"<th>{escape(column.replace('_', ' '))}</th>" for column in coverage.columns) + "</tr>"
    for row in coverage.rows:
        cells = "".join(_cell(count) for count in row.counts)
        name = f'<td title="{escape(row.words)}">{row.number} {escape(row.fault)}</td>'
        yield f"<tr>{name}<td>{row.struck:,}</td>{cells}</tr>"
    yield "</table></div>"


def _cell(count: int) -> str:
    """The more digits a count has, the darker its cell."""
    if not count:
        return '<td class="none">&middot;</td>'
    shade = min(0.5, 0.08 * len(str(count)))
    kind = ' class="thin"' if count < THIN_BELOW else ""
    return f'<td{kind} style="background: rgba(var(--hit), {shade:.2f})">{count:,}</td>'


def _boundaries(campaign: Campaign) -> Iterator[str]:
    yield "<h2>Where the process was killed</h2>"
    yield _rows((each.where, f"{each.count:,}") for each in campaign.boundaries)


def _proofs(proofs: Iterable[ProcessProof]) -> Iterator[str]:
    for proof in proofs:
        yield f"<h2>Real processes: {escape(proof.what)}</h2>"
        if proof.figures:
            yield _rows((name.replace("_", " "), figure_text(value)) for name, value in proof.figures.items())
        if proof.was_broken_off:
            yield '<p class="bad">Broken off: it has proved nothing.</p>'
        elif proof.skipped:
            yield f'<p class="bad">Not done: {escape(proof.skipped)}.</p>'
        elif proof.faults:
            yield "<ol class=bad>" + "".join(f"<li>{escape(text)}</li>" for text in proof.faults) + "</ol>"
        else:
            yield '<p class="good">No faults.</p>'


def _cards(figures: dict[str, str]) -> str:
    cards = "".join(f"<div><dt>{escape(name)}</dt><dd>{escape(text)}</dd></div>" for name, text in figures.items())
    return f"<dl>{cards}</dl>"


def _rows(pairs: Iterable[tuple[str, str]]) -> str:
    rows = "".join(f"<tr><td>{escape(name)}</td><td>{escape(text)}</td></tr>" for name, text in pairs)
    return f'<div class="wide"><table>{rows}</table></div>' if rows else "<p>Nothing.</p>"
