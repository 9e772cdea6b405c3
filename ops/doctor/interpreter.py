"""The interpreter and what is installed with it."""

from __future__ import annotations

import codecs
import locale
import platform
import re
import struct
import sys
from dataclasses import dataclass
from importlib import metadata
from zoneinfo import ZoneInfo

from ops.doctor.check import Check, failed, passed, warned

PROGRAM = "understudy"
PYTHON_MIN = (3, 11)
SHOWN_LIBRARIES = ("msgspec", "lmdb", "pykka", "aiohttp")
SAMPLE_ZONE = "America/New_York"

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_CLAUSE = re.compile(r"(<=|>=|==|<|>)\s*([0-9][0-9.]*)")


@dataclass(frozen=True, slots=True)
class Interpreter:
    """The Python that runs now."""

    implementation: str
    version: tuple[int, ...]
    bits: int
    checks_asserts: bool


@dataclass(frozen=True, slots=True)
class Library:
    """One requirement: the versions that it allows (`>=3.0,<4`) and the one installed, if any."""

    name: str
    wanted: str
    installed: str | None


def gather_interpreter() -> Interpreter:
    """The Python that runs now."""
    return Interpreter(
        implementation=platform.python_implementation(),
        version=tuple(sys.version_info[:3]),
        bits=struct.calcsize("P") * 8,
        checks_asserts=__debug__,
    )


def judge_interpreter(found: Interpreter) -> Check:
    """CPython of 64 bits, recent enough, its assertions on."""
    version = ".".join(str(part) for part in found.version)
    value = f"{found.implementation} {version}, {found.bits} bit"
    why = "the engine maps large files and breaks into hung code with signals, as CPython allows"
    if found.version < PYTHON_MIN:
        return failed("python", value, why=why, cure="Install Python 3.11 or later and make the environment anew.")
    if found.bits < 64:
        return failed(
            "python", value, why=why, cure="Install a 64 bit Python: a journal file needs its address space."
        )
    if not found.checks_asserts:
        cure = "Start it without -O and without PYTHONOPTIMIZE."
        return failed(
            "python", f"{value}, assertions off", why="assertions stop an engine that went wrong", cure=cure
        )
    if found.implementation != "CPython":
        return warned("python", value, why=why, cure="Use CPython: nothing else was tried.")
    return passed("python", value, why=why)


def gather_libraries() -> list[Library]:
    """What this project requires, without its extras; empty if it is not installed as a package."""
    try:
        requirements = metadata.requires(PROGRAM) or []
    except metadata.PackageNotFoundError:
        return []
    return [_library(text) for text in requirements if "extra ==" not in text]


def judge_libraries(found: list[Library]) -> Check:
    """Every required library installed, in its range."""
    why = "other versions were not tried, and some lose data or fail at start"
    if not found:
        cure = "Install it: pip install . in the folder of the source."
        return warned("libraries", f"unknown: {PROGRAM} is not installed as a package", why=why, cure=cure)
    wrong = [library for library in found if not is_in_range(library.installed, library.wanted)]
    if wrong:
        value = ", ".join(f"{each.name} {each.installed or 'missing'} (needs {each.wanted})" for each in wrong)
        names = " ".join(f"'{each.name}{each.wanted}'" for each in wrong)
        return failed("libraries", value, why=why, cure=f"Install them: python -m pip install {names}")
    shown = [f"{each.name} {each.installed}" for each in found if each.name in SHOWN_LIBRARIES]
    return passed("libraries", ", ".join(shown), why=why)


def is_in_range(version: str | None, wanted: str) -> bool:
    """Whether a release such as `3.0.1` satisfies clauses such as `>=3.0,<4`. No version never does."""
    if version is None:
        return False
    have = _release(version)
    for operator, text in _CLAUSE.findall(wanted):
        want = _release(text)
        held = {
            "<": have < want,
            "<=": have <= want,
            ">": have > want,
            ">=": have >= want,
            "==": have == want,
        }[operator]
        if not held:
            return False
    return True


def judge_time_zones(error: str | None) -> Check:
    """Whether time zones can be looked up; `error` is what went wrong when one was."""
    why = "exchange hours and recorded data are told in the exchange's own time"
    if error is None:
        return passed("time zones", f"{SAMPLE_ZONE} is known", why=why)
    cure = "Install the system's tzdata, or: python -m pip install tzdata"
    return failed("time zones", error, why=why, cure=cure)


def gather_time_zone_error() -> str | None:
    """What goes wrong when a time zone is looked up, `None` if nothing does."""
    try:
        ZoneInfo(SAMPLE_ZONE)
    except (OSError, ValueError, KeyError) as error:
        return f"{SAMPLE_ZONE} cannot be looked up: {type(error).__name__}"
    return None


def gather_encoding() -> str:
    """The encoding in which text goes to the terminal and to files by default."""
    return locale.getpreferredencoding(do_setlocale=False)


def judge_encoding(encoding: str) -> Check:
    """UTF-8, or names and symbols come out wrong."""
    why = "file names and messages are UTF-8"
    if codecs.lookup(encoding).name == "utf-8":
        return passed("locale", "UTF-8", why=why)
    return warned("locale", encoding, why=why, cure="Set LANG=C.UTF-8, or PYTHONUTF8=1, where it is started.")


def _library(requirement: str) -> Library:
    text = requirement.partition(";")[0].strip()
    match = _NAME.match(text)
    assert match is not None, f"requirement {requirement!r} begins with no name"
    name = match.group()
    try:
        installed = metadata.version(name)
    except metadata.PackageNotFoundError:
        installed = None
    return Library(name=name, wanted=text[len(name) :].strip(" ()"), installed=installed)


def _release(version: str) -> tuple[int, ...]:
    """The numbers at the front, without zeros at the end, so that 4 and 4.0 are the same."""
    numbers = []
    for part in version.split("."):
        digits = re.match(r"\d+", part)
        if digits is None:
            break
        numbers.append(int(digits.group()))
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)
