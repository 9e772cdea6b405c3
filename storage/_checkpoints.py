"""How checkpoints are laid out: a manifest each, and packs of the actors' blobs that they share.

    checkpoints   number -> sealed manifest: the checkpoint's fields, and for each actor where its blob lies
    packs         number -> the blobs that changed with that checkpoint, one after another

A pack is ONE value, because py-lmdb lets go of the interpreter lock at each put: beside a busy thread 1,000 puts
took 4.4 s and one put 17 ms. A blob that did not change stays in the pack where it is; once packs are mostly made
of blobs that nobody refers to, a checkpoint is written whole again and the old packs fall away.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

import lmdb
import msgspec

from messages import CHECKPOINT_SCHEMA, Checkpoint
from storage._environment import Database, WriteTransaction
from storage._sealed import SealBroken, seal, unseal
from storage.errors import CheckpointCorrupt

KEPT = 3
CHECKPOINTS_DB = b"checkpoints"
PACKS_DB = b"packs"

_T = TypeVar("_T")
_NUMBER_BYTES = 8
_DEAD_BYTES_ALLOWED = 1 << 16


class BlobPlace(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """Where an actor's blob lies, and its SHA-256."""

    pack: int
    offset: int
    length: int
    sha256: bytes


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """A stored checkpoint: `rest` is the checkpoint without its actors, whose blobs lie at `places`."""

    schema: int
    rest: Checkpoint
    places: dict[str, BlobPlace]
    pack_bytes: dict[int, int]


class _Schema(msgspec.Struct):
    """What is read of a manifest before it is known that the rest can be."""

    schema: int


class CheckpointShelf:
    """The checkpoints of one state file. It works within the caller's transactions."""

    def __init__(self, environment: lmdb.Environment, path: Path) -> None:
        self.passed_over: list[str] = []
        self._path = path
        self._manifests = environment.open_db(CHECKPOINTS_DB, create=False)
        self._packs = environment.open_db(PACKS_DB, create=False)

    def load(self, transaction: lmdb.Transaction[bytes]) -> tuple[Checkpoint | None, dict[int, Manifest]]:
        """The newest good checkpoint, and the manifests to keep by number, newest first.

        What cannot be used is told in `passed_over` and is not among those to keep.
        """
        self.passed_over = []
        newest: Checkpoint | None = None
        kept: dict[int, Manifest] = {}
        for number in reversed(_numbers(transaction, self._manifests)):
            try:
                manifest = self._read_manifest(transaction, number)
                if newest is None:
                    newest = msgspec.structs.replace(manifest.rest, actors=self._read_blobs(transaction, manifest))
                kept[number] = manifest
            except CheckpointCorrupt as error:
                self.passed_over.append(str(error))
        return newest, kept

    def write(
        self, writing: WriteTransaction, checkpoint: Checkpoint, kept: dict[int, Manifest]
    ) -> dict[int, Manifest]:
        """Store a checkpoint over the newest of `kept`, drop what is not needed, and tell what is kept then."""
        base = next(iter(kept.values()), None)
        transaction = writing.transaction
        number = max(_numbers(transaction, self._manifests), default=0) + 1
        places = _alive(base.places, checkpoint) if base is not None else {}
        digests = {actor: place.sha256 for actor, place in places.items()} | _digests(checkpoint.actors)
        blobs = {
            actor: blob
            for actor, blob in checkpoint.actors.items()
            if actor not in places or places[actor].sha256 != digests[actor]
        }
        if base is not None and _is_wasteful(base, blobs):
            blobs = _alive(self._read_blobs(transaction, base), checkpoint) | blobs
        manifest = _manifest(checkpoint, base, blobs, digests=digests, number=number)
        writing.put(_key(number), b"".join(blobs.values()), database=self._packs)
        writing.put(_key(number), seal(msgspec.msgpack.encode(manifest)), database=self._manifests)
        kept_now = dict([(number, manifest), *kept.items()][:KEPT])
        self._drop_all_but(writing, kept_now)
        return kept_now

    def _read_manifest(self, transaction: lmdb.Transaction[bytes], number: int) -> Manifest:
        value: bytes = transaction.get(_key(number), b"", db=self._manifests)
        try:
            payload = unseal(value)
            schema = msgspec.msgpack.decode(payload, type=_Schema).schema
            if schema > CHECKPOINT_SCHEMA:
                raise self._unusable(number, f"it has schema {schema}; this code reads up to {CHECKPOINT_SCHEMA}")
            return msgspec.msgpack.decode(payload, type=Manifest)
        except (SealBroken, msgspec.MsgspecError) as error:
            raise self._unusable(number, str(error)) from error

    def _read_blobs(self, transaction: lmdb.Transaction[bytes], manifest: Manifest) -> dict[str, bytes]:
        packs: dict[int, bytes] = {
            number: transaction.get(_key(number), b"", db=self._packs) for number in manifest.pack_bytes
        }
        blobs = {}
        for actor, place in manifest.places.items():
            blob = packs[place.pack][place.offset : place.offset + place.length]
            if hashlib.sha256(blob).digest() != place.sha256:
                raise self._unusable(manifest.rest.seq, f"the state of actor {actor} does not match its checksum")
            blobs[actor] = blob
        return blobs

    def _drop_all_but(self, writing: WriteTransaction, kept: dict[int, Manifest]) -> None:
        for number in set(_numbers(writing.transaction, self._manifests)) - set(kept):
            writing.delete(_key(number), database=self._manifests)
        referenced = {number for manifest in kept.values() for number in manifest.pack_bytes}
        for number in set(_numbers(writing.transaction, self._packs)) - referenced:
            writing.delete(_key(number), database=self._packs)

    def _unusable(self, number: int, detail: str) -> CheckpointCorrupt:
        return CheckpointCorrupt(self._path, detail=f"checkpoint number {number}: {detail}")


def _alive(by_actor: Mapping[str, _T], checkpoint: Checkpoint) -> dict[str, _T]:
    """What concerns actors that the checkpoint still knows."""
    return (
        dict(by_actor)
        if not checkpoint.alive
        else {name: by_actor[name] for name in checkpoint.alive if name in by_actor}
    )


def _digests(blobs: Mapping[str, bytes]) -> dict[str, bytes]:
    return {actor: hashlib.sha256(blob).digest() for actor, blob in blobs.items()}


def _is_wasteful(base: Manifest, changed: dict[str, bytes]) -> bool:
    """Whether the packs to be kept would be mostly made of blobs that this checkpoint does not refer to."""
    unchanged = [place for actor, place in base.places.items() if actor not in changed]
    live = sum(place.length for place in unchanged)
    held = sum(base.pack_bytes[pack] for pack in {place.pack for place in unchanged})
    return held > 2 * live + _DEAD_BYTES_ALLOWED


def _manifest(
    checkpoint: Checkpoint,
    base: Manifest | None,
    blobs: dict[str, bytes],
    *,
    digests: dict[str, bytes],
    number: int,
) -> Manifest:
    """The manifest of a checkpoint whose pack holds `blobs`, and whose other blobs lie where they lay in `base`."""
    places = _alive(base.places, checkpoint) if base is not None else {}
    offset = 0
    for actor, blob in blobs.items():
        places[actor] = BlobPlace(number, offset, len(blob), digests[actor])
        offset += len(blob)
    known = {**(base.pack_bytes if base is not None else {}), number: offset}
    return Manifest(
        schema=checkpoint.schema,
        rest=msgspec.structs.replace(checkpoint, actors={}, alive=[]),
        places=places,
        pack_bytes={pack: known[pack] for pack in sorted({place.pack for place in places.values()})},
    )


def _numbers(transaction: lmdb.Transaction[bytes], database: Database) -> list[int]:
    cursor = transaction.cursor(database)
    return [int.from_bytes(key, "big") for key in cursor.iternext(keys=True, values=False)]


def _key(number: int) -> bytes:
    return number.to_bytes(_NUMBER_BYTES, "big")
