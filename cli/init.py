"""`understudy init`."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from cli.output import example, json_option, print_json

TEMPLATE_NAMES = ("paper", "replay", "alpaca")


@click.command(
    epilog=example(
        "understudy init",
        "understudy init --template replay fx.toml",
        "understudy init --template alpaca --force live.toml",
    )
)
@click.option(
    "--template",
    "template_name",
    type=click.Choice(TEMPLATE_NAMES),
    default="paper",
    show_default=True,
    help="paper: on the simulated market. replay: on recorded data. alpaca: paper trading at Alpaca.",
)
@click.option("--force", is_flag=True, help="Replace the file if it exists.")
@click.argument("file", type=click.Path(path_type=Path), default="understudy.toml")
@json_option
def init(template_name: str, force: bool, file: Path, as_json: bool) -> None:
    """Write a configuration with comments: every key is there, with its default, its unit and what it is for.

    FILE is understudy.toml if it is left out.
    """
    from ops.templates import TEMPLATES, render, write_new  # noqa: PLC0415  # not for --help

    template = TEMPLATES[template_name]
    name = shlex.quote(str(file))
    write_new(file, render(template, file=name), force=force)
    then = [command.format(file=name) for command in template.then]
    if as_json:
        print_json({"file": str(file), "template": template_name, "next": then})
        return
    click.echo(f"{file} is written. {template.title}")
    click.echo("Next:")
    for command in then:
        click.echo(f"  {command}")
