"""A practice broker in its own process, started and questioned by a drill."""

from __future__ import annotations

import http.client
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from ops.drill.broker_faults import Faults
from ops.drill.evidence import Evidence, Standing
from ops.own_process import python

_SECONDS = 20.0


class PracticeBroker:
    """Where it listens, and what a drill may ask of it. Raises OSError if it does not answer."""

    def __init__(self, port: int) -> None:
        self.port = port

    @property
    def url(self) -> str:
        """What an engine's configuration names."""
        return f"http://127.0.0.1:{self.port}"

    def evidence(self) -> Evidence:
        """All that it knows."""
        return msgspec.json.decode(self._ask("GET", "/drill/evidence"), type=Evidence)

    def standing(self) -> Standing:
        """How it stands: it trades on undisturbed, however often it is asked."""
        return msgspec.json.decode(self._ask("GET", "/drill/standing"), type=Standing)

    def suffer(self, faults: Faults) -> None:
        """What goes wrong from now on."""
        self._ask("POST", "/drill/faults", faults)

    def reset(self) -> None:
        """Forget everything."""
        self._ask("POST", "/drill/reset")

    def _ask(self, method: str, path: str, body: Any = None) -> bytes:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=_SECONDS)
        try:
            connection.request(method, path, None if body is None else msgspec.json.encode(body))
            response = connection.getresponse()
            data = response.read()
        finally:
            connection.close()
        if response.status != 200:
            raise OSError(f"the practice broker answers {method} {path} with status {response.status}")
        return data


@contextmanager
def practice_broker(
    prices: Sequence[str], *, rules: str = "{}", seed: int = 1, calls: Path | None = None, port: int = 0
) -> Iterator[PracticeBroker]:
    """A broker that trades symbols from these prices on (`ABC=100`), for as long as the `with`.

    `calls` keeps all that it is told: a broker that finds some there goes on from them.
    """
    command = python("-m", "ops.drill.broker_process", "--until-stdin-ends")
    command += ["--rules", rules, "--seed", str(seed), "--port", str(port)]
    if calls is not None:
        command += ["--state", str(calls)]
    for price in prices:
        command += ["--symbol", price]
    # A process group of its own: an interrupt from the keyboard comes to us alone.
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, process_group=0) as process:  # noqa: S603
        assert process.stdin is not None
        try:
            yield PracticeBroker(_port_of(process, port))
        finally:
            process.stdin.close()
            process.wait(_SECONDS)


def _port_of(process: subprocess.Popen[bytes], port: int) -> int:
    assert process.stdout is not None
    try:
        port_line = process.stdout.readline()
    except BaseException:
        process.kill()
        raise
    if not port_line:
        raise OSError(f"a practice broker does not start, on port {port or 'of its own'}")
    return int(port_line)
