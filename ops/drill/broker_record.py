"""Every call that a practice broker was given, kept in a file: given again, they make the same broker again.

A line is `["request", now_ns, [method, path, body, query]]` or `["quote", now_ns, {...}]`. A last line that was cut
off is dropped: nobody had its answer yet.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from ops.drill.broker import BrokerModel, Reply

Request = tuple[str, str, Any, dict[str, str]]


class CallRecord:
    """Makes calls on a model, having written each down first. Without a file nothing is kept."""

    def __init__(self, path: Path | None = None) -> None:
        self._file = None if path is None else path.open("ab")

    @property
    def is_kept(self) -> bool:
        """Whether there is a file."""
        return self._file is not None

    @staticmethod
    def restored(path: Path, model: BrokerModel) -> CallRecord:
        """Give a new model all calls of a file, if there is one, and go on writing there."""
        if path.exists():
            whole = _whole_lines(path.read_bytes())
            path.write_bytes(whole)
            for line in whole.splitlines():
                kind, now_ns, terms = msgspec.json.decode(line)
                if kind == "request":
                    _request(model, tuple(terms), now_ns)
                else:
                    model.quote(**terms, now_ns=now_ns)
            model.take_updates()  # told in its time
        return CallRecord(path)

    def request(self, model: BrokerModel, request: Request, now_ns: int) -> Reply:
        """One request of the wire, and its answer."""
        self._keep("request", now_ns, request)
        return _request(model, request, now_ns)

    def quote(self, model: BrokerModel, terms: dict[str, str], now_ns: int) -> None:
        """A new market."""
        self._keep("quote", now_ns, terms)
        model.quote(**terms, now_ns=now_ns)

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()

    def _keep(self, kind: str, now_ns: int, terms: Any) -> None:
        if self._file is not None:
            self._file.write(msgspec.json.encode((kind, now_ns, terms)) + b"\n")
            self._file.flush()


def _request(model: BrokerModel, request: Request, now_ns: int) -> Reply:
    method, path, body, query = request
    return model.request(method, path, body, query, now_ns)


def _whole_lines(data: bytes) -> bytes:
    return data[: data.rfind(b"\n") + 1]
