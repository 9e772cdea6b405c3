"""One engine: a data directory, a core with its tree of actors, and a source, brought together and run.

begin the journal, or recover from it -> turn after turn, a checkpoint now and then
-> the source ends or somebody stops it -> last checkpoint, summary
"""

from __future__ import annotations

import gc
import logging
import os
import time
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import msgspec

from actors import PortfolioActor
from actors.kernel import (
    Clock,
    Committer,
    CoreThread,
    EngineHalted,
    Gateway,
    Ingress,
    Kernel,
    PacedClock,
    SourceFeed,
    StateLost,
    VirtualClock,
    Watchdog,
    begin,
    go_on,
    recover,
    take_checkpoint,
)
from actors.names import portfolio_actor, strategy_actor
from messages import (
    Alert,
    AlertLevel,
    AnyMessage,
    CancelOrder,
    Checkpoint,
    EngineStarted,
    MessageParked,
    OrderFilled,
    OrderRecord,
    PortfolioId,
    PortfolioReport,
    QuarantineActor,
    QueryAccount,
    QueryOrder,
    Recorded,
    ReplaceOrder,
    SubmitOrder,
    VenueDisconnected,
    VenueId,
)
from ops.config import Config, encode_config
from ops.deployments import deployments_in
from ops.digests import digest_of_effect
from ops.durability import DurableWaits
from ops.identity import ORIGIN_SETTING, Identity, check_same, store_identity, stored_identity
from ops.orders_index import OrdersIndex
from ops.settling import Settling, has_open_orders, is_settled
from ops.shared_page import Phase, SharedPage
from ops.sources import OpenedSource
from ops.summary import SUMMARY_SETTING, RunSummary
from ops.summing_up import sum_up
from ops.tree import build_tree
from ops.version import CODE_VERSION
from storage import DataDirectory

_COMMANDS = (SubmitOrder, CancelOrder, ReplaceOrder, QueryOrder, QueryAccount)
_LOG_LEVELS = {
    AlertLevel.INFO: logging.INFO,
    AlertLevel.WARNING: logging.WARNING,
    AlertLevel.CRITICAL: logging.ERROR,
}

FILLS_KEPT = 50
"""Executions of late that a view shows."""

JOURNAL_DAYS_LEAST = 2
"""Days of the journal that are never deleted: an older checkpoint must be able to go on from there."""

_logger = logging.getLogger(__name__)


def settle_memory() -> None:
    """Take what exists now out of the garbage collector's sight: a full collection would pause the core."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


@dataclass(frozen=True, slots=True, kw_only=True)
class Machinery:
    """What drives an engine: who writes, by which clock it goes if not by its source's, where messages enter it.

    A drill gives others, to run the same engine step by step.
    """

    committer: Callable[..., Committer] = Committer
    clock: Clock | None = None
    ingress: Callable[[], Ingress] = Ingress
    settle_memory: Callable[[], None] = settle_memory


THREADED = Machinery()
"""A committer's thread, the source's clock."""


class Engine:
    """Runs one configuration on one data directory. Built ready: begun anew, or recovered.

    Raises ConfigError if the directory was begun with something else, ReplayDiverged if the code that runs now
    does not do what the journal says was done, StorageError and FeedError as storage and source do.
    """

    def __init__(
        self,
        directory: DataDirectory,
        config: Config,
        opened: OpenedSource,
        *,
        gateways: Mapping[str, Gateway] | None = None,
        page: SharedPage | None = None,
        at_first: Callable[[Engine], None] | None = None,
        machinery: Machinery = THREADED,
    ) -> None:
        """`at_first` is run on the core thread before the first turn of this process, and may command."""
        self.directory = directory
        self.config = config
        self.opened = opened
        self._machinery = machinery
        self.page = page or SharedPage.private()
        self.resumed_from: int | None = None
        self.replayed_inputs = 0
        self.after_turn: Callable[[Kernel], None] | None = None
        self.reread: Callable[[], Config] | None = None
        self._at_first = at_first
        self.on_durable_effects: Callable[[list[Recorded]], None] | None = None
        self.durable = DurableWaits()
        self.fills: deque[Recorded] = deque(maxlen=FILLS_KEPT)
        self.letters: Counter[str] = Counter(letter.actor for letter in directory.state.dead_letters())
        self.pid = os.getpid()
        self.started_ns, self.began_at = time.time_ns(), time.monotonic()
        self.recovery_seconds = self.lag_seconds = 0.0
        self.journal_bytes = directory.journal.used_bytes
        self.hung_actor: str | None = None
        self.slow_handlers: Callable[[], int] = lambda: 0
        self._gateways = dict(gateways or {})
        self._settling = Settling()
        self._index = OrdersIndex()
        self._commands: deque[Recorded] = deque()
        self._checkpoint_seq = self._checkpoint_tried_seq = 0
        self._checkpoint_at = time.monotonic()
        self._checkpoint_stored_at: float | None = None
        self.page.phase = Phase.RECOVERING
        checkpoint = directory.state.latest_checkpoint()
        for reason in directory.state.passed_over:
            _logger.warning("checkpoint passed over: %s", reason)
        if checkpoint is not None:
            self._check_fits(checkpoint)
        self._identity = self._agree_on_identity()
        self._recovered_from = 0 if checkpoint is None else checkpoint.seq
        self._deployments = None if checkpoint is None else deployments_in(checkpoint)
        self._feed = SourceFeed(opened.source, origin=directory.state.setting(ORIGIN_SETTING))
        self.kernel = self._make_kernel()
        if directory.journal.last_seq == 0 or stored_identity(directory) is None:  # built, so it can begin
            store_identity(directory, self._identity)
            directory.state.put_settings({ORIGIN_SETTING: self._feed.state()})
        machinery.settle_memory()
        self._recover(checkpoint)
        self.recovery_seconds = time.monotonic() - self.began_at

    def run(self, *, exit_at_end: bool) -> RunSummary:
        """Trade until stopped, or until the source ends, and say what came of it.

        Raises EngineHalted, StorageError, FeedError.
        """
        feed = self._feed
        began, position_before = time.monotonic(), feed.position
        self.take_up()
        watchdog = Watchdog(self.kernel, on_tick=self.page.beat)
        self.slow_handlers = lambda: watchdog.slow_handlers
        try:
            with watchdog:
                self.open()
                self.kernel.run(lambda: self.between_turns(exit_at_end=exit_at_end))
            self.finish()
        finally:
            self.committer.close()
        summary = sum_up(self, seconds=time.monotonic() - began, handled=feed.position - position_before)
        is_over = not self._gateways or (is_settled(self.kernel) and not has_open_orders(self.kernel))
        if summary.ended and is_over:  # else the next start asks the venue
            self.directory.state.put_settings({SUMMARY_SETTING: msgspec.json.encode(summary)})
        return summary

    def connect(self, venue_id: str, gateway: Gateway) -> None:
        """Let what is for a venue go to a gateway. Before the engine runs."""
        self._gateways[venue_id] = gateway

    def take_up(self) -> None:
        """Begin to write: from here on what is done is durable, and its effects leave."""
        self.kernel.committer = self._machinery.committer(
            self.directory.journal,
            self.directory.state,
            self._release,
            self._at_checkpoint,
            on_durable=self._on_durable,
        )
        self._machinery.settle_memory()

    def finish(self) -> None:
        """The last checkpoint, and all of it on disk."""
        self.page.phase = Phase.STOPPING
        self._checkpoint()
        self.committer.flush()

    @property
    def committer(self) -> Committer:
        """What writes for an engine that has been taken up."""
        assert self.kernel.committer is not None, "a running engine has a committer"
        return self.kernel.committer

    def stop(self, reason: str) -> None:
        """Ask the engine to end in order. Safe in a signal handler."""
        self.kernel.stop(reason)

    def command(self, message: AnyMessage) -> list[Recorded]:
        """Carry out one input from a person; its effects. For the core thread, between two inputs."""
        effects = self.kernel.command(message)
        self._commands.append(Recorded(self.kernel.seq, message))
        return effects

    def checkpoint_now(self) -> int:
        """Take a checkpoint; the input that it stands behind. It is stored when `checkpoint_seq` says so."""
        self._checkpoint()
        return self.kernel.seq

    @property
    def checkpoint_seq(self) -> int:
        """The input behind which the latest stored checkpoint stands, 0 before the first."""
        stored = 0 if self.kernel.committer is None else self.kernel.committer.checkpoint_seq
        return stored or self._recovered_from

    @property
    def checkpoint_age_seconds(self) -> float | None:
        """Real seconds since this process stored a checkpoint; since its start if it only found one."""
        if self._checkpoint_stored_at is None and not self._recovered_from:
            return None
        return time.monotonic() - (self._checkpoint_stored_at or self.began_at)

    @property
    def source_ended(self) -> bool:
        """Whether the source has told its end."""
        return self._feed.end_told

    @property
    def source_position(self) -> int:
        """Records of the source that were handled."""
        return self._feed.position

    @property
    def begun_with(self) -> Config:
        """The configuration that the data directory was begun with."""
        return self._identity.config

    @property
    def default_timeframe(self) -> str:
        """The bars of strategies that do not say which they want."""
        return self._identity.default_timeframe

    def portfolio(self, portfolio_id: PortfolioId) -> PortfolioActor:
        """The actor of a portfolio that there is."""
        actor = self.kernel.actors[portfolio_actor(portfolio_id)]
        assert isinstance(actor, PortfolioActor), "the tree has made it"
        return actor

    def conflated(self) -> int:
        """Market data that newer data took the place of, in the ingress and in mailboxes."""
        return sum(self.kernel.conflated.values()) + sum(self.kernel.ingress.conflated.values())

    def reports(self) -> tuple[PortfolioReport, ...]:
        """The books of every portfolio, as they stand."""
        return tuple(a.report() for a in self.kernel.actors.values() if isinstance(a, PortfolioActor))

    # ---- beginning and coming back

    def _agree_on_identity(self) -> Identity:
        asked = Identity.asked(
            self.config, self.opened.instruments, self.opened.default_timeframe, self.opened.source.name
        )
        stored = stored_identity(self.directory)
        if stored is None or self.directory.journal.last_seq == 0:
            return asked
        check_same(self.directory.path, stored, asked, whole=self._at_first is None)
        return stored

    def _make_kernel(self) -> Kernel:
        speed = self.config.source.speed
        kernel = Kernel(
            clock=self._machinery.clock or (VirtualClock() if speed == "max" else PacedClock(float(speed))),
            epoch=self.directory.epoch,
            digest_of=digest_of_effect(self.directory.book),
            ingress=self._machinery.ingress(),
        )
        kernel.beacon = self.page.beacon
        deployments = self._identity.deployments if self._deployments is None else self._deployments
        self.deployer = build_tree(
            kernel,
            self._identity.config,
            instruments=self._identity.instruments,
            book=self.directory.book,
            default_timeframe=self._identity.default_timeframe,
            deployments=deployments,
        )
        kernel.feed = self._feed
        return kernel

    def _recover(self, checkpoint: Checkpoint | None) -> None:
        journal, state = self.directory.journal, self.directory.state
        if journal.last_seq == 0:
            return
        self._index.restore(state.open_orders())
        self._checkpoint_seq = self._checkpoint_tried_seq = 0 if checkpoint is None else checkpoint.seq
        turns = journal.read(self._checkpoint_seq)
        self.replayed_inputs = recover(
            self.kernel, checkpoint=checkpoint, turns=turns, on_effects=self._on_replayed
        )
        self.durable.reached(self.kernel.seq)
        self.page.durable_seq = self.kernel.seq
        self.resumed_from = self.kernel.seq
        _logger.info("recovered seq=%d replayed=%d", self.kernel.seq, self.replayed_inputs)

    def _check_fits(self, checkpoint: Checkpoint) -> None:
        journal = self.directory.journal
        if checkpoint.seq > journal.last_seq:
            raise EngineHalted(
                f"the checkpoint is at input {checkpoint.seq} and the journal ends at {journal.last_seq}: "
                f"journal files of {self.directory.path} are missing. Restore them."
            )
        if journal.chain_at(checkpoint.seq) != checkpoint.chain:
            raise EngineHalted(
                f"the checkpoint at input {checkpoint.seq} belongs to another journal than the one in "
                f"{self.directory.path}. Restore the two from the same backup."
            )

    def _on_replayed(self, effects: list[Recorded]) -> None:
        self.page.beat()
        self._index.note(effects)
        self._note_trading(effects)

    def open(self) -> None:
        """The first inputs of this process, before it goes on with the source's."""
        if self.kernel.seq == 0:
            self._begin()
        else:
            go_on(self.kernel)
        if self._gateways:
            self._part_from_venues()
            self._keep_time()
        if self.page.hung:
            self._keep_out(self.page.hung)
        if self._at_first is not None:
            with CoreThread(self.kernel):
                self._at_first(self)
        self.page.phase = Phase.TRADING

    def _part_from_venues(self) -> None:
        """Whatever the process before was told of a connection, this one has none yet."""
        with CoreThread(self.kernel):
            for venue_id in sorted(self._gateways):
                self.kernel.command(
                    VenueDisconnected(
                        venue_id=VenueId(venue_id), time_ns=self.kernel.now_ns, reason="the engine has just started"
                    )
                )

    def _keep_time(self) -> None:
        """Time goes on where the source ends: venues outside still answer, and are waited for."""
        kernel = self.kernel
        kernel.outlives_feed = True
        if isinstance(kernel.clock, PacedClock) and not kernel.clock.has_begun:
            kernel.clock.begin(self._feed.next_time_ns(kernel.now_ns))

    def _keep_out(self, number: int) -> None:
        """Quarantine the strategy in whose code the process before hung, or died.

        It stays named on the page until that is durable: were this process killed now, the next must do it.
        """
        deployments = self.deployer.deployments.values()
        name = next((strategy_actor(each.strategy_id) for each in deployments if each.number == number), None)
        if name is None:
            _logger.error("the process before hung in strategy number=%d, which is not there any more", number)
            self.page.hung = 0
            return
        self.hung_actor = name
        with CoreThread(self.kernel):
            self.command(QuarantineActor(name, "the engine process hung or died in its code and was replaced"))
        self.durable.wait(self.kernel.seq).add_done_callback(self._forget_hung)

    def _forget_hung(self, _: Future[int]) -> None:
        self.page.hung = 0

    def _begin(self) -> None:
        started = EngineStarted(
            time_ns=self._feed.next_time_ns(0), config=encode_config(self.config), code_version=CODE_VERSION
        )
        begin(self.kernel, started, *self._identity.instruments)

    # ---- while it runs

    def between_turns(self, *, exit_at_end: bool) -> None:
        """What is to be done now and then: told by the core after each turn."""
        kernel = self.kernel
        self.page.beat()
        self._measure_lag()
        if self.after_turn is not None:
            self.after_turn(kernel)
        if exit_at_end and self._feed.end_told and (not self._gateways or self._settling.is_done(kernel)):
            kernel.stop("the source has ended")
        if self.directory.journal.space_low:
            kernel.fatal = (
                f"the disk of {self.directory.path} is full. Nothing that was accepted is lost: "
                "free space and start again with the same command."
            )
        if self._checkpoint_is_due():
            self._checkpoint()

    def _measure_lag(self) -> None:
        clock, feed = self.kernel.clock, self._feed
        if isinstance(clock, PacedClock) and not feed.ended:
            late_ns = clock.horizon_ns() - feed.next_time_ns(0)
            self.lag_seconds = max(0.0, late_ns / clock.speed / 1e9)

    def _at_checkpoint(self) -> Sequence[OrderRecord]:
        """On the committer's thread, right before a checkpoint is stored: what goes with it; old days go now."""
        days = self.config.retention.journal_days
        if days is not None:
            oldest = datetime.now(UTC).date() - timedelta(days=max(days, JOURNAL_DAYS_LEAST))
            for day in self.directory.journal.delete_before(oldest.isoformat()):
                _logger.info("journal day deleted day=%s", day)
        self._checkpoint_stored_at = time.monotonic()
        return self._index.take_changed()

    def _on_durable(self, seq: int) -> None:
        """On the committer's thread: what people told the engine is told on, and who waits goes on."""
        self.page.durable_seq = seq
        self.journal_bytes = self.directory.journal.used_bytes  # no other thread may ask: it is mapped anew here
        commands = []
        while self._commands and self._commands[0].seq <= seq:
            commands.append(self._commands.popleft())
        if commands and self.on_durable_effects is not None:
            self.on_durable_effects(commands)
        self.durable.reached(seq)

    def _checkpoint_is_due(self) -> bool:
        settings = self.config.engine
        inputs = self.kernel.seq - self._checkpoint_tried_seq
        if inputs >= settings.checkpoint_interval_inputs:
            return True
        return bool(inputs) and time.monotonic() - self._checkpoint_at >= settings.checkpoint_interval_seconds

    def _checkpoint(self) -> None:
        kernel = self.kernel
        self._checkpoint_tried_seq, self._checkpoint_at = kernel.seq, time.monotonic()
        try:
            checkpoint = take_checkpoint(kernel, code_version=CODE_VERSION, everything=self._checkpoint_seq == 0)
        except StateLost as error:  # the journal alone brings everything back, only more slowly
            _logger.warning("no checkpoint reason=%s", error)
            return
        letters, kernel.dead_letters = kernel.dead_letters, []
        self.committer.submit_checkpoint(checkpoint, letters)
        self._checkpoint_seq = kernel.seq

    def _release(self, effects: list[Recorded]) -> None:
        self._index.note(effects)
        self._note_trading(effects)
        if self.on_durable_effects is not None:
            self.on_durable_effects(effects)
        for effect in effects:
            message = effect.message
            if isinstance(message, Alert):
                _logger.log(_LOG_LEVELS[message.level], "alert subject=%s text=%s", message.subject, message.text)
            elif isinstance(message, _COMMANDS) and message.venue_id in self._gateways:
                self._gateways[message.venue_id].release(message)

    def _note_trading(self, effects: list[Recorded]) -> None:
        for effect in effects:
            kind = effect.message.__class__
            if kind is OrderFilled:
                self.fills.append(effect)
            elif kind is MessageParked:
                self.letters[effect.message.actor] += 1  # type: ignore[union-attr]  # it is a MessageParked
