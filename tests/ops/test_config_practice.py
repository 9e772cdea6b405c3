"""The table of a practice broker: what it may hold, and what it has to fit."""

from __future__ import annotations

import pytest

from ops.config import PracticeVenueSettings, parse_config
from ops.errors import ConfigError

PRACTICE = """
[source]
market = { seed = 7 }

[venue.paper]
kind = "practice"
url = "http://127.0.0.1:8080"
"""


def test_a_practice_broker_is_an_address() -> None:
    config = parse_config(PRACTICE, name="run.toml")

    assert config.venues == {"paper": PracticeVenueSettings(url="http://127.0.0.1:8080")}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            PRACTICE.replace("http://127.0.0.1:8080", "127.0.0.1:8080"),
            'venue.paper.url is "127.0.0.1:8080"; it must be like "http://127.0.0.1:8080". Correct it.',
        ),
        (
            PRACTICE + "[portfolio.one]\n[portfolio.two]\n[strategy.a]\nportfolio = 'one'\n",
            "venue.paper is the venue of portfolio.one and portfolio.two; it must be that of exactly one: an "
            "account at a broker is one portfolio. Correct the venue of the portfolios, or remove this one.",
        ),
        (
            PRACTICE + "[venue.inside]\n[portfolio.main]\nvenue = 'inside'\n",
            "venue.paper is the venue of no portfolio; it must be that of exactly one: an account "
            "at a broker is one portfolio. Correct the venue of the portfolios, or remove this one.",
        ),
        (
            PRACTICE.replace("[source]", "[source]\nspeed = 'max'"),
            'source.speed is "max"; it must be a number with venue.paper, which answers in real time. '
            "Leave it out for 1.",
        ),
    ],
)
def test_a_practice_broker_has_to_fit_the_rest(text: str, message: str) -> None:
    with pytest.raises(ConfigError) as refused:
        parse_config(text, name="run.toml")

    assert str(refused.value) == f"run.toml: {message}"
