"""How a command, the view or the dashboard talks to a running engine: plain calls over its control socket.

Only the standard library and msgspec, so that a command starts fast. One connection is kept between calls; a
stream of events has one of its own.
"""

from __future__ import annotations

import select
import socket
from collections.abc import Iterator, Sequence
from contextlib import suppress
from http.client import HTTPConnection, HTTPException, HTTPResponse, IncompleteRead
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar
from urllib.parse import urlencode

import msgspec

from ops.control.answers import ActorDetail, ActorLine, CommandDone, DeadLetterLine, Refused, Status, View
from ops.control.commands import Command
from ops.control.wire import HEARTBEAT_SECONDS, HEARTBEAT_TYPE, socket_address, socket_path
from ops.errors import ControlRefused, EngineNotAnswering, EngineNotRunning

SILENCE_SECONDS = 3 * HEARTBEAT_SECONDS
"""A stream of events that says nothing for so long is one of a dead engine."""

_OK = 200
_UNAVAILABLE = 503

_A = TypeVar("_A")


class ControlClient:
    """Asks and steers the engine that runs on a data directory.

    Every call raises EngineNotRunning if there is none, EngineNotAnswering if it does not answer within
    `timeout_seconds`, and ControlRefused with the engine's own words if it says no. For one thread at a time,
    but `close` may come from another one, and ends the streams of events.
    """

    def __init__(self, data_dir: Path, *, timeout_seconds: float = 10.0) -> None:
        self._data_dir = data_dir
        self._timeout_seconds = timeout_seconds
        self._connection = _Connection(data_dir, timeout_seconds)
        self._streams: set[_Connection] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def status(self) -> Status:
        """How the engine is."""
        return self._read("/v1/status", Status)

    def actors(self) -> tuple[ActorLine, ...]:
        """The tree, parents before children."""
        return self._read("/v1/actors", tuple[ActorLine, ...])

    def actor(self, name: str, *, messages: int = 20) -> ActorDetail:
        """One actor from inside, with its last messages."""
        return self._read(f"/v1/actor?{urlencode({'name': name, 'messages': messages})}", ActorDetail)

    def view(self) -> View:
        """All that a screen shows."""
        return self._read("/v1/view", View)

    def dead_letters(self) -> tuple[DeadLetterLine, ...]:
        """The messages that were set aside."""
        return self._read("/v1/dead-letters", tuple[DeadLetterLine, ...])

    def do(self, command: Command) -> CommandDone:
        """Carry out a command; it is durable when this returns.

        A command is never sent twice. If the engine goes away in between, EngineNotAnswering says that it is not
        known whether it was done.
        """
        try:
            return self._ask("POST", "/v1/commands", CommandDone, body=msgspec.json.encode(command))
        except EngineNotAnswering as error:
            raise EngineNotAnswering(
                f"{error} Whether the command was carried out is not known: look before you repeat it."
            ) from error

    def events(
        self, *, types: Sequence[str] = (), symbol: str = "", strategy: str = "", portfolio: str = ""
    ) -> Iterator[dict[str, Any]]:
        """What happens from now on, one record each, as `understudy journal export` writes it but for `time_ns`.

        That is the message's own, and 0 where it has none. The stream ends when the engine goes away, and raises
        EngineNotAnswering when that has fallen silent. What came too fast to be told is a record
        `{"type": "EventsDropped", "count": n}`.
        """
        wanted = [("type", name) for name in types]
        wanted += [(k, v) for k, v in (("symbol", symbol), ("strategy", strategy), ("portfolio", portfolio)) if v]
        connection = _Connection(self._data_dir, SILENCE_SECONDS)
        self._streams.add(connection)
        try:
            response = self._respond(connection, "GET", f"/v1/events?{urlencode(wanted)}", body=None)
            if response.status != _OK:
                raise self._refusal(response.status, response.read())
        except BaseException:
            self._end(connection)
            raise
        return self._records(connection, response)

    def close(self) -> None:
        """Let go of all connections; running streams of events end."""
        self._connection.close()
        for stream in list(self._streams):
            stream.interrupt()

    def _read(self, path: str, answer: type[_A]) -> _A:
        return self._ask("GET", path, answer, body=None)

    def _ask(self, method: str, path: str, answer: type[_A], *, body: bytes | None) -> _A:
        self._connection.drop_if_stale()
        try:
            response = self._respond(self._connection, method, path, body=body)
            if response.length is None:  # every answer tells its length: this one was cut short in its head
                raise IncompleteRead(b"")
            told = response.read()
        except (HTTPException, ConnectionError) as error:
            self._connection.close()
            raise self._went_away() from error
        except OSError as error:
            self._connection.close()
            raise self._silent(self._timeout_seconds) from error
        except BaseException:
            self._connection.close()  # an answer that nobody reads must not be taken for that of the next question
            raise
        if response.status != _OK:
            raise self._refusal(response.status, told)
        return self._decoded(told, answer)

    def _respond(self, connection: _Connection, method: str, path: str, *, body: bytes | None) -> HTTPResponse:
        headers = {} if body is None else {"Content-Type": "application/json"}
        try:
            if connection.sock is None:
                self._connect(connection)
            connection.request(method, path, body=body, headers=headers)
            return connection.getresponse()
        except TimeoutError as error:
            raise self._silent(connection.timeout or self._timeout_seconds) from error
        except (HTTPException, ConnectionError) as error:
            raise self._went_away() from error

    def _connect(self, connection: _Connection) -> None:
        try:
            connection.connect()
        except BlockingIOError as error:  # as many wait to be let in as the engine allows
            raise self._silent(0.0) from error
        except (FileNotFoundError, NotADirectoryError, ConnectionRefusedError) as error:
            raise EngineNotRunning(
                f"no engine runs on {self._data_dir}. Start one: understudy run --data-dir {self._data_dir}"
            ) from error
        except PermissionError as error:
            raise ControlRefused(
                f"{socket_path(self._data_dir)} belongs to another user. Ask as the user that the engine runs as."
            ) from error

    def _records(self, connection: _Connection, response: HTTPResponse) -> Iterator[dict[str, Any]]:
        try:
            while True:
                try:
                    line = response.readline()
                except TimeoutError as error:
                    raise self._silent(SILENCE_SECONDS) from error
                except (HTTPException, OSError, ValueError):  # ValueError: closed by another thread
                    return
                if not line.endswith(b"\n"):
                    return
                record = self._decoded(line, dict[str, Any])
                if record.get("type") != HEARTBEAT_TYPE:
                    yield record
        finally:
            response.close()
            self._end(connection)

    def _end(self, stream: _Connection) -> None:
        self._streams.discard(stream)
        stream.close()

    def _decoded(self, told: bytes, answer: type[_A]) -> _A:
        try:
            return msgspec.json.decode(told, type=answer)
        except msgspec.DecodeError as error:
            raise ControlRefused(
                f"the engine on {self._data_dir} answers what this program does not understand ({error}). "
                "Use the same version for both."
            ) from error

    def _refusal(self, status: int, told: bytes) -> ControlRefused | EngineNotAnswering:
        refused = self._decoded(told, Refused)
        if status == _UNAVAILABLE:
            return EngineNotAnswering(refused.error)
        return ControlRefused(refused.error, exit_code=refused.exit_code)

    def _silent(self, seconds: float) -> EngineNotAnswering:
        return EngineNotAnswering(
            f"the engine on {self._data_dir} gave no answer within {seconds:g} s. "
            "Ask again: an engine that hangs is replaced by its guardian."
        )

    def _went_away(self) -> EngineNotAnswering:
        return EngineNotAnswering(f"the engine on {self._data_dir} went away before it had answered. Ask again.")


class _Connection(HTTPConnection):
    """HTTP over the control socket of a data directory."""

    def __init__(self, data_dir: Path, timeout_seconds: float) -> None:
        super().__init__("localhost", timeout=timeout_seconds)
        self._data_dir = data_dir
        self._connected: socket.socket | None = None  # HTTPConnection forgets its own once a last response begins

    def connect(self) -> None:
        connected = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connected.settimeout(self.timeout)
        try:
            with socket_address(self._data_dir) as address:
                connected.connect(address)
        except BaseException:
            connected.close()
            raise
        self.sock = self._connected = connected

    def drop_if_stale(self) -> None:
        """Close a kept connection that the engine has ended: then nothing of the next request has been sent."""
        if self.sock is not None and select.select([self.sock], [], [], 0)[0]:
            self.close()

    def interrupt(self) -> None:
        """End the connection under a thread that reads from it."""
        if self._connected is not None:
            with suppress(OSError):  # it has ended already
                self._connected.shutdown(socket.SHUT_RDWR)
