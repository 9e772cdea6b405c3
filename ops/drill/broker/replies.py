"""What the broker answers: a status and a body, and the refusals by name."""

from __future__ import annotations

from typing import Any, NamedTuple

Document = dict[str, Any]
"""One JSON object of the wire. Each is built for one receiver and never changed by the broker afterwards."""


class Reply(NamedTuple):
    """The answer to one request: an HTTP status and a JSON body, None where there is no body."""

    status: int
    body: Document | list[Document] | None = None


class Refusal(NamedTuple):
    """Why an order is not taken on: a code of the protocol and a sentence for people."""

    code: str
    message: str


class Invalid(Exception):
    """A body that breaks the protocol. The sender is at fault; the same body will never be taken."""


NOT_FOUND = 404
FORBIDDEN = 403
UNPROCESSABLE = 422


def refused(http_status: int, code: str, message: str, /, **more: str) -> Reply:
    """A refusal with its code and message; `more` are further fields of its body."""
    return Reply(http_status, {"code": code, "message": message, **more})
