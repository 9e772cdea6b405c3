"""The engine process: `python -m cli.engine OPTIONS PAGE LIFELINE`, as its guardian starts it.

OPTIONS are those of `understudy run` as JSON; PAGE and LIFELINE are descriptors (`ops.guardian`). Exit codes: as
everywhere; and 3, told to the guardian only: it failed, and another one would fail alike until a person has looked.
"""

from __future__ import annotations

import faulthandler
import os
import select
import signal
import sys
import threading

import msgspec

from cli.error_line import tell_error
from cli.standard_streams import ReaderGone, prepare_streams
from cli.trading_run import RunOptions, configured, data_dir_of, say_what_came_of_it, trade
from ops.errors import EXIT_FAILED, EXIT_FINE, exit_code
from ops.restart_policy import EXIT_NEEDS_A_PERSON
from ops.shared_page import Phase, SharedPage

ORDERLY_END_SECONDS = 5.0
DEAD_MAN_SECONDS = 20.0
"""Of this process's computing, not of the clock: whoever is stopped or waits uses none."""

_REARM_SECONDS = 1.0


class Lifeline(threading.Thread):
    """Ends the engine when its guardian is gone: in order, and if that takes too long, at once.

    A long call into C stops this thread too. So it keeps putting off a timer of the kernel's, which ends the
    process after DEAD_MAN_SECONDS of computing without this thread.
    """

    def __init__(self, descriptor: int, page: SharedPage, *, dead_man_seconds: float = DEAD_MAN_SECONDS) -> None:
        super().__init__(name="lifeline", daemon=True)
        self._descriptor = descriptor
        self._page = page
        self._dead_man_seconds = dead_man_seconds
        self.is_cut = False

    def run(self) -> None:
        """Wait for the guardian's end."""
        guardian_is_gone = False
        while not guardian_is_gone:
            signal.setitimer(signal.ITIMER_PROF, self._dead_man_seconds)
            guardian_is_gone = bool(select.select([self._descriptor], [], [], _REARM_SECONDS)[0])
        self.is_cut = True
        if self._page.phase is not Phase.STOPPING:  # a second signal would end it out of order
            os.kill(os.getpid(), signal.SIGTERM)
        threading.Event().wait(ORDERLY_END_SECONDS)
        os._exit(EXIT_FAILED)


def main(arguments: list[str]) -> int:
    """Run one engine to its end: the exit code."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    prepare_streams()
    page = SharedPage.from_descriptor(int(arguments[1]))
    lifeline = Lifeline(int(arguments[2]), page)
    os.set_inheritable(int(arguments[2]), False)
    lifeline.start()
    faulthandler.enable()
    try:
        options = msgspec.json.decode(arguments[0], type=RunOptions)
        config = configured(options)
        summary = trade(options, config, page=page)
        if lifeline.is_cut:  # whoever gave the command is not waiting any more
            return EXIT_FAILED
        say_what_came_of_it(summary, options, data_dir_of(options, config))
        sys.stdout.flush()
    except ReaderGone:
        return EXIT_FINE
    except Exception as error:  # noqa: BLE001  # the one place where every error becomes words
        return EXIT_NEEDS_A_PERSON if _needs_a_person(error, code := tell_error(error)) else code
    finally:
        page.running = 0  # whatever ends this process now, no strategy does
    return EXIT_FINE


def _needs_a_person(error: BaseException, code: int) -> bool:
    """Whether another engine would fail alike: the error was foreseen, and its text tells a person the cure.

    Another try is worth while after a failed write, which is recovered from by reading what is on disk, after
    what the system refused, and after what nobody foresaw.
    """
    if code != EXIT_FAILED or exit_code(error) is None or isinstance(error, OSError):
        return False
    cause: BaseException | None = error
    while cause is not None and type(cause).__name__ != "StorageFailed":
        cause = cause.__cause__
    return cause is None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
