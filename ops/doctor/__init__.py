"""Is this machine, its clock, its disk and the data directory fit to run an engine?

Each subject has gatherers, which only look, and judgments, which are functions of what was gathered.
"""

from __future__ import annotations

from ops.doctor.check import Check, Level
from ops.doctor.examination import examine

__all__ = ["Check", "Level", "examine"]
