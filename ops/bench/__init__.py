"""`understudy bench`: what the engine costs, measured on the machine at hand; see docs/benchmarks.md.

    catalogue -> for each part, case and repeat a process of its own -> figures -> median, spread, aim, verdict

Nothing is imported here, so that the command can name its parts without importing the engine.
"""

from __future__ import annotations

__all__: list[str] = []
