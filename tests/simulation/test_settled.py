"""What the judge sees of an engine whose actors disagree: of one that has come to rest, and is then changed."""

from __future__ import annotations

from messages import MessageParked, OrderEvent, Symbol, decode
from ops.drill.judge.settled import check_alike
from ops.drill.simulation.simulate import Simulation
from ops.drill.simulation.swarm import draw_swarm
from ops.drill.simulation.themes import theme_called

NOT_FOUND = theme_called("people order by themselves, and it is not found")
SEED_IN_WHICH_THE_ROUTER_ALONE_FAILS = 3310000362


def _play() -> Simulation:
    played = Simulation(draw_swarm(SEED_IN_WHICH_THE_ROUTER_ALONE_FAILS, theme=NOT_FOUND))
    played.run()
    check_alike(played.judge, played.process)
    assert played.judge.violations == []
    return played


def _is_word_of_an_order(letter: MessageParked) -> bool:
    return letter.actor == "router" and isinstance(decode(letter.message), OrderEvent)


def test_what_the_router_fails_at_reaches_the_portfolio_all_the_same() -> None:
    played = _play()
    judge, orders = played.judge, played.process.portfolio.state.orders
    assert any(map(_is_word_of_an_order, judge.set_aside.letters))
    order_id = next(order_id for order_id, each in orders.items() if each.is_accepted)

    orders[order_id].is_accepted = False
    check_alike(judge, played.process)

    assert [each.partition(" is ")[0] for each in judge.violations] == [f"I10: {order_id}"]


def test_no_symbol_is_shut_or_halted_that_nothing_has_happened_in_since_the_last_release() -> None:
    played = _play()
    state = played.process.portfolio.state

    state.shut_symbols[Symbol("QQQ")] = True
    state.halted_symbols[Symbol("QQQ")] = "once"
    check_alike(played.judge, played.process)

    assert played.judge.violations == [
        "C14: trading was released, and QQQ is still halted: once",
        "C14: trading was released, and in QQQ nothing is done any more",
    ]
