"""What an engine does about a checkpoint that it cannot take."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from actors.kernel import Kernel
from ops.config import StrategySettings
from ops.engine import Engine
from ops.sources import open_source
from storage import DataDirectory
from tests.recorded import SMALL
from tests.simulated_runs import config_of

INTERVAL = 1000
PARAMETERS: dict[str, Any] = {"timeframe": "1h", "fast_period": 2, "slow_period": 3}


def test_a_checkpoint_that_cannot_be_taken_is_tried_again_an_interval_later(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    seldom_told = StrategySettings(use="moving_average_cross", capital=Decimal("0.5"), parameters=PARAMETERS)
    config = config_of(cross=seldom_told)
    settings = msgspec.structs.replace(config.engine, checkpoint_interval_inputs=INTERVAL)
    config = msgspec.structs.replace(config, engine=settings)

    def spoil(kernel: Kernel) -> None:
        strategy = kernel.actors["strategy/cross"]
        if strategy.redo:
            strategy.state = object()  # what no checkpoint can hold

    with DataDirectory.open(tmp_path, options=SMALL) as directory:
        engine = Engine(directory, config, open_source(config.source))
        engine.after_turn = spoil
        summary = engine.run(exit_at_end=True)

    refused = [record for record in caplog.records if record.message.startswith("no checkpoint")]
    assert 1 < len(refused) <= 1 + summary.inputs / INTERVAL  # and once more at the end
