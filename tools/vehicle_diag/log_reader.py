"""Reads a log of any format into columns: candump by our own reader, all others by python-can's."""

import contextlib
import gc
import gzip
import importlib.util
import io
import logging
import struct
import sys
import zlib
from collections.abc import Generator, Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, cast

import can
import numpy as np
from can.io.blf import BLFParseError

from firmware_runtime.can.frame import EXTENDED_FLAG
from firmware_runtime.can.frame_columns import CLASSIC_BYTES, FD_BYTES
from vehicle_diag.candump_reader import read_candump
from vehicle_diag.log_columns import FrameBlock, Log, LogBuilder, LogError, OnProgress

FORMATS = (".log", ".asc", ".blf", ".trc", ".mf4")
_BLOCK_FRAMES = 65536
# What the readers of python-can and asammdf raise for a damaged file.
_READER_ERRORS = (
    can.CanError,
    BLFParseError,
    LookupError,
    ArithmeticError,
    ValueError,
    TypeError,
    AttributeError,
    NameError,
    RuntimeError,
    EOFError,
    AssertionError,
    struct.error,
    zlib.error,
)


class _CountedLines(io.TextIOWrapper):
    """A text file that knows the line it is at, for the messages."""

    line = 0

    def __next__(self) -> str:
        self.line += 1
        return super().__next__()

    def readline(self, *size: Any) -> str:
        self.line += 1
        return super().readline(*size)


def read_log(path: Path, on_progress: OnProgress) -> Log:
    """All data frames of a log.

    Raises:
        LogError: no log, damaged, or of a format whose package is not installed.
        OSError: the file cannot be read.
    """
    suffixes = [suffix.lower() for suffix in path.suffixes]
    zipped = suffixes[-1:] == [".gz"]
    kind = (suffixes[:-1] if zipped else suffixes)[-1:]
    if kind == [".log"]:
        return read_candump(path, on_progress)
    if kind == [".mf4"] and not zipped:
        return _read_mf4(path)
    if kind not in ([".asc"], [".blf"], [".trc"]):
        raise LogError(f"{path}: expected a log named {', '.join(FORMATS)} (also .log.gz), got this name")
    return _read_by_python_can(path, kind[0], zipped, on_progress)


def _read_by_python_can(path: Path, kind: str, zipped: bool, on_progress: OnProgress) -> Log:
    size = max(1, path.stat().st_size)
    text: _CountedLines | None = None
    with path.open("rb") as plain:
        file = cast(BinaryIO, gzip.GzipFile(fileobj=plain) if zipped else plain)
        try:
            reader: Iterable[can.Message]
            if kind == ".blf":
                reader = can.BLFReader(file)
            else:
                text = _CountedLines(cast(Any, file), encoding="utf-8", errors="replace")
                reader = can.ASCReader(text) if kind == ".asc" else can.TRCReader(text)
            return _collect(reader, path, lambda: on_progress(plain.tell() / size))
        except (*_READER_ERRORS, gzip.BadGzipFile) as error:
            place = f"{path}:{text.line}" if text is not None and text.line else str(path)
            raise LogError(f"{place}: expected a {kind[1:].upper()} log, got: {_words(error)}") from error


def _read_mf4(path: Path) -> Log:
    if importlib.util.find_spec("asammdf") is None:
        raise LogError(f"{path}: MF4 needs the package asammdf: pip install 'firmware-runtime[technician]'")
    # asammdf would take a missing file for a damaged one.
    path.open("rb").close()
    with _quiet_asammdf():
        try:
            return _collect(can.MF4Reader(str(path)), path, lambda: None)
        except (*_READER_ERRORS, *_mf4_errors()) as error:
            words = _words(error)
        # The error kept the half-opened file: its destructor runs now, while it is quiet.
        gc.collect()
    raise LogError(f"{path}: expected an MF4 log of CAN frames, got: {words}")


def _mf4_errors() -> tuple[type[Exception], ...]:
    """What asammdf, and the decompressor that it takes where there is one, raise beyond the usual."""
    from asammdf.blocks.utils import MdfException

    if importlib.util.find_spec("isal") is None:
        return (MdfException,)
    from isal import isal_zlib

    # Its stub declares the class as an instance.
    return (MdfException, cast(Any, isal_zlib.error))


@contextlib.contextmanager
def _quiet_asammdf() -> Generator[None]:
    """It logs the defects that we report, and its destructor fails on a file that could not be opened."""
    usual, logger = sys.unraisablehook, logging.getLogger("asammdf")
    level = logger.level

    def hook(event: "sys.UnraisableHookArgs") -> None:
        if not str(getattr(event.object, "__module__", "")).startswith("asammdf."):
            usual(event)

    sys.unraisablehook = hook
    logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        sys.unraisablehook = usual
        logger.setLevel(level)


def _words(error: Exception) -> str:
    return f"{type(error).__name__} {' '.join(str(error).split())}"[:200].rstrip()


def _collect(reader: Iterable[can.Message], path: Path, on_block: Any) -> Log:
    builder = LogBuilder()
    kept: list[tuple[int, int, bytes, int]] = []
    for message in _data_frames(reader, builder):
        identifier = message.arbitration_id | (EXTENDED_FLAG if message.is_extended_id else 0)
        bus = "" if message.channel is None else str(message.channel)
        data = bytes(message.data)
        if len(data) > FD_BYTES:
            raise LogError(f"{path}: expected at most {FD_BYTES} bytes of data, got {len(data)}")
        kept.append((round(message.timestamp * 1e9), identifier, data, builder.bus_index(bus)))
        if len(kept) == _BLOCK_FRAMES:
            builder.blocks.append(_block(kept))
            kept.clear()
            on_block()
    builder.blocks.append(_block(kept))
    return builder.finish()


def _data_frames(reader: Iterable[can.Message], builder: LogBuilder) -> Iterator[can.Message]:
    for message in reader:
        if message.is_error_frame:
            builder.error_frames += 1
        elif message.is_remote_frame:
            builder.remote_frames += 1
        else:
            yield message


def _block(kept: list[tuple[int, int, bytes, int]]) -> FrameBlock:
    width = FD_BYTES if any(len(data) > CLASSIC_BYTES for _, _, data, _ in kept) else CLASSIC_BYTES
    joined = b"".join(data.ljust(width, b"\0") for _, _, data, _ in kept)
    return FrameBlock(
        np.array([time_ns for time_ns, _, _, _ in kept], np.int64),
        np.array([identifier for _, identifier, _, _ in kept], np.uint32),
        np.array([len(data) for _, _, data, _ in kept], np.uint8),
        np.frombuffer(joined, np.uint8).reshape(-1, width),
        np.array([bus for _, _, _, bus in kept], np.uint8),
    )
