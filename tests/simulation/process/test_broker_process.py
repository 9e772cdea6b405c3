"""The practice broker as a process of its own: it remembers, and it ends with whoever started it."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

from ops.drill.broker import BrokerModel, BrokerRules
from ops.drill.broker_record import CallRecord
from ops.drill.evidence import evidence_of

ORDER = {
    "client_order_id": "b00k-plan-1",
    "symbol": "ABC",
    "side": "buy",
    "type": "market",
    "time_in_force": "gtc",
    "qty": "10",
}


def new_model() -> BrokerModel:
    return BrokerModel(cash="100000", rules=BrokerRules(), symbols={"ABC": "0.01"})


def test_a_broker_is_the_same_again_when_it_is_given_the_same_calls(tmp_path: Path) -> None:
    first, path = new_model(), tmp_path / "broker.jsonl"
    record = CallRecord(path)
    market = {"symbol": "ABC", "bid": "9.99", "ask": "10.01", "bid_size": "100", "ask_size": "100"}
    record.quote(first, market, 1)
    record.request(first, ("POST", "/orders", ORDER, {}), 2)
    record.request(first, ("GET", "/account", None, {"since": "0"}), 3)
    record.close()
    path.write_bytes(path.read_bytes() + b'["request",4,["POS')  # killed while it wrote

    again = new_model()
    CallRecord.restored(path, again).close()

    assert evidence_of(again) == evidence_of(first)
    assert len(again.executions) == 1
    assert again.take_updates() == []


def test_the_process_trades_and_ends_when_its_starter_does(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "ops.drill.broker_process", "--symbol", "ABC=10", "--until-stdin-ends"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        url = f"http://127.0.0.1:{int(process.stdout.readline())}"
        answer = ask(f"{url}/orders", ORDER)
        evidence = ask(f"{url}/drill/evidence")
        standing = ask(f"{url}/drill/standing")
        process.stdin.close()

        assert process.wait(20) == 0
    assert answer["status"] in {"new", "filled", "partially_filled", "pending_new"}
    assert evidence["accepted"][0]["body"] == ORDER
    assert evidence["positions"] == {"ABC": "10"}
    assert standing == {"accepted": 1, "open_orders": 0}


def ask(url: str, body: dict[str, Any] | None = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(urllib.request.Request(url, data), timeout=20) as response:
        return json.load(response)
