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
)
