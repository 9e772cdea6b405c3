"""What a guardian does when its engine process has ended. Pure functions; standard library only."""

from __future__ import annotations

import signal
from typing import NamedTuple

EXIT_NEEDS_A_PERSON = 3
"""What an engine process says to its guardian: another one would fail alike until a person has looked."""

FRUITLESS_MAX = 10
"""Restarts in a row of engines that get nowhere."""

FIRST_WAIT_SECONDS = 0.1
BUSY_RESTARTS = 60
BUSY_SECONDS = 60.0
BUSY_WAIT_SECONDS = 1.0
"""More restarts than BUSY_RESTARTS within BUSY_SECONDS wait so long each, however well the engines do."""

_NATIVE_DEATHS = {signal.SIGSEGV, signal.SIGBUS, signal.SIGABRT, signal.SIGFPE, signal.SIGILL}


class EngineEnd(NamedTuple):
    """How an engine process ended.

    `code` is its exit code, or minus the number of the signal that ended it. `was_hung`: the guardian killed it,
    for it did not answer. `running` is the strategy whose code ran in that moment, 0 for none: an engine that
    ends in order has none. `got_somewhere`: it traded, and something became durable meanwhile, or time passed.
    """

    code: int
    was_hung: bool = False
    running: int = 0
    got_somewhere: bool = False

    def __str__(self) -> str:
        """As in: the engine process ..."""
        if self.was_hung:
            return "did not answer and was killed"
        if self.code < 0:
            return f"was ended by {signal.Signals(-self.code).name}"
        return f"ended with exit code {self.code}"


class Past(NamedTuple):
    """What there is to know of earlier ends: how many in a row got nowhere, and when there were restarts."""

    fruitless: int = 0
    restarts: tuple[float, ...] = ()


class StartAgain(NamedTuple):
    """Start another engine, so many seconds from now."""

    after_seconds: float
    past: Past


class GiveUp(NamedTuple):
    """End with this exit code; `reason` is for people, and empty where the engine has said it all."""

    exit_code: int
    reason: str = ""


def guilty(end: EngineEnd) -> int:
    """The number of the strategy that the engine hung or died in, 0 for none.

    Not if somebody else ended the process: then a strategy ran by chance.
    """
    killed_by_another = end.code < 0 and -end.code not in _NATIVE_DEATHS and not end.was_hung
    return 0 if killed_by_another else end.running


def judge_end(end: EngineEnd, past: Past, *, now_seconds: float) -> StartAgain | GiveUp:
    """Start another, and when; or give up.

    At once if the engine got somewhere. Else the first again at once, then after 0.1 s, 0.2 s and so on, and no
    more after FRUITLESS_MAX of these.
    """
    if not guilty(end) and (final := _FINAL.get(end.code)) is not None:
        return final
    if end.got_somewhere:
        recent = tuple(at for at in past.restarts if now_seconds - at < BUSY_SECONDS)
        wait = BUSY_WAIT_SECONDS if len(recent) >= BUSY_RESTARTS else 0.0
        return StartAgain(wait, Past(fruitless=0, restarts=(*recent, now_seconds)[-BUSY_RESTARTS:]))
    fruitless = past.fruitless + 1
    if fruitless > FRUITLESS_MAX:
        times = f"{fruitless} times in a row without getting anywhere"
        return GiveUp(1, f"the engine process ended {times}; the last one {end}. It is not started again.")
    wait = FIRST_WAIT_SECONDS * 2 ** (fruitless - 2) if fruitless > 1 else 0.0
    return StartAgain(wait, past._replace(fruitless=fruitless))


_FINAL = {0: GiveUp(0), 2: GiveUp(2), EXIT_NEEDS_A_PERSON: GiveUp(1)}
