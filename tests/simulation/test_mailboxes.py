"""What a simulation looks for in the mail of actors that may not run."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import pytest

from actors.kernel import Kernel
from actors.kernel.actor import Actor
from actors.kernel.mailbox import HeldMailbox, Mailbox
from actors.names import ROUTER
from messages import AnyMessage, HaltTrading, Symbol, Told, encode
from ops.drill.simulation.mailboxes import NARROW_MAILBOX, Mailboxes
from tests.messages._samples import FILL, QUOTE

OTHER = msgspec.structs.replace(QUOTE, symbol=Symbol("OTHER"))
HALT = HaltTrading(1, "stop")


class Looked:
    """Mailboxes of one actor, and what was said of them."""

    def __init__(self, kernel: Kernel, name: str = "strategy/s1") -> None:
        self.broken: list[str] = []
        self.mailboxes = Mailboxes(lambda number, _: self.broken.append(number), are_narrow=True)
        self.actor = Actor(kernel, name)

    def look(self, mail: Mailbox) -> None:
        self.actor.mailbox = mail
        self.mailboxes.look([self.actor])


@pytest.mark.parametrize(
    ("mail", "rules"),
    [
        ([QUOTE, QUOTE], []),
        ([QUOTE, QUOTE, OTHER], []),
        ([QUOTE, FILL, QUOTE], []),
        ([FILL, QUOTE, QUOTE], ["I13"]),
        ([FILL, QUOTE, OTHER, FILL, QUOTE], ["I13"]),
        ([FILL, FILL, FILL, FILL], []),
        ([HALT, FILL, QUOTE, QUOTE], ["I13"]),
        ([HALT, QUOTE, QUOTE], []),
    ],
    ids=str,
)
def test_market_data_in_a_full_mailbox_gives_way_to_newer(mail: Sequence[AnyMessage], rules: list[str]) -> None:
    looked = Looked(Kernel())

    looked.look(HeldMailbox(mail))

    assert NARROW_MAILBOX == 2
    assert looked.broken == rules


def test_what_was_the_head_and_is_no_more_may_wait_beside_one_of_its_kind() -> None:
    looked = Looked(Kernel())
    looked.look(HeldMailbox([QUOTE, FILL, QUOTE]))
    looked.look(HeldMailbox([HALT, FILL, QUOTE, QUOTE]))
    looked.look(HeldMailbox([FILL, QUOTE, QUOTE]))
    assert looked.broken == []

    looked.look(HeldMailbox([FILL, QUOTE, QUOTE, QUOTE]))
    assert looked.broken == ["I13"]


def test_the_mail_of_who_runs_is_not_looked_at_nor_that_of_the_router() -> None:
    kernel = Kernel()
    runs, router = Looked(kernel), Looked(kernel, ROUTER)

    runs.look(Mailbox([FILL, QUOTE, QUOTE]))
    router.look(HeldMailbox([FILL, QUOTE, QUOTE]))

    assert runs.broken == router.broken == []


def test_market_data_that_a_person_gives_once_more_waits_whatever_else_does() -> None:
    looked = Looked(Kernel())
    looked.mailboxes.see_command(Told("strategy/s1", encode(QUOTE)))

    looked.look(HeldMailbox([FILL, QUOTE, QUOTE]))

    assert looked.broken == []


def test_what_is_told_of_orders_waits_until_its_actor_runs() -> None:
    looked, mail = Looked(Kernel()), HeldMailbox([FILL, QUOTE])
    looked.look(mail)
    mail.append(FILL)
    del mail[1]
    looked.look(mail)
    looked.look(Mailbox())
    assert looked.broken == []

    looked.look(mail)
    mail.clear()
    looked.look(mail)
    assert looked.broken == ["I13", "I13"]
