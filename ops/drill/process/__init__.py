"""Drills on real processes: an engine that is killed, or whose system calls fail, while a broker looks on."""

from __future__ import annotations
