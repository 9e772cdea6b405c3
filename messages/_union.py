"""The closed set of messages that can be stored: what the codec decodes."""

from __future__ import annotations

from typing import get_args

from messages.control import (
    ActorRestarted,
    Alert,
    CrashActor,
    EngineStarted,
    HaltTrading,
    MessageParked,
    ReleaseTrading,
    RestartActor,
    SourceEnded,
    StopEngine,
    StrategyQuarantined,
    Subscribe,
    Subscribed,
    TimerFired,
    Told,
    Unsubscribe,
)
from messages.instruments import Instrument
from messages.market_data import Bar, Mark, Quote, SymbolHalted, SymbolStale, Trade
from messages.orders import (
    CancelOrder,
    OrderAccepted,
    OrderApproved,
    OrderCanceled,
    OrderCancelRejected,
    OrderDenied,
    OrderExpired,
    OrderFillBusted,
    OrderFillCorrected,
    OrderFilled,
    OrderNotFound,
    OrderRejected,
    OrderReplaced,
    OrderReplaceRejected,
    OrderReported,
    OrderUnknown,
    QueryOrder,
    ReplaceOrder,
    Signal,
    SignalPriced,
    SubmitOrder,
)
from messages.portfolio import PortfolioOpened, PortfolioReport, PositionReport, TradingHalted
from messages.steering import (
    ChangeLimits,
    ClosePositions,
    CommandRefused,
    DeployStrategy,
    OrderRequestPriced,
    PauseStrategy,
    QuarantineActor,
    ReloadStrategy,
    RequestCancel,
    RequestOrder,
    ResumeStrategy,
    StrategyReleased,
    UndeployStrategy,
)
from messages.venue import (
    AcceptDifference,
    AccountDiffers,
    AccountReported,
    BooksAdjusted,
    QueryAccount,
    VenueConnected,
    VenueDisconnected,
)

AnyMessage = (
    Quote | Trade | Bar | Mark | SymbolHalted | SymbolStale | Instrument
    | Signal | SignalPriced | SubmitOrder | CancelOrder | ReplaceOrder | QueryOrder
    | OrderApproved | OrderDenied | OrderUnknown | OrderAccepted | OrderRejected | OrderFilled | OrderCanceled
    | OrderCancelRejected | OrderReplaced | OrderReplaceRejected | OrderExpired | OrderNotFound
    | PortfolioOpened | TradingHalted | PositionReport | PortfolioReport
    | EngineStarted | SourceEnded | TimerFired | Told | CrashActor | RestartActor | HaltTrading | ReleaseTrading
    | StopEngine | Subscribe | Subscribed | Unsubscribe | Alert | ActorRestarted | MessageParked
    | StrategyQuarantined
    | DeployStrategy | UndeployStrategy | PauseStrategy | ResumeStrategy | ReloadStrategy | ChangeLimits
    | RequestOrder | OrderRequestPriced | RequestCancel | ClosePositions | QuarantineActor | StrategyReleased
    | CommandRefused
    | OrderFillBusted | OrderFillCorrected | OrderReported
    | VenueConnected | VenueDisconnected | QueryAccount | AccountReported | AccountDiffers | AcceptDifference
    | BooksAdjusted
)  # fmt: skip
"""Every message that can be stored, one union."""

MESSAGE_TYPES: tuple[type, ...] = get_args(AnyMessage)
"""The same, as a tuple of classes."""
