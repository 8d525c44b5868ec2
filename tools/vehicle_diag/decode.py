"""Decodes a log by databases: what the subcommand `decode` does, apart from showing it."""

import difflib
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from firmware_runtime.can.columns import ColumnDecoder, DecodedColumns, SignalColumn
from firmware_runtime.can.database import load_database
from firmware_runtime.can.message_match import ANY_BUS, MessageMatch, OfflineDatabase, names_of
from vehicle_diag.decode_report import DecodeReport, SignalReport, UnknownReport, identifier_text
from vehicle_diag.log_columns import Log

NS_PER_S = 1e9


class SelectionError(ValueError):
    """A signal that the databases do not have; the message says what was asked and what is near it."""


def open_databases(arguments: Sequence[str], force_j1939: bool) -> MessageMatch:
    """Databases from `FILE` or `BUS=FILE`.

    Raises:
        DatabaseError: a file that is no strict DBC.
        ValueError: two messages for one identifier.
    """
    entries: list[OfflineDatabase] = []
    for argument in arguments:
        bus, equals, file = argument.partition("=")
        if not equals or Path(argument).exists():
            bus, file = ANY_BUS, argument
        entries.append(OfflineDatabase(file, load_database(file), bus))
    return MessageMatch(entries, force_j1939)


def select(match: MessageMatch, names: Sequence[str]) -> dict[int, frozenset[str]] | None:
    """Signals by candidate index from `Signal` or `Message.Signal`; None: all. Raises SelectionError."""
    if not names:
        return None
    known = names_of(match.candidates)
    chosen: dict[int, set[str]] = {}
    problems: list[str] = []
    for name in names:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=3)
            hint = f"; near it: {', '.join(near)}" if near else ""
            problems.append(f"--signal {name}: expected a signal of the databases, got none{hint}")
        for index, signal in known.get(name, ()):
            chosen.setdefault(index, set()).add(signal)
    if problems:
        raise SelectionError("\n".join(problems))
    return {index: frozenset(signals) for index, signals in chosen.items()}


def decode_log(
    log: Log,
    match: MessageMatch,
    selected: dict[int, frozenset[str]] | None,
    raw: bool,
    on_progress: Callable[[float], None],
) -> DecodedColumns:
    """All frames of the log. Raises ValueError for a database with a signal that cannot be cut."""
    total = max(1, len(log.frames))
    decoder = ColumnDecoder(match, selected, raw)
    return decoder.decode(log.frames, lambda done: on_progress(done / total))


def summarise(file: str, log: Log, decoded: DecodedColumns) -> DecodeReport:
    """The log in figures: what was known, what was not."""
    frames = log.frames
    unknown = sorted(decoded.unknown.items(), key=lambda entry: -entry[1])
    return DecodeReport(
        file=file,
        frames=len(frames),
        decoded_frames=sum(len(message.rows) for message in decoded.messages),
        too_short_frames=sum(message.too_short for message in decoded.messages),
        no_page_frames=sum(message.no_page for message in decoded.messages),
        unknown_frames=sum(decoded.unknown.values()),
        unknown_identifiers=len(unknown),
        remote_frames=log.remote_frames,
        error_frames=log.error_frames,
        cut_lines=log.cut_lines,
        duration_s=float(np.ptp(frames.time_ns)) / NS_PER_S if len(frames) else 0.0,
        signals=[
            _signal_report(message.candidate.message.name, column, log)
            for message in decoded.messages
            for column in message.signals
            if len(column.rows)
        ],
        unknown=[UnknownReport(bus, identifier_text(can_id), count) for (bus, can_id), count in unknown],
    )


def _signal_report(message: str, column: SignalColumn, log: Log) -> SignalReport:
    values = column.values
    finite = values[np.isfinite(values)]
    identifiers = np.unique(log.frames.can_id[column.rows]).tolist()
    return SignalReport(
        message=message,
        signal=column.name,
        unit=column.unit,
        count=len(values),
        identifiers=[identifier_text(identifier) for identifier in identifiers],
        first=float(values[0]),
        last=float(values[-1]),
        minimum=float(finite.min()) if len(finite) else None,
        maximum=float(finite.max()) if len(finite) else None,
        mean=_mean(finite) if len(finite) else None,
        not_finite=len(values) - len(finite),
    )


def _mean(values: npt.NDArray[np.float64]) -> float:
    """Also of values whose sum is beyond float64: arbitrary bits read as a double soon are."""
    with np.errstate(over="ignore"):
        mean = float(values.mean())
    return mean if np.isfinite(mean) else float((values / len(values)).sum())
