"""What a data directory was begun with, kept in it, and held against what it is to be continued with.

Recovery runs recorded inputs through the same actors, so configuration, instruments and the like must be the
ones of the beginning; anything else would be another engine with this one's books.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import msgspec

from messages import Deployment, Instrument
from ops.config import Config, decode_config, encode_config
from ops.deployments import deployments_of
from ops.errors import ConfigError
from ops.reload_plan import fixed_part
from storage import DataDirectory, DataDirectoryView

CONFIG_SETTING = "config"
INSTRUMENTS_SETTING = "instruments"
TIMEFRAME_SETTING = "default_timeframe"
SOURCE_SETTING = "source_name"
ORIGIN_SETTING = "source_origin"
"""What the source told of itself before its first record: its files, as they were."""

DEPLOYMENTS_SETTING = "deployments"
"""What was deployed at the beginning, the code of each strategy as its file was then."""

_NONE = msgspec.msgpack.encode(())
_instruments_decoder = msgspec.msgpack.Decoder(tuple[Instrument, ...])
_deployments_decoder = msgspec.msgpack.Decoder(tuple[Deployment, ...])


@dataclass(frozen=True, slots=True)
class Identity:
    """Everything outside the journal that a run is a function of."""

    config: Config
    instruments: tuple[Instrument, ...]
    default_timeframe: str
    source_name: str
    deployments: tuple[Deployment, ...] = ()

    @classmethod
    def asked(
        cls, config: Config, instruments: tuple[Instrument, ...], default_timeframe: str, source_name: str
    ) -> Identity:
        """What a new run would be begun with, its strategies' files read now. Raises ConfigError."""
        deployments = deployments_of(config, {each.symbol: each for each in instruments})
        return cls(config, instruments, default_timeframe, source_name, deployments)


def stored_identity(directory: DataDirectory | DataDirectoryView) -> Identity | None:
    """What the directory was begun with; `None` for one that is new."""
    state = directory.state
    config = state.setting(CONFIG_SETTING)
    if config is None:
        return None
    return Identity(
        decode_config(config),
        recorded_instruments(directory),
        (state.setting(TIMEFRAME_SETTING) or b"1m").decode(),
        (state.setting(SOURCE_SETTING) or b"").decode(),
        _deployments_decoder.decode(state.setting(DEPLOYMENTS_SETTING) or _NONE),
    )


def recorded_instruments(directory: DataDirectory | DataDirectoryView) -> tuple[Instrument, ...]:
    """The instruments of a run, also of one whose configuration is another version's."""
    return _instruments_decoder.decode(directory.state.setting(INSTRUMENTS_SETTING) or _NONE)


def store_identity(directory: DataDirectory, identity: Identity) -> None:
    """Keep it in a new directory."""
    directory.state.put_settings(
        {
            CONFIG_SETTING: encode_config(identity.config),
            INSTRUMENTS_SETTING: msgspec.msgpack.encode(identity.instruments),
            TIMEFRAME_SETTING: identity.default_timeframe.encode(),
            SOURCE_SETTING: identity.source_name.encode(),
            DEPLOYMENTS_SETTING: msgspec.msgpack.encode(identity.deployments),
        }
    )


def check_same(path: object, stored: Identity, asked: Identity, *, whole: bool) -> None:
    """Raises ConfigError naming the first difference that would make another engine of this one.

    With `whole`, limits and strategies count too: a run that is to come to the same end may not change on the way.
    """
    if stored.source_name != asked.source_name:
        raise ConfigError(
            f"{path} was begun with the source {stored.source_name} and is now given {asked.source_name}. "
            "Give the same input to go on, or name another --data-dir."
        )
    part = _comparable if whole else fixed_part
    if difference := _difference(part(stored.config), part(asked.config)):
        raise ConfigError(
            f"{path} was begun with another configuration: {difference}. "
            "Go on with the one it was begun with, or name another --data-dir."
        )
    if stored.instruments != asked.instruments:
        raise ConfigError(
            f"{path} was begun with other terms of its instruments. "
            "Give the same input, or name another --data-dir."
        )


def _comparable(config: Config) -> dict[str, Any]:
    tree: dict[str, Any] = json.loads(encode_config(config))
    for live in ("engine", "storage", "retention", "log", "alerts"):
        tree.pop(live, None)
    tree.pop("source", None)  # its name is compared, which holds whatever of it matters
    return tree


def _difference(stored: Any, asked: Any, path: str = "") -> str:
    if isinstance(stored, dict) and isinstance(asked, dict):
        for key in [*stored, *(key for key in asked if key not in stored)]:
            below = f"{path}.{key}" if path else key
            if found := _difference(stored.get(key), asked.get(key), below):
                return found
        return ""
    return "" if stored == asked else f"{path} was {json.dumps(stored)} and is {json.dumps(asked)}"
