"""Reports: what a campaign and drills on real processes found, in a file for programs and one for people."""

from __future__ import annotations

import json
import re
import subprocess
import tempfile
from pathlib import Path

import msgspec
import pytest

from ops.drill import report_process
from ops.drill.campaign import Hit, run_campaign
from ops.drill.campaign_coverage import NO_ORDER, STATUSES, cover
from ops.drill.campaign_twice import TraceComparison
from ops.drill.report import write_report
from ops.drill.report_findings import DrillReport, ProcessProof, command_for, proof_of, report_on, report_plain
from ops.drill.report_page import page
from ops.drill.simulation.faults import Fault
from ops.errors import UnderstudyError, exit_code
from tests.simulation._plays import play_invented


class Skipped(msgspec.Struct, frozen=True, kw_only=True):
    """What a drill finds that cannot be done."""

    runs: int = 0
    faults: tuple[str, ...] = ()
    skipped: str = "strace is not installed"


class Findings(msgspec.Struct, frozen=True, kw_only=True):
    """What a drill on real processes might find."""

    kills: int = 1234
    reached: dict[str, int] = msgspec.field(default_factory=lambda: {"write": 5})
    faults: tuple[str, ...] = ()


def hit(status: str, count: int) -> Hit:
    return Hit(fault="kill", number="E1", status=status, count=count)


def test_each_fault_is_a_row_and_what_struck_without_an_order_is_one_column() -> None:
    coverage = cover([hit("", 2), hit("no process", 3), hit("filled", 100), hit("unknown", 99)])

    counts = {row.fault: dict(zip(coverage.columns, row.counts, strict=True)) for row in coverage.rows}
    assert len(counts) == len(Fault)
    assert {column: count for column, count in counts["kill"].items() if count} == {
        NO_ORDER: 5,
        "unknown": 99,
        "filled": 100,
    }
    assert coverage.thin == 2
    assert "kill: accepted" in coverage.empty
    assert "kill: filled" not in coverage.empty
    assert "wash-trade: submitted" in coverage.empty
    assert "wash-trade: filled" not in coverage.empty  # only a submission is refused
    assert coverage.impossible > 0
    assert coverage.never == tuple(row.fault for row in coverage.rows if row.fault != "kill")


def test_a_cell_that_is_hit_less_often_than_was_asked_for_is_named_unless_it_cannot_be() -> None:
    hits = [Hit(fault="request-doubled", number="B5", status=status, count=5) for status in STATUSES[:3]]

    below = cover(hits, least=5, only=("request-doubled",)).below

    assert below == ("request-doubled: pending_cancel", "request-doubled: pending_replace")
    assert len(cover(hits, least=5).below) > 400
    assert cover(hits).below == ()


def test_of_faults_that_were_not_asked_for_none_never_struck() -> None:
    assert cover([hit("filled", 1)], only=("kill", "crash")).never == ("crash",)


def test_a_thin_report_is_not_fine_and_has_no_faults() -> None:
    campaign = run_campaign(play_invented, seeds=3, jobs=1)

    report = report_on(campaign, only=("kill",), least=1)

    assert report_on(campaign, only=("kill",)).is_fine
    assert (report.is_fine, report.has_faults) == (False, False)
    assert "Hit fewer than 1 times: kill: submitted, kill: unknown, " in page(report)


def test_a_cell_that_cannot_be_and_was_hit_is_told() -> None:
    strange = Hit(fault="wash-trade", number="B16", status="filled", count=1)

    assert cover([hit("filled", 1)]).refuted == ()
    assert cover([strange]).refuted == ("wash-trade: filled",)
    report = DrillReport(coverage=cover([strange]))
    assert (report.is_fine, report.has_faults) == (False, False)
    assert cover([strange]).impossible == cover([]).impossible - 1


def test_a_state_that_no_sent_order_should_have_is_not_hidden() -> None:
    assert cover([hit("denied", 1)]).columns[-1] == "denied"


def test_the_command_of_a_seed_names_the_faults_and_the_theme_that_it_was_held_to() -> None:
    theme = "actors fail while people halt"

    assert command_for(DrillReport(), 7) == "understudy drill --seed 7"
    assert (
        command_for(DrillReport(only=("kill", "disk-full"), theme=theme), 7)
        == f"understudy drill --seed 7 --only kill --only disk-full --theme '{theme}'"
    )


def test_both_files_hold_the_figures_and_the_command_of_each_failure(tmp_path: Path) -> None:
    campaign = run_campaign(play_invented, seeds=60, jobs=1)
    report = report_on(campaign, only=("kill",), proofs=(proof_of("kills", Findings()),))

    as_json, as_html = write_report(tmp_path / "new" / "place", report)

    told, text = json.loads(as_json.read_bytes()), as_html.read_text()
    assert (told["is_fine"], told["campaign"]["orders"]) == (False, campaign.orders)
    assert told["campaign"]["failures"][0]["command"] == "understudy drill --seed 7 --only kill"
    (proof,) = told["proofs"]
    assert (proof["what"], proof["faults"]) == ("kills", [])
    assert proof["figures"] == {"kills": 1234, "reached": {"write": 5}}
    assert "understudy drill --seed 13 --only kill --verbose" in text
    assert f"<dd>{campaign.executions:,}</dd>" in text
    assert "<dt>recovery, worst (seed 19)</dt><dd>38.000 s</dd>" in text
    assert told["campaign"]["recovery_times"]["worst_seed"] == 19
    assert told["coverage"]["counted"] in text
    assert "<td>value and position</td><td>177</td><td>75.0%</td><td>0</td><td>0</td><td>59</td><td>0</td>" in text
    assert "<td>venue</td><td>118</td><td>0</td><td>0</td>" in text
    assert "In 30 of 60 seeds nothing was excused." in text
    assert "<td>before a send</td><td>59</td>" in text
    assert next(row for row in told["coverage"]["rows"] if row["fault"] == "kill")["struck"] == 177
    assert "E1 kill</td><td>177</td>" in text
    assert "<td>kills</td><td>1,234</td>" in text


@pytest.mark.parametrize("name", ["report.json", "report.html"])
def test_a_disk_that_is_full_by_now_is_told_with_the_directory_and_the_cure(name: str, tmp_path: Path) -> None:
    (tmp_path / name).symlink_to("/dev/full")

    with pytest.raises(UnderstudyError) as told:
        write_report(tmp_path, DrillReport())

    said = f"no report can be written to {tmp_path} (No space left on device). Give --report another directory."
    assert (str(told.value), exit_code(told.value)) == (said, 1)


def test_the_page_needs_no_other_file_and_shows_foreign_words_as_words() -> None:
    proof = proof_of("flips", Findings(faults=("byte <3> & more",)))

    text = page(report_on(None, proofs=(proof,)))

    assert "byte &lt;3&gt; &amp; more" in text
    assert re.findall(r"src=|href=|url\(|<script|@import", text) == []


def test_a_fault_of_a_proof_or_a_failing_seed_is_not_fine() -> None:
    assert report_on(None).is_fine
    assert not report_on(None, proofs=(proof_of("flips", Findings(faults=("x",))),)).is_fine
    assert not report_on(run_campaign(play_invented, first=7, seeds=1, jobs=1)).is_fine
    assert DrillReport().is_fine


def test_what_was_broken_off_is_not_fine_and_says_so() -> None:
    campaign = run_campaign(play_invented, seeds=3, jobs=1, goes_on=lambda: False)
    proof = ProcessProof(what="kills", figures={}, faults=(), was_broken_off=True)

    for report in (report_on(campaign), report_on(None, proofs=(proof,))):
        assert (report.is_fine, report.has_faults) == (False, False)
        assert report_plain(report)["was_broken_off"] is True
        assert report.verdict == "Broken off: nothing happened up to then that must never happen."
        assert report.verdict in page(report)


def test_a_drill_that_hangs_is_a_fault_with_its_files_and_the_others_are_done(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(report_process, "flip_bytes", hang)
    monkeypatch.setattr(report_process, "kill_at_random", lambda *_, **__: Findings())

    hung, done = report_process.drill_processes(("flips", "random"))

    (folder,) = tmp_path.iterdir()
    assert (hung.what, hung.figures) == ("flips", {"folder": str(folder)})
    assert hung.faults == (
        "it could not be carried to its end: TimeoutExpired: Command 'trade' timed out after 60 seconds",
    )
    assert done == proof_of("random", Findings())


def test_a_drill_that_cannot_read_what_it_traced_is_a_fault_and_the_others_are_done(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def stumble(*_: object, **__: object) -> Findings:
        raise ValueError("the trace does not hold all bytes of a pwrite64")

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(report_process, "lose_power", stumble)
    monkeypatch.setattr(report_process, "kill_at_random", lambda *_, **__: Findings())

    stumbled, done = report_process.drill_processes(("power", "random"))

    assert stumbled.faults == (
        "it could not be carried to its end: ValueError: the trace does not hold all bytes of a pwrite64",
    )
    assert done == proof_of("random", Findings())


def test_a_campaign_without_a_seed_is_not_fine_and_says_so() -> None:
    report = report_on(msgspec.structs.replace(run_campaign(play_invented, seeds=3, jobs=1), seeds=0, failures=()))

    assert (report.is_fine, report.has_faults) == (False, False)
    assert report.verdict == "Nothing is shown: the time was over before the first seed was played."


def test_a_proof_that_was_skipped_is_not_fine_and_tells_why() -> None:
    report = report_on(None, proofs=(proof_of("failures", Skipped()),))

    assert (report.is_fine, report.has_faults) == (False, False)
    assert report_plain(report)["skipped"] == ("--process failures was not done: strace is not installed",)
    assert report.verdict == "Nothing happened that must never happen, but not all was done that was to be."
    assert "Not done: strace is not installed." in page(report)


def test_seeds_that_were_not_the_same_twice_are_faults_with_their_command() -> None:
    traces = TraceComparison(seeds=9, equal=8, different=(7,))
    report = report_on(run_campaign(play_invented, seeds=3, jobs=1), only=("kill",), traces=traces)

    text = page(report)

    assert report.has_faults
    assert "8 of 9 traces equal" in text
    assert "understudy drill --twice --seeds 1 --from 7 --only kill" in text


def hang(*_: object, **__: object) -> Findings:
    """Stands for a drill whose engine does not end."""
    raise subprocess.TimeoutExpired("trade", 60)
