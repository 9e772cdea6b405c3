"""The configuration, if one was named: read, and a start with it tried as far as nothing is written or traded."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from gateways.errors import GatewayError
from ops.config import Config, check_symbols, load_config, unsupported
from ops.deployments import deployments_of
from ops.doctor.check import Check, failed, passed, warned
from ops.errors import ConfigError, UnderstudyError
from ops.secrets import CREDENTIALS_VARIABLE, resolve
from ops.sources import open_source
from ops.vetting import Case, vet

_WHY = "an engine starts only with a configuration that is right as a whole"


def read_config(path: Path, environ: Mapping[str, str]) -> Config | ConfigError:
    """The configuration in the file, as the environment changes it; or what is wrong with it."""
    try:
        return load_config(path, environ=environ)
    except ConfigError as error:
        return error


def gather_refusal(found: Config | ConfigError, environ: Mapping[str, str]) -> str | None:
    """In which words a start would be refused; `None` if it would not, or the configuration itself says it all.

    Its data are opened, its strategies made, each in a process of its own, and its secrets looked up, but for
    credentials of systemd's where there are none: only the engine's own service has them.
    """
    if isinstance(found, ConfigError) or unsupported(found) is not None:
        return None
    try:
        opened = open_source(found.source)
        instruments = {each.symbol: each for each in opened.instruments}
        check_symbols(found, instruments)
        for deployment in deployments_of(found, instruments):
            vet(Case(deployment, opened.default_timeframe))
        webhook = found.alerts.webhook
        if webhook is not None and (webhook.credential is None or CREDENTIALS_VARIABLE in environ):
            resolve(webhook, environ)
    except (UnderstudyError, GatewayError) as error:
        return str(error)
    return None


def judge_config(path: Path, found: Config | ConfigError, *, refusal: str | None = None) -> Check:
    """Whether an engine could start with it."""
    if isinstance(found, ConfigError):
        return failed("configuration", str(found), why=_WHY, cure="Correct it there.")
    missing = unsupported(found)
    if missing is not None:
        return warned("configuration", missing, why=_WHY, cure="Do as it says.")
    if refusal is not None:
        return failed("configuration", f"{path}: {refusal}", why=_WHY, cure="Do as it says.")
    value = f"{path}: {_count(found.portfolios, 'portfolio')}, {_count(found.strategies, 'strategy')}"
    return passed("configuration", value, why=_WHY)


def _count(named: Mapping[str, object], word: str) -> str:
    names = ", ".join(named)
    return f"{word} {names}" if len(named) == 1 else f"{len(named)} of {word} ({names})"
