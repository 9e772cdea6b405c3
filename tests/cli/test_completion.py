"""`understudy completion`: a script that completes, from answers that import nothing heavy."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from cli.completion import INSTALL, VARIABLE
from cli.main import COMMANDS
from tests._paths import REPOSITORY
from tests.cli._asking import printed, told
from tests.cli.test_main import HEAVY

NEVER = ("alpaca", "aiohttp", "pandas", "pyarrow", "textual", "prometheus_client")


def answer(words: str, *, cursor: int, script: str = "from cli.main import main; main()") -> str:
    """What the command answers the shell that asks by these words."""
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=REPOSITORY,
        env={**os.environ, VARIABLE: "bash_complete", "COMP_WORDS": words, "COMP_CWORD": str(cursor)},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stderr == ""
    return done.stdout


def imported(words: str, *, cursor: int) -> list[str]:
    script = (
        "import atexit, sys; atexit.register(lambda: print('loaded', *sys.modules));"
        "from cli.main import main; main()"
    )
    return answer(words, cursor=cursor, script=script).rpartition("loaded ")[2].split()


@pytest.mark.parametrize("shell", INSTALL)
def test_each_script_tells_how_it_is_installed(tmp_path: Path, shell: str) -> None:
    script = printed(tmp_path, "completion", shell)

    assert f"{VARIABLE}={shell}_complete" in script
    assert script.endswith(f"# Install: {INSTALL[shell]}\n")
    assert told(tmp_path, "completion", shell) == {"shell": shell, "script": script}


def test_the_script_for_zsh_begins_as_zsh_wants_it(tmp_path: Path) -> None:
    assert printed(tmp_path, "completion", "zsh").startswith("#compdef understudy\n")


def test_commands_and_options_are_answered() -> None:
    assert answer("understudy ", cursor=1).splitlines() == [f"plain,{name}" for name in COMMANDS]
    assert answer("understudy dig", cursor=1) == "plain,digest\n"
    assert "plain,--open\n" in answer("understudy orders --", cursor=2)


def test_a_command_that_does_not_exist_is_answered_by_silence() -> None:
    assert answer("understudy ordres --d", cursor=2).strip() == ""


def test_naming_the_commands_imports_nothing_heavy() -> None:
    loaded = imported("understudy ", cursor=1)

    assert [name for name in HEAVY if name in loaded] == []


@pytest.mark.parametrize("words", ["understudy orders --", "understudy kill ", "understudy doctor --"])
def test_options_and_actors_are_named_without_the_slow_libraries(words: str) -> None:
    loaded = imported(words, cursor=2)

    assert [name for name in NEVER if name in loaded] == []


@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash")
def test_bash_completes_with_the_script(tmp_path: Path) -> None:
    script = tmp_path / "completion.bash"
    script.write_text(printed(tmp_path, "completion", "bash"))
    program = tmp_path / "understudy"
    program.write_text(f"#!/bin/sh\nexec {sys.executable} -c 'from cli.main import main; main()' \"$@\"\n")
    program.chmod(0o700)
    asked = (
        f"source {script}; complete -p understudy; COMP_WORDS=(understudy comp); COMP_CWORD=1; "
        f"_understudy_completion {program}; echo ${{COMPREPLY[@]}}"
    )

    done = subprocess.run(
        ["bash", "--norc", "-c", asked],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )

    assert done.stderr == ""
    assert done.stdout.splitlines() == ["complete -o nosort -F _understudy_completion understudy", "completion"]
