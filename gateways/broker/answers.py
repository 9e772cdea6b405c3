"""What a broker says, as messages: replies to our requests, and the updates of its stream. Pure: no I/O, no clock.

Nobody's answer is never taken for a refusal. A request that was not clearly answered, or whose answer cannot be
read whole, may have been carried out: its order is UNKNOWN, and gets asked for. A 404 counts only in the
broker's own words, since anything between us and it may say one.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, NamedTuple, TypedDict

from gateways.broker._reading import (
    UNREADABLE,
    above_zero,
    listed,
    not_negative,
    price_or_none,
    refusal,
    signed,
    whole,
    word,
)
from gateways.broker.requests import AnyCommand, Reply, request_of
from messages import (
    AccountReported,
    AnyMessage,
    CancelOrder,
    ClientOrderId,
    ExecutionId,
    HeldPosition,
    OrderAccepted,
    OrderCancelRejected,
    OrderFillBusted,
    OrderFillCorrected,
    OrderFilled,
    OrderNotFound,
    OrderRejected,
    OrderReplaced,
    OrderReplaceRejected,
    OrderReported,
    OrderStatus,
    OrderUnknown,
    PortfolioId,
    QueryAccount,
    QueryOrder,
    ReplaceOrder,
    Side,
    StrategyId,
    SubmitOrder,
    Symbol,
    VenueId,
    VenueOrderId,
)
from rules.client_order_ids import strategy_of

EXECUTIONS_KEPT = 10_000
"""So many of the latest executions are remembered at least: a correction does not repeat what it corrects."""

_SIDES = {side.value: side for side in Side}
_STATUSES = {
    "pending_new": OrderStatus.ACCEPTED,
    "new": OrderStatus.ACCEPTED,
    "accepted": OrderStatus.ACCEPTED,
    "partially_filled": OrderStatus.ACCEPTED,
    "pending_replace": OrderStatus.PENDING_REPLACE,
    "filled": OrderStatus.FILLED,
    "canceled": OrderStatus.CANCELED,
    "expired": OrderStatus.EXPIRED,
    "rejected": OrderStatus.REJECTED,
}
"""An order under another word works, and a change of it may be under way: what else is, hides that."""

_EXECUTIONS = frozenset({"fill", "partial_fill", "trade_bust", "trade_correct"})


class _About(TypedDict):
    """What all events of an order begin with."""

    client_order_id: ClientOrderId
    portfolio_id: PortfolioId
    strategy_id: StrategyId
    symbol: Symbol
    time_ns: int


class _Execution(NamedTuple):
    quantity: Decimal
    price: Decimal
    commission: Decimal


class _EarlierUnknown(ValueError):
    """A correction of an execution that was told before our time: only the whole order tells what it was."""


class Translator:
    """Reads for one portfolio, whose account at the broker is `venue_id`, in `currency`.

    `book` tells its orders from everybody else's. `now_ns` is when an answer arrived, and the time of its messages.
    """

    request_of = staticmethod(request_of)

    def __init__(self, *, venue_id: VenueId, portfolio_id: PortfolioId, book: str, currency: str) -> None:
        self._venue_id = venue_id
        self._portfolio_id = portfolio_id
        self._book = book
        self._currency = currency
        self._executions: dict[str, _Execution] = {}
        self._older_executions: dict[str, _Execution] = {}
        self._told: dict[str, None] = {}
        self._told_before: dict[str, None] = {}

    def answers_to(self, command: AnyCommand, reply: Reply | None, now_ns: int) -> list[AnyMessage]:
        """What a reply to a command says; `None` is no reply, or one whose body is no JSON."""
        if isinstance(command, QueryAccount):
            return self._to_account_query(command, reply, now_ns)
        about = self._about_command(command, now_ns)
        try:
            if isinstance(command, QueryOrder):
                return self._to_query(about, reply, command.time_ns)
            if reply is None:
                return [OrderUnknown(**about, reason="the venue did not answer")]
            return self._to_request(command, about, reply)
        except UNREADABLE as error:
            if isinstance(command, QueryOrder):
                return []
            return [OrderUnknown(**about, reason=f"the venue's answer cannot be read: {_said(error)}")]

    def update(self, update: Mapping[str, Any], now_ns: int) -> list[AnyMessage]:
        """What an update of the stream says; nothing if it is of an order that is not of our book.

        One of our own orders that cannot be read makes that order UNKNOWN: something happened to it.
        """
        try:
            order = update["order"]
            order_id = order["client_order_id"]
            strategy_id = strategy_of(order_id, self._book)
            if strategy_id is None:
                return []
            symbol = word(order["symbol"])
        except UNREADABLE:
            return []
        about = self._about(order_id, strategy_id, symbol, now_ns)
        try:
            event = update["event"]
            if event in _EXECUTIONS:
                return [self._execution(about, update["execution"], VenueOrderId(word(order["id"])))]
            return _change(event, about, order)
        except UNREADABLE as error:
            return [OrderUnknown(**about, reason=f"the venue's update cannot be read: {_said(error)}")]

    # ---- replies

    def _to_request(
        self, command: SubmitOrder | CancelOrder | ReplaceOrder, about: _About, reply: Reply
    ) -> list[AnyMessage]:
        status, body = reply
        match command:
            case SubmitOrder():
                if status == 200:
                    _check_same(body, about)
                    return [OrderAccepted(**about, venue_order_id=VenueOrderId(word(body["id"])))]
                if status in (403, 422):
                    reason = refusal(body)
                    if body["code"] == "duplicate_client_order_id":
                        return [OrderUnknown(**about, reason=reason)]
                    return [OrderRejected(**about, reason=reason)]
            case CancelOrder():
                if status == 204:
                    return []
                if status == 422:
                    return [OrderCancelRejected(**about, reason=refusal(body))]
            case ReplaceOrder():
                if status == 200:
                    _check_same(body, about)
                    return []
                if status == 422:
                    return [OrderReplaceRejected(**about, reason=refusal(body))]
        return [OrderUnknown(**about, reason=f"the venue answered with status {status}")]

    def _to_query(self, about: _About, reply: Reply | None, asked_ns: int) -> list[AnyMessage]:
        if reply is None:
            return []
        status, body = reply
        if status == 404 and body["code"] == "not_found":
            return [OrderNotFound(**about, asked_ns=asked_ns)]
        if status != 200:
            return []
        _check_same(body, about)
        venue_order_id = VenueOrderId(word(body["id"]))
        told: list[AnyMessage] = [
            self._execution(about, record, venue_order_id) for record in listed(body["executions"])
        ]
        told.append(_report(about, body, asked_ns))
        return told

    def _to_account_query(self, command: QueryAccount, reply: Reply | None, now_ns: int) -> list[AnyMessage]:
        if reply is None or reply.status != 200:
            return []
        try:
            told: list[AnyMessage] = []
            news = dict.fromkeys(word(record["execution_id"]) for record in listed(reply.body["executions"]))
            for record in reply.body["executions"]:
                strategy_id = strategy_of(record["client_order_id"], self._book)
                if strategy_id is None or self._was_told(record["execution_id"]):
                    continue
                about = self._about(record["client_order_id"], strategy_id, word(record["symbol"]), now_ns)
                try:
                    told.append(self._execution(about, record, VenueOrderId("")))
                except _EarlierUnknown as error:
                    told.append(OrderUnknown(**about, reason=str(error)))
            told.append(self._account(command, reply.body, now_ns))
        except UNREADABLE:
            return []
        self._note_told(news)
        return told

    def _was_told(self, execution_id: str) -> bool:
        """Whether an account's report has told it already: each report repeats those of minutes."""
        return execution_id in self._told or execution_id in self._told_before

    def _note_told(self, execution_ids: dict[str, None]) -> None:
        self._told |= execution_ids
        if len(self._told) >= EXECUTIONS_KEPT:
            self._told_before, self._told = self._told, {}

    def _account(self, command: QueryAccount, body: Mapping[str, Any], now_ns: int) -> AccountReported:
        held = {word(each["symbol"]): signed(each["qty"]) for each in listed(body["positions"])}
        if len(held) != len(body["positions"]):
            raise ValueError("a symbol stands twice among the positions")
        return AccountReported(
            venue_id=command.venue_id,
            portfolio_id=self._portfolio_id,
            time_ns=now_ns,
            venue_time_ns=whole(body["time_ns"]),
            cash=signed(body["cash"]),
            positions=tuple(
                HeldPosition(Symbol(symbol), quantity) for symbol, quantity in held.items() if quantity
            ),
            open_orders=tuple(ClientOrderId(word(order_id)) for order_id in listed(body["open_orders"])),
            is_blocked=word(body["status"]) != "ACTIVE",
            asked_ns=command.time_ns,
        )

    # ---- executions

    def _execution(self, about: _About, record: Mapping[str, Any], venue_order_id: VenueOrderId) -> AnyMessage:
        _check_same(record, about)
        kind = record["kind"]
        execution_id = ExecutionId(word(record["execution_id"]))
        quantity, price = above_zero(record["qty"]), above_zero(record["price"])
        commission = not_negative(record["commission"])
        side = _SIDES[record["side"]]
        if kind == "fill":
            cumulative_quantity = above_zero(record["cum_qty"])
            if cumulative_quantity < quantity:
                raise ValueError(f"{cumulative_quantity} cannot be filled after {quantity} more")
            event = OrderFilled(
                **about,
                execution_id=execution_id,
                venue_order_id=venue_order_id,
                side=side,
                quantity=quantity,
                price=price,
                cumulative_quantity=cumulative_quantity,
                commission=commission,
                currency=self._currency,
            )
            self._remember(execution_id, _Execution(quantity, price, commission))
            return event
        earlier_id = ExecutionId(word(record["previous_execution_id"]))
        if kind == "bust":
            return OrderFillBusted(
                **about, execution_id=earlier_id, side=side, quantity=quantity, price=price, commission=commission
            )
        if kind != "correct":
            raise ValueError(f"{kind!r} is no kind of execution")
        earlier = self._executions.get(earlier_id) or self._older_executions.get(earlier_id)
        if earlier is None:
            raise _EarlierUnknown(f"execution {earlier_id}, which {execution_id} corrects, was not told")
        self._remember(execution_id, _Execution(quantity, price, commission))
        return OrderFillCorrected(
            **about,
            execution_id=execution_id,
            side=side,
            quantity=quantity,
            price=price,
            commission=commission,
            earlier_execution_id=earlier_id,
            earlier_quantity=earlier.quantity,
            earlier_price=earlier.price,
            earlier_commission=earlier.commission,
        )

    def _remember(self, execution_id: str, execution: _Execution) -> None:
        if len(self._executions) >= EXECUTIONS_KEPT:
            self._older_executions, self._executions = self._executions, {}
        self._executions[execution_id] = execution

    # ---- whom it is about

    def _about_command(self, command: AnyCommand, now_ns: int) -> _About:
        assert not isinstance(command, QueryAccount), "it is about no order"
        if isinstance(command, SubmitOrder):
            return self._about(command.client_order_id, command.strategy_id, command.symbol, now_ns)
        strategy_id = strategy_of(command.client_order_id, self._book)
        assert strategy_id is not None, f"{command.client_order_id} is no order of book {self._book}"
        return self._about(command.client_order_id, strategy_id, command.symbol, now_ns)

    def _about(self, order_id: str, strategy_id: StrategyId, symbol: str, now_ns: int) -> _About:
        return {
            "client_order_id": ClientOrderId(order_id),
            "portfolio_id": self._portfolio_id,
            "strategy_id": strategy_id,
            "symbol": Symbol(symbol),
            "time_ns": now_ns,
        }


def _change(event: Any, about: _About, order: Mapping[str, Any]) -> list[AnyMessage]:
    """The event of an update that is no execution; none for words that change nothing or are not known."""
    reason = order.get("reason") or ""
    match event:
        case "new":
            return [OrderAccepted(**about, venue_order_id=VenueOrderId(word(order["id"])))]
        case "canceled" | "expired":  # with how much is filled: the update of an execution may be overtaken by this
            return [_report(about, order)]
        case "rejected":
            return [OrderRejected(**about, reason=reason or "rejected")]
        case "replaced":
            return [
                OrderReplaced(
                    **about,
                    quantity=above_zero(order["qty"]),
                    limit_price=price_or_none(order["limit_price"]),
                    stop_price=price_or_none(order["stop_price"]),
                )
            ]
        case "order_cancel_rejected":
            return [OrderCancelRejected(**about, reason=reason or "the venue did not cancel")]
        case "order_replace_rejected":
            return [OrderReplaceRejected(**about, reason=reason or "the venue did not replace")]
    return []


def _report(about: _About, order: Mapping[str, Any], asked_ns: int = 0) -> OrderReported:
    """How the order stands, as the broker shows it, asked or not."""
    return OrderReported(
        **about,
        venue_order_id=VenueOrderId(word(order["id"])),
        status=_STATUSES.get(word(order["status"]), OrderStatus.UNKNOWN),
        quantity=above_zero(order["qty"]),
        filled_quantity=not_negative(order["filled_qty"]),
        limit_price=price_or_none(order["limit_price"]),
        stop_price=price_or_none(order["stop_price"]),
        reason=order.get("reason") or "",
        asked_ns=asked_ns,
    )


def _check_same(body: Mapping[str, Any], about: _About) -> None:
    """Raises ValueError if a body is about another order than the one asked for."""
    if body["client_order_id"] != about["client_order_id"] or body["symbol"] != about["symbol"]:
        raise ValueError(f"it is about {body['client_order_id']} in {body['symbol']}")


def _said(error: Exception) -> str:
    return f"{error.args[0]!r} is missing" if isinstance(error, KeyError) else str(error) or type(error).__name__
