"""How programs end, as a drill sees it: by what they say, and by their code."""

from __future__ import annotations

import sys

import pytest

from ops.drill.process.endings import FAULTY, Ending, ending_of


@pytest.mark.parametrize(
    ("program", "ending"),
    [
        ("pass", Ending.WENT_ON),
        ("import sys; print('an odd thing', file=sys.stderr)", Ending.WENT_ON),
        ("import sys; sys.exit('Error: the disk is full.')", Ending.ONE_LINE),
        ("import sys; print('12:00 WARNING odd', file=sys.stderr); sys.exit('Error.')", Ending.ONE_LINE),
        ("import sys; sys.exit('Error.\\nError.')", Ending.OTHERWISE),
        ("import sys; sys.exit(1)", Ending.OTHERWISE),
        ("1 / 0", Ending.TRACEBACK),
        ("import os; os.abort()", Ending.DIED),
        ("import sys; sys.exit(134)", Ending.DIED),
    ],
)
def test_an_ending_is_told_from_the_last_words_and_the_code(program: str, ending: Ending) -> None:
    assert ending_of([sys.executable, "-c", program])[0] is ending


def test_no_failure_excuses_a_traceback_a_hang_or_a_death() -> None:
    assert set(FAULTY) == {Ending.TRACEBACK, Ending.HUNG, Ending.DIED}
