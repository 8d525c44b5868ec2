"""The benchmark `decode`: CAN in and out. Which cases there are, and what is left out where."""

import tempfile
from collections.abc import Callable
from pathlib import Path

from bench.case import Case, Plan, Scale, UnavailableError
from bench.decode import buses, encode, offline, receive, start, tick

FULL = Scale(ticks=150, decodes=1_000, encodes=10_000, log_frames=1_000_000)
TINY = Scale(ticks=2, decodes=2, encodes=5, log_frames=200)
"""For a test of the shape; its figures mean nothing."""

CASES: tuple[Callable[[Scale, Path], Case], ...] = (
    receive.against_cantools,
    receive.against_opendbc,
    tick.against_cantools,
    tick.as_floats,
    tick.against_opendbc,
    encode.against_cantools,
    offline.against_asammdf,
    buses.four_saturated,
    start.loading,
    start.binding,
)


def plan(scale: Scale) -> Plan:
    """All cases that this machine can measure; without its peer a case is measured alone."""
    # One directory for generated databases and the cache; it lives as long as its cases.
    directory = tempfile.TemporaryDirectory(prefix="bench-decode-")
    cases: list[Case] = []
    left_out: list[str] = []
    for build in CASES:
        try:
            case = build(scale, Path(directory.name))
        except UnavailableError as reason:
            left_out.append(str(reason))
            continue
        if case.peer is not None:
            try:
                case.peer.prepare()
            except UnavailableError as reason:
                left_out.append(f"peer of `{case.what}`: {reason}")
                case = case._replace(peer=None)
        cases.append(case)
    return Plan(_Cases(cases, directory), left_out)


class _Cases(list[Case]):
    """Cases, and the directory that they work in."""

    def __init__(self, cases: list[Case], directory: "tempfile.TemporaryDirectory[str]") -> None:
        super().__init__(cases)
        self._directory = directory
