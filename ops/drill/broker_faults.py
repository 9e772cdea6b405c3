"""What may go wrong between a practice broker and whoever trades there, as a drill sets it."""

from __future__ import annotations

from enum import Enum

import msgspec


class Fate(Enum):
    """What happens to one request."""

    ANSWERED = "answered"
    NOT_HEARD = "not heard"
    """The request never arrives."""
    ANSWER_LOST = "answer lost"
    """It is carried out, and the connection breaks off before the answer."""
    ANSWER_FAILED = "answer failed"
    """It is carried out, and answered with status 502."""


class Faults(msgspec.Struct, forbid_unknown_fields=True):
    """The next so many orders, cancels and replacements meet each fate, in the order of the fields.

    `answer_delay_seconds` holds back every answer, to questions too. While `is_mute` the stream says nothing at
    all, while `hides_updates` it beats and tells nothing. What is not told is lost.
    """

    requests_not_heard: int = 0
    answers_lost: int = 0
    answers_failed: int = 0
    answer_delay_seconds: float = 0.0
    is_mute: bool = False
    hides_updates: bool = False

    def next_fate(self) -> Fate:
        """The fate of the next order, cancel or replacement; it is used up by asking."""
        if self.requests_not_heard > 0:
            self.requests_not_heard -= 1
            return Fate.NOT_HEARD
        if self.answers_lost > 0:
            self.answers_lost -= 1
            return Fate.ANSWER_LOST
        if self.answers_failed > 0:
            self.answers_failed -= 1
            return Fate.ANSWER_FAILED
        return Fate.ANSWERED
