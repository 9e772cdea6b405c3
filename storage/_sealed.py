"""Values that carry their own checksum, because LMDB pages carry none.

sealed value          payload | SHA-256 of the payload
sealed under a name   payload | SHA-256 of the name, a zero byte and the payload: a key is no part of the value, and
                      could be changed on its own
"""

from __future__ import annotations

import hashlib

_SEAL_BYTES = 32


class SealBroken(ValueError):
    """The payload is not the one that was sealed."""


def seal(payload: bytes) -> bytes:
    """The payload with its checksum behind it."""
    return payload + hashlib.sha256(payload).digest()


def seal_named(name: bytes, payload: bytes) -> bytes:
    """The payload with a checksum behind it that holds under this name only."""
    return payload + hashlib.sha256(name + b"\0" + payload).digest()


def unseal_named(name: bytes, value: bytes) -> bytes:
    """The payload sealed under the name, or by an earlier version under none. Raises SealBroken."""
    payload, checksum = value[:-_SEAL_BYTES], value[-_SEAL_BYTES:]
    if hashlib.sha256(name + b"\0" + payload).digest() == checksum:
        return payload
    return unseal(value)


def unseal(value: bytes) -> bytes:
    """The payload of a sealed value. Raises SealBroken if a byte of it was changed."""
    payload, checksum = value[:-_SEAL_BYTES], value[-_SEAL_BYTES:]
    if hashlib.sha256(payload).digest() != checksum:
        raise SealBroken(f"a value of {len(value)} bytes does not match its checksum")
    return payload
