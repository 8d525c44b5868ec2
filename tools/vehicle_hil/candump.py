"""Writes `bus.log` in the format of can-utils' `candump -l`: one frame a line, both buses in one file.

`(0000000012.340000) drive 0CFF0027#1122334455667788`: seconds since the start of the drive (vehicle time,
not the wall clock, so that the same seed gives the same bytes), bus name, identifier with 3 digits for 11
and 8 for 29 bits, payload; all hex upper-case. canplayer, python-can, cantools and SavvyCAN read it.
"""

from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

from vehicle_hil.result import BusFrame

_EXTENDED_FLAG = 0x8000_0000
_BUFFER_BYTES = 1 << 20


class CandumpWriter:
    """Context manager around one log file. Frames before time 0 (a frame under way) are written as 0."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("w", encoding="ascii", newline="\n", buffering=_BUFFER_BYTES)
        self._names: dict[tuple[str, int], str] = {}
        self._stamp_ns = -1
        self._stamp = ""
        self.frames = 0

    def write(self, frames: Sequence[BusFrame]) -> None:
        """Write frames in the order given."""
        names = self._names
        lines: list[str] = []
        for time_ns, bus, can_id, data in frames:
            if time_ns != self._stamp_ns:
                self._stamp_ns = time_ns
                seconds, rest = divmod(max(time_ns, 0) // 1000, 1_000_000)
                self._stamp = f"({seconds:010d}.{rest:06d}) "
            name = names.get((bus, can_id))
            if name is None:
                name = names[bus, can_id] = f"{bus} {format_identifier(can_id)}#"
            lines.append(f"{self._stamp}{name}{data.hex().upper()}\n")
        self.frames += len(lines)
        self._file.write("".join(lines))

    def close(self) -> None:
        self._file.close()

    def __enter__(self) -> "CandumpWriter":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def format_identifier(can_id: int) -> str:
    """Eight hex digits for a 29-bit identifier (bit 31 set), three for 11 bits, as candump writes them."""
    if can_id & _EXTENDED_FLAG:
        return f"{can_id & 0x1FFF_FFFF:08X}"
    return f"{can_id & 0x7FF:03X}"
