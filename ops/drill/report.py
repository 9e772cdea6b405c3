"""The files of a report: `report.json` for programs and `report.html`, one file that needs nothing else."""

from __future__ import annotations

import tempfile
from pathlib import Path

import msgspec

from ops.drill.report_findings import DrillReport, report_plain
from ops.drill.report_page import page
from ops.errors import UnderstudyError, UsageError

JSON_NAME = "report.json"
HTML_NAME = "report.html"


def prepare_directory(directory: Path) -> None:
    """Make the directory, and prove that a report can be written there. Raises UsageError if it cannot."""
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=directory):
            pass
        for path in (directory / JSON_NAME, directory / HTML_NAME):
            if path.exists():
                path.open("ab").close()
    except OSError as error:
        raise UsageError(_unwritable(directory, error)) from error


def write_report(directory: Path, report: DrillReport) -> tuple[Path, Path]:
    """Write both files over older ones, in a directory made if need be. Raises UnderstudyError if it cannot."""
    as_json, as_html = directory / JSON_NAME, directory / HTML_NAME
    try:
        directory.mkdir(parents=True, exist_ok=True)
        as_json.write_bytes(msgspec.json.format(msgspec.json.encode(report_plain(report))) + b"\n")
        as_html.write_text(page(report), encoding="utf-8")
    except OSError as error:
        raise UnderstudyError(_unwritable(directory, error)) from error
    return as_json, as_html


def _unwritable(directory: Path, error: OSError) -> str:
    return f"no report can be written to {directory} ({error.strerror}). Give --report another directory."
