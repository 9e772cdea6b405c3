"""What stands in the cells of a table."""

from __future__ import annotations

import pytest

from ops.tui import figures
from ops.tui.history import History
from ops.tui.rows import ACTORS, actor_rows
from tests.ops.tui._views import view_at, with_actor

MAIL = [column.title for column in ACTORS].index("mail")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "-"),
        (0.00000001234, "1.234e-08"),
        (0.00001234, "1.234e-05"),
        (0.0001234, "0.0001234"),
        (0.5, "0.5000"),
        (1.0832, "1.0832"),
        (2.0, "2.000"),
        (19.999, "19.999"),
        (20.0, "20.00"),
        (123456.789, "123,456.79"),
    ],
)
def test_a_price_shows_four_digits_however_small_it_is(value: float, text: str) -> None:
    assert figures.price(value) == text


@pytest.mark.parametrize(("waiting", "text"), [(0, ""), (3, "3")])
def test_mail_is_what_waits_and_not_what_was_thrown_away(waiting: int, text: str) -> None:
    view = with_actor(view_at(3), "strategy/cross", mailbox=waiting, undelivered=40)

    (row,) = (row for row in actor_rows(view, History(), 0.0) if row.key == "strategy/cross")

    assert row.cells[MAIL].text == text
