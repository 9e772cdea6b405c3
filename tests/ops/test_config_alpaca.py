"""Alpaca's tables, and those of symbols: what they may hold, and what they have to fit."""

from __future__ import annotations

import pytest

from ops.config import (
    AlpacaVenueSettings,
    check_symbols,
    parse_config,
    quality_limits,
    unsupported,
)
from ops.errors import ConfigError
from ops.secrets import SecretRef
from rules.quality import QualityLimits

ENDING = "\n[source]\nreplay = ['day.csv']\n"
ALPACA = """
[source.alpaca]
symbols = ["AAPL", "MSFT"]

[venue.paper]
kind = "alpaca"
key_id = { env = "KEY_ID" }
secret_key = { env = "SECRET_KEY" }
"""


def test_alpaca_is_checked_whole_and_then_told_to_be_for_another_version() -> None:
    config = parse_config(ALPACA, name="run.toml")

    assert config.venues == {
        "paper": AlpacaVenueSettings(key_id=SecretRef(env="KEY_ID"), secret_key=SecretRef(env="SECRET_KEY"))
    }
    assert unsupported(config) == (
        "source.alpaca asks for Alpaca, for which this version has no gateway; the configuration itself is "
        "in order. Trade on the simulated market meanwhile: understudy init --template paper"
    )


def test_what_this_version_can_run_is_not_refused() -> None:
    assert unsupported(parse_config(ENDING, name="run.toml")) is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "[source.alpaca]\nsymbols = ['AAPL']",
            "source.alpaca is given and no venue is Alpaca's, whose keys it needs. "
            'Add [venue.alpaca] with kind = "alpaca", key_id and secret_key.',
        ),
        (
            ALPACA.replace("source.alpaca]\nsymbols", "source]\nreplay"),
            'venue.paper.kind is "alpaca"; it must be "simulated" unless source.alpaca is given: '
            "orders at a real venue need its prices. Correct it, or the source.",
        ),
        (
            ALPACA + ALPACA.partition("]\n\n")[2].replace("paper", "other"),
            "venue.paper and venue.other are both Alpaca's; one is allowed. Remove one.",
        ),
        (
            ALPACA.replace("[source.alpaca]", "[source]\nspeed = 60\n[source.alpaca]"),
            "source.speed is 60.0; it must be 1 with source.alpaca, which is live. Leave it out.",
        ),
        (
            ALPACA.replace("MSFT", "AAPL"),
            'source.alpaca.symbols names "AAPL" twice; each must be named once. Remove one.',
        ),
        (
            ALPACA.replace('["AAPL", "MSFT"]', "[]"),
            "source.alpaca.symbols is []; it must be a list of at least one symbol. Add one.",
        ),
        (
            ALPACA + "[symbol.AAPLE]\n",
            'the symbol in [symbol."AAPLE"] is "AAPLE"; it must be "AAPL" or "MSFT". Did you mean "AAPL"?',
        ),
    ],
)
def test_alpaca_s_tables_have_to_fit_each_other(text: str, message: str) -> None:
    assert _refusal(text) == f"run.toml: {message}"


def test_the_limits_of_a_symbol_s_data_are_its_own_where_it_has_a_table() -> None:
    config = parse_config(f'[symbol."EUR/USD"]\ncrossed_fraction_max = 0.0002\n{ENDING}', name="run.toml")

    assert quality_limits(config, "EUR/USD") == QualityLimits(crossed_fraction_max=0.0002)
    assert quality_limits(config, "GBP/USD") == QualityLimits()


def test_a_symbol_s_table_is_held_against_the_opened_source() -> None:
    config = parse_config(f'[symbol."EUR/USD"]\n{ENDING}', name="run.toml")

    check_symbols(config, ["EUR/USD", "GBP/USD"])
    with pytest.raises(ConfigError, match=r'"EURUSD" or "GBPUSD"\. Did you mean "EURUSD"\?$'):
        check_symbols(config, ["GBPUSD", "EURUSD"])
    with pytest.raises(ConfigError, match=r"; it must be left out, for there is none to choose\. Correct it, or "):
        check_symbols(config, [])


def _refusal(text: str) -> str:
    with pytest.raises(ConfigError) as refused:
        parse_config(text, name="run.toml")
    return str(refused.value)
