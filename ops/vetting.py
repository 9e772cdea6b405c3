"""Vets a strategy's code before it is let into a running engine: in a process of its own, for a bounded time.

`python -m ops.vetting` reads a `Case` as MessagePack from its input, makes the strategy as the engine would, and
says in one line what is wrong with it; nothing if all is well. Code that hangs or crashes is found out there.
"""

from __future__ import annotations

import os
import subprocess
import sys

import msgspec

from actors import StrategyActor
from actors.kernel import Kernel
from messages import Deployment
from ops.deployments import maker
from ops.errors import UsageError
from ops.own_process import python, python_path

SECONDS = 10.0
TIMEFRAMES_MAX = 16

_encoder = msgspec.msgpack.Encoder()


class Case(msgspec.Struct, frozen=True):
    """What is to be vetted; `state` is the encoded state that the code is to carry over, `None` for none."""

    deployment: Deployment
    default_timeframe: str
    state: bytes | None = None


def vet(case: Case) -> None:
    """Raises UsageError, in one line, if the engine would not take this code. Waits for another process."""
    name = case.deployment.strategy_id
    try:
        done = subprocess.run(  # noqa: S603  # our own interpreter on our own module
            python("-m", "ops.vetting"),
            env=os.environ | python_path(),
            input=_encoder.encode(case),
            capture_output=True,
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise UsageError(f"strategy.{name}: its code did not come to an end within {SECONDS:g} s") from error
    said = done.stdout.decode("utf-8", "replace").strip()
    if said:
        raise UsageError(said)
    if done.returncode != 0:
        raise UsageError(f"strategy.{name}: its code ended the process with status {done.returncode}")


def find_fault(case: Case) -> str:
    """What is wrong with the code, empty if nothing. Runs it."""
    deployment = case.deployment
    try:
        make = maker(deployment, default_timeframe=case.default_timeframe)
        actor = StrategyActor(
            Kernel(), strategy_id=deployment.strategy_id, symbols=deployment.symbols, make=make, number=1
        )
        lengths = tuple(actor.strategy.subscriptions().timeframes_ns)
        if len(lengths) > TIMEFRAMES_MAX or any(type(each) is not int or each <= 0 for each in lengths):
            return (
                f"strategy.{deployment.strategy_id}: it wants bars of {len(lengths)} lengths; at most "
                f"{TIMEFRAMES_MAX} are allowed, each in nanoseconds above zero"
            )
        if case.state is not None:
            msgspec.msgpack.decode(case.state, type=type(actor.state))
    except msgspec.ValidationError as error:
        return f"strategy.{deployment.strategy_id}: its state does not fit the new code: {error}"
    except Exception as error:  # noqa: BLE001  # whatever user code raises
        return " ".join(str(error).split()) or type(error).__name__
    return ""


if __name__ == "__main__":
    told = sys.stdout
    sys.stdout = sys.stderr  # what the code itself prints is no answer
    told.write(find_fault(msgspec.msgpack.decode(sys.stdin.buffer.read(), type=Case)))
