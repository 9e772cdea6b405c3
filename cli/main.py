"""The `understudy` command."""

from __future__ import annotations

import click


@click.group()
def main() -> None:
    """An automated trading engine made of actors."""
