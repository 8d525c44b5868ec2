"""Writes decoded values, one a row in the order of the log: CSV or Parquet."""

import csv
import importlib.util
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple, TextIO

import numpy as np
import numpy.typing as npt

from firmware_runtime.can.columns import DecodedColumns, SignalColumn
from firmware_runtime.can.frame_columns import FrameColumns
from vehicle_diag.decode_report import identifier_text
from vehicle_diag.log_columns import OnProgress

HEADER = ("time_s", "bus", "identifier", "message", "signal", "value", "unit")
_BLOCK_ROWS = 65536
_NS_PER_S = 1_000_000_000


class MissingPackageError(Exception):
    """A format whose package is not installed; the message says which and how."""


class _Values(NamedTuple):
    """All values in the order of their frames, and of the databases within a frame."""

    frame: npt.NDArray[np.intp]
    column: npt.NDArray[np.intp]
    value: npt.NDArray[np.float64]
    place: npt.NDArray[np.intp]
    """Index of the value within its column."""


def _columns(decoded: DecodedColumns) -> list[tuple[str, SignalColumn]]:
    return [
        (message.candidate.message.name, column) for message in decoded.messages for column in message.signals
    ]


def _in_order(columns: list[tuple[str, SignalColumn]]) -> _Values:
    empty = np.empty(0, np.intp)
    frame = np.concatenate([empty, *(column.rows for _, column in columns)])
    order = np.argsort(frame, kind="stable")
    number = [np.full(len(column.rows), index) for index, (_, column) in enumerate(columns)]
    value = np.concatenate([np.empty(0), *(column.values for _, column in columns)])
    place = np.concatenate([empty, *(np.arange(len(column.rows)) for _, column in columns)])
    return _Values(frame[order], np.concatenate([empty, *number])[order], value[order], place[order])


def write_csv(
    file: TextIO, frames: FrameColumns, decoded: DecodedColumns, on_progress: OnProgress, raw: bool = False
) -> int:
    """Values as the shortest decimal that reads back the same; returns the number of rows.

    raw: one column more, the raw number; for a floating-point signal its bit pattern.
    """
    columns = _columns(decoded)
    values = _in_order(columns)
    units = [_csv_field(column.unit) for _, column in columns]
    buses = [_csv_field(name) for name in frames.buses]
    names = [f"{message},{column.name}" for message, column in columns]
    file.write(",".join(HEADER + ("raw",) * raw) + "\n")
    for begin, end in _blocks(len(values.frame)):
        row = values.frame[begin:end]
        lines: list[str] = []
        for time_ns, bus, can_id, number, value, place in zip(
            frames.time_ns[row].tolist(),
            frames.bus[row].tolist(),
            frames.can_id[row].tolist(),
            values.column[begin:end].tolist(),
            values.value[begin:end].tolist(),
            values.place[begin:end].tolist(),
            strict=True,
        ):
            line = f"{_seconds(time_ns)},{buses[bus]},{identifier_text(can_id)},{names[number]},"
            line += f"{value!r},{units[number]}"
            raws = columns[number][1].raw
            lines.append(f"{line},{raws[place]}\n" if raw and raws is not None else f"{line}\n")
        file.write("".join(lines))
        on_progress(end / len(values.frame))
    return len(values.frame)


def write_parquet(path: Path, frames: FrameColumns, decoded: DecodedColumns, on_progress: OnProgress) -> int:
    """The columns of the CSV, but `time_ns`, as one Parquet file; returns the number of rows.

    Raises:
        MissingPackageError: pyarrow is not installed.
        OSError: the file cannot be written.
    """
    require_parquet()
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns = _columns(decoded)
    values = _in_order(columns)
    identifiers, identifier_of_frame = np.unique(frames.can_id, return_inverse=True)
    texts: dict[str, list[str]] = {
        "bus": list(frames.buses),
        "identifier": [identifier_text(identifier) for identifier in identifiers.tolist()],
        "message": [message for message, _ in columns],
        "signal": [column.name for _, column in columns],
        "unit": [column.unit for _, column in columns],
    }
    text_type = pa.dictionary(pa.int32(), pa.string())
    schema = pa.schema(
        [
            ("time_ns", pa.int64()),
            *((name, text_type) for name in ("bus", "identifier", "message", "signal")),
            ("value", pa.float64()),
            ("unit", text_type),
        ]
    )
    with pq.ParquetWriter(path, schema) as writer:
        for begin, end in _blocks(len(values.frame)):
            row, number = values.frame[begin:end], values.column[begin:end]
            keys: dict[str, npt.NDArray[Any]] = {
                "bus": frames.bus[row],
                "identifier": identifier_of_frame[row],
                **dict.fromkeys(("message", "signal", "unit"), number),
            }
            arrays: dict[str, Any] = {
                name: pa.DictionaryArray.from_arrays(
                    pa.array(keys[name].astype(np.int32)), pa.array(texts[name])
                )
                for name in texts
            }
            arrays["time_ns"] = pa.array(frames.time_ns[row])
            arrays["value"] = pa.array(values.value[begin:end])
            writer.write_table(pa.table({name: arrays[name] for name in schema.names}, schema=schema))
            on_progress(end / len(values.frame))
    return len(values.frame)


def require_parquet() -> None:
    """Raises MissingPackageError where pyarrow is not installed."""
    if importlib.util.find_spec("pyarrow") is None:
        raise MissingPackageError(
            "--format parquet needs the package pyarrow: pip install 'firmware-runtime[technician]'"
        )


def _blocks(count: int) -> Iterator[tuple[int, int]]:
    for begin in range(0, count, _BLOCK_ROWS):
        yield begin, min(begin + _BLOCK_ROWS, count)


def _seconds(time_ns: int) -> str:
    sign = "-" if time_ns < 0 else ""
    seconds, rest = divmod(abs(time_ns), _NS_PER_S)
    return f"{sign}{seconds}.{rest // 1000:06d}" if rest % 1000 == 0 else f"{sign}{seconds}.{rest:09d}"


def _csv_field(text: str) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow([text])
    return line.getvalue() if text else ""
