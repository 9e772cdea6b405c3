"""Every fault that a simulation knows, by name, and which of them it may strike with.

B1 to B20 are the broker's and the network's, E1 to E8 the engine's own, D1 to D6 the disk's.
"""

from __future__ import annotations

from enum import Enum


class Fault(Enum):
    """One way in which things go wrong: its number, and what happens."""

    REQUEST_LOST = ("B1", "a request never arrives")
    REQUEST_FORGOTTEN = ("B1", "a request is lost, and nobody says that no answer came")
    REQUEST_LATE = ("B1", "a request arrives long after we gave up waiting for its answer")
    RESPONSE_LOST = ("B2", "a request is carried out and its answer lost")
    RESPONSE_LATE = ("B3", "an answer comes after we gave up waiting for it")
    ERROR_AFTER = ("B4", "5xx or 429, and the request was carried out all the same")
    ERROR_BEFORE = ("B4", "5xx or 429, and nothing was done")
    REQUEST_DOUBLED = ("B5", "a request arrives twice: the id is refused, or answered with the order that there is")
    UPDATE_LOST = ("B6", "an update is lost while the stream looks healthy")
    UPDATE_DOUBLED = ("B7", "an update comes twice")
    UPDATE_REORDERED = ("B8", "an update is overtaken by later ones")
    LATE_FILL = ("B9", "an order executes while its cancel is under way")
    FILL_AFTER_CANCEL = ("B9", "an order executes after it was canceled")
    PARTIAL_FILL = ("B10", "an order executes in parts, down to one unit")
    BUST = ("B11", "an execution is taken back")
    CORRECTION = ("B11", "an execution is corrected")
    MUTE_STREAM = ("B12", "the stream is connected and says nothing")
    DISCONNECT = ("B13", "another connection takes our stream's place")
    OUTAGE = ("B13", "the connection is gone for longer than entries may work unwatched")
    REPLACE_RACE = ("B14", "a replace is granted, then refused since the order filled")
    CANCEL_REFUSED = ("B15", "a cancel is refused, others beside it may be granted")
    CANCEL_ALL = ("B15", "a person cancels all orders in the broker's own window: some are granted, others refused")
    WASH_TRADE = ("B16", "an order is refused because it could trade with our own")
    MANUAL_ORDER = ("B17", "a person trades in the broker's own window")
    CASH_MOVED = ("B17", "a fee or dividend changes the cash")
    BUYING_POWER = ("B17", "buying power shrinks under us")
    CLOCK_SKEW = ("B18", "the broker's clock is minutes off ours")
    STALE_SNAPSHOT = ("B18", "an answer shows how things stood a while ago")
    LAGGING_REPLICA = ("B18", "questions are answered for seconds by a copy that knows nothing new")
    SYMBOL_HALTED = ("B19", "the broker halts a symbol")
    UNKNOWN_STATUS = ("B19", "an order stands in a status that we have never heard of")
    ACCOUNT_BLOCKED = ("B20", "the broker blocks the account")

    KILL = ("E1", "the process is killed at the boundary of an effect")
    CRASH = ("E2", "an actor fails after its work, before it counts")
    HANG = ("E3", "an actor is broken off in the middle of a message")
    POISON = ("E4", "an actor fails at one message as often as it is tried")
    SICKNESS = ("E4", "a strategy fails at every message, until it is put out of the game")
    CONFLATION = ("E5", "market data comes faster than ingress and mailboxes take it")
    CLOCK_STEP = ("E6", "our clock is set forward or back")
    HALT = ("E7", "a person halts trading")
    CONFIG_CHANGED = ("E8", "the engine starts again with other limits, or other strategies")

    FSYNC_FAILED = ("D1", "fsync fails: nobody knows what is on the disk")
    POWER_LOSS = ("D2", "power is lost in the middle of a commit: all of it is there, or nothing")
    DISK_FULL = ("D3", "the disk is full")
    CHECKPOINT_ROTTEN = ("D4", "the newest checkpoint is damaged")
    CHECKPOINT_MISSING = ("D5", "all checkpoints are gone")
    CHECKPOINT_TOO_NEW = ("D6", "the newest checkpoint was written by a later version")

    @property
    def number(self) -> str:
        """Its number in the list of faults."""
        return self.value[0]

    @property
    def words(self) -> str:
        """What happens."""
        return self.value[1]
