"""The demo from end to end, as lines: it trades within seconds, ends in order, and goes on."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from ops.config import parse_config
from ops.demo import CONFIG, prepare
from ops.errors import UsageError
from ops.processes import HeldProcess, serving_process
from tests._paths import REPOSITORY
from tests.acceptance._command import start, wait, wait_until

UNDERSTUDY = [sys.executable, "-c", "from cli.main import main; main()"]
FIRST_POSITION_SECONDS_MAX = 10.0


def run_demo(data_dir: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*UNDERSTUDY, "demo", "--data-dir", str(data_dir), *options],
        cwd=REPOSITORY,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_a_demo_holds_a_position_within_seconds_and_goes_on_where_it_stopped(tmp_path: Path) -> None:
    first = run_demo(tmp_path / "demo", "--seconds", "6")

    assert (first.returncode, first.stderr) == (0, "")
    seconds = re.search(r"^ *([\d.]+) s  first position: basket holds \d+ SIM\.A", first.stdout, re.MULTILINE)
    assert seconds is not None
    assert float(seconds[1]) < FIRST_POSITION_SECONDS_MAX
    assert "✔ books agree at input" in first.stdout
    assert f"understudy replay --data-dir {tmp_path / 'demo'}" in first.stdout
    assert serving_process(tmp_path / "demo") is None

    again = run_demo(tmp_path / "demo", "--seconds", "6", "--json")

    summary = json.loads(again.stdout)
    orders = re.search(r"orders +(\d+),", first.stdout)
    assert orders is not None
    assert (again.returncode, summary["books_agree"], summary["engine_starts"]) == (0, True, 1)
    assert summary["orders"] >= int(orders[1]) >= 4


def test_an_interrupted_demo_ends_its_engine_in_order_and_leaves_what_can_be_begun_anew(tmp_path: Path) -> None:
    with subprocess.Popen(
        [*UNDERSTUDY, "demo", "--plain", "--seconds", "60", "--data-dir", str(tmp_path / "demo")],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert any("first position" in line for line in process.stdout)
        process.send_signal(signal.SIGINT)
        rest = process.stdout.read()

    assert process.returncode == 0
    assert "✔ books agree at input" in rest
    assert serving_process(tmp_path / "demo") is None

    prepare(tmp_path / "demo", seed=8, fresh=True)

    assert [path.name for path in (tmp_path / "demo").iterdir()] == ["demo.toml"]


def test_a_demo_whose_time_is_over_before_its_engine_has_begun_says_so_and_leaves_none_behind(
    tmp_path: Path,
) -> None:
    ended = run_demo(tmp_path / "demo", "--seconds", "0.001", "--json")

    assert (ended.returncode, ended.stderr) == (0, "")
    summary = json.loads(ended.stdout)
    assert (summary["books_agree"], summary["orders"]) == (None, None)
    assert summary["books"] == "books not checked: the engine ended before it had begun"
    assert serving_process(tmp_path / "demo") is None


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_as_soon_as_there_is_an_engine_ends_it_too(number: signal.Signals, tmp_path: Path) -> None:
    process = start("demo", "--plain", "--seconds", "60", "--data-dir", tmp_path / "demo")
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    assert wait_until(process, lambda: bool(children.read_text()))
    guardian = HeldProcess(int(children.read_text()))

    process.send_signal(number)
    ended = wait(process)

    with guardian:
        assert guardian.wait(0)
    assert (ended.code, ended.stderr) == (0, "")
    assert "the engine ended before it had begun." in ended.stdout


def test_the_configuration_of_the_demo_leaves_capital_free_for_other_strategies(tmp_path: Path) -> None:
    config = parse_config(prepare(tmp_path / "demo", seed=11, fresh=False).read_text("utf-8"), name="demo.toml")

    given: dict[str, float] = {}
    for strategy in config.strategies.values():
        given[strategy.portfolio] = given.get(strategy.portfolio, 0.0) + float(strategy.capital)
    assert given == pytest.approx({"steady": 0.8, "swift": 0.8})
    assert config.source.market is not None
    assert config.source.market.seed == 11


def test_a_demo_is_begun_anew_only_in_a_folder_of_its_own(tmp_path: Path) -> None:
    demo, other, foreign = tmp_path / "demo", tmp_path / "other", tmp_path / "foreign"
    prepare(demo, seed=7, fresh=False)
    (demo / "journal").mkdir()
    for folder, name in ((other, "precious"), (foreign, "demo.toml")):
        folder.mkdir()
        (folder / name).touch()

    with pytest.raises(UsageError, match="was begun with --seed 7, not 8"):
        prepare(demo, seed=8, fresh=False)
    for folder in (other, foreign):
        with pytest.raises(UsageError, match="holds something else than a demo"):
            prepare(folder, seed=7, fresh=True)
    prepare(demo, seed=8, fresh=True)

    assert [path.name for path in demo.iterdir()] == ["demo.toml"]
    assert (demo / "demo.toml").read_text("utf-8") == CONFIG.format(data_dir=demo, seed=8)
    assert (other / "precious").exists()
    assert (foreign / "demo.toml").read_bytes() == b""


def test_what_lies_beside_a_demo_stays_when_it_is_begun_anew_through_a_link(tmp_path: Path) -> None:
    folder, link = tmp_path / "folder", tmp_path / "link"
    prepare(folder, seed=7, fresh=False)
    link.symlink_to(folder)
    (folder / "journal").mkdir()
    kept = ("thesis.txt", "journal/notes.txt", "journal/2026-01-05.mdb.bak")
    for name in (
        *kept,
        "journal/2026-01-05.mdb",
        "journal/2026-01-05.mdb-lock",
        "state.mdb",
        "lock",
        "control.sock",
    ):
        (folder / name).touch()

    prepare(link, seed=8, fresh=True)

    left = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    assert left == {*kept, "demo.toml"}


@pytest.mark.parametrize("fresh", [True, False])
def test_a_file_is_no_folder_for_a_demo(fresh: bool, tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    for place in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(
            UsageError, match=f"^{place} cannot be used as a data directory: Not a directory. Name "
        ):
            prepare(place, seed=7, fresh=fresh)
