"""From an error to what the asker is told: a status of HTTP and one line."""

from __future__ import annotations

from ops.control.answers import Refused
from ops.errors import EXIT_FAILED, EXIT_MISUSED, EngineNotAnswering, exit_code

BAD_REQUEST = 400
CONFLICT = 409
FAILED = 500
UNAVAILABLE = 503


def refusal(error: Exception) -> tuple[int, Refused]:
    """The status and body for an error. FAILED means that it was not foreseen, and belongs into the log."""
    if isinstance(error, EngineNotAnswering):
        return UNAVAILABLE, _refused(str(error), EXIT_FAILED)
    if isinstance(error, TimeoutError):
        return UNAVAILABLE, _refused("the core is busy and did not come to this in time. Ask again.", EXIT_FAILED)
    code = None if isinstance(error, OSError) else exit_code(error)
    if code is None:
        text = f"the engine failed on this: {type(error).__name__}: {error}. Its log has more."
        return FAILED, _refused(text, EXIT_FAILED)
    return BAD_REQUEST if code == EXIT_MISUSED else CONFLICT, _refused(str(error), code)


def _refused(text: str, code: int) -> Refused:
    return Refused(error=" ".join(text.split()), exit_code=code)
