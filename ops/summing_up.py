"""What an engine's run has come to, as it stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from actors import PortfolioActor, SymbolActor
from ops.digests import final_digest
from ops.summary import ActorLine, RunSummary, sums
from ops.tree import walk

if TYPE_CHECKING:
    from actors.kernel import Kernel
    from ops.engine import Engine


def sum_up(engine: Engine, *, seconds: float, handled: int) -> RunSummary:
    """The summary of a run whose process handled so many records in so many seconds."""
    kernel, reports = engine.kernel, engine.reports()
    portfolios = [a for a in kernel.actors.values() if isinstance(a, PortfolioActor)]
    return RunSummary(
        source=engine.opened.source.name,
        ended=engine.source_ended,
        inputs=engine.source_position,
        journal_inputs=kernel.seq,
        orders=sum(portfolio.state.orders_sent for portfolio in portfolios),
        fills=sum(portfolio.state.fills for portfolio in portfolios),
        denied=sum(portfolio.state.denied for portfolio in portfolios),
        digest=final_digest(kernel.digest, reports),
        seconds=round(seconds, 3),
        inputs_per_second=round(handled / seconds, 1) if seconds > 0 else 0.0,
        restarts=kernel.restarts,
        dead_letters=len(engine.directory.state.dead_letters()),
        resumed_from=engine.resumed_from,
        bad_rows=engine.opened.bad_rows(),
        refused=_refused(kernel),
        conflated=engine.conflated(),
        portfolios=reports,
        actors=tuple(
            ActorLine(
                name=actor.actor_urn,
                depth=depth,
                status=actor.status.value,
                handled=actor.handled,
                restarts=0 if actor.trouble is None else actor.trouble.restarts,
            )
            for depth, actor in walk(kernel)
        ),
        **sums(reports),  # type: ignore[arg-type]  # the names are the fields'
    )


def _refused(kernel: Kernel) -> dict[str, int]:
    """Market data that symbols refused, counted by reason over all symbols."""
    total: dict[str, int] = {}
    for actor in kernel.actors.values():
        if isinstance(actor, SymbolActor):
            for reason, count in actor.refused().items():
                total[reason] = total.get(reason, 0) + count
    return dict(sorted(total.items()))
