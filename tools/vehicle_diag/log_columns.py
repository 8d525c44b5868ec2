"""Collects the frames of a log, block after block, into columns."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from firmware_runtime.can.frame_columns import CLASSIC_BYTES, FrameColumns

OnProgress = Callable[[float], None]
"""Called with the share of the file that was read, 0..1."""


class LogError(Exception):
    """A log that cannot be read; the message says where, what was expected and what came."""


class FrameBlock(NamedTuple):
    """Some frames in a row; columns as in FrameColumns."""

    time_ns: npt.NDArray[np.int64]
    can_id: npt.NDArray[np.uint32]
    length: npt.NDArray[np.uint8]
    data: npt.NDArray[np.uint8]
    bus: npt.NDArray[np.uint8]

    def only(self, kept: npt.NDArray[np.bool_]) -> "FrameBlock":
        """The rows that are kept."""
        return FrameBlock(
            self.time_ns[kept], self.can_id[kept], self.length[kept], self.data[kept], self.bus[kept]
        )


@dataclass(slots=True)
class Log:
    """What a log held."""

    frames: FrameColumns
    remote_frames: int
    error_frames: int
    cut_lines: int = 0
    """1 where the log ends within a line, as it does when its writer loses power; that line is left out."""


@dataclass(slots=True)
class LogBuilder:
    """Takes blocks; gives the whole log."""

    blocks: list[FrameBlock] = field(default_factory=list[FrameBlock])
    buses: dict[str, int] = field(default_factory=dict[str, int])
    remote_frames: int = 0
    error_frames: int = 0
    cut_lines: int = 0

    def bus_index(self, name: str) -> int:
        """Index of a bus, new ones at the end.

        Raises:
            LogError: more than 256 buses.
        """
        index = self.buses.setdefault(name, len(self.buses))
        if index > np.iinfo(np.uint8).max:
            raise LogError(f"expected at most 256 buses in one log, got one more: {name!r}")
        return index

    def finish(self) -> Log:
        """The log; all payloads as wide as the widest."""
        width = max((block.data.shape[1] for block in self.blocks), default=CLASSIC_BYTES)
        empty = FrameBlock(
            np.empty(0, np.int64),
            np.empty(0, np.uint32),
            np.empty(0, np.uint8),
            np.empty((0, width), np.uint8),
            np.empty(0, np.uint8),
        )
        blocks = [empty, *(block._replace(data=widened(block.data, width)) for block in self.blocks)]
        self.blocks = []
        columns = FrameColumns(
            np.concatenate([block.time_ns for block in blocks]),
            np.concatenate([block.can_id for block in blocks]),
            np.concatenate([block.length for block in blocks]),
            np.concatenate([block.data for block in blocks]),
            np.concatenate([block.bus for block in blocks]),
            tuple(self.buses),
        )
        return Log(columns, self.remote_frames, self.error_frames, self.cut_lines)


def widened(data: npt.NDArray[np.uint8], width: int) -> npt.NDArray[np.uint8]:
    """Payloads with zeros up to `width` bytes."""
    if data.shape[1] == width:
        return data
    result = np.zeros((len(data), width), np.uint8)
    result[:, : data.shape[1]] = data
    return result
