"""The processes that play a campaign's seeds: chunks of seeds go in, and what came of each comes out."""

from __future__ import annotations

import gc
import logging
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from typing import TypeVar

from ops.errors import UnderstudyError

_YOUNG_OBJECTS = 100_000
"""How many objects a worker makes between two looks for garbage."""

_Result = TypeVar("_Result")


class WorkerDied(UnderstudyError):
    """A worker process ended in the middle of its seeds: out of memory, most likely. Use fewer jobs."""


class SeedHung(BaseException):
    """A seed took too long, and was broken off. No `Exception`, since the engine lives through those."""


def dealt_out(play_chunk: Callable[[range], _Result], chunks: Iterable[range], workers: int) -> Generator[_Result]:
    """What came of each chunk, as it comes in. One chunk more than there are workers waits, so that none is idle.

    Chunks are drawn one by one, as late as that allows. Whoever goes away in between, or is interrupted, leaves no
    worker behind. Raises WorkerDied.
    """
    with ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), _begin_worker) as pool:
        under_way: set[Future[_Result]] = set()
        try:
            for chunk in chunks:
                under_way.add(_submitted(pool, play_chunk, chunk))
                if len(under_way) > workers:
                    done, under_way = wait(under_way, return_when=FIRST_COMPLETED)
                    yield from (future.result() for future in done)
            yield from (future.result() for future in wait(under_way).done)
        except BrokenProcessPool as error:
            raise WorkerDied(
                "a worker process died in the middle of its seeds. Try again with fewer --jobs."
            ) from error
        except (KeyboardInterrupt, GeneratorExit):
            for worker in multiprocessing.active_children():
                worker.kill()
            raise
        finally:
            pool.shutdown(cancel_futures=True)


def played_within(seconds_max: float, play: Callable[[int], _Result], seed: int) -> _Result:
    """What came of a seed. In a process's main thread; raises SeedHung if it takes longer."""
    before = signal.signal(signal.SIGALRM, _break_off)
    signal.setitimer(signal.ITIMER_REAL, seconds_max)
    try:
        return play(seed)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, before)


def _submitted(pool: ProcessPoolExecutor, play_chunk: Callable[[range], _Result], chunk: range) -> Future[_Result]:
    """It may start a worker, which Ctrl-C must not hit before it knows that the parent alone answers to it."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGINT,))
    try:
        return pool.submit(play_chunk, chunk)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _begin_worker() -> None:
    """Warnings are the point of a drill, the parent alone answers to Ctrl-C, and no worker outlives it.

    What was imported is never garbage, and most of what a seed makes is garbage at its end.
    """
    gc.freeze()
    gc.set_threshold(_YOUNG_OBJECTS)
    logging.disable(logging.CRITICAL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None, "only workers call it"
    parent.join()
    os._exit(1)


def _break_off(*_: object) -> None:
    raise SeedHung("it takes too long")
