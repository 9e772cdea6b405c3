"""Mutants of how an engine heeds what strategies ask for."""

from __future__ import annotations

from tests.simulation.mutants.mutant import Mutant

MUTANTS = (
    Mutant(
        "signals-lead-to-nothing",
        "What a strategy asks for is ordered, or denied.",
        "actors/portfolio.py",
        "            case SignalPriced():\n                self._on_signal(message)\n",
        "            case SignalPriced():\n                pass\n",
    ),
    Mutant(
        "signals-count-no-more-after-a-release",
        "After a release signals count again.",
        "actors/portfolio.py",
        "        if self.state.is_sidelined(signal.strategy_id):\n            return\n        view",
        "        was_released = self.state.halted_ns and not self.state.entries_blocked\n"
        "        if was_released or self.state.is_sidelined(signal.strategy_id):\n            return\n        view",
    ),
    Mutant(
        "what-was-wanted-while-held-is-forgotten",
        "What strategies want while nothing may leave is ordered afterwards.",
        "actors/_account_link.py",
        '            state.hold = ""\n            self._portfolio.pursue_all()\n',
        '            state.hold = ""\n',
    ),
    Mutant(
        "stops-of-signals-are-dropped",
        "What is held has the protective stop that was asked for.",
        "rules/targets.py",
        "    if missing := _missing_price(signal, target, protective=protective):\n",
        "    target = msgspec.structs.replace(target, protective_stop_price=None, exit_stop_price=None)\n"
        "    if missing := _missing_price(signal, target, protective=protective):\n",
    ),
    Mutant(
        "stop-goes-with-a-signal-to-be-flat",
        "What is held keeps its stop until it is closed.",
        "rules/targets.py",
        "        exit_stop_price=protective if is_for_what_is_held and protective is not None else guard,\n",
        "        exit_stop_price=None,\n",
    ),
    Mutant(
        "prices-of-the-other-side-not-rounded-for-it",
        "An order back to a target has no worse limit than was asked for.",
        "rules/targets.py",
        "        other_limit_price=other_limit_price or limit_price,\n",
        "        other_limit_price=limit_price or other_limit_price,\n",
    ),
    Mutant(
        "flat-does-not-close-behind-a-stop",
        "What a stop has left is closed if nothing is wanted.",
        "rules/targets.py",
        "        return is_held and self.quantity is not None and self.quantity * position <= 0\n",
        "        return is_held and self.quantity is not None and self.quantity * position < 0\n",
    ),
    Mutant(
        "stop-grows-beside-an-exit-being-canceled",
        "A stop leaves to an exit that is being canceled what that may still sell.",
        "rules/planning.py",
        "    guarded = min(abs(position) - exiting, free)\n",
        "    guarded = abs(position) - exiting\n",
    ),
)
