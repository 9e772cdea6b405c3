"""How far a drill has come is told once a place has been dealt with, not before."""

from __future__ import annotations

from ops.drill.process.progress import counted


def test_each_place_that_is_done_is_told_with_how_many_there_are() -> None:
    heard: list[str] = []

    for place in counted(["a", "b"], lambda done, of: heard.append(f"{done} of {of}")):
        heard.append(place)

    assert heard == ["a", "1 of 2", "b", "2 of 2"]


def test_nobody_needs_to_listen() -> None:
    assert list(counted([7, 8], None)) == [7, 8]
