"""A changed configuration is sorted into what applies at once, what a person confirms, and what is refused."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from messages import OrderApproved, SubmitOrder
from ops.config import Config, decode_config, encode_config, parse_config
from ops.reload_plan import (
    LOOSENESS,
    Change,
    ReloadPlan,
    WhenApplied,
    fixed_part,
    plan_reload,
    when_applied,
)
from rules.limits import RiskLimits
from rules.risk import judge_order
from tests.rules._market import context
from tests.rules.test_risk_properties import CONTEXTS, ORDERS

D = Decimal
BEGUN = """
[source.market]
seed = 7

[symbol."SIM.A"]

[venue.paper]

[portfolio.main]
limits = { max_position_fraction = 0.5, max_order_value = 5000, min_cash = 100 }

[strategy.a]
capital = 0.5

[strategy.b]
capital = 0.25
parameters = { fast_period = 5 }
"""
ALPACA = """
[source.alpaca]
symbols = ["AAPL"]

[venue.paper]
kind = "alpaca"
key_id = { env = "KEY_ID" }
secret_key = { env = "SECRET_KEY" }
"""


def changed(before: str, after: str, *, begun: str = BEGUN) -> ReloadPlan:
    """The plan for a file in which one text took the place of another."""
    assert before in begun
    return plan_reload(config(begun), config(begun.replace(before, after)))


def config(text: str) -> Config:
    return parse_config(text, name="run.toml")


def test_the_same_configuration_changes_nothing() -> None:
    assert plan_reload(config(BEGUN), config(BEGUN)) == ReloadPlan()
    assert plan_reload(config(BEGUN), decode_config(encode_config(config(BEGUN)))) == ReloadPlan()


def test_the_same_amount_in_other_digits_is_no_change() -> None:
    assert changed("max_order_value = 5000", "max_order_value = 5000.0") == ReloadPlan()
    assert changed("[portfolio.main]\n", "[portfolio.main]\ncash = 100_000.00\n") == ReloadPlan()
    assert (
        fixed_part(config("[portfolio.main]\ncash = 100_000.0\n[source.market]\nseed = 7"))["portfolio.main.cash"]
        == "100000"
    )


def test_limits_tighten_at_once_and_loosen_when_confirmed() -> None:
    plan = changed("0.5, max_order_value = 5000, min_cash = 100", "0.75, max_order_value = 4000, min_cash = 100")

    assert plan == ReloadPlan(
        limits_tightened={
            "main": RiskLimits(max_position_fraction=D("0.5"), max_order_value=D(4000), min_cash=D(100))
        },
        limits_loosened={"main": (Change("portfolio.main.limits.max_position_fraction", "0.5", "0.75"),)},
        limits_confirmed={
            "main": RiskLimits(max_position_fraction=D("0.75"), max_order_value=D(4000), min_cash=D(100))
        },
    )


@pytest.mark.parametrize(
    ("tight", "loose"),
    [
        ({"max_order_value": D(5000)}, {"max_order_value": None}),
        ({"min_cash": D(100)}, {"min_cash": D(0)}),
        ({"allow_short": False}, {"allow_short": True}),
        ({"duplicate_window_seconds": 3.0}, {"duplicate_window_seconds": 2.0}),
        ({"price_max_age_seconds": 30.0}, {"price_max_age_seconds": 60.0}),
    ],
)
def test_each_limit_has_its_own_direction(tight: dict[str, Any], loose: dict[str, Any]) -> None:
    tighter, looser = with_limits(RiskLimits(**tight)), with_limits(RiskLimits(**loose))

    assert plan_reload(looser, tighter) == ReloadPlan(limits_tightened={"main": RiskLimits(**tight)})
    loosening = plan_reload(tighter, looser)
    assert loosening.limits_tightened == {}
    assert loosening.limits_confirmed == {"main": RiskLimits(**loose)}
    assert [change.path for change in loosening.limits_loosened["main"]] == [
        f"portfolio.main.limits.{name}" for name in loose
    ]


def test_every_limit_has_a_direction() -> None:
    assert tuple(LOOSENESS) == RiskLimits.__struct_fields__


POSITIVE = st.decimals("0.01", 3, places=2)
SECONDS = st.floats(0, 120)
LIMITS = st.builds(
    RiskLimits,
    max_position_fraction=POSITIVE,
    max_gross_exposure_fraction=POSITIVE,
    max_order_value=st.one_of(st.none(), st.decimals(100, 9000, places=0)),
    max_order_value_fraction=POSITIVE,
    min_cash=st.decimals(-5000, 5000, places=0),
    allow_margin=st.booleans(),
    allow_short=st.booleans(),
    max_price_deviation_fraction=POSITIVE,
    price_max_age_seconds=SECONDS,
    price_max_age_intervals=st.floats(0, 5),
    price_max_ahead_seconds=SECONDS,
    duplicate_window_seconds=SECONDS,
)


@settings(max_examples=200)
@given(LIMITS, LIMITS)
def test_what_applies_at_once_is_nowhere_looser_than_before_or_tighter_than_asked(
    old: RiskLimits, new: RiskLimits
) -> None:
    now = limits_now(old, new)

    for name, looseness in LOOSENESS.items():
        before, after, applied = (looseness(getattr(limits, name)) for limits in (old, new, now))
        assert applied == min(before, after)


@settings(max_examples=200)
@given(LIMITS, LIMITS, ORDERS, CONTEXTS)
def test_an_order_that_was_denied_is_not_allowed_by_what_applies_at_once(
    old: RiskLimits, new: RiskLimits, submit: SubmitOrder, known: dict[str, Any]
) -> None:
    judged = context(**known)

    allowed = judge_order(submit, limits=limits_now(old, new), context=judged)

    if isinstance(allowed, OrderApproved):
        assert isinstance(judge_order(submit, limits=old, context=judged), OrderApproved)


def test_strategies_come_go_and_change() -> None:
    plan = changed("[strategy.a]\ncapital = 0.5", "[strategy.c]\ncapital = 0.75")

    assert plan.undeployed == ("a",)
    assert {name: strategy.capital for name, strategy in plan.deployed.items()} == {"c": D("0.75")}
    assert (plan.changed, plan.refused, plan.live) == ({}, (), ())


@pytest.mark.parametrize(
    ("line", "keys"),
    [
        ("parameters = { fast_period = 6 }", ("parameters",)),
        ("parameters = {}", ("parameters",)),
        ('parameters = { fast_period = 5 }\nsymbols = ["SIM.B"]', ("symbols",)),
        ('parameters = { fast_period = 5 }\nuse = "breakout"', ("use",)),
        ('use = "mine.py"\nsymbols = ["SIM.B"]', ("use", "symbols", "parameters")),
    ],
)
def test_what_of_a_strategy_is_changed_is_told(line: str, keys: tuple[str, ...]) -> None:
    plan = changed("parameters = { fast_period = 5 }", line)

    assert {name: change.keys for name, change in plan.changed.items()} == {"b": keys}
    assert plan.refused == ()


@pytest.mark.parametrize(
    ("text", "change"),
    [
        (
            "[engine]\ncheckpoint_interval_seconds = 3",
            Change("engine.checkpoint_interval_seconds", 60.0, 3.0),
        ),
        ("[retention]\njournal_days = 30", Change("retention.journal_days", None, 30)),
        ("[alerts]\nmailbox_depth = 5", Change("alerts.mailbox_depth", 1000, 5)),
    ],
)
def test_what_only_the_engine_s_own_running_depends_on_changes_live(text: str, change: Change) -> None:
    plan = plan_reload(config(BEGUN), config(f"{text}\n{BEGUN}"))

    assert plan == ReloadPlan(live=(change,))


OTHER_DIRECTORY = "it cannot change while the engine runs. It needs another data directory."
RESTART = "it cannot change while the engine runs. Restart the engine."


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("[portfolio.main]\n", "[portfolio.main]\ncash = 5000\n",
         f'portfolio.main.cash was "100000" and is "5000"; {OTHER_DIRECTORY}'),
        ("[portfolio.main]\n", '[portfolio.main]\ncurrency = "EUR"\n',
         f'portfolio.main.currency was left out and is "EUR"; {OTHER_DIRECTORY}'),
        ("[portfolio.main]\n", "[portfolio.other]\n[portfolio.main]\n",
         f"portfolio.other was left out and is a table; {OTHER_DIRECTORY}"),
        ("[venue.paper]\n", "[venue.paper]\nlatency_ms_max = 5\n",
         f"venue.paper.latency_ms_max was 0.0 and is 5.0; {OTHER_DIRECTORY}"),
        ("[venue.paper]\n", '[venue.paper]\ncommission = { kind = "per_share" }\n',
         f'venue.paper.commission was of kind "none" and is of kind "per_share"; {OTHER_DIRECTORY}'),
        ("[venue.paper]\n", "[venue.other]\n[venue.paper]\n",
         f'venue.other was left out and is of kind "simulated"; {OTHER_DIRECTORY}'),
        ('[symbol."SIM.A"]\n', '[symbol."SIM.A"]\nconfirmations = 4\n',
         f"symbol.SIM.A.confirmations was 3 and is 4; {OTHER_DIRECTORY}"),
        ('[symbol."SIM.A"]\n', "", f"symbol.SIM.A was a table and is left out; {OTHER_DIRECTORY}"),
        ("seed = 7", "seed = 8", f"source.market.seed was 7 and is 8; {OTHER_DIRECTORY}"),
        ("[source.market]", "[source]\nspeed = 60\n[source.market]",
         f"source.speed was 1.0 and is 60.0; {RESTART}"),
        ("[source.market]", '[storage]\ndata_dir = "x"\n[source.market]',
         f'storage.data_dir was "./data" and is "x"; {RESTART}'),
        ("[source.market]", '[log]\nlevel = "debug"\n[source.market]',
         f'log.level was "warning" and is "debug"; {RESTART}'),
        ("[source.market]", "[engine]\nhang_seconds = 3\n[source.market]",
         f"engine.hang_seconds was 2.0 and is 3.0; {RESTART}"),
        ("[source.market]", '[alerts]\nwebhook = { env = "URL" }\n[source.market]',
         f'alerts.webhook was left out and is {{ env = "URL" }}; {RESTART}'),
        ("[source.market]", "[storage]\njournal_reserve_mib = 8\n[source.market]",
         f"storage.journal_reserve_mib was 4 and is 8; {RESTART}"),
    ],
)  # fmt: skip
def test_what_cannot_change_live_is_said_with_the_cure(before: str, after: str, message: str) -> None:
    plan = changed(before, after)

    assert [str(refusal) for refusal in plan.refused] == [message]
    assert msgspec.structs.replace(plan, refused=()) == ReloadPlan()


def test_a_strategy_keeps_its_portfolio_or_takes_another_id() -> None:
    begun = BEGUN.replace("[strategy.a]", "[portfolio.other]\n[strategy.a]")

    plan = changed("[strategy.b]", '[strategy.b]\nportfolio = "other"', begun=begun)

    assert [str(refusal) for refusal in plan.refused] == [
        'strategy.b.portfolio was "main" and is "other"; it cannot change while the engine runs. '
        "Give the strategy another id."
    ]
    assert plan.changed == {}


def test_a_strategy_of_a_portfolio_that_is_refused_is_refused_too() -> None:
    plan = changed("[strategy.a]", '[portfolio.other]\n[strategy.c]\nportfolio = "other"\n[strategy.a]')

    assert [refusal.change.path for refusal in plan.refused] == ["portfolio.other", "strategy.c"]
    assert plan.deployed == {}


def test_the_place_of_a_key_changes_with_a_restart_and_shows_the_reference_alone() -> None:
    plan = changed('{ env = "KEY_ID" }', '{ file = "key" }', begun=ALPACA)

    assert [str(refusal) for refusal in plan.refused] == [
        f'venue.paper.key_id was {{ env = "KEY_ID" }} and is {{ file = "key" }}; {RESTART}'
    ]


def test_a_data_directory_is_bound_to_what_needs_another_one() -> None:
    fixed = fixed_part(config(BEGUN))

    assert fixed["portfolio.main.cash"] == "100000"
    assert fixed["venue.paper.kind"] == "simulated"
    assert fixed["symbol.SIM.A.confirmations"] == 3
    assert {path.partition(".")[0] for path in fixed} == {"portfolio", "symbol", "venue"}
    assert not any(".limits." in path for path in fixed)
    assert not any(path.startswith("venue.paper.key") for path in fixed_part(config(ALPACA)))


def test_the_keys_of_a_strategy_s_own_parameters_are_live_whatever_their_name() -> None:
    assert when_applied("strategy.a.parameters.portfolio") is WhenApplied.LIVE


def with_limits(limits: RiskLimits) -> Config:
    begun = config("[source.market]\nseed = 7")
    portfolio = msgspec.structs.replace(begun.portfolios["main"], limits=limits)
    return msgspec.structs.replace(begun, portfolios={"main": portfolio})


def limits_now(old: RiskLimits, new: RiskLimits) -> RiskLimits:
    return plan_reload(with_limits(old), with_limits(new)).limits_tightened.get("main", old)
