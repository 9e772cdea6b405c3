"""The router: each message goes to whom it concerns, and to nobody else."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from actors.kernel import poison_plan
from messages import (
    Alert,
    Bar,
    CancelOrder,
    CommandRefused,
    HaltTrading,
    Instrument,
    PortfolioId,
    Quote,
    ReleaseTrading,
    SourceEnded,
    StrategyId,
    StrategyQuarantined,
    Symbol,
    SymbolHalted,
    Trade,
    TradingHalted,
    VenueId,
)
from tests.actors._stage import Stage
from tests.actors._trading import ABC, INSTRUMENT, PORTFOLIO, START_NS, STRATEGY, only
from tests.messages._samples import FILL, PRICED

TO_THE_OWNER = [
    msgspec.structs.replace(FILL, portfolio_id=PORTFOLIO),
    TradingHalted(portfolio_id=PORTFOLIO, time_ns=START_NS, reason="look", symbol=ABC),
    StrategyQuarantined(strategy_id=STRATEGY, time_ns=START_NS, reason="fails"),
    msgspec.structs.replace(PRICED, signal=msgspec.structs.replace(PRICED.signal, strategy_id=STRATEGY)),
    HaltTrading(START_NS, "a person said so"),
    ReleaseTrading(START_NS, "go on"),
]


@pytest.mark.parametrize("message", TO_THE_OWNER, ids=lambda message: type(message).__name__)
def test_what_concerns_a_portfolio_is_told_to_it(message: Any) -> None:
    stage = Stage("portfolio/other")

    stage.input(message)

    assert stage.heard("portfolio/main") == [message]
    assert stage.heard("portfolio/other") == []


def test_market_data_goes_to_its_symbol() -> None:
    stage = Stage()

    stage.input(
        Quote(ABC, START_NS, 99.0, 101.0),
        Trade(ABC, START_NS, 100.0),
        Bar(ABC, START_NS, 60, 1.0, 1.0, 1.0, 1.0),
        SymbolHalted(ABC, START_NS, halted=True),
    )

    assert stage.symbol.handled == 1 + 4  # its start counts as handled too


def test_a_symbol_that_nobody_defined_is_told_once_and_counted() -> None:
    stage = Stage()
    strange = [Quote(Symbol(name), START_NS, 1.0, 1.0) for name in ("XYZ", "XYZ", "QQQ", "XYZ")]

    effects = stage.input(*strange)

    assert [alert.text for alert in only(effects, Alert)] == [
        f"{name} is not defined; its market data is ignored. Define it as an instrument." for name in ("XYZ", "QQQ")
    ]
    assert stage.router.state.unknown_symbols == {"XYZ": 3, "QQQ": 1}


@pytest.mark.parametrize("message", [SourceEnded("market:7", START_NS), INSTRUMENT], ids=["end", "instrument"])
def test_what_is_only_for_the_record_goes_nowhere(message: SourceEnded | Instrument) -> None:
    stage = Stage()

    assert stage.input(message) == []
    assert stage.heard("portfolio/main") == []


def test_a_message_that_has_no_way_is_a_mistake_that_is_kept() -> None:
    stage = Stage()
    lost = CancelOrder(
        client_order_id=FILL.client_order_id, venue_id=VenueId("paper"), symbol=ABC, time_ns=START_NS
    )

    stage.input(lost)

    assert stage.kernel.dead_letters[0].error == "TypeError: the router has no way for CancelOrder"


def test_what_concerns_a_strategy_that_nobody_owns_is_refused() -> None:
    stage = Stage()
    orphan = StrategyQuarantined(strategy_id=StrategyId("orphan"), time_ns=START_NS, reason="fails")

    effects = stage.input(orphan)

    assert effects == [CommandRefused(subject="orphan", time_ns=START_NS, reason="there is no strategy orphan")]


@pytest.mark.parametrize("message", TO_THE_OWNER[:2], ids=lambda message: type(message).__name__)
@pytest.mark.parametrize("is_set_aside", [False, True], ids=["handled", "set aside"])
def test_what_concerns_a_portfolio_that_there_is_not_is_refused(message: Any, is_set_aside: bool) -> None:
    stage = Stage()
    if is_set_aside:
        poison_plan(stage.router)

    effects = stage.input(msgspec.structs.replace(message, portfolio_id=PortfolioId("gone")))

    refused = CommandRefused(subject="gone", time_ns=START_NS, reason="there is no portfolio gone")
    assert only(effects, CommandRefused) == [refused]
    assert len(stage.kernel.dead_letters) == is_set_aside


@pytest.mark.parametrize("message", TO_THE_OWNER[:2], ids=lambda message: type(message).__name__)
def test_what_a_venue_said_reaches_its_portfolio_though_it_was_set_aside(message: Any) -> None:
    stage = Stage()
    poison_plan(stage.router)

    stage.input(message)

    assert stage.heard("portfolio/main") == [message]
