"""The guardian: a tiny process that starts the engine process, watches it, and starts another when it has gone.

    python -m ops.guardian '{"engine": ["/usr/bin/python3", "-m", "cli.engine", "{}"], "data_dir": "./data"}'

It imports the standard library only, and never trades. The engine is started in a session of its own with two more
arguments, descriptors that it inherits: of the page that both share (`ops.shared_page`), and of the *lifeline*, a
pipe that nothing is ever written to, whose end the engine reads when the guardian is gone.

    start -> watch -> the engine has ended -> `ops.restart_policy` -> start another, or end with an exit code

The engine must show a beat within `hang_seconds` while it trades, within `patience_seconds` before and after. The
guardian counts its own wake-ups, not time: whoever stops the whole machine for an hour finds nothing killed.

SIGINT, SIGTERM: end the engine in order, then end; once more: at once. SIGHUP: the engine reads its configuration
again. Exit codes: 0 fine, 1 failed, 2 misused.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import NamedTuple

from ops.log_file import LOG_FOLDER, LogFile, log_line, say
from ops.restart_policy import EngineEnd, GiveUp, Past, guilty, judge_end
from ops.shared_page import Phase, SharedPage
from ops.systemd import Systemd

DAEMON_FILE = "daemon.json"
WAKE_SECONDS = 0.05
STEADY_SECONDS = 10.0
"""An engine that has traded for so long has got somewhere, even if there was nothing to make durable."""

TWICE_SECONDS = 0.1
"""timeout(1) sends its signal to the process and to its group: within so short a time two are one."""

HANDLED = frozenset({signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1, signal.SIGCHLD})
"""Blocked in this process from its beginning, and taken one by one where it waits."""

_STOPS = (signal.SIGINT, signal.SIGTERM)
_CANNOT_START = 127


class Options(NamedTuple):
    """What a guardian is given: the engine's command, and how long it may say nothing."""

    engine: tuple[str, ...]
    data_dir: str
    hang_seconds: float = 2.0
    patience_seconds: float = 60.0


class BeatWatch:
    """Tells whether an engine has hung, from what is seen of it at each wake-up."""

    def __init__(self, *, hang_seconds: float, patience_seconds: float) -> None:
        self._hang_wakes = max(1, round(hang_seconds / WAKE_SECONDS))
        self._patience_wakes = max(1, round(patience_seconds / WAKE_SECONDS))
        self._seen: tuple[int, Phase] | None = None
        self._silent = 0

    def is_hung(self, beats: int, phase: Phase) -> bool:
        """Whether for too many wake-ups now there has been no new beat."""
        if self._seen != (beats, phase):
            self._seen, self._silent = (beats, phase), 0
            return False
        self._silent += 1
        return self._silent >= (self._hang_wakes if phase is Phase.TRADING else self._patience_wakes)


class EngineProcess:
    """One engine process and whatever it has started; the leader of a session and a process group."""

    def __init__(self, command: tuple[str, ...], inherited: tuple[int, ...]) -> None:
        """Raises OSError if it cannot be started."""
        arguments = (*command, *(str(descriptor) for descriptor in inherited))
        self.pid = os.posix_spawn(
            command[0],
            arguments,
            os.environ,
            setsid=True,
            setsigmask=(),
            setsigdef=(*_STOPS, signal.SIGCHLD),  # SIGHUP stays ignored until the engine handles it
        )
        self.code: int | None = None

    def __repr__(self) -> str:
        return f"EngineProcess({self.pid}, code={self.code})"

    def has_ended(self) -> bool:
        """Whether it has ended; then `code` tells how, as in EngineEnd, and nothing that it started is left."""
        if self.code is None and os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None:
            self._kill_group()
            self.code = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        return self.code is not None

    def send(self, number: signal.Signals) -> None:
        """Send it a signal, unless it has ended."""
        if not self.has_ended():
            os.kill(self.pid, number)  # it stays ours at least as a zombie, so the number is still its own

    def end(self) -> None:
        """End it at once, and wait until it is gone."""
        if not self.has_ended():
            self._kill_group()
            self.code = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])

    def is_stopped(self) -> bool:
        """Whether somebody has stopped it (SIGSTOP, a debugger), so that it is not to blame for its silence."""
        try:
            return Path(f"/proc/{self.pid}/stat").read_text().rpartition(") ")[2][:1] in "Tt"
        except OSError:
            return False

    def _kill_group(self) -> None:
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except ProcessLookupError:  # it had not yet become the leader of a group, or nothing of it is left
            os.kill(self.pid, signal.SIGKILL)


class Guardian:
    """Keeps one engine running. `HANDLED` must be blocked in this thread."""

    def __init__(self, options: Options, systemd: Systemd) -> None:
        self._options = options
        self._systemd = systemd
        self._data_dir = Path(options.data_dir)
        self._log_file = LogFile(self._data_dir / LOG_FOLDER / "guardian.jsonl")
        self._unlogged: list[str] = []
        self._page = SharedPage.create()
        self._page.guardian_pid = os.getpid()
        self._lifeline, self._held_end = os.pipe()
        for descriptor in self._inherited:
            os.set_inheritable(descriptor, True)
        self._engine: EngineProcess | None = None
        self._started_ns = time.time_ns()
        self._is_told = False  # daemon.json names this guardian and this engine
        self._stop: signal.Signals | None = None
        self._stopped_at = 0.0
        self._is_ready = False
        self._phase_told: Phase | None = None
        self._alive_at = float("-inf")

    def run(self) -> int:
        """Guard until the engine ends for good: the exit code, or minus the signal to end by."""
        past = Past()
        try:
            while True:
                end = self._guard_one()
                if self._stop is not None:
                    return self._code_when_stopped(end)
                verdict = judge_end(end, past, now_seconds=time.monotonic())
                if isinstance(verdict, GiveUp):
                    self._tell("ERROR" if verdict.reason else "INFO", verdict.reason or f"the engine process {end}")
                    return verdict.exit_code
                past = verdict.past
                self._page.hung = guilty(end) or self._page.hung
                self._tell_of_restart(end, verdict.after_seconds)
                if not self._wait(verdict.after_seconds):
                    return 1
        finally:
            self._close()

    # ---- one engine

    def _guard_one(self) -> EngineEnd:
        page = self._page
        page.phase, page.running, page.engine_starts = Phase.STARTING, 0, page.engine_starts + 1
        durable_before, trading_wakes, was_hung, running = page.durable_seq, 0, False, 0
        self._is_told = False
        try:
            engine = self._engine = EngineProcess(self._options.engine, self._inherited)
        except OSError as error:
            self._tell("ERROR", f"the engine process cannot be started: {error.strerror}")
            return EngineEnd(_CANNOT_START)
        self._tell("INFO", f"engine started pid={engine.pid} start={page.engine_starts}")
        watch = BeatWatch(hang_seconds=self._options.hang_seconds, patience_seconds=self._options.patience_seconds)
        while not engine.has_ended():
            nothing_came = self._wake()
            phase = page.phase
            self._note_phase(phase)
            trading_wakes += nothing_came and phase is Phase.TRADING
            if nothing_came and watch.is_hung(page.beats, phase) and not engine.has_ended():
                was_hung, running = True, 0 if engine.is_stopped() else page.running
                engine.end()
        assert engine.code is not None, "it has ended"
        traded = trading_wakes > 0 or page.phase in (Phase.TRADING, Phase.STOPPING)
        steady = trading_wakes * WAKE_SECONDS >= STEADY_SECONDS
        return EngineEnd(
            engine.code,
            was_hung=was_hung,
            running=running if was_hung else page.running,
            got_somewhere=steady or (traded and page.durable_seq > durable_before),
        )

    def _note_phase(self, phase: Phase) -> None:
        """Say what has changed: to whoever reads daemon.json, to people, to systemd."""
        if phase in (Phase.RECOVERING, Phase.TRADING) and not self._is_told:
            self._is_told = True
            self._write_daemon_file()
            self._log_unlogged()
        if phase is self._phase_told:
            return
        self._phase_told = phase
        if phase is Phase.TRADING and not self._is_ready:
            self._is_ready = True
            self._systemd.ready(self._status(phase))
        else:
            self._systemd.status(self._status(phase))

    def _status(self, phase: Phase) -> str:
        return f"{phase.name.lower()}, engine process {self._page.engine_starts}"

    def _code_when_stopped(self, end: EngineEnd) -> int:
        assert self._stop is not None, "somebody has asked for it"
        self._tell("INFO", f"the engine process {end}")
        if end.code == -signal.SIGTERM:  # it was still starting, and ended where it was
            return -self._stop
        return 0 if end.code == 0 else 1

    def _tell_of_restart(self, end: EngineEnd, after_seconds: float) -> None:
        when = f"in {after_seconds:g} s" if after_seconds else "now"
        whose = f"; strategy number {guilty(end)} was running" if guilty(end) else ""
        self._tell("WARNING", f"the engine process {end}{whose}. Another one is started {when}.")

    # ---- waiting, and what comes meanwhile

    def _wake(self) -> bool:
        """Wait for a signal and do what it asks for, but not for long: whether none came."""
        came = signal.sigtimedwait(HANDLED, WAKE_SECONDS)
        now, within = time.monotonic(), self._systemd.watchdog_seconds
        if within is not None and now - self._alive_at >= within / 3:
            self._alive_at = now
            self._systemd.alive()
        if came is None:
            return True
        self._take(signal.Signals(came.si_signo))
        return False

    def _wait(self, seconds: float) -> bool:
        """Wait so long: False if somebody asked to stop."""
        until = time.monotonic() + seconds
        while self._stop is None and time.monotonic() < until:
            self._wake()
        return self._stop is None

    def _take(self, number: signal.Signals) -> None:
        if number is signal.SIGHUP and self._engine is not None:
            self._tell("INFO", "reload asked for by SIGHUP")
            self._engine.send(number)
            if self._is_ready:  # the engine tells its log what came of it; systemd is not kept waiting for that
                self._systemd.reloading()
                self._systemd.ready(self._status(self._page.phase))
        if number not in _STOPS:
            return
        now = time.monotonic()
        if self._stop is None:
            self._stop, self._stopped_at = number, now
            self._tell("INFO", f"stop asked for by {number.name}")
            self._systemd.stopping()
            if self._engine is not None:
                self._engine.send(signal.SIGTERM)
        elif now - self._stopped_at >= TWICE_SECONDS and self._engine is not None:
            self._tell("WARNING", f"{number.name} again: the engine process is ended at once. Nothing is lost.")
            self._engine.end()

    # ---- what is left for others

    @property
    def _inherited(self) -> tuple[int, int]:
        assert self._page.descriptor is not None, "a shared page has a descriptor"
        return self._page.descriptor, self._lifeline

    def _write_daemon_file(self) -> None:
        assert self._engine is not None, "a phase is an engine's"
        told = {
            "guardian_pid": os.getpid(),
            "engine_pid": self._engine.pid,
            "started_ns": self._started_ns,
        }
        path = self._data_dir / DAEMON_FILE
        new = path.with_suffix(".new")
        try:
            new.write_text(json.dumps(told) + "\n")
            new.replace(path)
        except OSError as error:
            self._tell("WARNING", f"{path} cannot be written: {error.strerror}")

    def _remove_daemon_file(self) -> None:
        path = self._data_dir / DAEMON_FILE
        try:
            if json.loads(path.read_text())["guardian_pid"] == os.getpid():
                path.unlink()
        except (OSError, ValueError, KeyError, TypeError):  # there is none, or it is not ours
            return

    def _tell(self, level: str, text: str) -> None:
        """Log it, and say it to people unless it is what they expect."""
        line = log_line("guardian", "ops.guardian", text, time_ns=time.time_ns(), level=level)
        self._unlogged.append(line)
        if self._is_told:
            self._log_unlogged()
        if level == "ERROR":
            say(text)
        elif level != "INFO":
            say(f"{level} {text}")

    def _log_unlogged(self) -> None:
        unlogged, self._unlogged = self._unlogged, []
        for line in unlogged:
            self._log_file.write(line)

    def _close(self) -> None:
        """Leave nothing behind, whatever has happened here."""
        if self._engine is not None:
            self._engine.end()
        if self._data_dir.is_dir():
            self._log_unlogged()
            self._remove_daemon_file()
        self._log_file.close()
        self._systemd.close()
        os.close(self._lifeline)
        os.close(self._held_end)
        self._page.close()


def main(arguments: list[str]) -> int:
    """Guard as the JSON object in the only argument says."""
    signal.pthread_sigmask(signal.SIG_BLOCK, HANDLED)
    for number in (signal.SIGHUP, signal.SIGUSR1):
        signal.signal(number, signal.SIG_IGN)  # inherited: a young engine does not die of a SIGHUP
    for number in (*_STOPS, signal.SIGCHLD):
        signal.signal(number, signal.SIG_DFL)
    given = json.loads(arguments[0])
    options = Options(**{**given, "engine": tuple(given["engine"])})
    code = Guardian(options, Systemd.from_environment(os.environ)).run()
    if code < 0:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {-code})
        os.kill(os.getpid(), -code)
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
