"""Themes that came after the first: of persons, of cancels of all orders, and of what is taken back unheard."""

from __future__ import annotations

from messages import SECOND_NS
from ops.drill.simulation.faults import Fault
from ops.drill.simulation.theme import GENEROUS, LAGGING, LIVELY, SLOW_NS, WITH_A_WINDOW, Theme

TAKEN_BACK = (
    Fault.BUST,
    Fault.UPDATE_LOST,
    Fault.UPDATE_REORDERED,
    Fault.PARTIAL_FILL,
    Fault.LATE_FILL,
    Fault.UNKNOWN_STATUS,
)
"""What lets an order work unawares whose executions were taken back."""

_REFUSES_AT_ONCE: dict[str, object] = {
    "ack_delay_ns": 0,
    "replace_delay_ns": SLOW_NS,
    "replace_race": True,
    "max_slice": 9,
    "leverage": 1,
    "wash_trade_refusal": True,
}
"""A broker that answers an order at once, often by a refusal, and takes long to change one."""

LATER_THEMES = (
    Theme(
        "a change takes long, and a strange word hides it",
        (
            Fault.UNKNOWN_STATUS,
            Fault.RESPONSE_LOST,
            Fault.MUTE_STREAM,
            Fault.PARTIAL_FILL,
            Fault.REPLACE_RACE,
            Fault.LATE_FILL,
        ),
        {"replace_delay_ns": 30 * SECOND_NS, "replace_race": True, "max_slice": 3},
        LIVELY | {"quote_interval_ns": 2 * SECOND_NS},
    ),
    Theme(
        "refused, and taken before anybody hears of it",
        (
            Fault.REQUEST_DOUBLED,
            Fault.WASH_TRADE,
            Fault.BUYING_POWER,
            Fault.RESPONSE_LATE,
            Fault.REPLACE_RACE,
            Fault.LATE_FILL,
        ),
        {
            "max_slice": 3,
            "leverage": 1,
            "wash_trade_refusal": True,
            "replace_delay_ns": SLOW_NS,
            "replace_race": True,
        },
        LIVELY | {"doubled_within_ns": 4 * SECOND_NS, "quotes": 48, "quote_interval_ns": SECOND_NS // 2},
    ),
    Theme(
        "what is taken back works on unawares",
        TAKEN_BACK,
        {"cancel_delay_ns": SLOW_NS, "max_slice": 9},
        LIVELY | {"quotes": 48, "busts_what_is_nearly_filled": True},
        weight=12,
    ),
    Theme(
        "actors fail all the time",
        (Fault.POISON, Fault.HANG, Fault.CRASH),
        swarm=LIVELY | {"quotes": 64, "quote_interval_ns": SECOND_NS // 2},
    ),
    Theme(
        "actors fail while people halt",
        (Fault.POISON, Fault.HANG, Fault.CRASH, Fault.HALT),
        swarm=LIVELY | {"quotes": 48, "quote_interval_ns": SECOND_NS // 5},
    ),
    Theme(
        "a change takes long, and a strange word and copies hide it",
        (Fault.UNKNOWN_STATUS, Fault.RESPONSE_LOST, Fault.LAGGING_REPLICA, Fault.REPLACE_RACE),
        {"replace_delay_ns": SLOW_NS, "replace_race": True, "max_slice": 3},
        LIVELY | {"quotes": 48},
    ),
    Theme(
        "people order by themselves, and close everything",
        (Fault.HALT, Fault.PARTIAL_FILL, Fault.LATE_FILL, Fault.REQUEST_LATE, Fault.DISCONNECT),
        {"max_slice": 3, "cancel_delay_ns": SLOW_NS},
        LIVELY | {"has_traders": True, "ends_flat": True},
    ),
    Theme(
        "people order by themselves, and it is not found",
        (Fault.HALT, Fault.RESPONSE_LOST, Fault.UPDATE_LOST, Fault.LAGGING_REPLICA),
        {"max_slice": 3},
        LAGGING | LIVELY | {"has_traders": True, "quotes": 24, "quote_interval_ns": 4 * SECOND_NS},
    ),
    Theme(
        "people order by themselves, and actors fail",
        (Fault.HALT, Fault.POISON, Fault.CRASH, Fault.REQUEST_LATE, Fault.KILL, Fault.BUST),
        {"replace_race": True, "max_slice": 9},
        LIVELY | {"has_traders": True},
    ),
    Theme(
        "a change takes long, and a cancel hides it",
        (Fault.PARTIAL_FILL, Fault.LATE_FILL, Fault.REPLACE_RACE),
        {"replace_delay_ns": SLOW_NS, "cancel_delay_ns": SLOW_NS, "replace_race": True, "max_slice": 3},
        LIVELY | {"quotes": 48},
    ),
    Theme(
        "orders are saved by hand, and refused or filled meanwhile",
        (
            Fault.MANUAL_ORDER,
            Fault.REPLACE_RACE,
            Fault.REQUEST_DOUBLED,
            Fault.BUYING_POWER,
            Fault.ACCOUNT_BLOCKED,
            Fault.BUST,
            Fault.CORRECTION,
        ),
        _REFUSES_AT_ONCE,
        LIVELY
        | {
            "saves_orders": True,
            "day_ns": 8 * SECOND_NS,
            "days": 4,
            "doubled_within_ns": 8 * SECOND_NS,
            "quotes": 48,
            "quote_interval_ns": SECOND_NS // 2,
        },
        weight=2,
    ),
    Theme(
        "a portfolio fails at what it is told of orders, and nobody tells it again",
        (Fault.POISON, Fault.HALT, Fault.REQUEST_LOST, Fault.RESPONSE_LOST, Fault.LAGGING_REPLICA),
        {"max_slice": 9},
        LIVELY
        | {
            "poisons_what_is_told_of_orders": True,
            "leaves_what_was_set_aside": True,
            "eagerness": 10,
            "quiet_quotes": 16,
        },
        weight=2,
    ),
    Theme(
        "stops grow part by part, and their changes are told again, or not at all",
        (Fault.UPDATE_DOUBLED, Fault.UPDATE_LOST, Fault.ERROR_AFTER),
        {"max_slice": 3, "replace_delay_ns": 0, "replace_race": True},
        LIVELY
        | {
            "limits": GENEROUS,
            "order_kinds": 1,
            "stop_step": 0.03,
            "eagerness": 5,
            "told_again_within_ns": 12 * SECOND_NS,
            "quotes": 64,
            "quote_interval_ns": SECOND_NS // 2,
        },
    ),
    Theme(
        "people order by themselves, and it is not found for minutes",
        (Fault.RESPONSE_LOST, Fault.UPDATE_LOST, Fault.LAGGING_REPLICA),
        {"max_slice": 3, "duplicates": "reject"},
        LIVELY
        | {
            "has_traders": True,
            "halts_what_was_lost": True,
            "limits": GENEROUS,
            "lag_max_ns": 150 * SECOND_NS,
            "eagerness": 2,
            "day_ns": 3600 * SECOND_NS,
            "quotes": 48,
            "quote_interval_ns": 3 * SECOND_NS,
        },
    ),
    Theme(
        "people order by themselves, it is not found, and a portfolio fails at that",
        (Fault.RESPONSE_LOST, Fault.UPDATE_LOST, Fault.LAGGING_REPLICA, Fault.POISON),
        {"max_slice": 3, "duplicates": "reject"},
        LIVELY
        | {
            "has_traders": True,
            "halts_what_was_lost": True,
            "poisons_what_is_told_of_orders": True,
            "leaves_what_was_set_aside": True,
            "limits": GENEROUS,
            "lag_max_ns": 150 * SECOND_NS,
            "eagerness": 2,
            "day_ns": 3600 * SECOND_NS,
            "quiet_quotes": 16,
            "quotes": 48,
            "quote_interval_ns": 3 * SECOND_NS,
        },
    ),
    Theme(
        "a portfolio fails at what it is told of orders that execute for minutes",
        (Fault.POISON, Fault.HALT, Fault.REQUEST_LOST, Fault.CANCEL_REFUSED),
        {"max_slice": 1},
        LIVELY
        | {
            "limits": GENEROUS,
            "poisons_what_is_told_of_orders": True,
            "leaves_what_was_set_aside": True,
            "order_kinds": 1,
            "stop_step": 0.03,
            "eagerness": 3,
            "quiet_quotes": 16,
            "quotes": 64,
            "quote_interval_ns": 2 * SECOND_NS,
        },
    ),
    Theme(
        "limits change, and the process dies at its start",
        (Fault.CONFIG_CHANGED, Fault.KILL, Fault.POWER_LOSS, Fault.FSYNC_FAILED),
        {"max_slice": None},
        LIVELY
        | {
            "limits": GENEROUS,
            "commit_ns": SECOND_NS // 10,
            "order_kinds": 1,
            "stop_step": 0.03,
            "eagerness": 40,
            "quotes": 48,
        },
    ),
    Theme(
        "a portfolio fails at executions of orders that rest, and nobody tells it again",
        (Fault.POISON, Fault.PARTIAL_FILL),
        {"max_slice": 3},
        LIVELY
        | {
            "poisons_what_is_told_of_orders": True,
            "leaves_what_was_set_aside": True,
            "stop_step": 0.03,
            "eagerness": 6,
            "quiet_quotes": 16,
            "quote_interval_ns": 3 * SECOND_NS,
        },
    ),
    Theme(
        "strategies come and go, and limits change, between two starts",
        (Fault.CONFIG_CHANGED, Fault.KILL, Fault.POWER_LOSS, Fault.UPDATE_LOST),
        swarm=LIVELY | {"stop_step": 0.01, "eagerness": 30, "commit_ns": SECOND_NS // 10, "quotes": 48},
    ),
    Theme(
        "a person cancels all orders in the broker's own window",
        (Fault.CANCEL_ALL, Fault.UPDATE_LOST, Fault.PARTIAL_FILL, Fault.REPLACE_RACE),
        {"max_slice": 9, "cancel_delay_ns": 3 * SECOND_NS},
        LIVELY | {"limits": GENEROUS, "stop_step": 0.03, "eagerness": 10, "quotes": 48},
    ),
    Theme(
        "a person cancels all orders when executions were taken back, and it is not told",
        (Fault.CANCEL_ALL, *TAKEN_BACK),
        {"cancel_delay_ns": SLOW_NS, "max_slice": 9},
        LIVELY | {"quotes": 48, "busts_what_is_nearly_filled": True},
        weight=14,
        seldom=(Fault.CANCEL_ALL,),
    ),
    Theme(
        "a person cancels all orders when some come late, or twice, and copies do not know",
        (
            Fault.CANCEL_ALL,
            Fault.UPDATE_LOST,
            Fault.UPDATE_REORDERED,
            Fault.PARTIAL_FILL,
            Fault.LAGGING_REPLICA,
            Fault.REQUEST_DOUBLED,
            Fault.RESPONSE_LATE,
        ),
        {"cancel_delay_ns": SLOW_NS, "max_slice": 9},
        LAGGING | LIVELY | {"quotes": 48, "doubled_within_ns": 8 * SECOND_NS},
        weight=6,
        seldom=(Fault.CANCEL_ALL,),
    ),
    Theme(
        "a person cancels all orders before they are heard of",
        (
            Fault.CANCEL_ALL,
            Fault.RESPONSE_LATE,
            Fault.UPDATE_LOST,
            Fault.PARTIAL_FILL,
            Fault.LATE_FILL,
            Fault.REQUEST_DOUBLED,
            Fault.BUYING_POWER,
        ),
        {"cancel_delay_ns": SECOND_NS, "max_slice": 9, "leverage": 1},
        LIVELY
        | {
            "limits": GENEROUS,
            "stop_step": 0.03,
            "eagerness": 10,
            "doubled_within_ns": 8 * SECOND_NS,
            "quotes": 48,
            "quote_interval_ns": SECOND_NS // 2,
        },
        weight=6,
    ),
    Theme(
        "strategies are paused while positions are closed",
        (
            Fault.HALT,
            Fault.PARTIAL_FILL,
            Fault.LATE_FILL,
            Fault.SYMBOL_HALTED,
            Fault.BUYING_POWER,
            Fault.WASH_TRADE,
        ),
        {"ack_delay_ns": SECOND_NS, "cancel_delay_ns": SECOND_NS, "max_slice": 9, "wash_trade_refusal": True},
        LIVELY | {"limits": WITH_A_WINDOW, "pauses": True, "ends_flat": True},
        weight=2,
    ),
    Theme(
        "positions are closed before a refusal is heard of",
        (
            Fault.HALT,
            Fault.BUYING_POWER,
            Fault.WASH_TRADE,
            Fault.RESPONSE_LOST,
            Fault.UPDATE_LOST,
            Fault.LAGGING_REPLICA,
        ),
        {"max_slice": 9, "leverage": 1, "wash_trade_refusal": True},
        LIVELY | {"limits": GENEROUS, "pauses": True, "ends_flat": True},
        weight=2,
    ),
    Theme(
        "people halt and cancel, and cancels are refused",
        (Fault.HALT, Fault.CANCEL_REFUSED, Fault.PARTIAL_FILL),
        {"max_slice": 3},
        LIVELY | {"has_traders": True, "refuses_cancels": True, "order_kinds": 3},
    ),
    Theme(
        "orders are saved by hand before they are heard of",
        (
            Fault.MANUAL_ORDER,
            Fault.REPLACE_RACE,
            Fault.UPDATE_LOST,
            Fault.RESPONSE_LATE,
            Fault.MUTE_STREAM,
        ),
        {"ack_delay_ns": 0, "replace_delay_ns": SLOW_NS, "replace_race": True, "max_slice": 9},
        LIVELY
        | {
            "limits": GENEROUS,
            "saves_orders": True,
            "stop_step": 0.03,
            "eagerness": 10,
            "day_ns": 8 * SECOND_NS,
            "days": 4,
            "quotes": 48,
            "quote_interval_ns": SECOND_NS // 2,
        },
        weight=5,
    ),
    Theme(
        "what was taken back is filled up unawares",
        (Fault.BUST, Fault.UPDATE_LOST, Fault.UNKNOWN_STATUS, Fault.CANCEL_ALL),
        {"ack_delay_ns": 0, "cancel_delay_ns": SLOW_NS, "max_slice": 9},
        LIVELY
        | {
            "limits": GENEROUS,
            "busts_what_is_nearly_filled": True,
            "fills_up_unawares": True,
            "quotes": 48,
            "quote_interval_ns": SECOND_NS // 2,
        },
        weight=4,
        seldom=(Fault.CANCEL_ALL,),
    ),
    Theme(
        "orders are saved by hand, come twice, and are refused",
        (
            Fault.MANUAL_ORDER,
            Fault.REPLACE_RACE,
            Fault.REQUEST_DOUBLED,
            Fault.BUYING_POWER,
            Fault.ACCOUNT_BLOCKED,
        ),
        _REFUSES_AT_ONCE,
        LIVELY
        | {
            "saves_orders": True,
            "doubled_within_ns": 4 * SECOND_NS,
            "eagerness": 5,
            "quotes": 64,
            "quote_interval_ns": SECOND_NS // 2,
        },
        weight=3,
    ),
    Theme(
        "a person cancels all orders, and some are not found, or come late",
        (
            Fault.RESPONSE_LOST,
            Fault.UPDATE_LOST,
            Fault.LAGGING_REPLICA,
            Fault.CANCEL_ALL,
            Fault.REQUEST_DOUBLED,
            Fault.HALT,
        ),
        {"max_slice": 3, "cancel_delay_ns": SECOND_NS},
        LAGGING
        | LIVELY
        | {
            "has_traders": True,
            "limits": GENEROUS,
            "doubled_within_ns": 30 * SECOND_NS,
            "eagerness": 5,
            "day_ns": 3600 * SECOND_NS,
            "quotes": 48,
            "quote_interval_ns": 2 * SECOND_NS,
        },
        weight=4,
        seldom=(Fault.CANCEL_ALL,),
    ),
)
"""Themes that came later: a share of the seeds without another one has one of them, so that all others play on."""
