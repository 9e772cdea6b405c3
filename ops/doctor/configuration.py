"""The configuration, if one was named."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ops.config import Config, load_config, unsupported
from ops.doctor.check import Check, failed, passed, warned
from ops.errors import ConfigError

_WHY = "an engine starts only with a configuration that is right as a whole"


def read_config(path: Path, environ: Mapping[str, str]) -> Config | ConfigError:
    """The configuration in the file, as the environment changes it; or what is wrong with it."""
    try:
        return load_config(path, environ=environ)
    except ConfigError as error:
        return error


def judge_config(path: Path, found: Config | ConfigError) -> Check:
    """Whether an engine could start with it."""
    if isinstance(found, ConfigError):
        return failed("configuration", str(found), why=_WHY, cure="Correct it there.")
    missing = unsupported(found)
    if missing is not None:
        return warned("configuration", missing, why=_WHY, cure="Do as it says.")
    value = f"{path}: {_count(found.portfolios, 'portfolio')}, {_count(found.strategies, 'strategy')}"
    return passed("configuration", value, why=_WHY)


def _count(named: Mapping[str, object], word: str) -> str:
    names = ", ".join(named)
    return f"{word} {names}" if len(named) == 1 else f"{len(named)} of {word} ({names})"
