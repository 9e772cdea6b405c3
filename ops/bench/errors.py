"""What can go wrong in a benchmark.

UnderstudyError
└── BenchError       a figure could not be measured: the text says what happened in which process
    └── BenchLies    the self-test failed: the figures of this machine may not be believed
"""

from __future__ import annotations

from ops.errors import UnderstudyError


class BenchError(UnderstudyError):
    """A measurement did not come to its end, or measured something else than it says."""


class BenchLies(BenchError):
    """A stall that was planted did not show in the figures."""
