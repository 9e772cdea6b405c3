"""The parameters of one simulation, all of them drawn from its seed: no two seeds play the same game.

Most seeds have a theme, faults that belong together; the others draw a subset of the faults, each with a rate of
its own, or only one, or none. A fault that is always there hides what goes wrong without it.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from decimal import Decimal

import msgspec

from messages import SECOND_NS
from ops.drill.broker import BrokerRules
from ops.drill.simulation.faults import Fault
from ops.drill.simulation.generations import GENERATION, LATER_FAULTS, draw_theme
from ops.drill.simulation.theme import ENDS, SLOW_NS, Theme
from rules.limits import RiskLimits

MILLISECOND_NS = 1_000_000

CASH = Decimal(20_000)

_RATES = (0.01, 0.03, 0.1, 0.3)
_RATES_OF_ENDS = (0.002, 0.008, 0.03)
"""Of faults that end the process: each start costs as much as a hundred messages."""

_DRAWN_LAST = (Fault.SICKNESS, *LATER_FAULTS)
"""Faults that came later: they are drawn behind all else, so that older seeds play the same game but for them."""

_SHARE_SICK = 0.2
_SHARE_OF_LATER_FAULTS = 0.3
_SHARE_TIGHT, _TIGHT_SINCE = 0.15, 4
"""How often one of the later limits is tight, and since which generation of seeds."""

_CHANGED_SINCE = 5
"""Since which generation of seeds other parts of the configuration change than one limit."""

_UNAWARES_SINCE = 6
"""Since which generation of seeds a person cancels all orders just when the engine knows least of one."""

_SHARE_PAUSING, _PAUSING_SINCE = 0.4, 7
"""How often strategies are paused, and since which generation of seeds."""

_LATER_MOVES_SINCE = 8
"""Since which generation of seeds cancels are refused, corrections change commissions, states are lost, and
actors are restarted."""

_SHARE_SLOW = 0.1
"""Of brokers that take longer for a change than an engine waits for the answer, and how long."""

_LAG_MAX_NS = 25 * SECOND_NS
"""How long a copy may know nothing new: longer than an engine takes to believe that an order is lost."""

_SHARE_WITHOUT_FAULTS, _SHARE_WITH_ONE = 0.05, 0.15

_ANSWERED_IN_SPITE_OF = frozenset(
    (
        Fault.PARTIAL_FILL,
        Fault.LATE_FILL,
        Fault.CANCEL_REFUSED,
        Fault.CANCEL_ALL,
        Fault.REPLACE_RACE,
        Fault.WASH_TRADE,
        Fault.MANUAL_ORDER,
        Fault.CASH_MOVED,
        Fault.BUYING_POWER,
        Fault.SYMBOL_HALTED,
        Fault.ACCOUNT_BLOCKED,
        Fault.HALT,
        Fault.CONFLATION,
    )
)
"""Faults in spite of which every question is answered in time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Swarm:
    """What a seed plays with. Times are nanoseconds, `faults` maps each fault to how often it strikes (0 to 1).

    Of 100 quotes `eagerness` make a strategy want something else, by one of the first `order_kinds` of its ways,
    with a stop one to five times the `stop_step`, a share of the price, away.
    A changed configuration leaves so much of the largest position as the `tightening` says; if the seed
    `changes_all_kinds`, it may have other limits, or other strategies, instead.
    Its trading day ends after `day_ns`, and day orders with it; `days` of them follow each other. A copy of the
    broker's may know nothing new for up to `lag_max_ns`, a doubled request comes again within `doubled_within_ns`,
    a doubled update within `told_again_within_ns`.
    The market may execute an order late that is over as `fills_after` says.
    What nearly filled orders executed is taken back first if it `busts_what_is_nearly_filled`; if it
    `fills_up_unawares`, the market then takes what makes such an order count as filled here, and there not.
    If it `has_traders`, people order by themselves beside the strategies; if it `saves_orders`, they save the
    engine's in the broker's own window, without a change; if it `pauses`, they pause strategies, also amid a
    flatten; if it `restarts_actors`, they restart those in quarantine once the faults have ended. Of the strategies
    that fall sick some lose their state if it `loses_states`. The broker may refuse to cancel
    what works if it `refuses_cancels`, and correct commissions, too, if it `corrects_commissions`. If it
    `cancels_unawares`, one of them cancels all there just when an order stands otherwise here; if it
    `halts_what_was_lost`, one of them halts just when an order works that was not found. If it
    `poisons_what_is_told_of_orders`, the portfolio fails at that; if it `leaves_what_was_set_aside`, nobody gives
    such messages again, but for executions and timers. At the end of the faults the connection breaks once more for
    `maintenance_ns` if it `ends_with_maintenance`; at its own end positions are closed if it `ends_flat`.
    """

    seed: int
    symbols: tuple[str, ...]
    strategies: int
    eagerness: int
    stop_step: float
    order_kinds: int
    quotes: int
    quote_interval_ns: int
    quiet_quotes: int
    latency_ns: int
    commit_ns: int
    is_fed_live: bool
    checkpoint_interval: int
    limits: RiskLimits
    tightening: Decimal
    changes_all_kinds: bool
    rules: BrokerRules
    skew_ns: int
    faults: dict[Fault, float]
    day_ns: int
    days: int
    lag_max_ns: int
    doubled_within_ns: int
    told_again_within_ns: int
    busts_what_is_nearly_filled: bool
    fills_up_unawares: bool
    has_traders: bool
    poisons_what_is_told_of_orders: bool
    leaves_what_was_set_aside: bool
    saves_orders: bool
    cancels_unawares: bool
    pauses: bool
    refuses_cancels: bool
    corrects_commissions: bool
    restarts_actors: bool
    loses_states: bool
    fills_after: tuple[str, ...]
    halts_what_was_lost: bool
    ends_with_maintenance: bool
    maintenance_ns: int
    ends_flat: bool

    @property
    def is_answered_in_time(self) -> bool:
        """Whether nothing in it can let an order become UNKNOWN."""
        is_away_long = self.ends_with_maintenance and self.maintenance_ns > SECOND_NS
        slowest_ns = max(self.rules.cancel_delay_ns, self.rules.replace_delay_ns)
        is_quick = self.latency_ns <= 200 * MILLISECOND_NS and slowest_ns < SLOW_NS and not is_away_long
        return is_quick and self.faults.keys() <= _ANSWERED_IN_SPITE_OF


def draw_swarm(
    seed: int,
    *,
    only: frozenset[Fault] | None = None,
    theme: Theme | None = None,
    generation: int = GENERATION,
) -> Swarm:
    """The parameters of a seed; with `only`, all of these faults and no other, with `theme` as that has it."""
    draw = random.Random(f"swarm {seed}")  # noqa: S311  # a simulation, not a secret
    faults = _draw_faults(draw)
    named = _rates_of(seed, only)
    if only is not None:
        faults = named | {fault: rate for fault, rate in faults.items() if fault in only}
    swarm = Swarm(
        seed=seed,
        symbols=("AAA", "BBB")[: draw.choice((1, 2, 2))],
        strategies=draw.choice((1, 2)),
        eagerness=20 + seed % 60,
        stop_step=0.002,
        order_kinds=4,
        quotes=draw.choice((6, 10, 16, 32)),
        quote_interval_ns=draw.choice((50, 200, 1000, 3000)) * MILLISECOND_NS,
        quiet_quotes=6,
        latency_ns=draw.choice((1, 20, 200, 1500)) * MILLISECOND_NS,
        commit_ns=draw.choice((0, 1, 10, 100)) * MILLISECOND_NS,
        is_fed_live=draw.random() < 0.5,
        checkpoint_interval=draw.choice((5, 20, 60, 100_000)),
        limits=_draw_limits(draw),
        tightening=Decimal("0.8"),
        changes_all_kinds=False,
        rules=_draw_rules(draw),
        skew_ns=draw.choice((-200, 200)) * SECOND_NS if Fault.CLOCK_SKEW in faults else 0,
        faults=faults,
        day_ns=draw.choice((3, 8, 20, 60, 3600)) * SECOND_NS,
        days=1,
        lag_max_ns=_LAG_MAX_NS,
        doubled_within_ns=1,
        told_again_within_ns=2 * SECOND_NS,
        busts_what_is_nearly_filled=False,
        fills_up_unawares=False,
        has_traders=False,
        poisons_what_is_told_of_orders=False,
        leaves_what_was_set_aside=False,
        saves_orders=False,
        cancels_unawares=generation >= _UNAWARES_SINCE,
        pauses=generation >= _PAUSING_SINCE and _is_pausing(seed),
        refuses_cancels=generation >= _LATER_MOVES_SINCE,
        corrects_commissions=generation >= _LATER_MOVES_SINCE,
        restarts_actors=generation >= _LATER_MOVES_SINCE,
        loses_states=generation >= _LATER_MOVES_SINCE,
        fills_after=("canceled",),
        halts_what_was_lost=False,
        ends_with_maintenance=draw.random() < 0.5,
        ends_flat=draw.random() < 0.5,
        maintenance_ns=draw.choice((1, 1, 45)) * SECOND_NS,
    )
    swarm = _with_what_came_later(swarm, draw, only=only)
    if generation >= _TIGHT_SINCE:
        limits = _draw_later_limits(seed, swarm.limits)
        swarm = replace(swarm, limits=limits, tightening=Decimal("0.3"), fills_after=("canceled", "expired"))
    swarm = replace(swarm, faults=_with_later_faults(seed, swarm.faults, only=only, generation=generation))
    common, faults = draw_theme(seed, swarm.faults, only=only, given=theme, generation=generation)
    if common is not None:
        swarm = _with_a_theme(swarm, common, named | faults)
    changes = generation >= _CHANGED_SINCE and Fault.CONFIG_CHANGED in swarm.faults
    return replace(swarm, changes_all_kinds=changes)


def _is_pausing(seed: int) -> bool:
    return random.Random(f"pausing {seed}").random() < _SHARE_PAUSING  # noqa: S311  # a simulation, not a secret


def _with_what_came_later(swarm: Swarm, draw: random.Random, *, only: frozenset[Fault] | None) -> Swarm:
    rules, faults = swarm.rules, swarm.faults
    is_slow, is_slow_to_cancel = draw.random() < _SHARE_SLOW, draw.random() < 0.5
    if is_slow and is_slow_to_cancel:
        rules = replace(rules, cancel_delay_ns=SLOW_NS)
    elif is_slow:
        rules = replace(rules, replace_delay_ns=SLOW_NS)
    is_chosen = draw.random() < _SHARE_SICK and len(faults) > 1
    rate = draw.choice(_RATES)
    if is_chosen and (only is None or Fault.SICKNESS in only):
        faults = faults | {Fault.SICKNESS: rate}
    return replace(swarm, rules=rules, faults=faults)


def _with_later_faults(
    seed: int, faults: dict[Fault, float], *, only: frozenset[Fault] | None, generation: int
) -> dict[Fault, float]:
    """Faults of this generation, each from a stream of its own: all else is drawn as before."""
    for fault, since in LATER_FAULTS.items():
        draw = random.Random(f"{fault.name} {seed}")  # noqa: S311  # a simulation, not a secret
        is_chosen = draw.random() < _SHARE_OF_LATER_FAULTS and len(faults) > 1 and only is None
        rate = draw.choice(_RATES)
        if is_chosen and generation >= since:
            faults = faults | {fault: rate}
    return faults


def _with_a_theme(swarm: Swarm, theme: Theme, faults: dict[Fault, float]) -> Swarm:
    rules = replace(swarm.rules, **theme.rules)  # type: ignore[arg-type]  # by name
    return replace(swarm, faults=faults, rules=rules, **theme.swarm)  # type: ignore[arg-type]  # by name


def _draw_faults(draw: random.Random) -> dict[Fault, float]:
    kinds = [fault for fault in Fault if fault not in _DRAWN_LAST]
    kind = draw.random()
    if kind < _SHARE_WITHOUT_FAULTS:
        chosen: list[Fault] = []
    elif kind < _SHARE_WITHOUT_FAULTS + _SHARE_WITH_ONE:
        chosen = [draw.choice(kinds)]
    else:
        share = draw.choice((0.2, 0.5, 0.8))
        chosen = [fault for fault in kinds if draw.random() < share]
    return {fault: draw.choice(_RATES_OF_ENDS if fault in ENDS else _RATES) for fault in chosen}


def _rates_of(seed: int, only: frozenset[Fault] | None) -> dict[Fault, float]:
    """How often the faults strike that were named: drawn apart from all else, which every seed keeps."""
    draw = random.Random(f"named faults {seed}")  # noqa: S311  # a simulation, not a secret
    chosen = [fault for fault in Fault if only is not None and fault in only]
    return {fault: draw.choice(_RATES_OF_ENDS if fault in ENDS else _RATES) for fault in chosen}


def _draw_limits(draw: random.Random) -> RiskLimits:
    return RiskLimits(
        max_position_fraction=draw.choice((Decimal("0.3"), Decimal("0.6"), Decimal(1))),
        max_gross_exposure_fraction=draw.choice((Decimal(1), Decimal(3))),
        max_order_value=draw.choice((None, Decimal(2_000), Decimal(8_000))),
        allow_short=draw.random() < 0.3,
        duplicate_window_seconds=draw.choice((0.0, 2.0)),
    )


def _draw_later_limits(seed: int, limits: RiskLimits) -> RiskLimits:
    """Limits that came later, from a stream of their own: each is tight in a share of the seeds."""
    draw = random.Random(f"limits {seed}")  # noqa: S311  # a simulation, not a secret
    tight: dict[str, object] = {
        "max_gross_exposure_fraction": Decimal("0.5"),
        "max_order_value_fraction": Decimal("0.2"),
        "min_cash": CASH * Decimal("0.3"),
        "max_price_deviation_fraction": Decimal("0.003"),
        "price_max_age_seconds": 3.0,
    }
    drawn = {name: limit for name, limit in tight.items() if draw.random() < _SHARE_TIGHT}
    return msgspec.structs.replace(limits, **drawn)


def _draw_rules(draw: random.Random) -> BrokerRules:
    delays = (0, 0, 20 * MILLISECOND_NS, 400 * MILLISECOND_NS, 3 * SECOND_NS)
    return BrokerRules(
        duplicates=draw.choice(("reject", "replay")),
        shorting=draw.random() < 0.5,
        leverage=Decimal(draw.choice((1, 2, 4))),
        wash_trade_refusal=draw.random() < 0.5,
        commission_per_share=draw.choice((Decimal(0), Decimal("0.005"))),
        max_slice=draw.choice((None, Decimal(9), Decimal(40))),
        ack_delay_ns=draw.choice(delays),
        cancel_delay_ns=draw.choice(delays),
        replace_delay_ns=draw.choice(delays),
        replace_race=draw.random() < 0.7,
        halted_orders=draw.choice(("hold", "refuse")),
    )
