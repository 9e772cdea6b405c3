"""The server as any program of HTTP sees it: statuses, limits, the socket's file, beginning and end."""

from __future__ import annotations

import logging
import os
import socket
import stat
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import msgspec
import pytest

from ops.control.answers import Status
from ops.control.client import ControlClient
from ops.control.handling import BODY_BYTES_MAX
from ops.control.server import ControlServer
from ops.control.wire import socket_address, socket_path
from ops.errors import EngineNotRunning, UsageError
from tests.ops.control._desk import STATUS, FixedDesk, served


class Plain(HTTPConnection):
    """HTTP over the control socket, with nothing of our client in it."""

    def __init__(self, data_dir: Path) -> None:
        super().__init__("localhost", timeout=10)
        self._data_dir = data_dir

    def connect(self) -> None:
        self.sock = connected(self._data_dir)

    def ask(self, method: str, path: str, body: bytes | None = None) -> tuple[int, Any]:
        """The status and the decoded body."""
        self.request(method, path, body=body)
        response = self.getresponse()
        return response.status, msgspec.json.decode(response.read())


def connected(data_dir: Path) -> socket.socket:
    """A bare connection to the control socket."""
    bare = socket.socket(socket.AF_UNIX)
    bare.settimeout(10)
    with socket_address(data_dir) as address:
        bare.connect(address)
    return bare


def status_told(data_dir: Path) -> Status:
    """What a client that comes and goes is told."""
    with ControlClient(data_dir) as client:
        return client.status()


@pytest.fixture
def plain(tmp_path: Path) -> Iterator[Plain]:
    with served(FixedDesk(), tmp_path):
        connection = Plain(tmp_path)
        yield connection
        connection.close()


def refused(error: str) -> dict[str, Any]:
    return {"error": error, "exit_code": 2}


def test_an_unknown_path_is_not_found_and_the_nearest_is_named(plain: Plain) -> None:
    text = '"/v1/statsu" is no path of the control socket; did you mean /v1/status? See GET /v1/schema.'

    assert plain.ask("GET", "/v1/statsu") == (404, refused(text))


def test_a_path_is_asked_by_one_method_only(plain: Plain) -> None:
    assert plain.ask("POST", "/v1/status", b"{}") == (405, refused("/v1/status is asked by GET, not by POST."))
    assert plain.ask("GET", "/v1/commands") == (405, refused("/v1/commands is asked by POST, not by GET."))


def test_a_parameter_that_a_path_does_not_have_is_refused(plain: Plain) -> None:
    assert plain.ask("GET", "/v1/view?verbose=1") == (
        400,
        refused('/v1/view has no parameter "verbose". Leave it out.'),
    )


def test_a_body_that_is_no_command_is_a_bad_request(plain: Plain) -> None:
    assert plain.ask("POST", "/v1/commands", b'{"command": "kill"}') == (
        400,
        refused("kill needs actor, a string of 1 to 200 characters."),
    )


def test_a_body_beyond_the_limit_is_refused_and_the_next_request_is_answered(plain: Plain, tmp_path: Path) -> None:
    status, told = plain.ask("POST", "/v1/commands", b" " * (BODY_BYTES_MAX + 1))

    assert (status, told) == (413, refused("the body is larger than 1048576 bytes. Send one command."))
    assert status_told(tmp_path) == STATUS


def test_an_answer_says_that_it_is_json(plain: Plain) -> None:
    plain.request("GET", "/v1/status")
    response = plain.getresponse()

    assert response.headers["Content-Type"] == "application/json"
    assert msgspec.json.decode(response.read(), type=type(STATUS)) == STATUS


def test_who_does_not_speak_http_is_told_so_and_disturbs_nobody(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO), served(FixedDesk(), tmp_path) as client:
        with connected(tmp_path) as bare:
            bare.sendall(b"\x16\x03\x01 hello\r\n\r\n")
            told = bare.recv(100)

        assert told.startswith(b"HTTP/1.0 400")
        assert client.status() == STATUS
    assert "Traceback" not in caplog.text


def test_who_leaves_before_the_answer_leaves_no_traceback(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO), served(FixedDesk(), tmp_path) as client:
        for request in (
            b"GET /v1/view HTTP/1.1\r\nHost: x\r\n\r\n",
            b"POST /v1/commands HTTP/1.1\r\nHost: x\r\nContent-",
        ):
            with connected(tmp_path) as bare:
                bare.sendall(request)

        assert client.status() == STATUS
    assert caplog.records == []


def test_only_the_owner_can_reach_the_socket(tmp_path: Path) -> None:
    with served(FixedDesk(), tmp_path):
        mode = socket_path(tmp_path).stat().st_mode

    assert stat.S_ISSOCK(mode)
    assert stat.S_IMODE(mode) == 0o600


def test_making_the_socket_changes_no_umask_of_the_process(tmp_path: Path) -> None:
    before = os.umask(0o002)
    try:
        with served(FixedDesk(), tmp_path):
            assert stat.S_IMODE(socket_path(tmp_path).stat().st_mode) == 0o600
            assert os.umask(0o002) == 0o002
    finally:
        os.umask(before)


def test_a_data_directory_with_a_long_path_can_be_asked(tmp_path: Path) -> None:
    data_dir = tmp_path / ("long" * 30) / ("longer" * 30)
    data_dir.mkdir(parents=True)

    with served(FixedDesk(), data_dir) as client:
        assert client.status() == STATUS


def test_a_socket_that_a_dead_engine_left_behind_is_replaced(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as dead, socket_address(tmp_path) as address:
        dead.bind(address)

    with served(FixedDesk(), tmp_path) as client:
        assert client.status() == STATUS


def test_a_second_server_on_the_same_directory_is_refused_and_the_first_goes_on(tmp_path: Path) -> None:
    with served(FixedDesk(), tmp_path) as client:
        with pytest.raises(UsageError, match=r"control\.sock is answered by another engine\. Stop that one first"):
            ControlServer(FixedDesk(), tmp_path).start()

        assert client.status() == STATUS


def test_a_stopped_server_takes_its_socket_away_and_can_be_followed_by_another(tmp_path: Path) -> None:
    for _ in range(2):
        server = ControlServer(FixedDesk(), tmp_path)
        server.start()
        assert status_told(tmp_path) == STATUS
        server.stop()
        server.stop()

        assert list(tmp_path.iterdir()) == []
        with pytest.raises(EngineNotRunning):
            status_told(tmp_path)


def test_a_server_that_was_never_started_can_be_stopped(tmp_path: Path) -> None:
    ControlServer(FixedDesk(), tmp_path).stop()

    assert list(tmp_path.iterdir()) == []


def test_a_server_whose_thread_fails_says_so_and_leaves_no_socket(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    server = ControlServer(object(), tmp_path)  # type: ignore[arg-type]  # the mistake that is to be seen
    server.start()
    server.stop()

    assert [record.getMessage() for record in caplog.records] == [f"control socket failed data_dir={tmp_path}"]
    assert list(tmp_path.iterdir()) == []
