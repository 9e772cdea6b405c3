"""A real engine on its control socket: what it answers, what it does, and a configuration that changes under it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from actors import PortfolioActor
from actors.kernel import poison_plan
from messages import (
    DeployStrategy,
    HaltTrading,
    Message,
    OrderRequestPriced,
    ReleaseTrading,
    RequestOrder,
    SignalPriced,
)
from ops.config import Config, PortfolioSettings, StrategySettings
from ops.control import commands as c
from ops.control.answers import CommandDone, DeadLetterLine
from ops.control.client import ControlClient
from ops.control.core_access import CoreAccess
from ops.control.lines import status_line
from ops.engine import Engine
from ops.errors import ControlRefused
from ops.export import records
from ops.monitor import Monitor
from ops.replaying import replay_run
from ops.running import run_engine
from ops.serving import served
from rules.limits import RiskLimits
from storage import DataDirectoryView
from tests.simulated_runs import CROSS_FILE, config_of

SECONDS = 20.0


def config(limits: RiskLimits | None = None, **more: StrategySettings) -> Config:
    """One strategy from a file with half of the cash, and others."""
    cross = StrategySettings(use=str(CROSS_FILE), capital=Decimal("0.5"))
    return config_of(limits, cross=cross, **more)


def paced_config() -> Config:
    """The same on a market that goes on while the test does, a minute in each second."""
    found = config()
    return msgspec.structs.replace(found, source=msgspec.structs.replace(found.source, speed=60.0))


@dataclass
class Asked:
    """What a person does on a thread of his own while the engine has the main one; the engine is stopped after."""

    act: Callable[[ControlClient, Engine], Any]
    answers: list[Any] = field(default_factory=list)

    @contextmanager
    def serve(self, engine: Engine) -> Iterator[None]:
        """As `served`, with the person at the socket."""
        with served(engine):
            person = threading.Thread(target=self._run, args=(engine,), daemon=True)
            person.start()
            yield
            person.join(SECONDS)

    def _run(self, engine: Engine) -> None:
        try:
            with ControlClient(engine.directory.path, timeout_seconds=SECONDS) as client:
                self.answers.append(self.act(client, engine))
        except Exception as error:  # noqa: BLE001  # told to the test
            self.answers.append(error)
        finally:
            engine.stop("the test is done")


def ask(
    path: Path,
    act: Callable[[ControlClient, Engine], Any],
    settings: Config | None = None,
    *,
    changed: Config | None = None,
) -> Any:
    """What `act` returns; raises what it raises. `changed` is the configuration that a reload finds."""
    found = changed or config(RiskLimits(max_position_fraction=Decimal("0.2"), min_cash=Decimal(-5)), extra=EXTRA)
    asked = Asked(act)
    run_engine(
        settings or config(),
        data_dir=path,
        exit_at_end=False,
        serve=asked.serve,
        reread=lambda: found,
    )
    if isinstance(asked.answers[0], Exception):
        raise asked.answers[0]
    return asked.answers[0]


EXTRA = StrategySettings(use="mean_reversion", symbols=("SIM.A",), capital=Decimal("0.2"))


def ended(client: ControlClient) -> None:
    """Wait until all of the market has been traded: what is asked then has one answer."""
    while not client.status().source_ended:
        pass


def test_a_view_shows_one_moment_in_which_engine_and_venue_agree(tmp_path: Path) -> None:
    def act(client: ControlClient, _: Engine) -> Any:
        ended(client)
        return client.view()

    view = ask(tmp_path, act)

    (portfolio,) = view.portfolios
    held: dict[str, Decimal] = {}
    for position in portfolio.positions:
        held[position.symbol] = held.get(position.symbol, Decimal(0)) + position.quantity
    assert portfolio.cash == portfolio.venue_cash
    assert {k: v for k, v in held.items() if v} == {k: v for k, v in portfolio.venue_positions.items() if v}
    assert [each.strategy_id for each in view.strategies] == ["cross"]
    assert view.fills
    assert view.orders
    assert view.status.state == "idle"
    assert {each.name for each in view.actors} >= {"root", "router", "strategy/cross", "portfolio/main"}


def test_the_state_is_told_while_the_journal_is_mapped_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage._day_file._REMAP_BYTES", 1)

    def act(_: ControlClient, engine: Engine) -> int:
        monitor = Monitor(engine)
        told = [status_line(engine, monitor).journal_bytes]
        while not engine.source_ended:
            told.append(status_line(engine, monitor).journal_bytes)
        return len(told)

    assert ask(tmp_path, act) > 1


STEPS: tuple[tuple[c.Command, str], ...] = (
    (c.Halt(reason="lunch"), "trading is halted"),
    (c.Release(), "trading is released"),
    (c.Pause(strategy="cross"), "strategy cross is paused"),
    (c.Resume(strategy="cross"), "strategy cross is listened to again"),
    (c.Kill(actor="strategy/cross"), "strategy/cross crashed, as asked, and was rebuilt"),
    (c.TakeCheckpoint(), "a checkpoint stands behind input"),
    (
        c.Deploy(use="breakout", strategy="late", symbols=("SIM.B",), capital=Decimal("0.1")),
        "strategy late (breakout)",
    ),
    (c.Undeploy(strategy="late"), "strategy late is out of the game"),
)


def test_every_command_is_durable_when_it_is_answered_and_the_run_replays(tmp_path: Path) -> None:
    def act(client: ControlClient, engine: Engine) -> list[tuple[CommandDone, int]]:
        return [(client.do(command), engine.page.durable_seq) for command, _ in STEPS]

    answers = ask(tmp_path, act)

    for (done, durable_seq), (_, text) in zip(answers, STEPS, strict=True):
        assert done.text.startswith(text)
        assert durable_seq >= done.seq
    assert replay_run(tmp_path).effects > 0


def test_the_records_of_a_command_are_those_that_the_journal_exports_while_the_core_goes_on(tmp_path: Path) -> None:
    async def many(engine: Engine) -> list[CommandDone]:
        access = CoreAccess(engine)
        return await asyncio.gather(
            *(access.command(lambda now_ns: ReleaseTrading(now_ns, ""), done="") for _ in range(20))
        )

    def act(client: ControlClient, engine: Engine) -> list[CommandDone]:
        while not engine.source_position:
            client.status()
        return asyncio.run(many(engine))

    answers = ask(tmp_path, act, paced_config())

    with DataDirectoryView(tmp_path) as view:
        exported = [each for turn in view.journal.read(0) for each in records(turn)]
    for done in answers:
        assert [*done.records] == [each for each in exported if each["seq"] == done.seq]


@pytest.mark.parametrize(
    ("command", "text", "exit_code"),
    [
        (c.Kill(actor="strategy/corss"), "there is no actor strategy/corss. Did you mean strategy/cross?", 2),
        (c.Kill(actor="corss"), "there is no actor corss. Did you mean strategy/cross?", 2),
        (c.Resume(strategy="cross"), "strategy cross is not paused", 2),
        (c.Deploy(use="mine.py", strategy="x"), "nor an absolute path", 2),
        (c.Deploy(use="breakout", strategy="late", symbols=("SIM.Q",)), "SIM.Q", 2),
        (c.Deploy(use="breakout", strategy="late", symbols=("SIM.A",)), "is not allocated yet", 2),
        (c.Deploy(use="breakout", strategy="manual", symbols=("SIM.A",)), "name of what a person orders", 2),
        (c.Deploy(use="breakout", strategy="late.r"), 'is "late.r"; it must be 1 to 24 letters', 2),
        (c.Deploy(use="breakout", strategy="l" * 25), "it must be 1 to 24 letters, digits, _ or -", 2),
        (c.Deploy(use="breakout", strategy="late", symbols=("SIM.A", "SIM.A")), 'names "SIM.A" twice', 2),
        (c.Deploy(use="breakout", strategy="late", capital=Decimal(2)), "late.capital is 2; it must be above 0", 2),
        (c.PlaceOrder(symbol="SIM.A", side="sell", quantity=Decimal(5)), "denied: ", 1),
        (c.PlaceOrder(symbol="SIM.A", side="buy", quantity=Decimal(-5)), "quantity is -5", 2),
        (
            c.PlaceOrder(symbol="SIM.A", side="buy", quantity=Decimal(1), order_type="limit"),
            "a limit order needs a limit price. Give it with --limit-price.",
            2,
        ),
        (
            c.PlaceOrder(
                symbol="SIM.A", side="buy", quantity=Decimal(1), order_type="limit", limit_price=Decimal(0)
            ),
            "limit_price is 0; it must be a number above zero.",
            2,
        ),
        (
            c.SendSignal(strategy="cross", symbol="SIM.A", quantity=1, limit_price=-3.0),
            "limit_price of the signal is -3; it must be above zero. Leave it out for none.",
            2,
        ),
        (c.SendSignal(strategy="cross", symbol="SIM.A"), "a weight or a quantity", 2),
        (c.Cancel(order="cross-99999"), "there is no open order cross-99999", 2),
        (c.Close(strategy="nobody"), "strategy nobody holds nothing", 2),
        (c.Accept(portfolio="nobody"), "there is no portfolio nobody", 2),
        (c.Accept(), "books and venue do not differ. Nothing was changed.", 1),
        (c.ReloadStrategy(strategy="nobody"), "there is no strategy nobody", 2),
        (c.DropDeadLetter(seq=5, actor="router"), "no message of input 5 for router was set aside", 2),
    ],
)
def test_a_command_that_cannot_be_is_refused_in_one_line_and_changes_nothing(
    command: c.Command, text: str, exit_code: int, tmp_path: Path
) -> None:
    def act(client: ControlClient, engine: Engine) -> tuple[str, int]:
        ended(client)
        with pytest.raises(ControlRefused) as refused:
            client.do(command)
        return str(refused.value), refused.value.exit_code

    said, code = ask(tmp_path, act)

    assert text in said
    assert "\n" not in said
    assert code == exit_code


SET_ASIDE: tuple[tuple[str, c.Command, type[Message]], ...] = (
    ("portfolio/main", c.PlaceOrder(symbol="SIM.A", side="buy", quantity=Decimal(7)), OrderRequestPriced),
    ("symbol/SIM.A", c.PlaceOrder(symbol="SIM.A", side="buy", quantity=Decimal(7)), RequestOrder),
    ("portfolio/main", c.SendSignal(strategy="cross", symbol="SIM.B", quantity=5), SignalPriced),
    ("portfolio/main", c.Deploy(use="breakout", strategy="late", capital=Decimal("0.1")), DeployStrategy),
    ("portfolio/main", c.Halt(flatten=True), HaltTrading),
)


@pytest.mark.parametrize(("actor", "command", "kind"), SET_ASIDE)
def test_a_command_that_is_set_aside_has_failed_and_its_dead_letter_is_named(
    actor: str, command: c.Command, kind: type[Message], tmp_path: Path
) -> None:
    def act(client: ControlClient, engine: Engine) -> tuple[str, int, str]:
        engine.kernel.outside.call(lambda: poison_plan(engine.kernel.actors[actor], kind=kind)).result()
        with pytest.raises(ControlRefused) as refused:
            client.do(command)
        (letter,) = client.dead_letters()
        return str(refused.value), refused.value.exit_code, f"{letter.seq} {letter.actor}"

    said, code, letter = ask(tmp_path, act, paced_config())

    assert said == (
        f"{kind.__name__} was set aside by {actor}, which failed at it: understudy dead-letters show {letter}"
    )
    assert code == 1


def test_a_dead_letter_that_fails_again_is_not_told_as_done_and_is_one_still(tmp_path: Path) -> None:
    def act(client: ControlClient, engine: Engine) -> tuple[str, list[int], str, list[DeadLetterLine]]:
        actor = engine.kernel.actors["portfolio/main"]
        engine.kernel.outside.call(lambda: poison_plan(actor, messages=2, kind=OrderRequestPriced)).result()
        with pytest.raises(ControlRefused):
            client.do(c.PlaceOrder(symbol="SIM.A", side="buy", quantity=Decimal(7)))
        (first,) = client.dead_letters()
        with pytest.raises(ControlRefused) as refused:
            client.do(c.RetryDeadLetter(seq=first.seq, actor=first.actor))
        (second,) = client.dead_letters()
        done = client.do(c.RetryDeadLetter(seq=second.seq, actor=second.actor))
        return str(refused.value), [first.seq, second.seq], done.text, list(client.dead_letters())

    said, (first, second), text, left = ask(tmp_path, act, paced_config())

    assert first < second
    assert said == (
        "OrderRequestPriced was set aside by portfolio/main, which failed at it: "
        f"understudy dead-letters show {second} portfolio/main"
    )
    assert text == "told to portfolio/main again"
    assert left == []


def test_a_command_that_holds_although_an_actor_fails_at_it_is_done_with_a_note(tmp_path: Path) -> None:
    def act(client: ControlClient, engine: Engine) -> tuple[CommandDone, dict[str, str]]:
        actor = engine.kernel.actors["portfolio/main"]
        engine.kernel.outside.call(lambda: poison_plan(actor, kind=HaltTrading)).result()
        return client.do(c.Halt(reason="lunch")), client.status().halted

    done, halted = ask(tmp_path, act, paced_config())

    assert done.notes[0].startswith("it holds all the same, but HaltTrading was set aside by portfolio/main")
    assert halted == {"main": "lunch"}


def test_an_order_that_waits_for_an_actor_which_has_failed_is_not_told_as_done(tmp_path: Path) -> None:
    def act(client: ControlClient, engine: Engine) -> str:
        ended(client)  # time stands still then, and with it the pause before the last try
        client.do(c.Kill(actor="portfolio/main", how="poison"))
        with pytest.raises(ControlRefused) as refused:
            client.do(c.PlaceOrder(symbol="SIM.A", side="buy", quantity=Decimal(7)))
        return str(refused.value)

    assert ask(tmp_path, act) == (
        "OrderRequestPriced waits for portfolio/main, which has failed and may yet carry it out. "
        "Look before you repeat it: understudy inspect portfolio/main"
    )


def test_a_halt_that_gives_no_reason_keeps_that_of_the_one_before(tmp_path: Path) -> None:
    def act(client: ControlClient, _: Engine) -> list[dict[str, str]]:
        halted = []
        for command in (c.Halt(reason="lunch"), c.Halt(), c.Halt(reason="news"), c.Release(), c.Halt()):
            client.do(command)
            halted.append(client.status().halted)
        return halted

    told = [each.get("main") for each in ask(tmp_path, act)]

    assert told == ["lunch", "lunch", "news", None, "a person halted trading"]


def test_what_keeps_entries_back_without_a_halt_is_no_reason_of_one(tmp_path: Path) -> None:
    def act(client: ControlClient, engine: Engine) -> dict[str, str]:
        portfolio = engine.kernel.actors["portfolio/main"]
        assert isinstance(portfolio, PortfolioActor)
        portfolio.state.entries_blocked = "the books have 3 SIM.A and the venue 4"
        client.do(c.Halt())
        return client.status().halted

    assert ask(tmp_path, act) == {"main": "a person halted trading"}


def test_what_tightens_applies_at_once_and_what_loosens_once_it_is_confirmed(tmp_path: Path) -> None:
    def act(client: ControlClient, engine: Engine) -> Any:
        first = client.do(c.ReloadConfig())
        limits = client.view().portfolios[0].limits
        second = client.do(c.ReloadConfig(confirm=True))
        return first, limits, second, client.view()

    first, limits, second, view = ask(tmp_path, act)

    assert (limits["max_position_fraction"], limits["min_cash"]) == ("0.2", "0")
    assert "waits for `understudy reload --confirm`" in " ".join(first.notes)
    assert view.portfolios[0].limits["min_cash"] == "-5"
    assert "portfolio main is judged by its new limits" in second.text
    assert [each.strategy_id for each in view.strategies] == ["cross", "extra"]


def test_a_strategy_that_a_reload_could_not_take_out_is_taken_out_by_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ops.control.core_access.CORE_SECONDS", 0.1)

    def act(client: ControlClient, engine: Engine) -> Any:
        is_over = threading.Event()
        held = engine.kernel.outside.call(lambda: is_over.wait(SECONDS))
        first = client.do(c.ReloadConfig())
        is_over.set()
        held.result()
        applied = [*engine.config.strategies]
        monkeypatch.undo()
        return first, applied, client.do(c.ReloadConfig()), [*engine.config.strategies]

    first, applied, second, applied_then = ask(tmp_path, act, config(extra=EXTRA), changed=config())

    assert "the core has not come to the end of a turn" in first.notes[0]
    assert sorted(applied) == ["cross", "extra"]
    assert second.text.startswith("strategy extra is out of the game")
    assert applied_then == ["cross"]


def test_a_start_takes_what_can_change_live_and_a_later_one_finds_nothing_new(tmp_path: Path) -> None:
    tighter = config(RiskLimits(max_position_fraction=Decimal("0.2")), extra=EXTRA)
    ask(tmp_path, lambda client, _: ended(client))

    def act(client: ControlClient, engine: Engine) -> Any:
        return client.view(), engine.kernel.seq

    changed, seq = ask(tmp_path, act, tighter)
    again, seq_again = ask(tmp_path, act, tighter)

    for view in (changed, again):
        assert view.portfolios[0].limits["max_position_fraction"] == "0.2"
        assert [each.strategy_id for each in view.strategies] == ["cross", "extra"]
    assert seq_again == seq
    assert replay_run(tmp_path).last_seq == seq


def test_what_a_data_directory_is_bound_to_is_refused_at_a_start(tmp_path: Path) -> None:
    ask(tmp_path, lambda client, _: ended(client))
    richer = msgspec.structs.replace(config(), portfolios={"main": PortfolioSettings(cash=Decimal(5))})

    with pytest.raises(Exception, match=r"begun with another configuration: .*portfolio.main.cash"):
        ask(tmp_path, lambda client, _: ended(client), richer)
