"""Text of others on its way to a terminal: a symbol's name, a reason, what user code raised."""

from __future__ import annotations

_CONTROLS = (*range(0x20), *range(0x7F, 0xA0), 0x2028, 0x2029, *range(0x202A, 0x202F), *range(0x2066, 0x206A))
"""C0, DEL and C1, the separators of lines and paragraphs, and what turns the direction of writing round."""

_ESCAPED = {code: repr(chr(code))[1:-1] for code in _CONTROLS}


def printable(text: str) -> str:
    r"""The same on one line, and harmless: each control character as Python writes it, such as `\n` and `\x1b`."""
    return text if text.isprintable() else text.translate(_ESCAPED)
