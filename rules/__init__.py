"""What is decided: pure functions of what they are given; no I/O, no clock, no randomness."""

from __future__ import annotations
