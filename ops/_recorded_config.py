"""What can be told of a recorded configuration without decoding all of it: it may be another version's."""

from __future__ import annotations

from typing import Any

import msgspec


def outcomes_are_effects(config: bytes) -> bool:
    """Whether every venue of the run was simulated, so that all that venues said is among the effects."""
    venues = _table(config).get("venue")
    if not isinstance(venues, dict) or not venues:
        return False
    return all(isinstance(venue, dict) and venue.get("kind") == "simulated" for venue in venues.values())


def _table(config: bytes) -> dict[str, Any]:
    try:
        return msgspec.json.decode(config, type=dict[str, Any])
    except msgspec.DecodeError:
        return {}
