"""What can go wrong when the engine is started or asked, and how a process tells it to its caller.

    UnderstudyError
    ├── ConfigError       the configuration is wrong: correct the file at the place named
    ├── UsageError        the request is wrong (a path, an id, a number): ask again
    ├── BooksError        the journal contradicts itself: verify it, and restore what is corrupt
    ├── EngineNotRunning  nobody listens on the data directory: start an engine
    ├── EngineNotAnswering  somebody listens and does not answer in time: look what holds it up
    ├── ControlRefused    the engine said no, in its own words: correct what it names
    └── CommandFailed     what a person wanted was understood and could not be done; nothing was changed

Errors of other packages (`StorageError`, `KernelError`, ...) keep their own roots; `exit_code` knows them all.
"""

from __future__ import annotations

EXIT_FINE = 0
EXIT_FAILED = 1
EXIT_MISUSED = 2

_MISUSES = frozenset({"ConfigError", "UsageError", "DataDirectoryInvalid", "FeedMissing", "DescriptionInvalid"})
_NOT_MAPPED = "failed to map segment"
_ROOTS = frozenset({"UnderstudyError", "StorageError", "KernelError", "GatewayError", "StrategyError"})


class UnderstudyError(Exception):
    """Root of the errors of `ops`. Its text says what is wrong, with the value, and what to do."""


class ConfigError(UnderstudyError):
    """The configuration cannot be used. One line: file, key, value, what is allowed, and the cure."""


class UsageError(UnderstudyError):
    """What was asked for does not exist or cannot be done. Ask for something else."""


class BooksError(UnderstudyError):
    """The recorded effects contradict each other, so the books drawn from them would be wrong."""


class EngineNotRunning(UnderstudyError):
    """No engine listens on the data directory. Start one, or ask the files."""


class EngineNotAnswering(UnderstudyError):
    """The engine did not answer in time, or went away before it had answered."""


class ControlRefused(UnderstudyError):
    """A running engine refused what it was asked; the text is its own. `exit_code` is what it told: 1 or 2."""

    def __init__(self, text: str, *, exit_code: int = EXIT_FAILED) -> None:
        super().__init__(text)
        self.exit_code = exit_code


class CommandFailed(UnderstudyError):
    """The engine understood a command and could not carry it out: risk denied it, or an actor refused it."""


def lacks_memory(error: BaseException) -> bool:
    """Whether no memory was left, for the program's data or for a module of it that was to be loaded."""
    return isinstance(error, MemoryError) or (isinstance(error, ImportError) and _NOT_MAPPED in str(error))


def exit_code(error: BaseException) -> int | None:
    """The exit code for an error that was foreseen; `None` for one that is a mistake in the code.

    Types are compared by name, so that telling an error costs no import of the package that it comes from.
    """
    if isinstance(error, ControlRefused):
        return error.exit_code
    names = {base.__name__ for base in type(error).__mro__}
    if names & _MISUSES:
        return EXIT_MISUSED
    if names & _ROOTS or isinstance(error, OSError):
        return EXIT_FAILED
    return None
