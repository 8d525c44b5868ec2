"""What a check is, and what it says."""

from collections.abc import Callable
from enum import Enum
from typing import NamedTuple

from firmware_runtime.executive.machine.facts import Machine, Wanted


class Verdict(Enum):
    """From best to worst."""

    GOOD = "good"
    """Fit for a vehicle."""
    DEVELOPMENT = "works in development"
    """The runtime runs; on a vehicle it may be late, or forget."""
    MISSING = "missing"
    """The runtime cannot do its work."""


class Finding(NamedTuple):
    verdict: Verdict
    found: str
    mend: str = ""
    """Commands to copy and paste, `#` before what is no command; empty where nothing is to be mended."""


class Check(NamedTuple):
    """One row of the table."""

    name: str
    why: str
    """Why it matters, in one line."""
    judge: Callable[[Machine, Wanted], Finding]


class Row(NamedTuple):
    """One row as it came out."""

    name: str
    found: str
    verdict: Verdict
    why: str
    mend: str


def good(found: str) -> Finding:
    return Finding(Verdict.GOOD, found)


def development(found: str, mend: str) -> Finding:
    return Finding(Verdict.DEVELOPMENT, found, mend)


def missing(found: str, mend: str) -> Finding:
    return Finding(Verdict.MISSING, found, mend)
