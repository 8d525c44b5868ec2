"""Reads can-utils' log format (`candump -l`), also gzipped: many lines at once with numpy.

A line is `(seconds.micros) bus identifier#data`. Lines of that very shape are read by columns; all others
(CAN FD `##`, remote `#R`, a direction at the end, error frames) one by one, which also finds the defects.
"""

import gzip
import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from firmware_runtime.can.frame import EXTENDED_FLAG
from firmware_runtime.can.frame_columns import CLASSIC_BYTES, FD_BYTES
from vehicle_diag.log_columns import FrameBlock, Log, LogBuilder, LogError, OnProgress

_BLOCK_BYTES = 2 << 20
_ERROR_FLAG = 0x2000_0000
"""Linux CAN_ERR_FLAG: the identifier holds an error's class."""
_LINE = re.compile(
    rb"\((\d{1,12})\.(\d{1,9})\)\s+(\S+)\s+([0-9A-Fa-f]{3}|[0-9A-Fa-f]{8})#(#[0-9A-Fa-f])?"
    rb"([Rr][0-9A-Fa-f]?|(?:[0-9A-Fa-f]{2})*)(?:\s+[RTrt])?"
)
_EXPECTED = "'(seconds) bus identifier#data' as candump -l writes it"
_SECOND_DIGITS = 12
_SECONDS_MAX = 9_223_372_035
"""Later times are no 64-bit number of nanoseconds; it ends in the year 2262."""
_NEWLINE, _RETURN, _SPACE, _HASH, _OPEN, _CLOSE, _DOT = b"\n\r #()."


def _hex_table() -> npt.NDArray[np.uint8]:
    table = np.full(256, 255, np.uint8)
    for digit in b"0123456789abcdefABCDEF":
        table[digit] = int(chr(digit), 16)
    return table


_HEX = _hex_table()
Bytes = npt.NDArray[np.uint8]
Places = npt.NDArray[np.int64]


class _Regular(NamedTuple):
    """Places of the parts of lines that have two blanks and one `#`."""

    line: Places
    begin: Places
    bus: Places
    identifier: Places
    data: Places
    end: Places


def read_candump(path: Path, on_progress: OnProgress) -> Log:
    """A last line that has no end and says nothing is counted and left out, behind whole ones.

    Raises LogError with file and line, OSError where the file cannot be read.
    """
    builder = LogBuilder()
    line_number = 1
    for block, share in _blocks(path):
        is_whole = block.endswith(b"\n")
        try:
            line_number += _read_block(block if is_whole else block + b"\n", line_number, builder, path)
        except LogError:
            if is_whole or line_number == 1:
                raise
            builder.cut_lines += 1
        on_progress(share)
    return builder.finish()


def _blocks(path: Path) -> Iterator[tuple[bytes, float]]:
    """Whole lines, then a rest without an end where there is one; and the share of the file behind them."""
    size = max(1, path.stat().st_size)
    with path.open("rb") as plain:
        file = gzip.GzipFile(fileobj=plain) if path.suffix.lower() == ".gz" else plain
        rest = b""
        while True:
            try:
                block = file.read(_BLOCK_BYTES)
            except (EOFError, zlib.error, gzip.BadGzipFile) as error:
                raise LogError(f"{path}: expected a whole gzip file, got: {error}") from error
            if not block:
                break
            end = block.rfind(b"\n") + 1
            if end:
                yield rest + block[:end], plain.tell() / size
                rest = block[end:]
            else:
                rest += block
            if len(rest) > _BLOCK_BYTES:
                raise LogError(f"{path}: expected lines of {_EXPECTED}, got {len(rest)} bytes without an end")
        if rest:
            yield rest, 1.0


def _read_block(text: bytes, first_line: int, builder: LogBuilder, path: Path) -> int:
    """Puts the frames of whole lines into `builder`; returns the number of lines."""
    buffer = np.frombuffer(text, np.uint8)
    ends = np.flatnonzero(buffer == _NEWLINE)
    begins = np.concatenate(([0], ends[:-1] + 1))
    # The byte before an empty line's end is the newline of the line before.
    stops = ends - (buffer[ends - 1] == _RETURN) * (ends > begins)
    count = len(ends)
    lengths = np.zeros(count, np.uint8)
    block = FrameBlock(
        np.zeros(count, np.int64),
        np.zeros(count, np.uint32),
        lengths,
        np.zeros((count, FD_BYTES if b"##" in text else CLASSIC_BYTES), np.uint8),
        np.zeros(count, np.uint8),
    )
    kept = np.zeros(count, np.bool_)
    regular = _regular(buffer, begins, stops)
    good = _fill(buffer, regular, block)
    kept[regular.line[good]] = True
    _fill_buses(text, regular, good, builder, block)
    for line in np.flatnonzero(~kept).tolist():
        words = text[int(begins[line]) : int(stops[line])]
        if words.strip():
            try:
                kept[line] = _fill_one(words, line, builder, block)
            except ValueError as error:
                raise LogError(f"{path}:{first_line + line}: {error}") from error
    builder.blocks.append(block if kept.all() else block.only(kept))
    return count


def _regular(buffer: Bytes, begins: Places, ends: Places) -> _Regular:
    blanks = np.flatnonzero(buffer == _SPACE)
    hashes = np.flatnonzero(buffer == _HASH)
    first_blank, first_hash = np.searchsorted(blanks, begins), np.searchsorted(hashes, begins)
    two_blanks = np.searchsorted(blanks, ends) - first_blank == 2
    line = np.flatnonzero(two_blanks & (np.searchsorted(hashes, ends) - first_hash == 1))
    blank, hash_ = first_blank[line], first_hash[line]
    bus, identifier, data = blanks[blank] + 1, blanks[blank + 1] + 1, hashes[hash_] + 1
    ordered = identifier < data
    parts = _Regular(line, begins[line], bus, identifier, data, ends[line])
    return parts if ordered.all() else _Regular(*(part[ordered] for part in parts))


def _fill(buffer: Bytes, regular: _Regular, block: FrameBlock) -> npt.NDArray[np.bool_]:
    """Fills in time, identifier and payload; returns which lines were in order."""
    line, begin, bus, identifier, data, end = regular
    close, digits, characters = bus - 2, data - 1 - identifier, end - data
    good = (buffer[begin] == _OPEN) & (buffer[close] == _CLOSE) & (buffer[np.maximum(close - 7, 0)] == _DOT)
    seconds = close - 8 - begin
    good &= (seconds >= 1) & (seconds <= _SECOND_DIGITS) & ((digits == 3) | (digits == 8))
    good &= (characters % 2 == 0) & (characters <= 2 * CLASSIC_BYTES)
    micros, micros_good = _number(buffer, close, np.full_like(close, 6), 6, 10)
    whole, whole_good = _number(buffer, close - 7, seconds, _SECOND_DIGITS, 10)
    number, number_good = _number(buffer, data - 1, digits, 8, 16)
    extended = digits == 8
    good &= whole <= _SECONDS_MAX
    good &= micros_good & whole_good & number_good & (number < np.where(extended, _ERROR_FLAG, 0x800))
    # Digit k of each payload, or 0 behind its end.
    step = np.arange(2 * CLASSIC_BYTES)
    inside = step < characters[:, None]
    nibbles = _HEX[buffer[np.minimum(data[:, None] + step, len(buffer) - 1)]]
    good &= ~np.any((nibbles > 15) & inside, axis=1)
    nibbles = np.where(inside, nibbles, 0).astype(np.uint8)
    to = line[good]
    block.time_ns[to] = (whole * 1_000_000 + micros)[good] * 1000
    block.can_id[to] = (number | np.where(extended, EXTENDED_FLAG, 0))[good]
    block.length[to] = (characters // 2)[good]
    block.data[to, :CLASSIC_BYTES] = (nibbles[:, ::2] << 4 | nibbles[:, 1::2])[good]
    return good


def _number(
    buffer: Bytes, end: Places, digits: Places, digits_max: int, base: int
) -> tuple[Places, npt.NDArray[np.bool_]]:
    """Numbers that end before `end`, and which of them consist of digits."""
    value = np.zeros(len(end), np.int64)
    good = np.ones(len(end), np.bool_)
    longest = min(digits_max, int(digits.max(initial=0)))
    for place in range(longest):
        inside = place < digits
        digit = _HEX[buffer[np.maximum(end - 1 - place, 0)]].astype(np.int64)
        good &= ~inside | (digit < base)
        value += np.where(inside & (digit < base), digit, 0) * base**place
    return value, good


def _fill_buses(
    text: bytes, regular: _Regular, good: npt.NDArray[np.bool_], builder: LogBuilder, block: FrameBlock
) -> None:
    """Name by name: the first line's, then the first that differs, and so on."""
    buffer = np.frombuffer(text, np.uint8)
    begins, lengths, lines = (
        regular.bus[good],
        (regular.identifier - 1 - regular.bus)[good],
        regular.line[good],
    )
    while len(lines):
        begin, length = int(begins[0]), int(lengths[0])
        name = text[begin : begin + length]
        alike = lengths == length
        for place in range(length):
            alike &= buffer[np.minimum(begins + place, len(buffer) - 1)] == name[place]
        block.bus[lines[alike]] = builder.bus_index(name.decode("utf-8", "replace"))
        begins, lengths, lines = begins[~alike], lengths[~alike], lines[~alike]


def _fill_one(words: bytes, line: int, builder: LogBuilder, block: FrameBlock) -> bool:
    """One line of any shape; True where it holds a data frame. Raises ValueError."""
    found = _LINE.fullmatch(words.strip())
    shown = words.strip()[:80].decode("utf-8", "replace")
    if found is None:
        raise ValueError(f"expected {_EXPECTED}, got {shown!r}")
    seconds, fraction, bus, digits, fd, data = found.groups()
    identifier = int(digits, 16)
    if len(digits) == 8 and identifier & _ERROR_FLAG:
        builder.error_frames += 1
        return False
    if identifier >= (0x800 if len(digits) == 3 else _ERROR_FLAG):
        raise ValueError(f"expected an identifier of 11 or 29 bits, got {shown!r}")
    if int(seconds) > _SECONDS_MAX:
        raise ValueError(f"expected at most {_SECONDS_MAX} seconds since 1970, got {shown!r}")
    if data[:1] in (b"R", b"r"):
        builder.remote_frames += 1
        return False
    payload = bytes.fromhex(data.decode())
    most = FD_BYTES if fd else CLASSIC_BYTES
    if len(payload) > most:
        raise ValueError(f"expected at most {most} bytes of data, got {len(payload)} in {shown!r}")
    block.time_ns[line] = int(seconds) * 1_000_000_000 + int(fraction.ljust(9, b"0"))
    block.can_id[line] = identifier | (EXTENDED_FLAG if len(digits) == 8 else 0)
    block.length[line] = len(payload)
    block.data[line, : len(payload)] = np.frombuffer(payload, np.uint8)
    block.bus[line] = builder.bus_index(bus.decode("utf-8", "replace"))
    return True
