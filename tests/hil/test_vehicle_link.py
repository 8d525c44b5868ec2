"""Records between the harness and the vehicle's process arrive whole, in order, and never hold a tick up."""

import os
import threading
from pathlib import Path

import pytest

from vehicle_hil.truth import Truth
from vehicle_hil.vehicle_link import BackgroundPipe, Go, RecordReader, TickReport, VehicleOrder, write_record

BOOLS = {name: True for name, kind in Truth.__annotations__.items() if kind is bool}
TRUTH = Truth(*range(len(Truth._fields)))._replace(**BOOLS)  # type: ignore[arg-type]


def test_an_order_arrives_as_it_was_given() -> None:
    order = VehicleOrder("/p.toml", "/r.csv", 12.5, True, 7, "/out", ("drive=virtual:x",))
    read, write = os.pipe()
    with os.fdopen(read, "rb") as reader, os.fdopen(write, "wb") as writer:
        write_record(writer, order)
        write_record(writer, Go(5))
        records = RecordReader(reader)
        assert records.read(VehicleOrder) == order
        assert records.read(Go) == Go(5)
        writer.close()
        assert records.read(Go) is None
    job = order.job()
    assert (job.profile_path, job.distance_m, job.seed) == (Path("/p.toml"), 12.5, 7)


def test_reports_arrive_in_order_with_their_frames() -> None:
    read, write = os.pipe()
    pipe = BackgroundPipe(write)
    for number in range(200):
        truth = TRUTH._replace(time_ns=number)
        pipe.put(TickReport(truth, [(number, "drive", 0x8CFF0027, b"\x01\x02")], "", 3))
    pipe.close()
    os.close(write)
    with os.fdopen(read, "rb") as reader:
        records = RecordReader(reader)
        for number in range(200):
            report = records.read(TickReport)
            assert report is not None
            assert (report.truth.time_ns, report.truth.park_brake_applied) == (number, True)
            assert [tuple(frame) for frame in report.frames] == [(number, "drive", 0x8CFF0027, b"\x01\x02")]
            assert report.missed_periods == 3
        assert records.read(TickReport) is None


def test_a_reader_that_takes_nothing_holds_nobody_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vehicle_hil.vehicle_link.CLOSE_TIMEOUT_S", 0.05)
    read, write = os.pipe()
    pipe = BackgroundPipe(write)
    for _ in range(5000):
        pipe.put(TickReport(TRUTH, [], "x" * 100, 0))
    pipe.close()
    # Let the thread finish, so that it does not write to a closed descriptor later.
    drain = threading.Thread(target=lambda: [None for _ in iter(lambda: os.read(read, 1 << 16), b"")])
    drain.start()
    pipe._thread.join(10)
    assert not pipe._thread.is_alive()
    os.close(write)
    drain.join()
    os.close(read)


def test_a_torn_record_is_an_end() -> None:
    read, write = os.pipe()
    os.write(write, b"\x10\x00\x00\x00abc")
    os.close(write)
    with os.fdopen(read, "rb") as reader:
        assert RecordReader(reader).read(Go) is None
