"""journal ls, show, verify and export, on a real data directory."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cli.main import main
from tests.recorded import at, small_run, write_data_directory


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    path = tmp_path / "data"
    write_data_directory(path, small_run(), days=("2026-01-05", "2026-01-06"))
    return path


def test_ls_tells_which_inputs_each_file_holds(data_dir: Path) -> None:
    days = json.loads(_run(data_dir, "ls", "--json").stdout)

    assert [(day["day"], day["first_seq"], day["last_seq"], day["inputs"]) for day in days] == [
        ("2026-01-05", 1, 3, 3),
        ("2026-01-06", 4, 5, 2),
    ]
    assert [Path(day["file"]).is_file() for day in days] == [True, True]
    assert [line.split()[:4] for line in _run(data_dir, "ls").stdout.splitlines()] == [
        ["day", "first", "last", "inputs"],
        ["2026-01-05", "1", "3", "3"],
        ["2026-01-06", "4", "5", "2"],
    ]


def test_show_tells_one_input_and_all_that_it_caused(data_dir: Path) -> None:
    lines = _run(data_dir, "show", "3").stdout.splitlines()

    assert [line for line in lines if not line.startswith(" ")] == [
        "input 3 at 2026-01-05T14:30:02.000000Z: Quote",
        "outcome 3 at 2026-01-05T14:30:02.000000Z: OrderFilled",
        "effect 3 at 2026-01-05T14:30:02.000000Z: OrderDenied",
    ]
    assert "  price = 12" in lines


def test_show_in_json_is_a_list_of_records(data_dir: Path) -> None:
    told = json.loads(_run(data_dir, "show", "3", "--json").stdout)

    assert [record["type"] for record in told] == ["Quote", "OrderFilled", "OrderDenied"]


def test_an_input_that_is_not_there_is_a_misuse(data_dir: Path) -> None:
    result = _run(data_dir, "show", "6")

    assert result.exit_code == 2
    assert result.stderr == (
        f"understudy: input 6 is not in the journal of {data_dir}, which holds inputs 1 to 5. "
        "Ask for one of those.\n"
    )


def test_a_whole_journal_is_verified(data_dir: Path) -> None:
    result = _run(data_dir, "verify")
    proof = json.loads(_run(data_dir, "verify", "--json").stdout)

    assert result.exit_code == 0
    assert result.stdout.startswith(
        "The journal is whole: inputs 1 to 5 in 5 frames, 14 effects, 2 day(s).\nchain "
    )
    assert (proof["inputs"], proof["effects"], proof["days"]) == (5, 14, ["2026-01-05", "2026-01-06"])
    assert proof["chain"] in result.stdout


def test_a_changed_byte_is_found_and_its_place_told(data_dir: Path) -> None:
    path = data_dir / "journal" / "2026-01-06.mdb"
    content = bytearray(path.read_bytes())
    content[content.index(b"bk-cross-3") + 1] ^= 0x01
    path.write_bytes(content)

    result = _run(data_dir, "verify")

    assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (1, "", 1)
    assert f"journal file {path} is damaged from input 4" in result.stderr


def test_export_prints_one_object_a_line(data_dir: Path) -> None:
    told = [json.loads(line) for line in _run(data_dir, "export", "--json").stdout.splitlines()]

    assert [(record["seq"], record["kind"], record["type"]) for record in told[:7]] == [
        (1, "input", "EngineStarted"),
        (1, "effect", "PortfolioOpened"),
        (2, "input", "Quote"),
        (2, "effect", "OrderApproved"),
        (2, "effect", "SubmitOrder"),
        (2, "outcome", "OrderAccepted"),
        (2, "outcome", "OrderFilled"),
    ]
    assert (told[6]["time_ns"], told[6]["price"], told[6]["commission"]) == (at(1), "10", "1")
    assert len(told) == 5 + 14


@pytest.mark.parametrize(
    ("options", "types"),
    [
        (["--kind", "outcome"], ["OrderAccepted", "OrderFilled", "OrderFilled", "OrderAccepted", "OrderFilled",
                                 "OrderAccepted"]),
        (["--kind", "input", "--after", "3"], ["Quote", "Quote"]),
        (["--after", "5"], []),
    ],
)  # fmt: skip
def test_export_can_be_narrowed(data_dir: Path, options: list[str], types: list[str]) -> None:
    lines = _run(data_dir, "export", "--json", *options).stdout.splitlines()

    assert [json.loads(line)["type"] for line in lines] == types


def test_export_without_json_is_a_line_for_people(data_dir: Path) -> None:
    lines = _run(data_dir, "export", "--kind", "input").stdout.splitlines()

    assert lines[1].startswith("2 2026-01-05T14:30:01.000000Z input Quote symbol=AAPL ")


def _run(data_dir: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["journal", *arguments, "--data-dir", str(data_dir)])
