"""Who may ask, and what the kernel says of who does."""

from __future__ import annotations

import os
import socket

import pytest

from ops.control.listening import Peer, may_ask, peer_of
from ops.control.refusals import refusal
from ops.errors import BooksError, ConfigError, ControlRefused, EngineNotAnswering, UsageError


@pytest.mark.parametrize(
    ("peer_uid", "own_uid", "may"),
    [(1000, 1000, True), (0, 1000, True), (0, 0, True), (1001, 1000, False), (1000, 0, False), (-1, 1000, False)],
)
def test_the_same_user_and_root_may_ask_and_nobody_else(peer_uid: int, own_uid: int, may: bool) -> None:
    assert may_ask(peer_uid, own_uid=own_uid) is may


def test_the_kernel_says_who_is_at_the_other_end() -> None:
    here, there = socket.socketpair(socket.AF_UNIX)
    with here, there:
        assert peer_of(here) == Peer(os.getpid(), os.geteuid(), os.getegid())


@pytest.mark.parametrize(
    ("error", "status", "code", "text"),
    [
        (UsageError("a"), 400, 2, "a"),
        (ConfigError("a\n b"), 400, 2, "a b"),
        (BooksError("a"), 409, 1, "a"),
        (ControlRefused("a", exit_code=2), 400, 2, "a"),
        (EngineNotAnswering("a"), 503, 1, "a"),
        (TimeoutError(), 503, 1, "the core is busy and did not come to this in time. Ask again."),
        (OSError("a"), 500, 1, "the engine failed on this: OSError: a. Its log has more."),
        (KeyError("a"), 500, 1, "the engine failed on this: KeyError: 'a'. Its log has more."),
    ],
)
def test_each_error_has_its_status_and_its_exit_code(error: Exception, status: int, code: int, text: str) -> None:
    told_status, refused = refusal(error)

    assert (told_status, refused.exit_code, refused.error) == (status, code, text)
