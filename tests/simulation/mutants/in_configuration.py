"""Mutants of a configuration that changes between two starts."""

from __future__ import annotations

from tests.simulation.mutants.mutant import Mutant

THEME = "strategies come and go, and limits change, between two starts"

MUTANTS = (
    Mutant(
        "strategy-that-has-gone-plays-on",
        "A strategy that is in the configuration no more orders nothing that opens a position.",
        "ops/live_config.py",
        "    for name in plan.undeployed:\n",
        "    for name in ():\n",
        theme=THEME,
    ),
    Mutant(
        "loosened-limits-apply-unconfirmed",
        "A limit that loosens between two starts waits until a person confirms it.",
        "ops/reload_plan.py",
        "        if looseness(getattr(new, name)) < looseness(getattr(old, name))\n",
        "        if looseness(getattr(new, name)) != looseness(getattr(old, name))\n",
        theme=THEME,
    ),
    Mutant(
        "what-is-left-is-bought-back",
        "Nothing is opened for a strategy that plays no more.",
        "rules/planning.py",
        " or (target.is_left_alone and not trade.is_exit)\n",
        "\n",
        theme=THEME,
    ),
    Mutant(
        "quarantined-strategy-cannot-go",
        "A strategy that is in quarantine can be undeployed.",
        "ops/deployments.py",
        "            if actor.status is not ActorStatus.QUARANTINED:",
        "            if True:",
        theme=THEME,
    ),
    Mutant(
        "supervisor-remembers-who-has-gone",
        "A supervisor that is rebuilt decides nothing about a strategy that has gone.",
        "ops/deployments.py",
        "(STRATEGIES, *map(symbol_actor, actor.symbols))",
        "map(symbol_actor, actor.symbols)",
        theme=THEME,
    ),
    Mutant(
        "symbols-remember-who-has-gone",
        "A symbol forgets a strategy that goes, also if it cannot hear of that.",
        "ops/deployments.py",
        "            self._forget(actor)\n",
        "",
        theme=THEME,
        behind="a symbol passes over the names of those that are not there",
    ),
    Mutant(
        "capital-is-not-freed",
        "The cash of a strategy that has gone is there for others once it holds nothing.",
        "actors/_portfolio_commands.py",
        "            allocate(self._portfolio.state.books, strategy_id, -ledger.cash)\n",
        "            pass\n",
        theme=THEME,
    ),
    Mutant(
        "capital-is-freed-at-once-or-never",
        "The cash of a strategy that has gone is there for others also if it held something at first.",
        "actors/portfolio.py",
        "        if event.strategy_id in self.state.retired:\n",
        "        if False:\n",
        theme=THEME,
    ),
    Mutant(
        "who-comes-gets-no-capital",
        "A strategy that comes is given its share of the cash.",
        "actors/_portfolio_commands.py",
        "                allocate(state.books, deployment.strategy_id, self._portfolio.capital_of(deployment))\n",
        "                pass\n",
        theme=THEME,
    ),
    Mutant(
        "tightened-limits-are-not-kept-as-applied",
        "A limit that was tightened counts as applied.",
        "ops/live_config.py",
        "    config = with_limits(applied, plan.limits_tightened)\n",
        "    config = with_limits(applied, {})\n",
        theme="strategies come and go, and limits change, between two starts",
    ),
    Mutant(
        "who-came-before-a-kill-counts-as-left-out",
        "A strategy that has come before a kill counts as one that plays.",
        "ops/live_config.py",
        "        return True\n    deployer",
        "        return False\n    deployer",
        theme="limits change, and the process dies at its start",
    ),
    Mutant(
        "lower-cash-floor-counts-as-tighter",
        "A lower cash floor waits for a person.",
        "ops/reload_plan.py",
        '    "min_cash": lambda amount: -amount,\n',
        '    "min_cash": lambda amount: amount,\n',
        theme="strategies come and go, and limits change, between two starts",
    ),
    Mutant(
        "no-limit-counts-as-the-tightest",
        "A limit that is taken away waits for a person.",
        "ops/reload_plan.py",
        "lambda amount: _NO_LIMIT if amount is None else amount,",
        "lambda amount: amount or Decimal(0),",
        theme="strategies come and go, and limits change, between two starts",
    ),
    Mutant(
        "who-has-gone-comes-back-at-a-start",
        "Who has gone stays away at the next start.",
        "ops/deployments.py",
        "            kernel.flush_outbox()\n"
        "        self._tell_supervisor(message)\n"
        "        kernel.deliver(ROUTER, message)\n",
        "            kernel.flush_outbox()\n        kernel.deliver(ROUTER, message)\n",
        theme="strategies come and go, and limits change, between two starts",
    ),
)
