"""What is on a bus, identifier by identifier: load, rates, ages, errors; pure, its shell is `bus_command`."""

from collections.abc import Callable, Iterable
from typing import NamedTuple

import msgspec

from firmware_runtime.can.frame import Frame
from firmware_runtime.can.traffic import FrameCounts
from vehicle_diag.decode_report import identifier_text

NS_PER_S = 1e9
WINDOW_NS = 1_000_000_000
"""Rates and load are those of the last whole window."""
IDENTIFIERS_MAX = 4096
"""Assumption: twice what any vehicle's bus has; beyond it frames are only counted."""


class Expected(NamedTuple):
    """What a database says of an identifier."""

    name: str
    length: int
    deadline_ns: int
    """Longest interval; 0: none stated."""


NOTHING_EXPECTED = Expected("", 0, 0)
Lookup = Callable[[int], Expected]


class IdentifierReport(msgspec.Struct, frozen=True):
    """One identifier on a bus."""

    identifier: str
    name: str
    """Of its message; empty where no database has it."""
    frames: int
    rate_hz: float
    period_min_ms: float | None
    """Shortest interval; None before the second frame."""
    period_max_ms: float | None
    age_ms: float
    too_short: int
    """Frames shorter than their message."""
    late: int
    """Intervals longer than the database's deadline, the present one included."""
    data: str
    """Of the last frame, in hex."""


class BusReport(msgspec.Struct, frozen=True):
    """One bus."""

    bus: str
    duration_s: float
    frames: int
    frames_not_kept: int
    """Of identifiers beyond IDENTIFIERS_MAX."""
    rate_hz: float
    bit_rate: int
    load: float
    """Share of the bit rate, 0..1, with random content between the stuff bits."""
    load_worst: float
    """With the most stuff bits that are possible."""
    port: dict[str, int]
    """The port's own counts that are not 0."""
    identifiers: list[IdentifierReport]


class _Seen:
    __slots__ = (
        "before",
        "data",
        "expected",
        "frames",
        "last_ns",
        "late",
        "longest_ns",
        "rate_hz",
        "short",
        "shortest_ns",
    )  # fmt: skip

    def __init__(self, expected: Expected, time_ns: int) -> None:
        self.expected = expected
        self.frames = self.before = self.short = self.late = 0
        self.last_ns = time_ns
        self.shortest_ns = 1 << 62
        self.longest_ns = -1
        self.rate_hz: float | None = None
        self.data = b""


class BusMonitor:
    """Figures of one bus since `start_ns`."""

    def __init__(
        self, bus: str, bit_rate: int, start_ns: int, lookup: Lookup | None = None, data_bit_rate: int = 0
    ) -> None:
        """`data_bit_rate`: of CAN FD's data phase; 0: as `bit_rate`."""
        self._bus = bus
        self._bit_rate = bit_rate
        self._data_bit_rate = data_bit_rate
        self._start_ns = self._window_ns = start_ns
        self._lookup = lookup
        self._seen: dict[int, _Seen] = {}
        self._total = FrameCounts()
        self._recent = FrameCounts()
        self._frames = self._frames_before = self._not_kept = 0
        self._window: tuple[float, float, float] | None = None

    @property
    def frames(self) -> int:
        return self._frames

    def step(self, now_ns: int, frames: Iterable[Frame]) -> None:
        """Take frames; closes the window when its time is over."""
        for time_ns, _, can_id, data in frames:
            self._frames += 1
            self._total.add(can_id, len(data))
            self._recent.add(can_id, len(data))
            seen = self._seen.get(can_id)
            if seen is None:
                if len(self._seen) >= IDENTIFIERS_MAX:
                    self._not_kept += 1
                    continue
                expected = NOTHING_EXPECTED if self._lookup is None else self._lookup(can_id)
                seen = self._seen[can_id] = _Seen(expected, time_ns)
            else:
                interval_ns = time_ns - seen.last_ns
                seen.shortest_ns = min(seen.shortest_ns, interval_ns)
                seen.longest_ns = max(seen.longest_ns, interval_ns)
                seen.late += 0 < seen.expected.deadline_ns < interval_ns
            seen.frames += 1
            seen.last_ns = time_ns
            seen.short += len(data) < seen.expected.length
            seen.data = data
        if now_ns - self._window_ns >= WINDOW_NS:
            self._close_window(now_ns)

    def _close_window(self, now_ns: int) -> None:
        seconds = (now_ns - self._window_ns) / NS_PER_S
        rate_hz = (self._frames - self._frames_before) / seconds
        self._window = (rate_hz, *self._recent.bits().load(seconds, self._bit_rate, self._data_bit_rate))
        for seen in self._seen.values():
            seen.rate_hz = (seen.frames - seen.before) / seconds
            seen.before = seen.frames
        self._frames_before = self._frames
        self._recent = FrameCounts()
        self._window_ns = now_ns

    def report(self, now_ns: int, port: dict[str, int]) -> BusReport:
        """The figures as they stand; before the first window has closed, those since the start."""
        seconds = max(1, now_ns - self._start_ns) / NS_PER_S
        rate_hz, load, load_worst = self._window or (
            self._frames / seconds,
            *self._total.bits().load(seconds, self._bit_rate, self._data_bit_rate),
        )
        return BusReport(
            bus=self._bus,
            duration_s=seconds,
            frames=self._frames,
            frames_not_kept=self._not_kept,
            rate_hz=rate_hz,
            bit_rate=self._bit_rate,
            load=load,
            load_worst=load_worst,
            port={name: count for name, count in port.items() if count},
            identifiers=[
                _identifier(can_id, seen, now_ns, seconds) for can_id, seen in sorted(self._seen.items())
            ],
        )


def _identifier(can_id: int, seen: _Seen, now_ns: int, seconds: float) -> IdentifierReport:
    age_ns = max(0, now_ns - seen.last_ns)
    return IdentifierReport(
        identifier=identifier_text(can_id),
        name=seen.expected.name,
        frames=seen.frames,
        rate_hz=seen.frames / seconds if seen.rate_hz is None else seen.rate_hz,
        period_min_ms=seen.shortest_ns / 1e6 if seen.frames > 1 else None,
        period_max_ms=seen.longest_ns / 1e6 if seen.frames > 1 else None,
        age_ms=age_ns / 1e6,
        too_short=seen.short,
        late=seen.late + (0 < seen.expected.deadline_ns < age_ns),
        data=seen.data.hex(" ").upper(),
    )
