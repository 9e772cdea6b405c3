"""What can be asked over the control socket: paths, parameters and answers, as the server, its schema and its
documentation have them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ops.control.answers import ActorDetail, ActorLine, CommandDone, DeadLetterLine, Status, View

MESSAGES_SHOWN = 20
MESSAGES_SHOWN_MAX = 1_000


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a query; `default` is `None` for one that must be given."""

    name: str
    text: str
    default: str | int | None = ""
    repeats: bool = False


@dataclass(frozen=True, slots=True)
class Route:
    """One question. `answer` is the type of its JSON, `None` for a stream of events or a schema."""

    method: str
    path: str
    text: str
    answer: Any = None
    parameters: tuple[Parameter, ...] = ()


STATUS = Route("GET", "/v1/status", "How the engine is.", Status)
ACTORS = Route("GET", "/v1/actors", "The tree of actors, parents before children.", tuple[ActorLine, ...])
ACTOR = Route(
    "GET",
    "/v1/actor",
    "One actor from inside, with its last messages.",
    ActorDetail,
    (
        Parameter("name", "the actor, as `/v1/actors` names it", default=None),
        Parameter("messages", f"how many of its last messages, 0 to {MESSAGES_SHOWN_MAX}", MESSAGES_SHOWN),
    ),
)
VIEW = Route("GET", "/v1/view", "All that a screen shows, in one answer.", View)
DEAD_LETTERS = Route(
    "GET", "/v1/dead-letters", "Messages that were set aside, oldest first.", tuple[DeadLetterLine, ...]
)
SCHEMA = Route("GET", "/v1/schema", "This interface as an OpenAPI 3.1 document.")
EVENTS = Route(
    "GET",
    "/v1/events",
    "What happens from now on: a stream of JSON lines that does not end while the engine runs.",
    parameters=(
        Parameter("type", "only events of this type; may be given several times", repeats=True),
        Parameter("symbol", "only what concerns this symbol"),
        Parameter("strategy", "only what concerns this strategy"),
        Parameter("portfolio", "only what concerns this portfolio"),
    ),
)
COMMANDS = Route(
    "POST", "/v1/commands", "Carry out one command, the body; answered when it is durable.", CommandDone
)

ROUTES = (STATUS, ACTORS, ACTOR, VIEW, DEAD_LETTERS, SCHEMA, EVENTS, COMMANDS)
