"""What the service manager is told, on a real socket."""

from __future__ import annotations

import os
import signal
import socket
from pathlib import Path

import pytest

from ops.systemd import Systemd
from tests.ops._guarded import Guarded

TRADES_UNTIL_TOLD = """
signal.signal(signal.SIGHUP, lambda *_: None)
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
say("NOTIFY_SOCKET" in os.environ, "WATCHDOG_USEC" in os.environ)
trade()
go_on()
"""


def listening(address: str) -> socket.socket:
    made = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    made.bind(f"\0{address[1:]}" if address[0] == "@" else address)
    made.settimeout(30)
    return made


def heard(manager: socket.socket, beginning: str) -> str:
    """The next datagram that begins so."""
    while not (told := manager.recv(4096).decode()).startswith(beginning):
        pass
    return told


@pytest.mark.parametrize("kind", ["path", "abstract"])
def test_the_service_manager_is_told_from_the_beginning_to_the_end(kind: str, tmp_path: Path) -> None:
    address = str(tmp_path / "notify") if kind == "path" else f"@understudy-test-{os.getpid()}"
    environment = {"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "600000"}

    with listening(address) as manager, Guarded(TRADES_UNTIL_TOLD, tmp_path, environment=environment) as guarded:
        assert guarded.line() == "False False"
        guarded.trading()

        assert heard(manager, "READY=1") == "READY=1\nSTATUS=trading, engine process 1"
        assert heard(manager, "WATCHDOG=1") == "WATCHDOG=1"
        guarded.send(signal.SIGHUP)
        assert heard(manager, "RELOADING=1").startswith("RELOADING=1\nMONOTONIC_USEC=")
        assert heard(manager, "READY=1") == "READY=1\nSTATUS=trading, engine process 1"
        guarded.send(signal.SIGTERM)
        assert heard(manager, "STOPPING=1") == "STOPPING=1"
        assert guarded.ended()[0] == 0


def test_a_hangup_before_trading_has_begun_is_no_reload_of_the_service(tmp_path: Path) -> None:
    script = """
signal.signal(signal.SIGHUP, lambda *_: trade())
say("starting")
go_on()
"""
    address = str(tmp_path / "notify")

    with (
        listening(address) as manager,
        Guarded(script, tmp_path, environment={"NOTIFY_SOCKET": address}) as guarded,
    ):
        assert guarded.line() == "starting"
        guarded.send(signal.SIGHUP)
        guarded.trading()

        told = [manager.recv(4096).decode()]
        while not told[-1].startswith("READY=1"):
            told.append(manager.recv(4096).decode())
    assert told[-1] == "READY=1\nSTATUS=trading, engine process 1"
    assert [each for each in told if each.startswith("RELOADING=1")] == []


def test_what_is_meant_for_this_process_is_taken_out_of_the_environment() -> None:
    environment = {
        "NOTIFY_SOCKET": "/run/x",
        "WATCHDOG_USEC": "3000000",
        "WATCHDOG_PID": str(os.getpid()),
        "A": "b",
    }

    systemd = Systemd.from_environment(environment)

    assert (systemd.watchdog_seconds, environment) == (3.0, {"A": "b"})


@pytest.mark.parametrize(
    "environment",
    [{}, {"WATCHDOG_USEC": "3000000", "WATCHDOG_PID": "1"}, {"WATCHDOG_USEC": "0"}, {"WATCHDOG_USEC": "soon"}],
)
def test_who_is_not_watched_need_not_show_signs_of_life(environment: dict[str, str]) -> None:
    assert Systemd.from_environment(environment).watchdog_seconds is None


def test_a_service_manager_that_does_not_listen_is_no_trouble(tmp_path: Path) -> None:
    systemd = Systemd(str(tmp_path / "nobody"))

    systemd.ready("trading")
    systemd.close()

    Systemd().ready("nobody asked")
