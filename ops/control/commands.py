"""What a running engine can be told to do: one struct each, its tag in the field `command`.

A struct is checked as it is decoded; what depends on the engine's state is checked there, before anything is done.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Literal, get_args

import msgspec
from msgspec import Meta

Name = Annotated[str, Meta(min_length=1, max_length=200)]
Reason = Annotated[str, Meta(max_length=1_000)]


class _Command(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="command", tag=str.lower
):
    """Base of every command."""


class Stop(_Command, frozen=True, kw_only=True, tag="stop"):
    """End in order: no new entries, flush, last checkpoint, clean marker."""

    reason: Reason = ""


class Kill(_Command, frozen=True, kw_only=True, tag="kill"):
    """A drill on one actor: fail between two messages (`crash`), loop without end on its next message until it is
    broken off (`hang`), or fail on its next message again and again (`poison`).
    """

    actor: Name
    how: Literal["crash", "hang", "poison"] = "crash"


class Restart(_Command, frozen=True, kw_only=True, tag="restart"):
    """Let an actor that backs off, is quarantined or waits for a person run again."""

    actor: Name


class Deploy(_Command, frozen=True, kw_only=True, tag="deploy"):
    """Put a strategy into the game. `use` is a ready-made one's name or an absolute path; code never travels here.

    `symbols` left empty means all; `capital` is the fraction of the portfolio's starting cash that it sizes by.
    """

    use: Name
    strategy: Name
    portfolio: Name = "main"
    symbols: tuple[Name, ...] = ()
    capital: Decimal = Decimal(1)
    parameters: dict[str, Any] = {}


class Undeploy(_Command, frozen=True, kw_only=True, tag="undeploy"):
    """Take a strategy out of the game. Its entries are canceled; what it holds is kept under its protective
    stops, or closed at the market. With `refuse` nothing is done while it holds something.
    """

    strategy: Name
    positions: Literal["refuse", "keep", "close"] = "refuse"


class Pause(_Command, frozen=True, kw_only=True, tag="pause"):
    """Ignore a strategy's signals and cancel its entries; it goes on being told the market."""

    strategy: Name
    reason: Reason = ""


class Resume(_Command, frozen=True, kw_only=True, tag="resume"):
    """Listen to a paused strategy again, from its next signal on."""

    strategy: Name


class ReloadStrategy(_Command, frozen=True, kw_only=True, tag="reload_strategy"):
    """Give a running strategy the code that its file holds now (or the file `use`), and its state as it is."""

    strategy: Name
    use: Name | None = None


class ReloadConfig(_Command, frozen=True, kw_only=True, tag="reload_config"):
    """Read the configuration again. What tightens applies at once; what loosens only if `confirm`."""

    confirm: bool = False


class SendSignal(_Command, frozen=True, kw_only=True, tag="signal"):
    """Say an opinion in the name of a strategy: a weight of its equity, or a quantity of units."""

    strategy: Name
    symbol: Name
    weight: float | None = None
    quantity: float | None = None
    limit_price: float = 0.0
    protective_stop_price: float = 0.0
    reason: Reason = ""


class PlaceOrder(_Command, frozen=True, kw_only=True, tag="order"):
    """A person's own order, through every risk control, into the portfolio's ledger `manual`."""

    portfolio: Name = "main"
    symbol: Name
    side: Literal["buy", "sell"]
    quantity: Decimal
    order_type: Literal["market", "limit", "stop", "stop_limit"] = "market"
    limit_price: Decimal | None = None
    stop_price: Decimal | None = None
    time_in_force: Literal["day", "gtc", "ioc", "fok"] = "gtc"
    reason: Reason = ""


class Cancel(_Command, frozen=True, kw_only=True, tag="cancel"):
    """Cancel what is left of an order; its end, such as `cross-3`, names it where that is unique."""

    order: Name


class Close(_Command, frozen=True, kw_only=True, tag="close"):
    """Close what is held of a symbol (or of all) at the market: of one strategy, or of a whole portfolio."""

    portfolio: Name = "main"
    symbol: Name | None = None
    strategy: Name | None = None
    reason: Reason = ""


class Accept(_Command, frozen=True, kw_only=True, tag="accept"):
    """Take the broker's word where books and account have differed for long: positions and cash as it told last."""

    portfolio: Name = "main"
    reason: Reason = ""


class Halt(_Command, frozen=True, kw_only=True, tag="halt"):
    """Open no new position and cancel working entries, everywhere, until released; `flatten` closes all too."""

    reason: Reason = ""
    flatten: bool = False


class Release(_Command, frozen=True, kw_only=True, tag="release"):
    """A person lets trading go on, halted symbols included."""

    reason: Reason = ""


class RetryDeadLetter(_Command, frozen=True, kw_only=True, tag="retry_dead_letter"):
    """Tell a parked message to its actor once more, and forget that it was parked."""

    seq: int
    actor: Name


class DropDeadLetter(_Command, frozen=True, kw_only=True, tag="drop_dead_letter"):
    """Forget a parked message."""

    seq: int
    actor: Name


class TakeCheckpoint(_Command, frozen=True, kw_only=True, tag="checkpoint"):
    """Store a checkpoint now."""


Command = (
    Stop | Kill | Restart | Deploy | Undeploy | Pause | Resume | ReloadStrategy | ReloadConfig | SendSignal
    | PlaceOrder | Cancel | Close | Accept | Halt | Release | RetryDeadLetter | DropDeadLetter
    | TakeCheckpoint
)  # fmt: skip
"""Every command, one union."""

COMMAND_TYPES: tuple[type[msgspec.Struct], ...] = get_args(Command)
