"""Mutants of how an engine obeys people."""

from __future__ import annotations

from tests.simulation.mutants.mutant import Mutant

COMMANDS = "actors/_portfolio_commands.py"

MUTANTS = (
    Mutant(
        "who-closes-one-symbol-closes-all",
        "Who closes one symbol closes that, and no other.",
        COMMANDS,
        "if symbol in (None, traded) and strategy_id in (None, owner):",
        "if strategy_id in (None, owner):",
        theme="people order by themselves, and close everything",
    ),
    Mutant(
        "a-persons-order-of-before-leaves",
        "A person's order of before a halt, or of a minute ago, does not leave.",
        COMMANDS,
        "        if is_old or request.time_ns < portfolio.state.halted_ns:\n",
        "        if request.time_ns < 0:\n",
        theme="people order by themselves, and actors fail",
    ),
    Mutant(
        "halt-that-a-portfolio-failed-at-cancels-nothing",
        "A halt that could not be carried out cancels what works all the same.",
        COMMANDS,
        'state.halted_ns = reason or "halted", time_ns\n'
        "                portfolio.set_timer(HALT_TIMER, portfolio.now_ns)\n",
        'state.halted_ns = reason or "halted", time_ns\n',
        theme="actors fail while people halt",
        behind="The next signal, or the next word of an order, has canceled what opens there, within 0.3 s.",
    ),
)
