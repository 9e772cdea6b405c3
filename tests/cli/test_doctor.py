"""`understudy doctor`: a table for people, JSON for programs, and an exit code."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli import doctor as module
from ops.doctor import Check, Level
from tests.cli._asking import call, told
from tests.recorded import small_run, write_data_directory


def check(level: Level, cure: str = "") -> Check:
    return Check(name="free space", level=level, value="3 MiB", why="it is needed", cure=cure)


def test_each_check_is_a_line_and_what_is_not_well_has_its_reason_and_cure(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    found = [check(Level.OK), check(Level.WARN, "Free some."), check(Level.FAIL, "Free more.")]
    monkeypatch.setattr(module, "examine", lambda *_, **__: found)

    result = call(tmp_path, "doctor")

    assert result.exit_code == 1
    assert result.stdout.splitlines() == [
        "ok    free space         3 MiB",
        "warn  free space         3 MiB",
        "                         why: it is needed",
        "                         cure: Free some.",
        "fail  free space         3 MiB",
        "                         why: it is needed",
        "                         cure: Free more.",
        "",
        "Not fit: 1 ok, 1 warn, 1 fail. Put right what fails first.",
    ]


@pytest.mark.parametrize(
    ("levels", "code", "verdict"),
    [
        ([Level.OK], 0, "Fit: 1 ok, 0 warn, 0 fail."),
        ([Level.OK, Level.WARN], 0, "Fit, with warnings: 1 ok, 1 warn, 0 fail."),
        ([Level.FAIL], 1, "Not fit: 0 ok, 0 warn, 1 fail. Put right what fails first."),
    ],
)
def test_only_a_failure_makes_the_exit_code_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, levels: list[Level], code: int, verdict: str
) -> None:
    monkeypatch.setattr(module, "examine", lambda *_, **__: [check(level) for level in levels])

    result = call(tmp_path, "doctor")

    assert (result.exit_code, result.stdout.splitlines()[-1]) == (code, verdict)


def test_json_tells_the_verdict_and_each_check_with_its_reason(tmp_path: Path) -> None:
    write_data_directory(tmp_path, small_run())

    found = told(tmp_path, "doctor")

    assert found["is_fit"] is True
    assert {frozenset(each) for each in found["checks"]} == {frozenset({"name", "level", "value", "why", "cure"})}
    assert {each["level"] for each in found["checks"]} <= {"ok", "warn"}


def test_a_wrong_configuration_is_a_finding_and_not_a_misuse(tmp_path: Path) -> None:
    result = call(tmp_path, "doctor", "--config", str(tmp_path / "none.toml"))

    assert (result.exit_code, result.stderr) == (1, "")
    assert "fail  configuration" in result.stdout
