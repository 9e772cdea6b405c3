"""One TOML file to one struct; every mistake is one line with file, key, value, what is allowed, and the cure."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from ops.config import (
    Config,
    PortfolioSettings,
    SourceSettings,
    StorageSettings,
    StrategySettings,
    VenueSettings,
    decode_config,
    default_config,
    encode_config,
    load_config,
    parse_config,
)
from ops.errors import ConfigError

WHOLE = """
[engine]
checkpoint_interval_seconds = 5
checkpoint_interval_inputs = 1

[storage]
data_dir = "./here"
journal_reserve_mib = 16

[source]
replay = ["day.csv"]
root = "recorded"
speed = "max"

[venue.sim]
kind = "simulated"

[portfolio.main]
cash = 2500.50
currency = "USD"
venue = "sim"

[strategy.fast]
use = "moving_average_cross"
portfolio = "main"
symbols = ["AAPL", "MSFT"]
capital = 0.5
parameters = { fast = 3, slow = 9.5, quiet = true, kind = "sma" }

[strategy.slow]
capital = 0.5
"""
ENDING = "\n[source]\nreplay = ['day.csv']\n"


def test_a_whole_file_becomes_one_struct() -> None:
    config = parse_config(WHOLE, name="run.toml")

    assert config.storage == StorageSettings(data_dir="./here", journal_reserve_mib=16)
    assert config.source == SourceSettings(replay=("day.csv",), root="recorded", speed="max")
    assert config.portfolios == {"main": PortfolioSettings(cash=Decimal("2500.5"), currency="USD", venue="sim")}
    assert config.strategies["slow"] == StrategySettings(capital=Decimal("0.5"))
    assert config.strategies["fast"].parameters == {"fast": 3, "slow": 9.5, "quiet": True, "kind": "sma"}
    assert config.venues == {"sim": VenueSettings()}


def test_what_is_left_out_has_its_default() -> None:
    source = SourceSettings(replay=("day.csv",))

    config = parse_config(ENDING, name="run.toml")

    assert config == default_config(source) == Config(source=source)
    assert config.portfolios == {"main": PortfolioSettings(cash=Decimal(100_000), venue="paper")}
    assert config.strategies == {"cross": StrategySettings(use="moving_average_cross", portfolio="main")}


def test_a_source_from_the_command_line_takes_the_place_of_the_one_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "run.toml"
    path.write_text(WHOLE, "utf-8")
    source = SourceSettings(replay=("other.csv",))

    assert load_config(path, source=source).source == source


@pytest.mark.parametrize("text", [WHOLE, "[source]\nmarket = { seed = 7, start = 2026-02-02 }"])
def test_the_configuration_survives_its_journey_through_the_journal(text: str) -> None:
    config = parse_config(text, name="run.toml")

    assert decode_config(encode_config(config)) == config
    assert encode_config(decode_config(encode_config(config))) == encode_config(config)


def test_a_recorded_configuration_of_another_version_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"unknown field `oracle`.*Use the version that recorded it"):
        decode_config(b'{"oracle": 1}')


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "[engine\n",
            "expected ']' at the end of a table declaration (at line 1, column 8). Correct the TOML there.",
        ),
        ("a = 1\na = 2\n", "cannot overwrite a value (at line 2, column 6). Correct the TOML there."),
        ("[engine]\n[engine]\n", "cannot declare ('engine',) twice (at line 2, column 8). Correct the TOML there."),
        ("\na = 'x", 'expected "\'" (at line 2, column 7). Correct the TOML there.'),
    ],
)
def test_broken_toml_is_told_with_line_and_column(text: str, message: str) -> None:
    with pytest.raises(ConfigError) as refused:
        parse_config(text, name="run.toml")

    assert str(refused.value) == f"run.toml: {message}"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "[sourc]\nspeed = 1",
            "sourc is not a setting; did you mean source? "
            "The file may hold "
            "alerts, engine, log, portfolio, retention, source, storage, strategy, symbol, venue.",
        ),
        (
            "[source]\nsped = 1",
            "source.sped is not a setting; did you mean speed? "
            "[source] may hold alpaca, market, replay, root, speed.",
        ),
        (
            "[strategy.a]\nxyzzy = 1",
            "strategy.a.xyzzy is not a setting; remove it. "
            "[strategy.a] may hold capital, parameters, portfolio, symbols, use.",
        ),
        (
            '[venue.x]\ncommission = { kind = "per_fill", per_fil = 1 }',
            "venue.x.commission.per_fil is not a setting; did you mean per_fill? "
            "[venue.x.commission] may hold kind, per_fill.",
        ),
        (
            '[venue.x]\ncommission = { kind = "none", fee = 1 }',
            "venue.x.commission.fee is not a setting; remove it. [venue.x.commission] may hold kind.",
        ),
    ],
)
def test_an_unknown_key_is_told_the_nearest_one(text: str, message: str) -> None:
    assert _refusal(text) == f"run.toml: {message}"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "[engine]\ncheckpoint_interval_seconds = 0",
            "engine.checkpoint_interval_seconds is 0; it must be a number above 0. Leave it out for 60.0.",
        ),
        (
            "[engine]\ncheckpoint_interval_inputs = 1.5",
            "engine.checkpoint_interval_inputs is 1.5; it must be a whole number of at least 1. "
            "Leave it out for 100000.",
        ),
        (
            "[engine]\ncheckpoint_interval_inputs = 0",
            "engine.checkpoint_interval_inputs is 0; it must be a whole number of at least 1. "
            "Leave it out for 100000.",
        ),
        (
            '[source]\nspeed = "fast"',
            'source.speed is "fast"; it must be "max" or a number above 0. Leave it out for 1.0.',
        ),
        (
            "[source]\nspeed = true",
            'source.speed is true; it must be "max" or a number above 0. Leave it out for 1.0.',
        ),
        (
            '[source]\nreplay = ["a", 1]',
            "source.replay[1] is 1; it must be text, not empty. Correct it.",
        ),
        ('[source]\nreplay = "a"', 'source.replay is "a"; it must be a list, each item text, not empty. '
         "Leave it out for []."),
        (
            "[venue.x]\ncommission = { kind = 'per_fill' }",
            "venue.x.commission.per_fill is missing; it must be a number. Add it.",
        ),
        ("[source]\nmarket = {}", "source.market.seed is missing; it must be a whole number. Add it."),
        (
            "[source]\nspeed = nan",
            "source.speed is nan; it must be a finite number. Correct it.",
        ),
        (
            '[venue.x]\nkind = "simulatd"',
            'venue.x.kind is "simulatd"; it must be "alpaca", "practice" or "simulated". Correct it.',
        ),
        (
            '[venue.x]\nbar_market_price = "high"',
            'venue.x.bar_market_price is "high"; it must be "open" or "close". Leave it out for "open".',
        ),
        (
            "[venue.x]\nbar_participation_max = 2",
            "venue.x.bar_participation_max is 2; it must be a fraction above 0 and at most 1. Correct it.",
        ),
        (
            '[venue.x]\ncommission = { kind = "per_shar" }',
            'venue.x.commission.kind is "per_shar"; it must be "none", "notional", "per_fill" or "per_share". '
            "Correct it.",
        ),
        (
            "[venue.x]\ncommission = { kind = 'notional', bps = -1 }",
            "venue.x.commission.bps is -1; it must be a number of 0 or more. Correct it.",
        ),
        ("[venue.x]\ncommission = 3", "venue.x.commission is 3; it must be a table. Correct it."),
        (
            "[portfolio.main.limits]\nmax_order_value = -1",
            "portfolio.main.limits.max_order_value is -1; it must be a number above zero. "
            "Leave it out for no limit.",
        ),
        (
            "[portfolio.main]\nlimits = { allow_short = 1 }",
            "portfolio.main.limits.allow_short is 1; it must be true or false. Leave it out for false.",
        ),
        (
            "[source]\nmarket = { seed = 7, days = 0 }",
            "source.market.days is 0; it must be a number from 1 to 36500. Correct it.",
        ),
        (
            '[source]\nmarket = { seed = 7, symbols = [{ symbol = "A", price = 50.0 }, { symbol = "B" }] }',
            "source.market.symbols[1].price is missing; it must be a number. Add it.",
        ),
        (
            '[source]\nmarket = { seed = 7, start = "soon" }',
            'source.market.start is "soon"; it must be a date such as 2026-01-05. Leave it out for 2026-01-05.',
        ),
        ("portfolio = 3", "portfolio is 3; it must be a table. Correct it."),
        ('[portfolio.main]\ncash = "much"', 'portfolio.main.cash is "much"; it must be a number. '
         "Leave it out for 100000."),
        ("[portfolio.main]\ncash = 0", "portfolio.main.cash is 0; it must be above zero. Leave it out for 100000."),
        (
            "[strategy.a]\ncapital = 1.01",
            "strategy.a.capital is 1.01; it must be above 0 and at most 1. Leave it out for 1.",
        ),
        (
            "[strategy.a]\ncapital = 0",
            "strategy.a.capital is 0; it must be above 0 and at most 1. Leave it out for 1.",
        ),
        (
            "[strategy.a]\nparameters = { since = 2020-01-01 }",
            "strategy.a.parameters.since is 2020-01-01; "
            "it must be true or false, a number, text or a list. Correct it.",
        ),
    ],
)  # fmt: skip
def test_a_value_that_is_not_allowed_is_told_what_is(text: str, message: str) -> None:
    assert _refusal(text) == f"run.toml: {message}"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            '[strategy.a]\nportfolio = "mian"',
            'strategy.a.portfolio is "mian"; it must be "main". Did you mean "main"?',
        ),
        (
            '[strategy.a]\nportfolio = "zz"',
            'strategy.a.portfolio is "zz"; it must be "main". Correct it, or add [portfolio.zz].',
        ),
        (
            "[venue.one]\n[venue.two]\n[portfolio.main]",
            'portfolio.main.venue is "paper"; it must be "one" or "two". Correct it, or add [venue.paper].',
        ),
        (
            "[strategy.a]\n[strategy.b]\ncapital = 0.25",
            'strategy.*.capital for portfolio "main" is a 1 + b 0.25 = 1.25; it must be at most 1 in all. '
            "Give each strategy a smaller capital.",
        ),
        (
            "[strategy.manual]",
            "strategy.manual is the name of what a person orders. Take another for the strategy.",
        ),
        (
            '[strategy.a]\nsymbols = ["X", "Y", "X"]',
            'strategy.a.symbols names "X" twice; each must be named once. Remove one.',
        ),
        (
            '[source]\nmarket = { seed = 7, symbols = [{ symbol = "A\\nB\\u001b", price = 50.0 }] }',
            'source.market.symbols names "A\\nB\\x1b"; a symbol must hold nothing but what can be printed. '
            "Correct it.",
        ),
        (
            '[portfolio."a b"]',
            'the id in [portfolio."a b"] is "a b"; it must be 1 to 24 letters, digits, _ or -, '
            "a letter or digit at both ends. It becomes part of order ids; rename it.",
        ),
        (
            "[strategy]",
            "strategy is empty; it must hold at least one table. Add [strategy.<id>], or leave it out.",
        ),
        (
            "[source]\nreplay = ['a']\nmarket = { seed = 1 }",
            'source.replay is ["a"] and source.market is given too; a source is one of the two. Remove one.',
        ),
        (
            "[source]\nspeed = 2",
            "source.replay is missing, and so is source.market; it must be a list of files, or a simulated market. "
            'Add replay = ["<file>"] or market = { seed = 7 } under [source].',
        ),
    ],
)
def test_settings_that_do_not_fit_each_other_are_named(text: str, message: str) -> None:
    assert _refusal(text) == f"run.toml: {message}"


@pytest.mark.parametrize("key", ["cash", "limits.min_cash"])
def test_an_amount_that_is_no_number_is_refused(key: str) -> None:
    assert f"portfolio.main.{key} is NaN; it must be" in _refusal(f'[portfolio.main]\n{key} = "nan"')


@pytest.mark.parametrize("key", ["data_dir", "journal_reserve_mib"])
def test_a_key_that_has_moved_is_told_its_new_place(key: str) -> None:
    refusal = _refusal(f"[engine]\n{key} = 1")

    assert refusal == f"run.toml: engine.{key} is now storage.{key}. Move it to [storage]."


@pytest.mark.parametrize("name", ["a", "a" * 24, "fast-2_b"])
def test_an_id_that_can_be_part_of_an_order_id_is_accepted(name: str) -> None:
    config = parse_config(f"[strategy.{name}]\n{ENDING}", name="run.toml")

    assert list(config.strategies) == [name]


@pytest.mark.parametrize("name", ["a" * 25, "-a", "a-", "_"])
def test_an_id_that_can_not_is_refused(name: str) -> None:
    assert "it must be 1 to 24 letters" in _refusal(f"[strategy.{name}]")


def test_strategies_of_different_portfolios_do_not_share_capital() -> None:
    text = "[portfolio.main]\n[portfolio.other]\n[strategy.a]\n[strategy.b]\nportfolio = 'other'\n"

    config = parse_config(text + ENDING, name="run.toml")

    assert [strategy.capital for strategy in config.strategies.values()] == [1, 1]


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    path = tmp_path / "absent.toml"

    with pytest.raises(ConfigError) as refused:
        load_config(path)

    assert str(refused.value) == f"{path} cannot be read: No such file or directory. Name an existing TOML file."


def test_a_file_that_is_not_text_is_named(tmp_path: Path) -> None:
    path = tmp_path / "image.toml"
    path.write_bytes(b"# \xff\n")

    with pytest.raises(ConfigError) as refused:
        load_config(path)

    assert str(refused.value) == f"{path} is not UTF-8 text at byte 2. Save it as UTF-8."


def _refusal(text: str) -> str:
    """The whole message with which a text is refused; a source is added where the text has none."""
    with pytest.raises(ConfigError) as refused:
        parse_config(text if "[sour" in text else f"{text}{ENDING}", name="run.toml")
    message = str(refused.value)
    assert "\n" not in message
    return message
