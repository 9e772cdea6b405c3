"""A changed configuration on an engine that goes on: what applies at a start, and what is kept of it.

The data directory keeps the configuration that applies now: that of the beginning with all live changes. it
is held against the one that is asked for, as `understudy reload` does while the engine runs.
"""

from __future__ import annotations

import logging

import msgspec

from actors.names import strategy_actor
from messages import ChangeLimits, DeployStrategy, PortfolioId, StrategyId, UndeployStrategy
from ops.config import Config, StrategySettings, decode_config, encode_config
from ops.deployments import Deployer, deployment_of
from ops.engine import Engine
from ops.errors import ConfigError
from ops.reload_plan import ReloadPlan, plan_reload
from rules.limits import RiskLimits
from storage import DataDirectory

APPLIED_SETTING = "config_applied"

_logger = logging.getLogger(__name__)


def applied_config(directory: DataDirectory, begun_with: Config) -> Config:
    """The configuration that applies: as it was kept last, else the one of the beginning. Raises ConfigError."""
    kept = directory.state.setting(APPLIED_SETTING)
    return begun_with if kept is None else decode_config(kept)


def keep_applied(directory: DataDirectory, config: Config) -> None:
    """Keep what applies now."""
    directory.state.put_settings({APPLIED_SETTING: encode_config(config)})


def with_limits(config: Config, limits: dict[str, RiskLimits]) -> Config:
    """The configuration with other limits of some portfolios."""
    portfolios = {
        name: msgspec.structs.replace(portfolio, limits=limits.get(name, portfolio.limits))
        for name, portfolio in config.portfolios.items()
    }
    return msgspec.structs.replace(config, portfolios=portfolios)


def with_strategies(config: Config, *, come: dict[str, StrategySettings], gone: tuple[str, ...]) -> Config:
    """The configuration with strategies that came, and without those that went."""
    stay = {name: settings for name, settings in config.strategies.items() if name not in gone}
    return msgspec.structs.replace(config, strategies={**stay, **come})


def with_live_settings(config: Config, new: Config) -> Config:
    """The configuration with those tables of `new` that change live as they are."""
    return msgspec.structs.replace(config, engine=new.engine, retention=new.retention, alerts=new.alerts)


def notes_of(plan: ReloadPlan, *, confirmed: bool) -> tuple[str, ...]:
    """What of a plan is not done, and what it needs, one line each."""
    notes = [str(refusal) for refusal in plan.refused]
    if not confirmed:
        notes += [
            f"{change}; this loosens a limit and waits for `understudy reload --confirm`."
            for changes in plan.limits_loosened.values()
            for change in changes
        ]
    notes += [
        f"strategy.{name} is changed in {', '.join(change.keys)}; it goes on as it was. "
        f"Give it another id, or `understudy undeploy {name} --close` and deploy it anew."
        for name, change in plan.changed.items()
    ]
    return tuple(notes)


def limits_change(name: str, limits: RiskLimits, now_ns: int) -> ChangeLimits:
    """The input that gives a portfolio other limits."""
    return ChangeLimits(
        portfolio_id=PortfolioId(name), time_ns=now_ns, limits=msgspec.json.encode(limits, order="deterministic")
    )


def come_to(engine: Engine, asked: Config, applied: Config) -> Config:
    """Apply what is different at a start; what applies then. For the core thread, before the first turn.

    A strategy that cannot be deployed is told and left out: positions may be open that others look after.
    """
    plan = plan_reload(applied, asked)
    for note in notes_of(plan, confirmed=False):
        _logger.warning("configuration changed: %s", note)
    for name, limits in plan.limits_tightened.items():
        engine.command(limits_change(name, limits, engine.kernel.now_ns))
    for name in plan.undeployed:
        if strategy_actor(name) in engine.kernel.actors:
            engine.command(UndeployStrategy(strategy_id=StrategyId(name), time_ns=engine.kernel.now_ns))
    come = {name: settings for name, settings in plan.deployed.items() if _deploy(engine, name, settings)}
    config = with_limits(applied, plan.limits_tightened)
    config = with_strategies(config, come=come, gone=plan.undeployed)
    return with_live_settings(config, asked)


def _deploy(engine: Engine, name: str, settings: StrategySettings) -> bool:
    if strategy_actor(StrategyId(name)) in engine.kernel.actors:  # by a start that died before it was kept
        return True
    deployer: Deployer = engine.deployer
    instruments = {each.symbol: each for each in engine.opened.instruments}
    try:
        deployment = deployment_of(name, settings, instruments, number=deployer.next_number)
    except ConfigError as error:
        _logger.error("strategy left out: %s", error)
        return False
    if (problem := deployer.objection(deployment)) is not None:
        _logger.error("strategy left out: strategy.%s: %s", name, problem)
        return False
    engine.command(DeployStrategy(deployment=deployment, time_ns=engine.kernel.now_ns))
    return True
