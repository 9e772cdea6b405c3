"""What can go wrong with the outside world, by what the caller can do about it.

GatewayError
└── FeedError              market data cannot be used
    ├── DescriptionInvalid   a data set description is wrong: correct the key named
    ├── FeedMissing          there is no such data: correct the path
    ├── FeedMalformed        a file or row cannot be read: correct it, or let bad rows be skipped
    ├── FeedChanged          a file is no longer the one that a position was told for: restore the file
    └── FeedTooShort         fewer records than were to be skipped: give the input that was recorded
"""

from __future__ import annotations


class GatewayError(Exception):
    """Root of all errors of this package."""


class FeedError(GatewayError):
    """Market data cannot be used. The text is one line: what is wrong, where, and what to do."""


class DescriptionInvalid(FeedError):
    """A data set description is wrong. Correct the key that it names."""


class FeedMissing(FeedError):
    """No data is where it was looked for. Correct the path."""


class FeedMalformed(FeedError):
    """A file or one of its rows cannot be read. Correct it, or let bad rows be skipped."""


class FeedChanged(FeedError):
    """A file is not the one that a position was told for. Restore that file, or begin anew."""


class FeedTooShort(FeedError):
    """There are fewer records than were to be skipped. Give the input for which the position was recorded."""
