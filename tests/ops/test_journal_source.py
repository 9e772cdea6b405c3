"""Market data out of a journal: all of it, in order, from any position."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from actors.kernel import Source
from gateways.errors import FeedTooShort
from messages import AnyMessage, HaltTrading, ReleaseTrading
from ops.identity import recorded_instruments
from ops.journal_source import JournalSource, commands_in
from ops.sources import open_source
from storage import DataDirectoryView
from tests.simulated_runs import SOURCE, halt_for_a_while, run_with


@pytest.fixture(scope="module")
def view(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DataDirectoryView]:
    path = tmp_path_factory.mktemp("source") / "data"
    run_with(path, halt_for_a_while(3000, 5000))
    with DataDirectoryView(path) as opened:
        yield opened


def test_a_journal_gives_what_the_source_gave(view: DataDirectoryView) -> None:
    original = open_source(SOURCE).source

    assert _all(JournalSource(view.journal, "again")) == _all(original)


def test_its_instruments_are_those_of_the_run(view: DataDirectoryView) -> None:
    assert tuple(JournalSource(view.journal, "again").instruments()) == recorded_instruments(view)


@pytest.mark.parametrize("taken", [0, 1, 999, 1000, 4321])
def test_it_goes_on_from_a_position_that_it_told(view: DataDirectoryView, taken: int) -> None:
    source = JournalSource(view.journal, "again")
    source.take(taken)
    state, rest = source.state(), _all(source)

    again = JournalSource(view.journal, "again")
    again.restore(state)

    assert _all(again) == rest
    source.restore(state)
    assert source.take(3) == rest[:3]


def test_records_can_be_passed_over_but_no_more_than_there_are(view: DataDirectoryView) -> None:
    source = JournalSource(view.journal, "again")
    rest = _all(source)
    source.restore(bytes(8))

    source.skip(4000)

    assert source.take(1) == [rest[4000]]
    with pytest.raises(FeedTooShort, match=f"the journal has {len(rest) - 4001} more records, 9999 were"):
        source.skip(9999)


def test_commands_are_told_apart_with_their_place_in_the_data(view: DataDirectoryView) -> None:
    halt, release = commands_in(view.journal)

    assert [type(command.message) for command in (halt, release)] == [HaltTrading, ReleaseTrading]
    assert 0 < halt.position < release.position < len(_all(JournalSource(view.journal, "again")))
    assert halt.before_ns <= halt.time_ns


def _all(source: Source) -> list[AnyMessage]:
    """What it has not given yet."""
    return [message for batch in iter(lambda: source.take(1000), []) for message in batch]
