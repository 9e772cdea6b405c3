"""Variables change single settings, typed as the file's; what is wrong names the variable."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from messages.control import AlertLevel
from ops.config import Config, SourceSettings, default_config, parse_config
from ops.errors import ConfigError
from ops.secrets import SecretRef

FILE = """
[source.market]
seed = 7

[portfolio.Main-2]
cash = 2500

[symbol."SIM.A"]

[strategy.cross]
portfolio = "Main-2"
parameters = { fast_period = 5 }
"""

Read = Callable[[Config], Any]


@pytest.mark.parametrize(
    ("variable", "text", "read", "value"),
    [
        ("STORAGE__DATA_DIR", "123", lambda c: c.storage.data_dir, "123"),
        ("ENGINE__CHECKPOINT_INTERVAL_INPUTS", "5", lambda c: c.engine.checkpoint_interval_inputs, 5),
        ("ENGINE__HANG_SECONDS", "1.5", lambda c: c.engine.hang_seconds, 1.5),
        ("RETENTION__JOURNAL_DAYS", "30", lambda c: c.retention.journal_days, 30),
        ("ALERTS__LEVEL", "critical", lambda c: c.alerts.level, AlertLevel.CRITICAL),
        ("ALERTS__WEBHOOK", '{ env = "URL" }', lambda c: c.alerts.webhook, SecretRef(env="URL")),
        ("SOURCE__SPEED", "max", lambda c: c.source.speed, "max"),
        ("SOURCE__SPEED", "60", lambda c: c.source.speed, 60.0),
        ("SOURCE__MARKET__SEED", "8", lambda c: c.source.market.seed, 8),
        ("SOURCE__MARKET__START", "2026-02-02", lambda c: str(c.source.market.start), "2026-02-02"),
        ("SYMBOL__SIM_A__CONFIRMATIONS", "4", lambda c: c.symbols["SIM.A"].confirmations, 4),
        ("VENUE__PAPER__LATENCY_MS_MAX", "20", lambda c: c.venues["paper"].latency_ms_max, 20.0),
        ("VENUE__PAPER__BAR_MARKET_PRICE", "close", lambda c: c.venues["paper"].bar_market_price.value, "close"),
        ("PORTFOLIO__MAIN_2__CASH", "5000.50", lambda c: c.portfolios["Main-2"].cash, Decimal("5000.5")),
        ("PORTFOLIO__MAIN_2__LIMITS__ALLOW_SHORT", "true", lambda c: c.portfolios["Main-2"].limits.allow_short,
         True),
        ("STRATEGY__CROSS__SYMBOLS", '["SIM.A", "SIM.B"]', lambda c: c.strategies["cross"].symbols,
         ("SIM.A", "SIM.B")),
        ("STRATEGY__CROSS__PARAMETERS__FAST_PERIOD", "7", lambda c: c.strategies["cross"].parameters,
         {"fast_period": 7}),
        ("STRATEGY__CROSS__PARAMETERS__TIMEFRAME", "5m", lambda c: c.strategies["cross"].parameters,
         {"fast_period": 5, "timeframe": "5m"}),
    ],
)  # fmt: skip
def test_a_variable_sets_one_key(variable: str, text: str, read: Read, value: object) -> None:
    config = parse_config(FILE, name="run.toml", environ={f"UNDERSTUDY_{variable}": text, "HOME": "/"})

    assert read(config) == value


def test_tables_that_are_there_by_default_can_be_changed_too() -> None:
    source = SourceSettings(replay=("day.csv",))

    config = default_config(source, {"UNDERSTUDY_PORTFOLIO__MAIN__CASH": "5000"})

    assert config.portfolios["main"].cash == 5000
    assert config.strategies == default_config(source).strategies


@pytest.mark.parametrize(
    ("variable", "text", "message"),
    [
        ("PORTFOLIO__MAIN_2__CASH", "much", 'PORTFOLIO__MAIN_2__CASH is "much"; it must be a number. '
         "Leave it out for 100000."),
        ("PORTFOLIO__MAIN_2__CASH", "-1", "PORTFOLIO__MAIN_2__CASH is -1; it must be above zero. "
         "Leave it out for 100000."),
        ("PORTFOLIO__MAIN_2__CASH", "nan", "PORTFOLIO__MAIN_2__CASH is NaN; it must be above zero. "
         "Leave it out for 100000."),
        ("SOURCE__SPEED", "inf", "SOURCE__SPEED is inf; it must be a finite number. Correct it."),
        ("PORTFOLIO__MAIN_2__LIMITS__MAX_ORDER_VALUE", "-1", "PORTFOLIO__MAIN_2__LIMITS__MAX_ORDER_VALUE is -1; "
         "it must be a number above zero. Leave it out for no limit."),
        ("ENGINE__HANG_SECONDS", "0", 'ENGINE__HANG_SECONDS is "0"; it must be a number of at least 1.5. '
         "Leave it out for 2.0."),
        ("LOG__LEVEL", "loud", 'LOG__LEVEL is "loud"; it must be "debug", "error", "info" or "warning". '
         'Leave it out for "warning".'),
        ("STRATEGY__CROSS__SYMBOLS", "SIM.A", 'STRATEGY__CROSS__SYMBOLS is "SIM.A"; '
         "it must be a list, each item text, not empty. Leave it out for []."),
        ("STORAGE__DATA_DRI", "x", "STORAGE__DATA_DRI: storage.data_dri is not a setting; "
         "did you mean UNDERSTUDY_STORAGE__DATA_DIR? [storage] may hold data_dir, journal_reserve_mib."),
        ("ENGINE__DATA_DIR", "x", "ENGINE__DATA_DIR sets engine.data_dir, which is now storage.data_dir. "
         "Set UNDERSTUDY_STORAGE__DATA_DIR instead."),
        ("STORAGE_DATA_DIR", "x", "STORAGE_DATA_DIR sets nothing: two underscores stand for a dot. "
         "Did you mean UNDERSTUDY_STORAGE__DATA_DIR?"),
        ("PORTFOLIO__MIAN_2__CASH", "1", "PORTFOLIO__MIAN_2__CASH: portfolio.mian_2 is no table of the "
         'configuration; there is "Main-2". Did you mean "Main-2"?'),
        ("SYMBOL__XYZ__CONFIRMATIONS", "4", "SYMBOL__XYZ__CONFIRMATIONS: symbol.xyz is no table of the "
         'configuration; there is "SIM.A". Add [symbol.xyz] to the file, or unset it.'),
        ("STORAGE__DATA_DIR__X", "1", "STORAGE__DATA_DIR__X sets a key of storage.data_dir, which is no table. "
         "Correct one of them."),
        ("STORAGE", "x", None),
        ("VERSION", "x", None),
    ],
)  # fmt: skip
def test_a_mistake_names_the_variable(variable: str, text: str, message: str | None) -> None:
    environ = {f"UNDERSTUDY_{variable}": text}

    if message is None:
        assert parse_config(FILE, name="run.toml", environ=environ) == parse_config(FILE, name="run.toml")
    else:
        with pytest.raises(ConfigError) as refused:
            parse_config(FILE, name="run.toml", environ=environ)
        assert str(refused.value) == f"UNDERSTUDY_{message}"


def test_a_mistake_in_the_file_still_names_the_file() -> None:
    with pytest.raises(ConfigError, match=r"^run\.toml: portfolio\.Main-2\.cash is 0"):
        parse_config(
            FILE.replace("2500", "0"), name="run.toml", environ={"UNDERSTUDY_PORTFOLIO__MAIN_2__CURRENCY": "USD"}
        )
