"""The data directory itself: who has it, how the last engine left it, whether its books can be trusted."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from ops.doctor.check import Check, failed, passed, warned
from ops.processes import lock_owner
from ops.proof_note import ProofNote, read_note
from storage import DataDirectoryView, LmdbJournalReader, StateCorrupt, StorageError

TAIL_INPUTS = 100_000
"""The latest inputs that are proven here: under a second. `understudy journal verify` proves all."""

PROOF_MAX_DAYS = 7
_DAY_NS = 86_400_000_000_000

_WHY_BOOKS = "after a crash the engine comes back from its latest good checkpoint and the journal behind it"
_WHY_PROOF = "a byte that changed in an old day is found only when the whole journal is proven"


@dataclass(frozen=True, slots=True)
class Books:
    """What lies in a data directory. A problem is the error that reading it met.

    `is_clean` is whether the last engine ended in order, and `is_note_kept` whether the journal still has the
    chain that `note` tells; `None` where that cannot be told. `proven` counts the inputs at the journal's end whose
    chain was proven now.
    """

    is_clean: bool | None = None
    state_problem: str = ""
    journal_problem: str = ""
    checkpoint_seq: int | None = None
    passed_over: tuple[str, ...] = ()
    days: tuple[str, ...] = ()
    last_seq: int = 0
    proven: int = 0
    note: ProofNote | None = None
    is_note_kept: bool | None = None


def judge_contents(data_dir: Path, names: Iterable[str] | None) -> Check:
    """What kind of folder it is, by the names in it; `None` if there is no folder, or it cannot be read."""
    why = "an engine goes on with the run that it finds here, and begins one where there is none"
    if names is None:
        return passed("data directory", f"{data_dir}, none yet", why=why)
    held = set(names)
    if "state.mdb" in held:
        return passed("data directory", str(data_dir), why=why)
    if "journal" in held:
        cure = "Restore state.mdb, or start the engine: it rebuilds it from a journal that is whole."
        return warned("data directory", f"{data_dir}, without its state.mdb", why=why, cure=cure)
    if held:
        cure = "Name an empty folder, or one that does not exist yet: --data-dir PATH"
        return warned("data directory", f"{data_dir} holds other files", why=why, cure=cure)
    return passed("data directory", f"{data_dir}, empty", why=why)


def gather_names(data_dir: Path) -> list[str] | None:
    """The names in the folder; `None` if there is none, or it cannot be read."""
    try:
        return [path.name for path in data_dir.iterdir()]
    except OSError:
        return None


def gather_owner(data_dir: Path) -> int | None:
    """The engine process that has the directory, if any."""
    return lock_owner(data_dir)


def judge_owner(owner: int | None, books: Books) -> Check:
    """Whether an engine runs, and else how the last one ended."""
    why = "an engine that ended otherwise than in order recovers at its next start, and somebody should know why"
    if owner is not None:
        return passed("engine", f"runs, process {owner}", why=why)
    if books.is_clean is None:
        cure = "Look into its log: understudy logs"
        return warned("engine", "does not run; how the last one ended is not known", why=why, cure=cure)
    if not books.is_clean:
        cure = "Look what it was: understudy logs. Nothing is lost, and the next start recovers."
        return warned("engine", "does not run; the last one did not end in order", why=why, cure=cure)
    return passed("engine", "does not run; the last one ended in order", why=why)


def gather_books(data_dir: Path) -> Books:
    """Read the state and prove the end of the journal. An engine may be writing meanwhile."""
    note = read_note(data_dir)
    with ExitStack() as opened:
        books, journal = Books(note=note), None
        try:
            if (data_dir / "state.mdb").exists():
                view = opened.enter_context(DataDirectoryView(data_dir))
                books, journal = _with_state(books, view), view.journal
        except StateCorrupt as error:
            books = Books(state_problem=str(error), note=note)
        except (StorageError, OSError) as error:
            return Books(journal_problem=str(error), state_problem="see the journal", note=note)
        try:
            if journal is None:
                journal = LmdbJournalReader(data_dir / "journal")
                opened.callback(journal.close)
            return _with_journal(books, journal)
        except (StorageError, OSError) as error:
            return replace(books, journal_problem=str(error))


def judge_checkpoint(books: Books) -> Check:
    """Whether the state can be read, and the newest checkpoint is good."""
    cure = "Keep a copy of state.mdb; the next checkpoint replaces what is bad. Then look after the disk."
    if books.state_problem:
        return failed("checkpoint", books.state_problem, why=_WHY_BOOKS, cure="Do as it says.")
    if books.passed_over:
        value = f"{len(books.passed_over)} cannot be used: {books.passed_over[0]}"
        return warned("checkpoint", value, why=_WHY_BOOKS, cure=cure)
    if books.checkpoint_seq is None:
        return passed("checkpoint", f"none; a start replays {books.last_seq:,} inputs", why=_WHY_BOOKS)
    behind = max(0, books.last_seq - books.checkpoint_seq)
    value = f"good, at input {books.checkpoint_seq:,}; a start replays {behind:,} more"
    return passed("checkpoint", value, why=_WHY_BOOKS)


def judge_journal(books: Books, *, today: str) -> Check:
    """Whether the end of the journal is whole, and is not of a day to come."""
    if books.journal_problem:
        return failed("journal", books.journal_problem, why=_WHY_BOOKS, cure="Do as it says.")
    if not books.last_seq:
        return passed("journal", "no input yet", why=_WHY_BOOKS)
    value = f"{books.last_seq:,} inputs in {_days(books)}; the last {books.proven:,} are proven"
    if books.days[-1] > today:
        cure = "Set the clock; a journal never goes back by a day."
        return failed("journal", f"{value}; its newest day is {books.days[-1]}", why=_WHY_BOOKS, cure=cure)
    return passed("journal", value, why=_WHY_BOOKS)


def judge_proof(books: Books, *, now_ns: int) -> Check:
    """Whether the whole journal was proven lately. A journal of one day can wait."""
    cure = "Prove it: understudy journal verify"
    note = books.note
    if note is None:
        if books.journal_problem or len(books.days) > 1:
            return warned("journal proven", "never as a whole", why=_WHY_PROOF, cure=cure)
        return passed("journal proven", f"not yet as a whole; it has {_days(books)}", why=_WHY_PROOF)
    when = datetime.fromtimestamp(note.time_ns / 1e9, UTC).strftime("%Y-%m-%d %H:%M UTC")
    value = f"{when}, inputs {note.first_seq:,} to {note.last_seq:,}"
    if books.is_note_kept is False:
        lost = "Files are missing or of another run. Restore the journal from a backup before you trade on it."
        return failed("journal proven", f"{value}, and it no longer has these", why=_WHY_PROOF, cure=lost)
    if now_ns - note.time_ns > PROOF_MAX_DAYS * _DAY_NS:
        return warned("journal proven", value, why=_WHY_PROOF, cure=cure)
    return passed("journal proven", value, why=_WHY_PROOF)


def _with_state(books: Books, view: DataDirectoryView) -> Books:
    checkpoint = view.state.latest_checkpoint()
    return replace(
        books,
        is_clean=view.is_clean,
        checkpoint_seq=None if checkpoint is None else checkpoint.seq,
        passed_over=tuple(view.state.passed_over),
    )


def _with_journal(books: Books, journal: LmdbJournalReader) -> Books:
    last_seq = journal.last_seq
    after_seq = max(journal.first_seq - 1, last_seq - TAIL_INPUTS)
    for _ in journal.read_effects(after_seq):
        pass
    note = books.note
    return replace(
        books,
        days=journal.days,
        last_seq=last_seq,
        proven=last_seq - after_seq,
        is_note_kept=None if note is None else _still_has(journal, note),
    )


def _still_has(journal: LmdbJournalReader, note: ProofNote) -> bool | None:
    """Whether the frame that the note ends with is still there; unknown once retention has deleted it."""
    if note.last_seq < journal.first_seq - 1:
        return None
    if note.last_seq > journal.last_seq:
        return False
    chain = journal.chain_at(note.last_seq)
    return chain is not None and chain.hex() == note.chain


def _days(books: Books) -> str:
    return "1 day" if len(books.days) == 1 else f"{len(books.days)} days"
