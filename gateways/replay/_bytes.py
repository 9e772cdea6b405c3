"""The bytes of a recorded file, decompressed as they are read, and their cut into blocks of whole lines."""

from __future__ import annotations

import gzip
import hashlib
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import IO, Any, cast

import msgspec

from gateways.errors import FeedMalformed, FeedMissing

BLOCK_BYTES = 64 * 1024
LINE_BYTES_MAX = 16 * 1024 * 1024
WHOLE_BYTES_MAX = 256 * 1024 * 1024
"""A file that can only be read whole (a JSON array) may be this long once decompressed."""
_FINGERPRINT_BYTES = 64 * 1024


class Block(msgspec.Struct, frozen=True):
    """Whole lines, or rows of cells; `offset` (decompressed bytes, or rows) and `line` number of the first."""

    content: str | list[tuple[Any, ...]]
    offset: int
    line: int


def fingerprint(path: Path) -> bytes:
    """Tells whether a file was changed: its size, and SHA-256 of its first and last 64 KiB."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        size = file.seek(0, 2)
        digest.update(str(size).encode())
        for begin in (0, max(0, size - _FINGERPRINT_BYTES)):
            file.seek(begin)
            digest.update(file.read(_FINGERPRINT_BYTES))
    return digest.digest()[:16]


@contextmanager
def told_as_feed_errors(path: Path) -> Iterator[None]:
    """Turn what decompressing and the file system raise into errors that name the file and the cure."""
    try:
        yield
    except FileNotFoundError:
        raise FeedMissing(f"{path}: there is no such file. Correct the path.") from None
    except (EOFError, zlib.error, gzip.BadGzipFile, zipfile.BadZipFile) as error:
        raise FeedMalformed(
            f"{path}: the compressed file is damaged or cut short ({error}). Copy it again from where it came."
        ) from None


class LineReader:
    """Gives the blocks of a file one after the other, from any offset that a block had."""

    def __init__(self, path: Path, *, block_bytes: int = BLOCK_BYTES) -> None:
        self.path = path
        self._offset = 0
        self._line = 1
        self._block_bytes = block_bytes
        self._rest = b""
        self._archive: zipfile.ZipFile | None = None
        self._file: IO[bytes] = BytesIO()
        with told_as_feed_errors(path):
            self._file = self._open()

    def __del__(self) -> None:
        # The protocol of a source knows no closing: an engine just lets go of one.
        self.close()

    def read(self) -> Block | None:
        """The next block; None at the end. Raises FeedMalformed."""
        data = self._whole_lines()
        if not data:
            return None
        block = Block(self._decode(data), self._offset, self._line)
        self._offset += len(data)
        self._line += data.count(b"\n")
        return block

    def blocks(self) -> Iterator[tuple[int, int]]:
        """Offset and first line of every block that is left, without looking at what they hold."""
        while data := self._whole_lines():
            yield self._offset, self._line
            self._offset += len(data)
            self._line += data.count(b"\n")

    def read_line(self) -> str:
        """The first line without its end: for the header."""
        with told_as_feed_errors(self.path):
            data = self._file.readline(LINE_BYTES_MAX)
        self._offset += len(data)
        self._line += 1
        return self._decode(data).removeprefix("\ufeff").rstrip("\r\n")

    def go_to(self, offset: int, line: int) -> None:
        """Go on at an offset that a block had, before anything but the header was read."""
        with told_as_feed_errors(self.path):
            self._file.seek(offset)
        self._offset, self._line = offset, line

    def read_whole(self) -> bytes:
        """All bytes. Raises FeedMalformed if there are too many."""
        with told_as_feed_errors(self.path):
            data = self._file.read(WHOLE_BYTES_MAX + 1)
        if len(data) > WHOLE_BYTES_MAX:
            raise FeedMalformed(
                f"{self.path}: more than {WHOLE_BYTES_MAX} bytes in one value. Convert it to jsonl."
            )
        return data

    def close(self) -> None:
        """Close the file; reading again is an error, closing again is not."""
        self._file.close()
        if self._archive is not None:
            self._archive.close()

    def _open(self) -> IO[bytes]:
        with self.path.open("rb") as file:
            magic = file.read(4)
        if not magic:
            raise FeedMalformed(
                f"{self.path}: the file is empty. Copy it again from where it came, or leave it out."
            )
        if magic[:2] == b"\x1f\x8b":
            return cast(IO[bytes], gzip.open(self.path, "rb"))
        if magic == b"PK\x03\x04":
            self._archive = zipfile.ZipFile(self.path)
            return self._archive.open(self._member(self._archive))
        return self.path.open("rb")

    def _member(self, archive: zipfile.ZipFile) -> str:
        names = [name for name in archive.namelist() if not name.endswith("/")]
        if len(names) != 1:
            raise FeedMalformed(
                f"{self.path}: the zip holds {len(names)} files; it must hold one. Extract the one to be replayed."
            )
        return names[0]

    def _whole_lines(self) -> bytes:
        """Bytes up to the end of a line; at the end of the file, what is left."""
        data, self._rest = self._rest, b""
        while True:
            with told_as_feed_errors(self.path):
                more = self._file.read(self._block_bytes)
            if not more:
                return data
            end = more.rfind(b"\n") + 1
            if end:
                self._rest = more[end:]
                return data + more[:end]
            data += more
            if len(data) > LINE_BYTES_MAX:
                raise FeedMalformed(
                    f"{self.path}:{self._line}: a line is longer than {LINE_BYTES_MAX} bytes. Is it a text file?"
                )

    def _decode(self, data: bytes) -> str:
        try:
            return data.decode()
        except UnicodeDecodeError as error:
            line = self._line + data.count(b"\n", 0, error.start)
            byte = f"0x{data[error.start]:02x}"
            raise FeedMalformed(
                f"{self.path}:{line}: byte {byte} is not UTF-8. Convert the file to UTF-8."
            ) from None
