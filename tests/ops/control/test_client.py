"""A client where no good engine answers: none, one that hangs, one that dies, one of another version."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ops.control.client import ControlClient
from ops.control.commands import Halt
from ops.control.wire import socket_address
from ops.errors import ControlRefused, EngineNotAnswering, EngineNotRunning, exit_code
from tests.ops.control._desk import STATUS, FixedDesk, served

WAIT_SECONDS = 10.0


@contextmanager
def answered_by(
    data_dir: Path, answer: Callable[[socket.socket], None], *, reads_bytes: int = 65_536
) -> Iterator[None]:
    """A listener that lets one caller in, reads its request, answers as told and hangs up.

    What is left unread makes the kernel reset the connection.
    """
    with socket.socket(socket.AF_UNIX) as listener:
        with socket_address(data_dir) as address:
            listener.bind(address)
        listener.listen()
        listener.settimeout(WAIT_SECONDS)

        def serve() -> None:
            connected, _ = listener.accept()
            with connected:
                connected.settimeout(WAIT_SECONDS)
                connected.recv(reads_bytes)
                answer(connected)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield
        finally:
            thread.join(WAIT_SECONDS)


def sends(text: bytes) -> Callable[[socket.socket], None]:
    return lambda connected: connected.sendall(text)


def test_without_an_engine_the_way_to_start_one_is_told(tmp_path: Path) -> None:
    text = f"no engine runs on {tmp_path}. Start one: understudy run --data-dir {tmp_path}"

    with ControlClient(tmp_path) as client, pytest.raises(EngineNotRunning) as told:
        client.status()

    assert (str(told.value), exit_code(told.value)) == (text, 1)


def test_a_data_directory_that_does_not_exist_has_no_engine(tmp_path: Path) -> None:
    with ControlClient(tmp_path / "none") as client, pytest.raises(EngineNotRunning):
        client.events()


def test_an_engine_that_hangs_is_waited_for_only_so_long(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as hung:
        with socket_address(tmp_path) as address:
            hung.bind(address)
        hung.listen()

        with (
            ControlClient(tmp_path, timeout_seconds=0.05) as client,
            pytest.raises(EngineNotAnswering, match=r"gave no answer within 0\.05 s"),
        ):
            client.status()


def test_an_engine_that_dies_over_a_command_leaves_its_outcome_open(tmp_path: Path) -> None:
    with (
        answered_by(tmp_path, sends(b"HTTP/1.1 200 OK\r\nContent-Le")),
        ControlClient(tmp_path) as client,
        pytest.raises(EngineNotAnswering, match=r"went away .* carried out is not known"),
    ):
        client.do(Halt())


def test_an_engine_that_dies_in_the_middle_of_its_answer_has_gone_away(tmp_path: Path) -> None:
    part = sends(b'HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n{"seq":')

    with (
        answered_by(tmp_path, part, reads_bytes=1),
        ControlClient(tmp_path) as client,
        pytest.raises(EngineNotAnswering, match=r"went away before it had answered"),
    ):
        client.status()


def test_an_answer_of_another_version_is_told_as_such(tmp_path: Path) -> None:
    answer = sends(b'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"seq":1}')

    with (
        answered_by(tmp_path, answer),
        ControlClient(tmp_path) as client,
        pytest.raises(ControlRefused, match="answers what this program does not understand"),
    ):
        client.status()


def test_a_client_goes_on_with_the_engine_that_replaced_the_one_before(tmp_path: Path) -> None:
    with ControlClient(tmp_path) as client:
        for _ in range(2):
            with served(FixedDesk(), tmp_path):
                assert client.status() == STATUS
