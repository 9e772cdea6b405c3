"""What a changed configuration means for a running engine, decided without touching it.

- Limits of a portfolio: what tightens applies at once, what loosens once a person confirms it.
- Strategies come, go and change live; a strategy's portfolio is part of its books and needs another id.
- [engine], [retention] and [alerts] change live, but for what guardian, logs and webhook were begun with.
- That, [storage], [log], `root` and `speed` of the source, and the keys of a venue need a restart.
- All else is what the data directory was begun with, and needs another one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from enum import Enum
from typing import Any

import msgspec

from ops._config_errors import show
from ops.config import Config, StrategySettings
from ops.secrets import SecretRef
from rules.limits import RiskLimits

__all__ = [
    "LOOSENESS",
    "Change",
    "Refusal",
    "ReloadPlan",
    "StrategyChange",
    "WhenApplied",
    "fixed_part",
    "plan_reload",
    "when_applied",
]

_AT_A_START = ("hang_seconds", "log_mib", "log_files", "webhook", "level")
_NO_LIMIT = Decimal("Infinity")
_PLACES = frozenset(SecretRef.__struct_fields__)

LOOSENESS: Mapping[str, Callable[[Any], Decimal | float]] = {
    "max_position_fraction": lambda fraction: fraction,
    "max_gross_exposure_fraction": lambda fraction: fraction,
    "max_order_value": lambda amount: _NO_LIMIT if amount is None else amount,
    "max_order_value_fraction": lambda fraction: fraction,
    "min_cash": lambda amount: -amount,
    "allow_margin": int,
    "allow_short": int,
    "max_price_deviation_fraction": lambda fraction: fraction,
    "price_max_age_seconds": lambda seconds: seconds,
    "price_max_age_intervals": lambda intervals: intervals,
    "price_max_ahead_seconds": lambda seconds: seconds,
    "duplicate_window_seconds": lambda seconds: -seconds,
}
"""How much each limit allows: less is tighter, whatever the other limits are."""


class WhenApplied(Enum):
    """When a change of a key takes effect."""

    LIVE = "live"
    CONFIRMED = "live; what loosens, once confirmed"
    RESTART = "restart"
    NEW_ID = "new id"
    NEW_DATA_DIRECTORY = "new data directory"


_CURES = {
    WhenApplied.RESTART: "Restart the engine.",
    WhenApplied.NEW_ID: "Give the strategy another id.",
    WhenApplied.NEW_DATA_DIRECTORY: "It needs another data directory.",
}


class Change(msgspec.Struct, frozen=True):
    """One key with what it was and what it is now, as JSON has them; `None` where it is left out."""

    path: str
    old: Any
    new: Any

    def __str__(self) -> str:
        return f"{self.path} was {_shown(self.old)} and is {_shown(self.new)}"


class Refusal(msgspec.Struct, frozen=True):
    """A change that cannot be made while the engine runs, and what it needs instead."""

    change: Change
    needs: WhenApplied

    def __str__(self) -> str:
        return f"{self.change}; it cannot change while the engine runs. {_CURES[self.needs]}"


class StrategyChange(msgspec.Struct, frozen=True):
    """A strategy that stays and is changed in `keys`: parameters, symbols, capital or use."""

    old: StrategySettings
    new: StrategySettings
    keys: tuple[str, ...]


class ReloadPlan(msgspec.Struct, frozen=True, kw_only=True):
    """All that is different, each difference once.

    `limits_tightened` are the limits to apply now, by portfolio: the old ones but for what tightens.
    `limits_loosened` tells what does not apply before it is confirmed, and `limits_confirmed` the limits then.
    """

    limits_tightened: dict[str, RiskLimits] = {}
    limits_loosened: dict[str, tuple[Change, ...]] = {}
    limits_confirmed: dict[str, RiskLimits] = {}
    deployed: dict[str, StrategySettings] = {}
    undeployed: tuple[str, ...] = ()
    changed: dict[str, StrategyChange] = {}
    live: tuple[Change, ...] = ()
    refused: tuple[Refusal, ...] = ()


def plan_reload(old: Config, new: Config) -> ReloadPlan:
    """What to apply, what to ask for and what to refuse, to come from one configuration to another."""
    tightened: dict[str, RiskLimits] = {}
    loosened: dict[str, tuple[Change, ...]] = {}
    for name in sorted(old.portfolios.keys() & new.portfolios.keys()):
        before, after = old.portfolios[name].limits, new.portfolios[name].limits
        now = _tightened(before, after)
        if now != before:
            tightened[name] = now
        if changes := _loosened(before, after, f"portfolio.{name}.limits"):
            loosened[name] = changes
    return ReloadPlan(
        limits_tightened=tightened,
        limits_loosened=loosened,
        limits_confirmed={name: new.portfolios[name].limits for name in loosened},
        deployed={
            name: new.strategies[name]
            for name in sorted(new.strategies.keys() - old.strategies.keys())
            if new.strategies[name].portfolio in old.portfolios
        },
        undeployed=tuple(sorted(old.strategies.keys() - new.strategies.keys())),
        changed=_changed_strategies(old, new),
        live=tuple(change for change in _changes(old, new) if _is_live_setting(change.path)),
        refused=tuple(_refusals(old, new)),
    )


def fixed_part(config: Config) -> dict[str, Any]:
    """What a data directory is bound to, by key: all that `plan_reload` refuses for want of another one.

    The source is not among it: its name and instruments are compared once it is open, which holds whatever of it
    matters, so that files may move. Nor are strategies, which may come and go.
    """
    return {
        path: value
        for path, value in _flat(_plain(config))
        if when_applied(path) is WhenApplied.NEW_DATA_DIRECTORY and not path.startswith("source.")
    }


def when_applied(path: str) -> WhenApplied:
    """When a change of a key takes effect; in its path ids stand as they are: `portfolio.main.cash`."""
    section, *rest = path.split(".")
    match section:
        case "engine" | "retention" | "alerts":
            return WhenApplied.RESTART if rest[:1] and rest[0] in _AT_A_START else WhenApplied.LIVE
        case "storage" | "log":
            return WhenApplied.RESTART
        case "source" if rest[:1] in (["root"], ["speed"]):
            return WhenApplied.RESTART
        case "strategy":
            return WhenApplied.NEW_ID if rest[1:] == ["portfolio"] else WhenApplied.LIVE
        case "portfolio" if "limits" in rest[1:]:
            return WhenApplied.CONFIRMED
        case "venue" if any(key in rest[1:] for key in ("key_id", "secret_key", "url")):
            return WhenApplied.RESTART
        case _:
            return WhenApplied.NEW_DATA_DIRECTORY


def _tightened(old: RiskLimits, new: RiskLimits) -> RiskLimits:
    """The old limits but for those that the new ones tighten."""
    tighter = {
        name: getattr(new, name)
        for name, looseness in LOOSENESS.items()
        if looseness(getattr(new, name)) < looseness(getattr(old, name))
    }
    return msgspec.structs.replace(old, **tighter)


def _loosened(old: RiskLimits, new: RiskLimits, path: str) -> tuple[Change, ...]:
    before, after = _plain(old), _plain(new)
    return tuple(
        Change(f"{path}.{name}", before[name], after[name])
        for name, looseness in LOOSENESS.items()
        if looseness(getattr(new, name)) > looseness(getattr(old, name))
    )


def _changed_strategies(old: Config, new: Config) -> dict[str, StrategyChange]:
    changed: dict[str, StrategyChange] = {}
    for name in sorted(old.strategies.keys() & new.strategies.keys()):
        before, after = old.strategies[name], new.strategies[name]
        keys = tuple(
            key
            for key in StrategySettings.__struct_fields__
            if key != "portfolio" and getattr(before, key) != getattr(after, key)
        )
        if keys:
            changed[name] = StrategyChange(before, after, keys)
    return changed


def _is_live_setting(path: str) -> bool:
    return when_applied(path) is WhenApplied.LIVE and not path.startswith("strategy.")


def _refusals(old: Config, new: Config) -> Iterator[Refusal]:
    for change in _changes(old, new):
        needs = when_applied(change.path)
        if needs in _CURES:
            yield Refusal(change, needs)
        elif change.path.startswith("strategy.") and _has_no_portfolio(change, old):
            yield Refusal(change, WhenApplied.NEW_DATA_DIRECTORY)


def _has_no_portfolio(change: Change, old: Config) -> bool:
    """Whether it is a strategy that is new, of a portfolio that is new too."""
    return change.old is None and isinstance(change.new, dict) and change.new["portfolio"] not in old.portfolios


def _changes(old: Config, new: Config) -> Iterator[Change]:
    """Every difference, one for each key; a table that only one of the two has is one difference."""
    yield from _differences(_plain(old), _plain(new), "")


def _differences(old: dict[str, Any], new: dict[str, Any], path: str) -> Iterator[Change]:
    for key in [*old, *(key for key in new if key not in old)]:
        below = f"{path}.{key}" if path else key
        before, after = old.get(key), new.get(key)
        if isinstance(before, dict) and isinstance(after, dict) and _have_the_same_keys(before, after):
            yield from _differences(before, after, below)
        elif before != after:
            yield Change(below, before, after)


def _have_the_same_keys(before: dict[str, Any], after: dict[str, Any]) -> bool:
    """Whether they are compared key by key: two of another kind, or places of a secret, are one difference."""
    return before.get("kind") == after.get("kind") and not (_is_secret(before) or _is_secret(after))


def _is_secret(tree: dict[str, Any]) -> bool:
    return bool(tree) and tree.keys() <= _PLACES


def _flat(tree: dict[str, Any], path: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in tree.items():
        below = f"{path}.{key}" if path else key
        if isinstance(value, dict) and value:
            yield from _flat(value, below)
        else:
            yield below, value


def _plain(settings: Config | RiskLimits) -> dict[str, Any]:
    """As JSON has them, but that equal amounts are the same text: 5000 and 5000.0 are no change."""
    tree: dict[str, Any] = _with_short_amounts(
        msgspec.to_builtins(settings, builtin_types=(Decimal,), order="deterministic")
    )
    return tree


def _with_short_amounts(value: Any) -> Any:
    match value:
        case Decimal():
            return f"{value.normalize():f}"
        case dict():
            return {key: _with_short_amounts(item) for key, item in value.items()}
        case list() | tuple():
            return [_with_short_amounts(item) for item in value]
        case _:
            return value


def _shown(value: Any) -> str:
    match value:
        case None:
            return "left out"
        case dict() if _is_secret(value):
            return f"{{ {', '.join(f'{place} = {show(name)}' for place, name in value.items())} }}"
        case {"kind": kind}:
            return f"of kind {show(kind)}"
        case _:
            return show(value)
