"""A practice broker in a process of its own, so that it outlives the engines that trade there.

    python -m ops.drill.broker_process --port 0 --state broker.jsonl --symbol ABC=100.00 --symbol XYZ=50.00

It prints its port, and goes on until SIGTERM or SIGINT, or with `--until-stdin-ends` until whoever started it is
gone. Its market is a walk drawn from `--seed`, a step each `--quote-seconds`.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import random
import signal
import sys
from decimal import Decimal
from pathlib import Path

import msgspec

from ops.drill.broker import BrokerModel, BrokerRules
from ops.drill.broker_record import CallRecord
from ops.drill.broker_server import BrokerServer

TICK = Decimal("0.01")


class Market:
    """Quotes that walk by a few ticks at random, one symbol after another."""

    def __init__(self, prices: dict[str, Decimal], *, seed: int, size: int) -> None:
        self._prices = prices
        self._random = random.Random(seed)  # noqa: S311  # a market, no secret
        self._size = str(size)

    def step(self, server: BrokerServer) -> None:
        """A new quote of every symbol."""
        for symbol, price in self._prices.items():
            moved = max(price + TICK * self._random.randint(-3, 3), 10 * TICK)
            self._prices[symbol] = moved
            server.quote(symbol, str(moved - TICK), str(moved + TICK), self._size, self._size)


def main(arguments: list[str]) -> None:
    """Serve until told to stop. Raises SystemExit for arguments that are wrong."""
    options = _parser().parse_args(arguments)
    prices = {name: Decimal(price) for name, _, price in (each.partition("=") for each in options.symbol)}
    rules = msgspec.json.decode(options.rules, type=BrokerRules)

    def fresh() -> BrokerModel:
        return BrokerModel(cash=options.cash, rules=rules, symbols=dict.fromkeys(prices, str(TICK)))

    model = fresh()
    record = CallRecord() if options.state is None else CallRecord.restored(options.state, model)
    market = Market(prices, seed=options.seed, size=options.size)
    asyncio.run(_serve(BrokerServer(model, record, fresh=fresh), market, options))
    record.close()


async def _serve(server: BrokerServer, market: Market, options: argparse.Namespace) -> None:
    loop = asyncio.get_running_loop()
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    if options.until_stdin_ends:
        loop.add_reader(sys.stdin, _stop_at_end, stopped)
    market.step(server)
    await server.start(options.port)
    sys.stdout.write(f"{server.port}\n")
    sys.stdout.flush()
    while not stopped.is_set():
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(options.quote_seconds):
                await stopped.wait()
        market.step(server)
    await server.stop()


def _stop_at_end(stopped: asyncio.Event) -> None:
    if not os.read(sys.stdin.fileno(), 1024):
        stopped.set()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m ops.drill.broker_process", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="where to listen on loopback; 0 takes a free one")
    parser.add_argument("--state", type=Path, help="file that keeps every call; a broker begun there goes on")
    parser.add_argument("--cash", default="100000", help="account currency at the beginning")
    parser.add_argument("--symbol", action="append", required=True, metavar="NAME=PRICE", help="what is traded")
    parser.add_argument("--rules", default="{}", help="BrokerRules as JSON")
    parser.add_argument("--seed", type=int, default=1, help="of the market")
    parser.add_argument("--size", type=int, default=1000, help="units displayed on each side")
    parser.add_argument("--quote-seconds", type=float, default=0.02, help="between two quotes")
    parser.add_argument("--until-stdin-ends", action="store_true", help="end when standard input does")
    return parser


if __name__ == "__main__":
    main(sys.argv[1:])
