"""What drills found, to be printed, written or shown."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from typing import Protocol

import msgspec

from ops.drill.campaign import Campaign
from ops.drill.campaign_coverage import Coverage, cover
from ops.drill.campaign_twice import TraceComparison
from ops.export import plain


class ProcessFindings(Protocol):
    """What a drill on real processes hands back: a struct with figures, and its faults, one line each."""

    @property
    def faults(self) -> tuple[str, ...]:
        """What was not as it must be."""


class ProcessProof(msgspec.Struct, frozen=True, kw_only=True):
    """A drill on real processes: its name, its figures as JSON has them, and its faults, one line each.

    One that `was_broken_off` has no figures, and neither has one that was not done, of which `skipped` tells why.
    """

    what: str
    figures: dict[str, object]
    faults: tuple[str, ...]
    was_broken_off: bool = False
    skipped: str = ""


class DrillReport(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that was found.

    `only` names the faults that a campaign was held to, empty for all, and `theme` that of every seed. There are
    `traces` of one that was played twice.
    """

    campaign: Campaign | None = None
    coverage: Coverage | None = None
    only: tuple[str, ...] = ()
    theme: str = ""
    traces: TraceComparison | None = None
    proofs: tuple[ProcessProof, ...] = ()

    @property
    def has_faults(self) -> bool:
        """Whether something happened that must never happen."""
        has_failures = self.campaign is not None and bool(self.campaign.failures)
        is_fickle = self.traces is not None and bool(self.traces.different)
        return has_failures or is_fickle or any(proof.faults for proof in self.proofs)

    @property
    def was_broken_off(self) -> bool:
        """Whether somebody ended it before its end."""
        parts = (self.campaign, self.traces, *self.proofs)
        return any(part is not None and part.was_broken_off for part in parts)

    @property
    def is_fine(self) -> bool:
        """Whether all that was asked for was done, and nothing happened that must never happen."""
        is_whole = not (self.was_broken_off or self.skipped or self.is_empty)
        return is_whole and not (self.has_faults or self.is_thin or self.is_refuted)

    @property
    def is_empty(self) -> bool:
        """Whether a campaign was over before it had played a seed."""
        return self.campaign is not None and not self.campaign.seeds

    @property
    def is_thin(self) -> bool:
        """Whether a cell of coverage was hit less often than was asked for."""
        return self.coverage is not None and bool(self.coverage.below)

    @property
    def is_refuted(self) -> bool:
        """Whether a fault struck where it was held to be impossible: the table of coverage is wrong."""
        return self.coverage is not None and bool(self.coverage.refuted)

    @property
    def skipped(self) -> tuple[str, ...]:
        """What was asked for and not done, and why, one line each."""
        return tuple(f"--process {each.what} was not done: {each.skipped}" for each in self.proofs if each.skipped)

    @property
    def verdict(self) -> str:
        """What it comes to, in one sentence."""
        if self.has_faults:
            return "Something happened that must never happen."
        if self.was_broken_off:
            return "Broken off: nothing happened up to then that must never happen."
        if self.is_empty:
            return "Nothing is shown: the time was over before the first seed was played."
        if self.skipped:
            return "Nothing happened that must never happen, but not all was done that was to be."
        if self.is_thin:
            return "Nothing happened that must never happen, but not all was struck as often as was asked for."
        if self.is_refuted:
            return "Nothing happened that must never happen, but a fault struck where the drill says none can."
        return "Nothing happened that must never happen."


def report_on(
    campaign: Campaign | None,
    *,
    only: tuple[str, ...] = (),
    theme: str = "",
    traces: TraceComparison | None = None,
    proofs: tuple[ProcessProof, ...] = (),
    least: int = 0,
) -> DrillReport:
    """What is to be told of a campaign, if there was one, and of proofs on real processes.

    Each cell of its coverage is to be hit `least` times.
    """
    return DrillReport(
        campaign=campaign,
        coverage=cover(campaign.hits, least=least, only=only) if campaign else None,
        only=only,
        theme=theme,
        traces=traces,
        proofs=proofs,
    )


def proof_of(what: str, findings: ProcessFindings) -> ProcessProof:
    """A drill on real processes, as a report holds it."""
    figures: dict[str, object] = dict(plain(findings))
    figures.pop("faults", None)
    skipped = str(figures.pop("skipped", ""))
    return ProcessProof(
        what=what, figures={} if skipped else figures, faults=tuple(findings.faults), skipped=skipped
    )


def figure_text(value: object) -> str:
    """A figure of a proof in words; tables within it as `name: value` pairs."""
    match value:
        case None:
            return "-"
        case bool() | str():
            return str(value)
        case int():
            return f"{value:,}"
        case float():
            return f"{value:,.3f}"
        case dict():
            return ", ".join(f"{name}: {figure_text(each)}" for name, each in value.items())
        case list():
            return "; ".join(figure_text(each) for each in value)
    return str(value)


def seeds_of(campaign: Campaign) -> str:
    """Which were played: `seeds 0 to 999`."""
    if not campaign.seeds:
        return "no seeds"
    return f"seeds {campaign.first_seed:,} to {campaign.first_seed + campaign.seeds - 1:,}"


def command_for(report: DrillReport, seed: int) -> str:
    """What plays one seed of its campaign again."""
    return " ".join([f"understudy drill --seed {seed}", *_terms(report)])


def command_to_compare(report: DrillReport, seed: int) -> str:
    """What plays one seed of its campaign twice again."""
    return " ".join([f"understudy drill --twice --seeds 1 --from {seed}", *_terms(report)])


def _terms(report: DrillReport) -> Iterator[str]:
    yield from (f"--only {name}" for name in report.only)
    if report.theme:
        yield f"--theme {shlex.quote(report.theme)}"


def report_plain(report: DrillReport) -> dict[str, object]:
    """The report as JSON has it, with the command beside each failing seed."""
    told: dict[str, object] = dict(plain(report))
    told |= {"is_fine": report.is_fine, "was_broken_off": report.was_broken_off, "skipped": report.skipped}
    if report.campaign:
        failures = [
            {**plain(failure), "command": command_for(report, failure.seed)} for failure in report.campaign.failures
        ]
        told["campaign"] = {**plain(report.campaign), "failures": failures}
    return told
