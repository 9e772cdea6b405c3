"""A small trading tree for tests: one portfolio, one strategy that says what it is told to, a venue."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec

from actors import (
    PortfolioActor,
    PortfolioTerms,
    Router,
    StrategyActor,
    StrategySupervisor,
    SymbolActor,
    VenueActor,
)
from actors.kernel import CoreThread, Kernel, Supervisor, begin
from actors.past_the_router import let_halts_through
from gateways.simulated import NoSlippage, SimulatedVenueSettings
from gateways.simulated.actor import AccountTerms, ExchangeActor
from messages import (
    AssetClass,
    EngineStarted,
    Instrument,
    OrderType,
    PortfolioId,
    Quote,
    Recorded,
    Signal,
    SignalKind,
    StrategyId,
    Symbol,
    TimeInForce,
    Told,
    VenueId,
    encode,
)
from rules.limits import RiskLimits

START_NS = 1_700_000_000_000_000_000
SECOND_NS = 1_000_000_000
ABC = Symbol("ABC")
STRATEGY = StrategyId("plan")
PORTFOLIO = PortfolioId("main")
PAPER = VenueId("paper")
INSTRUMENT = Instrument(
    symbol=ABC,
    asset_class=AssetClass.EQUITY,
    quote_currency="USD",
    tick_size=Decimal("0.01"),
    lot_size=Decimal(1),
)


class Wants(msgspec.Struct):
    """What the scripted strategy subscribes to."""

    ticks: bool = True
    timeframes_ns: tuple[int, ...] = ()


class ScriptState(msgspec.Struct):
    """What the scripted strategy has seen."""

    bars: int = 0
    quotes: int = 0
    fills: list[str] = []
    timers: list[str] = []


class Script:
    """A strategy that does nothing of itself; tests tell its signals to the router."""

    def __init__(self, context: Any, *, fails: bool = False, wants: Wants | None = None) -> None:
        self.context = context
        self.fails = fails
        self.wants = wants or Wants()
        self.state: Any = self.new_state()

    def new_state(self) -> ScriptState:
        return ScriptState()

    def subscriptions(self) -> Wants:
        return self.wants

    def on_start(self) -> None:
        self.context.set_timer("wake", START_NS + 3600 * SECOND_NS)

    def on_bar(self, bar: Any) -> None:
        self.state.bars += 1

    def on_quote(self, quote: Quote) -> None:
        self.state.quotes += 1
        if self.fails:
            raise RuntimeError("this strategy is broken")

    def on_trade(self, trade: Any) -> None:
        pass

    def on_fill(self, fill: Any) -> None:
        self.state.fills.append(
            f"{fill.side.value} {fill.quantity} at {fill.price}, holds {self.context.position(ABC):g}"
        )

    def on_timer(self, name: str) -> None:
        self.state.timers.append(name)


class Trading:
    """A kernel with the whole tree, and verbs that make inputs of it."""

    def __init__(
        self,
        *,
        limits: RiskLimits | None = None,
        simulated: bool = True,
        cash: str = "100000",
        fails: bool = False,
        wants: Wants | None = None,
        venue_settings: SimulatedVenueSettings | None = None,
        script: type[Script] = Script,
        at_broker: bool = False,
    ) -> None:
        self.kernel = kernel = Kernel()
        instruments = {ABC: INSTRUMENT}
        counterpart = "exchange/paper" if simulated else None
        self.venue = VenueActor.start(kernel, venue_id=PAPER, counterpart=counterpart).actor  # type: ignore[attr-defined]
        if simulated:
            settings = venue_settings or SimulatedVenueSettings(slippage=NoSlippage())
            ExchangeActor.start(
                kernel,
                venue_id=PAPER,
                settings=settings,
                instruments=instruments,
                accounts=[AccountTerms(PORTFOLIO, "USD", Decimal(cash))],
            )
        Router.start(kernel, symbols=(ABC,), owners={STRATEGY: PORTFOLIO})
        self.symbol = SymbolActor.start(kernel, symbol=ABC).actor  # type: ignore[attr-defined]
        self.portfolio = PortfolioActor.start(  # type: ignore[attr-defined]
            kernel,
            terms=PortfolioTerms(
                portfolio_id=PORTFOLIO,
                venue_id=PAPER,
                currency="USD",
                cash=Decimal(cash),
                capital={STRATEGY: Decimal(cash)},
                limits=limits or RiskLimits(),
                is_at_broker=at_broker,
            ),
            book="b00k",
            instruments=instruments,
        ).actor
        self.strategy = StrategyActor.start(  # type: ignore[attr-defined]
            kernel,
            strategy_id=STRATEGY,
            symbols=(ABC,),
            make=lambda context: script(context, fails=fails, wants=wants),
        ).actor
        supervisor = StrategySupervisor.start(kernel, deployments=()).actor  # type: ignore[attr-defined]
        supervisor.supervise([self.strategy])
        Supervisor.start(kernel, "root").actor.supervise([supervisor])  # type: ignore[attr-defined]
        let_halts_through(kernel, ["venue/paper", "portfolio/main"])
        self.second = 0
        begin(kernel, EngineStarted(time_ns=START_NS, config=b"{}", code_version="test"))
        self.effects: list[Recorded] = []

    @property
    def now_ns(self) -> int:
        """The time of the next input."""
        return START_NS + self.second * SECOND_NS

    def input(self, message: Any) -> list[Any]:
        """Make it an input, and tell what effects it had."""
        with CoreThread(self.kernel):
            self.kernel.input(message, self.now_ns)
        recorded = self.kernel.drop_turn()
        self.effects += recorded
        return [each.message for each in recorded]

    def quote(self, bid: float, ask: float, *, size: float = 0.0, after: int = 1) -> list[Any]:
        """A quote, so many seconds later; timers due before it fire first."""
        self.second += after
        self.pass_time()
        return self.input(Quote(ABC, self.now_ns, bid, ask, size, size))

    def pass_time(self) -> list[Any]:
        """Fire the timers that are due."""
        with CoreThread(self.kernel):
            self.kernel._fire_timers(self.now_ns)
        recorded = self.kernel.drop_turn()
        self.effects += recorded
        return [each.message for each in recorded]

    def wait(self, seconds: int) -> list[Any]:
        """Let time pass without data."""
        self.second += seconds
        return self.pass_time()

    def want(self, quantity: float, **terms: Any) -> list[Any]:
        """The strategy says which position it wants."""
        return self.input(signal(quantity, self.now_ns, **terms))

    def broker(self, event: Any) -> list[Any]:
        """A broker says something about an order."""
        return self.input(Told("venue/paper", encode(event)))

    def held(self) -> Decimal:
        """The account's position."""
        held: Decimal = self.portfolio.state.books.account.quantity(ABC)
        return held


def signal(quantity: float, time_ns: int, **terms: Any) -> Signal:
    """A signal for a position of so many units."""
    given: dict[str, Any] = {
        "kind": SignalKind.TARGET_QUANTITY,
        "order_type": OrderType.MARKET,
        "time_in_force": TimeInForce.GTC,
        **terms,
    }
    return Signal(strategy_id=STRATEGY, symbol=ABC, time_ns=time_ns, value=quantity, **given)


def only(messages: list[Any], kind: type) -> list[Any]:
    """Those of one kind."""
    return [message for message in messages if isinstance(message, kind)]
