"""`understudy completion`."""

from __future__ import annotations

import sys

import click
from click.shell_completion import get_completion_class

from cli.error_line import PROGRAM
from cli.output import example, print_json

VARIABLE = "_UNDERSTUDY_COMPLETE"
"""By this variable the script in the shell asks for completions; click makes its name of the program's."""

INSTALL = {
    "bash": 'put  eval "$(understudy completion bash)"  into ~/.bashrc',
    "zsh": 'put  eval "$(understudy completion zsh)"  into ~/.zshrc, after compinit',
    "fish": "understudy completion fish > ~/.config/fish/completions/understudy.fish",
}
"""By shell: how its script is installed."""


@click.command(epilog=example(INSTALL["fish"], 'eval "$(understudy completion bash)"'))
@click.argument("shell", type=click.Choice(list(INSTALL)))
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of the script.")
def completion(shell: str, as_json: bool) -> None:
    """Print the script by which SHELL completes commands, options and the names of actors."""
    script = script_of(shell)
    if as_json:
        print_json({"shell": shell, "script": script})
    else:
        sys.stdout.write(script)


def script_of(shell: str) -> str:
    """The script, with a comment that tells how to install it."""
    kind = get_completion_class(shell)
    assert kind is not None, f"click knows {shell}"
    # Behind the script, for zsh wants its `#compdef` first.
    return f"{kind(click.Group(), {}, PROGRAM, VARIABLE).source().rstrip()}\n\n# Install: {INSTALL[shell]}\n"
