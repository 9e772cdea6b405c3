"""Mutants of risk controls and of planning: how much is ordered, and when."""

from __future__ import annotations

from tests.simulation.mutants.mutant import Mutant

CASE = "rules/_order_case.py"
CONTROLS = "rules/controls.py"
PLANNING = "rules/planning.py"
STANDING = "actors/_standing.py"
TARGETS = "rules/targets.py"

MUTANTS = (
    Mutant(
        "order-value-has-no-limit",
        "No order is worth more than the limit.",
        CONTROLS,
        "    if most is None:\n",
        "    if most is None or most > 0:\n",
    ),
    Mutant(
        "position-has-no-limit",
        "No position is worth more than the limit.",
        CONTROLS,
        '"position", case.position_value, most, what',
        '"position", case.value and ZERO, most, what',
    ),
    Mutant(
        "shorts-are-allowed",
        "Nothing is sold short unless that is allowed.",
        CONTROLS,
        "    if order.side is Side.BUY or case.limits.allow_short:\n",
        "    if order.side is not None:\n",
    ),
    Mutant(
        "cash-has-no-end",
        "Cash covers what is bought.",
        CONTROLS,
        "    if limits.allow_margin:\n",
        "    if limits.allow_margin or case.value is not None:\n",
    ),
    Mutant(
        "kill-switch-is-not-wired",
        "The kill switch stops new positions.",
        CONTROLS,
        "    if not blocked:\n        return",
        "    if blocked is not None:\n        return",
    ),
    Mutant(
        "open-orders-are-not-counted",
        "Open orders count as if they were filled.",
        CASE,
        "        bought = context.position + context.open_buy_quantity\n",
        "        bought = context.position\n",
    ),
    Mutant(
        "every-sale-reduces",
        "Only what brings a position towards flat counts as reducing it.",
        CASE,
        "    return order.quantity <= of_strategy and (order.protective or order.quantity <= of_account)\n",
        "    return order.side is Side.SELL or order.quantity <= of_strategy\n",
    ),
    Mutant(
        "limits-look-at-the-strategy-only",
        "Limits hold for the account, whoever of its strategies trades.",
        STANDING,
        "            position=state.books.account.quantity(symbol),\n            strategy_position",
        "            position=self.held(order.strategy_id, symbol),\n            strategy_position",
    ),
    Mutant(
        "open-purchases-cost-nothing",
        "Open purchases hold their cash.",
        STANDING,
        "            cash_held=self._valuation.held_cash,\n",
        "            cash_held=_ZERO,\n",
    ),
    Mutant(
        "planned-while-unknown",
        "Nothing is ordered while an order of the same business is UNKNOWN.",
        PLANNING,
        "    is_known = all(state.status is not OrderStatus.UNKNOWN for state in (*entries, *stops))\n",
        "    is_known = len(entries) + len(stops) >= 0\n",
    ),
    Mutant(
        "ordered-beside-what-is-canceled",
        "An order that is being canceled may still execute: what takes its place waits.",
        PLANNING,
        "    may_submit = is_known and trade.is_settled and _has_room",
        "    may_submit = is_known and _has_room",
    ),
    Mutant(
        "exit-beside-its-stop",
        "An exit and a stop together never sell more than is held.",
        PLANNING,
        "    may_submit = is_known and trade.is_settled and _has_room(trade, position, stops=stops)\n",
        "    may_submit = is_known and trade.is_settled\n",
    ),
    Mutant(
        "working-orders-are-overlooked",
        "What works already is not ordered again.",
        PLANNING,
        "            trade.kept += state.leaves_quantity\n            continue\n",
        "            continue\n",
    ),
    Mutant(
        "stop-is-doubled",
        "Exactly one stop guards a position.",
        PLANNING,
        "        return steps if others or is_refused else [_stop",
        "        return steps if is_refused else [*steps, _stop",
    ),
    Mutant(
        "stop-guards-what-is-being-sold",
        "A stop guards what no exit sells.",
        PLANNING,
        "    guarded = min(abs(position) - exiting, free)\n",
        "    guarded = abs(position)\n",
    ),
    Mutant(
        "stop-is-on-the-wrong-side",
        "A stop closes the position that it guards.",
        PLANNING,
        "    return Side.SELL if position > 0 else Side.BUY\n",
        "    return Side.BUY if position > 0 else Side.SELL\n",
    ),
    Mutant(
        "stop-does-not-follow-the-position",
        "A stop guards all of the position.",
        PLANNING,
        "    return [Replace(client_order_id=state.order.client_order_id, quantity=whole,",
        "    return [][:0] and [Replace(client_order_id=state.order.client_order_id, quantity=whole,",
    ),
    Mutant(
        "position-has-no-stop",
        "A position is guarded by the stop that its signal asked for.",
        PLANNING,
        "        is_refused = target is None or target.is_protection_denied\n",
        "        is_refused = target is not None\n",
    ),
    Mutant(
        "position-is-entered-again-after-its-stop",
        "After its stop was hit a target is not pursued any more.",
        TARGETS,
        "            return msgspec.structs.replace(target, is_stopped_out=True)\n",
        "            return target\n",
    ),
    Mutant(
        "what-is-left-is-guarded-for-the-other-side",
        "The position of a strategy that plays no more keeps the guard that it has.",
        TARGETS,
        "        protective_stop_price=guard,\n        exit_stop_price=None,\n        is_flatten=False,\n",
        "        is_flatten=False,\n",
        theme="strategies come and go, and limits change, between two starts",
    ),
    Mutant(
        "stop-of-before-guards-what-a-bust-leaves",
        "A position of the other side than was held has no stop: the one of before lies on the wrong side.",
        TARGETS,
        "        if self.held is not None and self.held.sign * position < 0:\n            return None\n",
        "",
    ),
    Mutant(
        "end-of-a-canceled-order-denies-the-target",
        "The end of an order that was to be canceled says nothing of the target that took its place.",
        TARGETS,
        "            return target if was_canceling else refused(target, state.order)\n",
        "            return refused(target, state.order)\n",
    ),
    Mutant(
        "decision-is-ordered-twice",
        "One decision is at most one order.",
        "actors/portfolio.py",
        "                    self.submit(strategy_id, symbol, step)\n",
        "                    self.submit(strategy_id, symbol, step)\n"
        "                    if not step.protective and not self.standing.held(strategy_id, symbol):\n"
        "                        self.submit(strategy_id, symbol, step)\n",
    ),
    Mutant(
        "tightened-limits-are-not-applied",
        "Limits that were tightened between two starts are those that orders are judged by.",
        "ops/live_config.py",
        "    for name, limits in plan.limits_tightened.items():\n        engine.command",
        "    for name, limits in ():\n        engine.command",
    ),
    Mutant(
        "changes-count-as-applied-before-they-are-durable",
        "A change of the configuration that a kill has undone is made again by the next start.",
        "ops/running.py",
        "    engine.committer.flush()\n",
        "",
        theme="limits change, and the process dies at its start",
    ),
    Mutant(
        "exposure-has-no-limit",
        "All positions together are worth no more than the limit.",
        CONTROLS,
        '"gross_exposure", worth, most',
        '"gross_exposure", worth and ZERO, most',
    ),
    Mutant(
        "price-collar-is-open",
        "A limit price lies near the market.",
        CONTROLS,
        "    if away <= most * case.price:\n",
        "    if away >= ZERO:\n",
    ),
    Mutant(
        "the-same-again-is-no-duplicate",
        "The same order again, within the window, is denied.",
        CONTROLS,
        "            sent.time_ns > after_ns\n",
        "            sent.time_ns > context.now_ns\n",
    ),
    Mutant(
        "cash-floor-is-ignored",
        "So much cash is left after each purchase.",
        CONTROLS,
        "    if left >= limits.min_cash:\n",
        "    if left >= ZERO:\n",
    ),
    Mutant(
        "order-is-any-part-of-equity",
        "No order is worth more than its part of the equity.",
        CONTROLS,
        '"order_value_fraction", case.value, most',
        '"order_value_fraction", case.value and ZERO, most',
    ),
    Mutant(
        "old-price-is-good-enough",
        "Nothing is opened by a price that is too old.",
        CONTROLS,
        "<= age_ns <= oldest_ns and context.price_time_ns > 0:",
        "<= age_ns and context.price_time_ns > 0:",
    ),
)
