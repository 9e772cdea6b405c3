"""Which symbols an engine may leave alone: those in which something happened since people released trading last.

a portfolio halts a symbol            -> it may be halted
it sets an execution of the symbol aside -> it may be shut: nothing is done in it, not even to guard or close
trading is released                   -> neither, any more
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from messages import (
    AnyMessage,
    MessageParked,
    OrderFillBusted,
    OrderFillCorrected,
    OrderFilled,
    ReleaseTrading,
    Symbol,
    TradingHalted,
    decode,
)


class ShutConduct:
    """The symbols of one simulation's portfolio."""

    def __init__(self) -> None:
        self._halted: set[str] = set()
        self._shut: set[str] = set()
        self._is_release_lost = False

    def see_input(self, message: AnyMessage) -> None:
        """The next input."""
        if isinstance(message, ReleaseTrading):
            self._halted.clear()
            self._shut.clear()
            self._is_release_lost = False

    def see_effect(self, message: AnyMessage) -> None:
        """What an input has led to."""
        match message:
            case TradingHalted(symbol=str(symbol)):
                self._halted.add(symbol)
            case MessageParked(actor=actor) if actor.startswith("portfolio/"):
                self._see_parked(decode(message.message))

    def _see_parked(self, message: AnyMessage) -> None:
        if isinstance(message, ReleaseTrading):
            self._is_release_lost = True
        elif isinstance(message, OrderFilled | OrderFillBusted | OrderFillCorrected):
            self._shut.add(message.symbol)

    def wrongly_left(self, *, halted: Mapping[Symbol, str], shut: Mapping[Symbol, bool]) -> Iterator[str]:
        """What is wrong, in words, with the symbols that count as halted, or shut, for the portfolio."""
        if self._is_release_lost:
            return
        for symbol in sorted(halted.keys() - self._halted):
            yield f"trading was released, and {symbol} is still halted: {halted[symbol]}"
        for symbol in sorted(shut.keys() - self._shut):
            yield f"trading was released, and in {symbol} nothing is done any more"
