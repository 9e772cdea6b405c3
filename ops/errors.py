"""What can go wrong when the engine is started or asked, and how a process tells it to its caller.

    UnderstudyError
    ├── ConfigError       the configuration is wrong: correct the file at the place named
    ├── UsageError        the request is wrong (a path, an id, a number): ask again
    └── BooksError        the journal contradicts itself: verify it, and restore what is corrupt

Errors of other packages (`StorageError`, `KernelError`, ...) keep their own roots; `exit_code` knows them all.
"""

from __future__ import annotations

EXIT_FINE = 0
EXIT_FAILED = 1
EXIT_MISUSED = 2

_MISUSES = frozenset({"ConfigError", "UsageError", "DataDirectoryInvalid", "FeedMissing", "DescriptionInvalid"})
_ROOTS = frozenset({"UnderstudyError", "StorageError", "KernelError", "GatewayError", "StrategyError"})


class UnderstudyError(Exception):
    """Root of the errors of `ops`. Its text says what is wrong, with the value, and what to do."""


class ConfigError(UnderstudyError):
    """The configuration cannot be used. One line: file, key, value, what is allowed, and the cure."""


class UsageError(UnderstudyError):
    """What was asked for does not exist or cannot be done. Ask for something else."""


class BooksError(UnderstudyError):
    """The recorded effects contradict each other, so the books drawn from them would be wrong."""


def exit_code(error: BaseException) -> int | None:
    """The exit code for an error that was foreseen; `None` for one that is a mistake in the code.

    Types are compared by name, so that telling an error costs no import of the package that it comes from.
    """
    names = {base.__name__ for base in type(error).__mro__}
    if names & _MISUSES:
        return EXIT_MISUSED
    if names & _ROOTS or isinstance(error, OSError):
        return EXIT_FAILED
    return None
