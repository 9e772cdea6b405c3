"""The README's commands run as written, and print what it shows; `tests/_console.py` tells the convention."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

import pytest

from ops.config import parse_config
from tests._console import Step, matches, refreshed, run, steps
from tests._paths import REPOSITORY


@pytest.mark.timeout(300)
def test_every_console_command_of_the_readme_prints_what_the_readme_shows(tmp_path: Path) -> None:
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}

    for step in steps((REPOSITORY / "README.md").read_text("utf-8")):
        printed = run(step, directory=tmp_path, environment=environment)

        assert matches(printed, step.expected), (
            f"$ {step.command}\n{printed}\n--- but the README shows\n{step.expected}\n"
            f"--- if that is right, `python -m tests.refresh_readme` writes it into the README"
        )


def test_every_toml_block_of_the_readme_is_a_whole_configuration() -> None:
    blocks = re.findall(
        r"^```toml\n(.*?)^```$", (REPOSITORY / "README.md").read_text("utf-8"), re.MULTILINE | re.DOTALL
    )

    assert [parse_config(block, name="README.md") for block in blocks]


def test_every_link_of_the_readme_leads_somewhere() -> None:
    links = re.findall(r"\]\(([^)#]+)", (REPOSITORY / "README.md").read_text("utf-8"))

    assert [link for link in links if "://" not in link and not (REPOSITORY / link).exists()] == []


def test_only_console_blocks_are_run() -> None:
    document = "```sh\n$ rm all\n```\ntext\n```console\n$ echo a\na\n$ echo b\n```\n"

    assert list(steps(document)) == [Step("echo a", "a"), Step("echo b", "")]


def test_the_figures_of_a_document_can_be_refreshed() -> None:
    shown = "Orders: 12 sent\n...\nid ...-9  SIM.H    7  -\nin ... s (.../s)"
    printed = "Orders: 1,122 sent\nnoise\nid abc-10  SIM.A  70  1.5\nid abc-11  SIM.H  70  1.5\nin 4.5 s (99/s)"

    assert refreshed(shown, printed) == "Orders: 1,122 sent\n...\nid ...-11  SIM.H  70  1.5\nin ... s (.../s)"


def test_words_that_are_no_longer_printed_are_not_refreshed() -> None:
    with pytest.raises(ValueError, match="nothing that is printed looks like 'Fills: 7'"):
        refreshed("Fills: 7", "Trades: 7")


def test_output_without_a_command_is_a_mistake_in_the_document() -> None:
    with pytest.raises(ValueError, match="begins with 'lonely'"):
        list(steps("```console\nlonely\n$ echo a\n```\n"))


@pytest.mark.parametrize(
    ("printed", "expected", "same"),
    [
        ("a\nb", "a\nb", True),
        ("a\nb", "a", False),
        ("a\nb\nc", "a\n...", True),
        ("a", "a\n...", True),
        ("a\nb\nc", "a\n...\nc", True),
        ("a\nc", "a\n...\nc", True),
        ("a\nb\nd", "a\n...\nc", False),
        ("took 12 ms", "took ... ms", True),
        ("took 12\nms", "took ... ms", False),
        ("anything\nat all", "...", True),
        ("x(1.5)*", "x(1.5)*", True),
        ("x(1x5)*", "x(1.5)*", False),
    ],
)
def test_three_dots_stand_for_anything_and_nothing_else_does(printed: str, expected: str, same: bool) -> None:
    assert matches(printed, expected) is same
