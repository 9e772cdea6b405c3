"""`understudy replay`: a recorded run again, by the same code or, as a what-if, by other code of a strategy."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import click

from cli.message_text import message_line
from cli.output import (
    Column,
    data_dir_option,
    example,
    json_option,
    money_text,
    plain_text,
    print_json,
    print_line,
    print_table,
    time_text,
)
from messages import OrderDenied
from ops.book_lines import PortfolioLine
from ops.replaying import Replayed, replay_run
from ops.what_if import Changed, Trading, WhatIf, what_if

SHOWN = 10
"""Changed decisions that are listed, the first ones."""

_COUNTS = ("orders", "denied", "fills", "restarts", "quarantined")
_MONEY = ("realized_pnl", "unrealized_pnl", "commission", "cash", "equity")


@click.command(
    epilog=example(
        "understudy replay --data-dir ./data",
        "understudy replay --strategy my_strategy.py",
        "understudy replay --strategy cross=my_strategy.py --json",
    )
)
@data_dir_option
@click.option(
    "--strategy",
    "strategies",
    multiple=True,
    metavar="[ID=]FILE",
    help="What if this code had played? ID where the run has several strategies. May be given several times.",
)
@click.option("--from", "first_seq", type=click.IntRange(min=1), metavar="N", help="Compare from input N on.")
@click.option("--to", "last_seq", type=click.IntRange(min=1), metavar="N", help="Stop after input N.")
@json_option
def replay(
    data_dir: Path, strategies: tuple[str, ...], first_seq: int | None, last_seq: int | None, as_json: bool
) -> None:
    """Run a recorded run again, and compare every effect with the one recorded.

    Needs nothing but the data directory, and the code that made it; exits with 1 at the first difference. With
    --strategy the recorded market data is traded by other code instead, from the beginning and at the same
    simulated venue, and what would have been different is shown.
    """
    if strategies and (first_seq or last_seq):
        raise click.UsageError("--strategy plays the whole run. Leave out --from and --to.")
    found = (
        what_if(data_dir, strategies)
        if strategies
        else replay_run(data_dir, first_seq=first_seq or 1, last_seq=last_seq)
    )
    if as_json:
        print_json(found)
    elif isinstance(found, Replayed):
        _print_replayed(found)
    else:
        _print_what_if(found)


def _print_replayed(found: Replayed) -> None:
    click.echo(f"{found.inputs:,} inputs replayed in {found.seconds:,.2f} s")
    click.echo(
        f"{found.effects:,} effects of inputs {found.first_seq:,} to {found.last_seq:,} compared: "
        f"each is as it was recorded"
    )
    if found.recorded_digest is None:
        click.echo(f"digest {found.digest} up to here; the run has none to compare with")
    else:
        click.echo(f"digest {found.digest}, as recorded")


@dataclass(frozen=True)
class _Row:
    """One figure of both runs."""

    name: str
    before: Decimal | int | None
    after: Decimal | int | None

    @property
    def difference(self) -> Decimal | int | None:
        """What the other code makes of it."""
        return None if self.before is None or self.after is None else self.after - self.before


def _print_what_if(found: WhatIf) -> None:
    code = ", ".join(f"{name} by {file}" for name, file in found.replaced.items())
    click.echo(f"{found.inputs:,} records of market data played again in {found.seconds:,.2f} s, {code}\n")
    before, after = found.before, found.after
    rows = [_Row(name, getattr(before, name), getattr(after, name)) for name in _COUNTS]
    _print_rows(rows, "")
    for one, other in _portfolios(before, after):
        money = [_Row(name, getattr(one, name), getattr(other, name)) for name in _MONEY]
        _print_rows(money, f"\nPortfolio {one.portfolio_id}, in {one.currency}:")
    _print_changed(found)
    click.echo(f"\ndigest before  {before.digest or '- (the run has not ended)'}\ndigest after   {after.digest}")


def _portfolios(before: Trading, after: Trading) -> list[tuple[PortfolioLine, PortfolioLine]]:
    others = {line.portfolio_id: line for line in after.portfolios}
    return [(line, others[line.portfolio_id]) for line in before.portfolios]


def _print_rows(rows: list[_Row], title: str) -> None:
    if title:
        click.echo(title)
    columns = [Column(name, name, _figure, right=True) for name in ("before", "after", "difference")]
    print_table(rows, (Column("name", ""), *columns), none="")


def _figure(value: Decimal | int | None) -> str:
    return money_text(value) if isinstance(value, Decimal) else plain_text(value)


def _print_changed(found: WhatIf) -> None:
    changed = found.changed
    if not changed:
        click.echo("\nEvery decision would have been the same.")
        if found.before.digest not in (None, found.after.digest):
            click.echo("Only what was noted with it, as the reason of a signal, would not: the digests differ.")
        return
    click.echo(f"\n{len(changed):,} decisions differ; - was made, + would have been made instead:")
    for each in changed[:SHOWN]:
        print_line(f"  {'-' if each.run == 'before' else '+'} {time_text(each.time_ns)}  {_decision(each)}")
    if len(changed) > SHOWN:
        click.echo(f"  ... and {len(changed) - SHOWN:,} more; --json lists all")


def _decision(changed: Changed) -> str:
    decision = changed.decision
    if isinstance(decision, OrderDenied):
        return f"OrderDenied {decision.symbol}: {decision.reason}"
    return message_line(decision)
