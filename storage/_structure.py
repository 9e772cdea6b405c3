"""Is an LMDB file sound enough to be handed to the C library?

LMDB trusts its own pages: a changed page header, node offset or free list can make it read outside the file or
overwrite live pages. `lmdb.verify` walks every page in pure Python, so damage becomes a finding, never a crash.
The contents of large values are skipped there; seals and the journal's chain cover them.

One thing no walk of pages can see: a changed transaction number on a meta page makes LMDB choose the older of
its two snapshots, and the last commit would be lost without a word. `_judge_metas` closes that for files that
only grow, as journal files do. A meta page as LMDB 0.9 lays it out on 64 bits, in native byte order:

    meta    header 16 | magic 4 | version 4 | address 8 | map size 8 | free DB | main DB | last page 8 | transaction
    DB      pad 4 (of the free DB: the page size) | flags 2 | depth 2 | page counts 3 x 8 | entries 8 | root 8
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import lmdb.verify

_PAGE_HEADER_BYTES = 16
_META = struct.Struct("=2I2Q I2H5Q I2H5Q 2Q")
_FREE_DB_FLAGS = 0x4008  # integer keys, and the environment is a file, not a directory
_PAGE_BYTES_MAX = 1 << 15
_TRIES_WHILE_USED = 3


class _Stretch(NamedTuple):
    offset: int
    length: int


META_BODY = _Stretch(_PAGE_HEADER_BYTES + 16, _META.size - 16 - 8)
"""Of a meta page, what belongs to its snapshot: from the map's size to the last page, without the number."""


@dataclass(frozen=True, slots=True)
class _Meta:
    address: int
    page_bytes: int
    free_flags: int
    main_flags: int
    entries: int
    last_page: int
    transaction: int


def find_damage(path: Path, *, only_grows: bool = False) -> str | None:
    """What is wrong with the structure of the file, or None if it may be opened. Nobody may write to it meanwhile.

    `only_grows` says that entries are never removed, so the meta page with more entries must be the newer one.
    """
    try:
        problems = lmdb.verify.verify(str(path), subdir=False)  # type: ignore[no-untyped-call]
        metas = read_metas(path)
    except lmdb.verify.VerifyError as error:
        return str(error)
    except (OSError, IndexError, ValueError, struct.error) as error:
        return f"it cannot be examined: {error}"
    return problems[0] if problems else _judge_metas(*metas, only_grows=only_grows)


def find_damage_while_used(path: Path, *, only_grows: bool = False) -> str | None:
    """The same for a file that another process may be writing to.

    A finding counts only if nothing was committed meanwhile; a file too busy for that is in good use and passes.
    """
    for _ in range(_TRIES_WHILE_USED):
        before = _meta_pages(path)
        damage = find_damage(path, only_grows=only_grows)
        if damage is None or before == _meta_pages(path):
            return damage
    return None


def _meta_pages(path: Path) -> bytes:
    """Changes with every commit."""
    with path.open("rb") as file:
        return file.read(2 * _PAGE_BYTES_MAX)


def read_metas(path: Path) -> tuple[_Meta, _Meta]:
    """Both meta pages, as they follow each other in the file. Raises OSError, ValueError, struct.error."""
    with path.open("rb") as file:
        first = _parse_meta(file.read(_PAGE_HEADER_BYTES + _META.size))
        file.seek(first.page_bytes)
        return first, _parse_meta(file.read(_PAGE_HEADER_BYTES + _META.size))


def _parse_meta(page: bytes) -> _Meta:
    fields = _META.unpack_from(page, _PAGE_HEADER_BYTES)
    return _Meta(
        address=fields[2],
        page_bytes=fields[4],
        free_flags=fields[5],
        main_flags=fields[13],
        entries=fields[18],
        last_page=fields[20],
        transaction=fields[21],
    )


def _judge_metas(first: _Meta, second: _Meta, *, only_grows: bool) -> str | None:
    older, newer = sorted((first, second), key=lambda meta: meta.transaction)
    if newer.transaction - older.transaction != 1:
        return f"its meta pages hold transactions {older.transaction} and {newer.transaction}, not neighbours"
    for meta in (older, newer):
        if (meta.address, meta.free_flags, meta.main_flags) != (0, _FREE_DB_FLAGS, 0):
            return f"the meta page of transaction {meta.transaction} has flags that we never set"
    if only_grows and (older.entries > newer.entries or older.last_page > newer.last_page):
        return (
            f"the meta page of transaction {newer.transaction} holds less than the one before it, "
            f"{newer.entries} entries after {older.entries}: the newest commit was disguised as an older one"
        )
    return None
