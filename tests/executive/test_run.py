"""`firmware-runtime run` and `replay` as a user runs them: real shells, bad input told in one line."""

import contextlib
import json
import os
import pty
import re
import signal
import subprocess
import sys
import time
import tty
import zlib
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest

from firmware_runtime.executive.machine.own_cores import cores_here, share_out_here
from firmware_runtime.recorder.blackbox import BlackBoxReader, BlackBoxWriter
from firmware_runtime.recorder.tick_record import (
    BlackBoxHeader,
    ControlBegin,
    ControlTick,
    SupervisorBegin,
    SupervisorTick,
)

ROOT = Path(__file__).parents[2]
PROFILE = "configs/q_truck.toml"
SHARED_MEMORY = Path("/dev/shm")
COMMAND = [sys.executable, "-m", "firmware_runtime.executive"]


def write_route(folder: Path) -> Path:
    path = folder / "straight.csv"
    path.write_text("x_m,y_m\n" + "".join(f"{x},0\n" for x in range(0, 61, 2)))
    return path


@pytest.fixture
def route(tmp_path: Path) -> Path:
    return write_route(tmp_path)


@contextmanager
def pseudo_terminal() -> Generator[str]:
    """In the GNSS receiver's place."""
    master, slave = pty.openpty()
    tty.setraw(slave)
    yield os.ttyname(slave)
    os.close(slave)
    os.close(master)


@pytest.fixture
def receiver() -> Iterator[str]:
    with pseudo_terminal() as name:
        yield name


def arguments(
    route: Path, receiver: str, *further: str, buses: tuple[str, ...] = ("drive", "body")
) -> list[str]:
    chosen = ["run", PROFILE, "--route", str(route), "--serial", receiver]
    for bus in buses:
        chosen += ["--bus", f"{bus}=virtual:{bus}"]
    return [*chosen, "--development", *further]


def run(*argv: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *argv], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60
    )


class Run:
    """`firmware-runtime run` without a vehicle; its processes by name, as its first line tells them."""

    def __init__(self, *argv: str) -> None:
        self.process = subprocess.Popen(
            [*COMMAND, *argv], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line.startswith("running q_truck "), line
        self.pids = {name: int(pid) for name, pid in re.findall(r"(\w+) pid (\d+)", line)}
        self.line = line
        assert set(self.pids) == {"control", "supervisor", "services"}

    def children(self) -> list[int]:
        """That it has now, by the kernel."""
        pid = self.process.pid
        return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]

    def finish(self) -> tuple[dict[str, Any], str]:
        """Ends it as a service manager does; its figures, and what it had to say."""
        self.process.send_signal(signal.SIGTERM)
        said, complaints = self.process.communicate(timeout=30)
        assert self.process.returncode == 0, complaints
        return json.loads(said.splitlines()[-1]), complaints

    def close(self) -> None:
        children = self.children() if self.process.poll() is None else []
        self.process.kill()
        for pid in children:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.communicate()


@pytest.fixture
def start() -> Iterator[Callable[..., Run]]:
    """Starts runs, and ends what is left of them."""
    runs: list[Run] = []

    def begin(*argv: str) -> Run:
        runs.append(Run(*argv))
        return runs[-1]

    yield begin
    for each in runs:
        each.close()


def until(holds: Callable[[], bool], seconds: float = 20.0) -> None:
    end_s = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end_s
        time.sleep(0.02)


def gone(pid: int) -> bool:
    """Also where it waits for its parent to notice."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().split(")")[1].split()[0] == "Z"
    except OSError:
        return True


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A black box of a short run, and its route."""
    folder = tmp_path_factory.mktemp("recorded")
    route = write_route(folder)
    path = folder / "black_box"
    before = set(SHARED_MEMORY.glob("firmware-runtime-*"))
    with pseudo_terminal() as receiver:
        run = Run(*arguments(route, receiver, "--record", str(path)))
        try:
            assert set(SHARED_MEMORY.glob("firmware-runtime-*")) > before
            reader = BlackBoxReader(path)
            ticks: list[object] = []

            def enough() -> bool:
                ticks.extend(reader.ticks())
                return len(ticks) > 20

            until(enough)
            figures, complaints = run.finish()
        finally:
            run.close()
    assert complaints == ""
    assert figures["control"]["loop"]["ticks"] > 20
    assert figures["supervisor"]["shell"]["forwarded"] > 20
    # With no vehicle on the buses it sends all the same: its heartbeat says STANDING.
    drive = figures["supervisor"]["buses"]["drive"]
    assert drive["sent"] > 20
    assert (drive["state"], drive["restart_error"]) == ("ERROR_ACTIVE", "")
    assert drive["foreign_sender_frames"] == drive["error_classes"] == {}
    services = figures["services"]
    taken = services["control records taken"] + services["supervisor records taken"]
    assert services["records kept"] == taken
    assert services["errors"] == []
    assert figures["restarts"] == {"control": 0, "supervisor": 0, "services": 0}
    assert set(SHARED_MEMORY.glob("firmware-runtime-*")) <= before, "the links are gone with it"
    assert all(gone(pid) for pid in run.pids.values())
    return path, route


def replayed(record: Path, route: Path) -> subprocess.CompletedProcess[str]:
    return run("replay", str(record), PROFILE, "--route", str(route))


@pytest.mark.requirement("SR-30")
def test_a_run_is_recorded_and_its_replay_gives_every_byte_again(recorded: tuple[Path, Path]) -> None:
    path, route = recorded
    header = BlackBoxReader(path).header
    assert (header.vehicle, header.tick_ns) == ("q_truck", 10_000_000)
    assert header.started_unix_ns > 0
    records = list(BlackBoxReader(path).records())
    ticks = sum(isinstance(record, ControlTick) for record in records)
    steps = sum(isinstance(record, SupervisorTick) for record in records)
    answer = replayed(path, route)
    assert (answer.returncode, answer.stdout) == (
        0,
        f"control: {ticks} ticks, every byte the same\nsupervisor: {steps} ticks, every byte the same\n",
    ), answer.stderr


def changed(record: Path, path: Path, kind: type, number: int, **changes: object) -> Path:
    """The record with one of this kind changed."""
    reader = BlackBoxReader(record)
    seen = 0
    with BlackBoxWriter(path, reader.header) as writer:
        for one in reader.records():
            if isinstance(one, kind):
                seen += 1
                if seen == number + 1:
                    one = msgspec.structs.replace(one, **changes)
            writer.record(one)
    return path


@pytest.mark.requirement("SR-30")
def test_a_changed_record_is_found_out_and_told_of_which_process(
    recorded: tuple[Path, Path], tmp_path: Path
) -> None:
    record, route = recorded
    steps = [one for one in BlackBoxReader(record).records() if isinstance(one, SupervisorTick)]
    # Between two cycles of its messages a step says nothing: there nothing can be missing.
    number = next(number for number, step in enumerate(steps) if number >= 12 and step.frames_out)
    answer = replayed(changed(record, tmp_path / "one", SupervisorTick, number, frames_out=[]), route)
    assert answer.returncode == 1
    assert "every byte the same" in answer.stdout.splitlines()[0]
    assert f"supervisor: differs at tick {number}" in answer.stdout
    assert "in number of frames" in answer.stdout
    answer = replayed(changed(record, tmp_path / "two", ControlTick, 15, dropped_before=4), route)
    assert answer.returncode == 1
    assert "control: differs at tick 15" in answer.stdout
    assert "4 ticks missing" in answer.stdout


def test_another_identity_and_a_torn_end_are_noted(recorded: tuple[Path, Path], tmp_path: Path) -> None:
    record, route = recorded
    reader = BlackBoxReader(record)
    other = tmp_path / "other"
    with BlackBoxWriter(other, msgspec.structs.replace(reader.header, identity="c0ffee")) as writer:
        for one in reader.records():
            writer.record(one)
    other.write_bytes(other.read_bytes()[:-3])
    answer = replayed(other, route)
    assert answer.returncode == 0
    assert "recorded by c0ffee" in answer.stderr
    assert "bytes at the end are no whole record" in answer.stderr


def test_whichever_dies_begins_again_and_that_is_told(
    route: Path, receiver: str, tmp_path: Path, start: Callable[..., Run]
) -> None:
    path = tmp_path / "black_box"
    run = start(*arguments(route, receiver, "--record", str(path)))
    for name in ("services", "control", "supervisor"):
        os.kill(run.pids[name], signal.SIGKILL)
        until(lambda dead=run.pids[name]: dead not in run.children() and len(run.children()) == 3)
    reader = BlackBoxReader(path)
    begun: list[object] = []

    def all_again() -> bool:
        begun.extend(one for one in reader.records() if isinstance(one, ControlBegin | SupervisorBegin))
        return len(begun) == 4

    until(all_again)
    figures, complaints = run.finish()
    assert figures["restarts"] == {"control": 1, "supervisor": 1, "services": 1}
    for name in ("services", "control", "supervisor"):
        assert f"{name} ended: signal 9 (SIGKILL); it begins again" in complaints
    assert replayed(path, route).returncode == 0


def test_each_process_has_the_cores_that_its_unit_would_give_it_and_names_them(
    route: Path, receiver: str, start: Callable[..., Run]
) -> None:
    """The last one to the supervisor; of two, both real-time processes take it, services the first."""
    shares = share_out_here()
    run = start(*arguments(route, receiver))
    found = {name: sorted(os.sched_getaffinity(pid)) for name, pid in run.pids.items()}
    assert found == {name: list(cores) for name, cores in shares._asdict().items()}
    if len(cores_here()) > 1:
        assert f", core {shares.supervisor[0]}" in run.line
        assert shares.supervisor[0] not in shares.services
    run.finish()


def test_where_it_dies_itself_the_three_are_asked_to_end(
    route: Path, receiver: str, tmp_path: Path, start: Callable[..., Run]
) -> None:
    run = start(*arguments(route, receiver, "--link", str(tmp_path)))
    assert not any(gone(pid) for pid in run.pids.values())
    run.process.kill()
    until(lambda: all(gone(pid) for pid in run.pids.values()))
    assert all(gone(pid) for pid in run.pids.values())


def test_a_signal_from_the_terminal_reaches_it_alone(
    route: Path, receiver: str, start: Callable[..., Run]
) -> None:
    run = start(*arguments(route, receiver))
    group = os.getpgid(run.process.pid)
    assert all(os.getpgid(pid) != group for pid in run.pids.values())
    run.process.send_signal(signal.SIGINT)
    run.process.send_signal(signal.SIGINT)
    figures, complaints = run.finish()
    assert None not in figures.values()
    assert complaints == ""


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
        ("--link", str(tmp_path / "none")): "--link: " + str(tmp_path / "none") + ": expected a folder",
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
