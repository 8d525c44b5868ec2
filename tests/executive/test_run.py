"""`firmware-runtime run` and `replay` as a user runs them: real shells, bad input told in one line."""

import json
import os
import pty
import signal
import subprocess
import sys
import time
import tty
import zlib
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from firmware_runtime.recorder.blackbox import BlackBoxReader, BlackBoxWriter
from firmware_runtime.recorder.tick_record import BlackBoxHeader, TickRecord

ROOT = Path(__file__).parents[2]
PROFILE = "configs/q_truck.toml"
COMMAND = [sys.executable, "-m", "firmware_runtime.executive"]


@pytest.fixture
def route(tmp_path: Path) -> Path:
    path = tmp_path / "straight.csv"
    path.write_text("x_m,y_m\n" + "".join(f"{x},0\n" for x in range(0, 61, 2)))
    return path


@pytest.fixture
def receiver() -> Iterator[str]:
    """A pseudo-terminal in the GNSS receiver's place."""
    master, slave = pty.openpty()
    tty.setraw(slave)
    yield os.ttyname(slave)
    os.close(slave)
    os.close(master)


def arguments(
    route: Path, receiver: str, *further: str, buses: tuple[str, ...] = ("drive", "body")
) -> list[str]:
    chosen = ["run", PROFILE, "--route", str(route), "--serial", receiver]
    for bus in buses:
        chosen += ["--bus", f"{bus}=virtual:{bus}"]
    return [*chosen, *further]


def run(*argv: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *argv], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60
    )


@pytest.fixture
def record(route: Path, receiver: str, tmp_path: Path) -> Path:
    """A black box of a short run, ended by SIGTERM as a service manager does."""
    path = tmp_path / "black_box"
    command = [*COMMAND, *arguments(route, receiver, "--record", str(path))]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("running q_truck ")
        ticks = 0
        reader = BlackBoxReader(path)
        while ticks < 20 and process.poll() is None:
            ticks += len(list(reader.ticks()))
            time.sleep(0.01)
        process.send_signal(signal.SIGTERM)
        statistics = json.loads(process.stdout.readline())
        assert process.wait(20) == 0
    # With no vehicle on the buses it sends all the same: its heartbeat says STANDING.
    drive = statistics["buses"]["drive"]
    assert drive["sent"] >= 20
    assert (drive["state"], drive["restart_error"]) == ("ERROR_ACTIVE", "")
    assert drive["events"] == drive["foreign_sender_frames"] == drive["error_classes"] == {}
    assert statistics["loop"]["ticks"] >= 20
    assert (statistics["recorder_drops"], statistics["recorder_error"]) == (0, "")
    return path


def replayed(record: Path, route: Path) -> subprocess.CompletedProcess[str]:
    return run("replay", str(record), PROFILE, "--route", str(route))


@pytest.mark.requirement("SR-30")
def test_a_run_is_recorded_and_its_replay_gives_every_byte_again(record: Path, route: Path) -> None:
    header = BlackBoxReader(record).header
    assert (header.vehicle, header.tick_ns) == ("q_truck", 10_000_000)
    assert header.started_unix_ns > 0
    ticks = len(list(BlackBoxReader(record).ticks()))
    answer = replayed(record, route)
    assert (answer.returncode, answer.stdout) == (0, f"{ticks} ticks, every byte the same\n"), answer.stderr


@pytest.mark.requirement("SR-30")
def test_a_changed_record_is_found_out(record: Path, route: Path, tmp_path: Path) -> None:
    reader = BlackBoxReader(record)
    changed = tmp_path / "changed"
    with BlackBoxWriter(changed, reader.header) as writer:
        for number, tick in enumerate(reader.ticks()):
            assert isinstance(tick, TickRecord)
            frames = list(tick.frames_out)
            if number == 12:
                frames[0] = frames[0]._replace(data=bytes(len(frames[0].data)))
            writer.record(TickRecord(tick.time_ns, tick.frames_in, tick.serial_in, frames, tick.telemetry))
    answer = replayed(changed, route)
    assert answer.returncode == 1
    assert "differs at tick 12" in answer.stdout
    assert "in frame 1 of" in answer.stdout


def test_another_identity_and_a_torn_end_are_noted(record: Path, route: Path, tmp_path: Path) -> None:
    reader = BlackBoxReader(record)
    other = tmp_path / "other"
    with BlackBoxWriter(other, msgspec.structs.replace(reader.header, identity="c0ffee")) as writer:
        for tick in reader.ticks():
            writer.record(tick)
    other.write_bytes(other.read_bytes()[:-3])
    answer = replayed(other, route)
    assert answer.returncode == 0
    assert "recorded by c0ffee" in answer.stderr
    assert "bytes at the end are no whole record" in answer.stderr


@pytest.mark.parametrize(
    ("further", "buses", "messages"),
    [
        ((), ("drive",), ["--bus: expected --bus body=INTERFACE:CHANNEL"]),
        (("--bus", "drvie=virtual:x"), ("drive", "body"), ['got "drvie" (did you mean "drive"?)']),
        (("--bus", "nonsense"), ("drive", "body"), ['got "nonsense"']),
        (("--distance", "-3"), ("drive", "body"), ["expected a length above 0 in metres, got '-3'"]),
        (("--distance", "far"), ("drive", "body"), ["expected a length above 0 in metres, got 'far'"]),
    ],
)
def test_bad_options_are_told_with_status_2(
    route: Path, receiver: str, further: tuple[str, ...], buses: tuple[str, ...], messages: list[str]
) -> None:
    answer = run(*arguments(route, receiver, *further, buses=buses))
    assert answer.returncode == 2
    for message in messages:
        assert message in answer.stderr
    assert "Traceback" not in answer.stderr


def test_what_cannot_be_opened_is_told_with_status_2(route: Path, receiver: str, tmp_path: Path) -> None:
    there_already = tmp_path / "there"
    there_already.touch()
    cases = {
        ("--record", str(there_already)): "--record: " + str(there_already) + ": expected a new file",
        ("--record", str(tmp_path / "no" / "folder")): "No such file or directory",
        ("--serial", "/nowhere"): "--serial: /nowhere: expected a serial port that can be opened",
    }
    for further, message in cases.items():
        answer = run(*arguments(route, receiver, *further))
        assert answer.returncode == 2, answer
        assert message in answer.stderr
        assert "Traceback" not in answer.stderr
    command = arguments(route, receiver, "--bus", "drive=socketcan:no_such_bus", buses=("body",))
    answer = run(*command)
    assert answer.returncode == 2
    assert "expected an interface that can be opened, got" in answer.stderr


def test_a_missing_route_is_told_with_status_2(receiver: str, tmp_path: Path) -> None:
    answer = run(*arguments(tmp_path / "none.csv", receiver))
    assert answer.returncode == 2
    assert "none.csv" in answer.stderr
    assert "Traceback" not in answer.stderr


def test_a_replay_of_no_black_box_is_told_with_status_2(route: Path, tmp_path: Path) -> None:
    other = tmp_path / "bus.log"
    other.write_text("(1.0) can0 123#00\n")
    no_ticks = tmp_path / "no_ticks"
    BlackBoxWriter(no_ticks, BlackBoxHeader(identity="")).close()
    payload = msgspec.msgpack.encode(["no tick"])
    with no_ticks.open("ab") as file:
        file.write(len(payload).to_bytes(4, "little") + zlib.crc32(payload).to_bytes(4, "little") + payload)
    cases = (
        (other, "expected a black box that can be read"),
        (tmp_path / "none", "No such file"),
        (no_ticks, "record at byte"),
    )
    for path, message in cases:
        answer = replayed(path, route)
        assert answer.returncode == 2
        assert message in answer.stderr
        assert "Traceback" not in answer.stderr
