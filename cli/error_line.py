"""How a process of ours tells an error: one line on standard error, and the exit code that goes with it."""

from __future__ import annotations

import click

from ops.errors import EXIT_FAILED, exit_code, lacks_memory
from ops.printable import printable

PROGRAM = "understudy"


def tell(text: str, *, hint: str = "") -> None:
    """One line on standard error. What is known to be secret is left out."""
    from ops.logs import redacted  # noqa: PLC0415  # only if there is something to tell

    click.echo(f"{PROGRAM}: {printable(redacted(' '.join(text.split())))}{hint}", err=True)


def tell_error(error: Exception) -> int:
    """Tell it, and with what code the process should end; a mistake of ours is told with its place."""
    if isinstance(error, click.ClickException):
        tell(error.format_message(), hint=_help_hint(error))
        return error.exit_code
    if lacks_memory(error):
        tell("there is no memory left. Free some, or allow more, and start again.")
        return EXIT_FAILED
    code = exit_code(error)
    if code is not None:
        tell(str(error))
        return code
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    where = f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace is not None else "an unknown place"
    tell(f"{type(error).__name__}: {error} (at {where}). This is a mistake in {PROGRAM}; please report it.")
    return EXIT_FAILED


def _help_hint(error: click.ClickException) -> str:
    context = getattr(error, "ctx", None)
    return f" See `{context.command_path} --help`." if isinstance(error, click.UsageError) and context else ""
