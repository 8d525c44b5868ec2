"""Hand-over between processes over real sockets: whichever side is killed, nothing waits, nothing is lost."""

import json
import resource
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from firmware_runtime.executive.persistence.disk import OsDisk
from firmware_runtime.executive.persistence.first import first_contents, note
from firmware_runtime.executive.persistence.hand_over import HandOver
from firmware_runtime.executive.persistence.items import CONTENT_MAX_BYTES, Record
from firmware_runtime.executive.persistence.keep import Inbox, keep
from firmware_runtime.executive.persistence.messages import (
    BARRIER,
    MESSAGE_VERSION,
    Acknowledgement,
    Order,
    acknowledge,
    decode_acknowledgement,
    decode_order,
    encode,
)
from firmware_runtime.executive.persistence.store import StateStore
from firmware_runtime.executive.persistence.writer import Writer
from firmware_runtime.vehicle.problems import ConfigurationError
from tests.executive.persistence.power_loss import MemoryDisk
from tests.executive.persistence.support import STAMP, VEHICLE, commissioned, events, read, running, time_of

E, R = Record.EVENTS, Record.RUNNING
PATIENCE_S = 30.0


def order(sequence: int, record: str = E, content: bytes | None = None, session: int = 5) -> Order:
    content = events(sequence) if content is None else content
    return Order(MESSAGE_VERSION, session, sequence, str(record), content)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "state"
    place.mkdir()
    StateStore(OsDisk(place), VEHICLE).commission(first_contents(0.0), note(0.0), STAMP)
    return place


Start = Callable[[], subprocess.Popen[str]]


@pytest.fixture
def start(folder: Path, tmp_path: Path) -> Iterator[Start]:
    """Starts the shipped process on `folder`; all are killed in the end."""
    started: list[subprocess.Popen[str]] = []

    def begin() -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "firmware_runtime.executive", "state", "keep", str(folder)]
        process = subprocess.Popen(
            [*command, "--vehicle", VEHICLE, "--socket", str(tmp_path / "s")],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        assert process.stdout is not None
        process.stdout.readline()
        return process

    yield begin
    for process in started:
        process.kill()
        process.communicate()


@pytest.fixture
def hand_over(tmp_path: Path) -> Iterator[HandOver]:
    link = HandOver(tmp_path / "s")
    yield link
    link.close()


def answer_to(hand_over: HandOver, sequence: int) -> Acknowledgement:
    deadline_s = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline_s:
        for answer in hand_over.receive():
            if answer.sequence == sequence:
                return answer
        time.sleep(0.001)
    raise AssertionError(f"no answer to {sequence}")


def on_disk(folder: Path, record: Record) -> int | None:
    return time_of(StateStore(OsDisk(folder), VEHICLE).read(), record)


def test_what_is_acknowledged_is_on_the_disk(folder: Path, start: Start, hand_over: HandOver) -> None:
    start()
    for sequence, record in ((1, E), (2, R), (3, E)):
        made = events(sequence) if record is E else running(sequence)
        assert hand_over.send(order(sequence, record, made))
        assert answer_to(hand_over, sequence).error == ""
        assert on_disk(folder, record) == sequence


def test_the_largest_content_fits_one_message(folder: Path, start: Start, hand_over: HandOver) -> None:
    start()
    large = events(1)[:-1] + b" " * (CONTENT_MAX_BYTES - len(events(1))) + b"}"
    assert len(large) == CONTENT_MAX_BYTES
    assert hand_over.send(order(1, content=large))
    assert answer_to(hand_over, 1).error == ""


def test_without_a_writer_nothing_is_sent_nothing_waits_and_nothing_raises(hand_over: HandOver) -> None:
    assert not hand_over.send(order(1))
    assert hand_over.receive() == []
    assert not hand_over.wait_until_written(5, 0.05)


def test_whether_there_is_a_writer_is_known_at_once(start: Start, hand_over: HandOver) -> None:
    assert not hand_over.has_writer()
    process = start()
    assert hand_over.has_writer()
    process.kill()
    process.wait()
    assert not hand_over.has_writer(), "its socket is still there, and nobody behind it"


def test_a_writer_that_was_killed_is_found_again(folder: Path, start: Start, hand_over: HandOver) -> None:
    first = start()
    assert hand_over.send(order(1))
    answer_to(hand_over, 1)
    first.kill()
    first.wait()
    assert not hand_over.send(order(2))
    start()
    assert hand_over.send(order(3))
    assert answer_to(hand_over, 3).error == ""
    assert on_disk(folder, E) == 3


def test_a_writer_that_hangs_holds_nobody_up(start: Start, hand_over: HandOver) -> None:
    process = start()
    process.send_signal(signal.SIGSTOP)
    sent = [hand_over.send(order(sequence)) for sequence in range(1, 2001)]
    assert False in sent, "the queue is full, and that is all that happens"
    last = max(number for number, was in enumerate(sent, 1) if was)
    process.send_signal(signal.SIGCONT)
    assert answer_to(hand_over, last).error == ""


def test_a_successor_reads_the_state_only_once_its_predecessors_orders_are_written(
    folder: Path, start: Start, tmp_path: Path
) -> None:
    process = start()
    process.send_signal(signal.SIGSTOP)
    predecessor = HandOver(tmp_path / "s")
    for sequence in (1, 2, 3):
        assert predecessor.send(order(sequence, session=1))
    predecessor.close()
    successor = HandOver(tmp_path / "s")
    assert not successor.wait_until_written(2, 0.05), "not sure while the writer hangs"
    process.send_signal(signal.SIGCONT)
    assert successor.wait_until_written(2, PATIENCE_S)
    assert on_disk(folder, E) == 3
    successor.close()


def test_a_full_disk_is_told_the_old_state_stands_and_a_later_order_succeeds(
    folder: Path, start: Start, hand_over: HandOver
) -> None:
    """The limit on a file's size fails writes as a full disk does, in the midst of a file."""
    process = start()
    assert hand_over.send(order(1))
    answer_to(hand_over, 1)
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (100, resource.RLIM_INFINITY))
    assert hand_over.send(order(2))
    assert answer_to(hand_over, 2).error == "not written: [Errno 27] File too large"
    assert on_disk(folder, E) == 1
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    assert hand_over.send(order(3))
    assert answer_to(hand_over, 3).error == ""
    assert on_disk(folder, E) == 3


def test_a_folder_that_was_taken_away_is_told(folder: Path, start: Start, hand_over: HandOver) -> None:
    start()
    assert hand_over.send(order(1))
    answer_to(hand_over, 1)
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()
    assert hand_over.send(order(2))
    assert "No such file or directory" in answer_to(hand_over, 2).error


def test_rubbish_and_senders_without_an_address_are_counted_and_harm_nothing(
    start: Start, hand_over: HandOver, tmp_path: Path
) -> None:
    process = start()
    stranger = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    for data in (b"", b"rubbish", encode(order(1)), b"x" * 140_000):
        stranger.sendto(data, str(tmp_path / "s"))
    stranger.close()
    assert hand_over.send(order(7))
    assert answer_to(hand_over, 7).error == ""
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=PATIENCE_S)
    assert json.loads(out) == {"written": 1, "failed": 0, "refused": 4}
    assert err == ""
    assert process.returncode == 0


def test_at_its_end_it_writes_what_is_there_by_then(folder: Path, start: Start, hand_over: HandOver) -> None:
    process = start()
    process.send_signal(signal.SIGSTOP)
    assert hand_over.send(order(1))
    process.send_signal(signal.SIGTERM)
    process.send_signal(signal.SIGCONT)
    process.wait(PATIENCE_S)
    assert on_disk(folder, E) == 1
    assert not (folder.parent / "s").exists()


def test_only_one_process_writes(start: Start, tmp_path: Path) -> None:
    start()
    second = start()
    _, err = second.communicate(timeout=PATIENCE_S)
    assert second.returncode == 75
    assert err.startswith(f"{tmp_path}/s.lock: expected no other process that writes, got one that holds")


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("missing/s", "expected a file that this process may make"),
        ("x" * 110, "expected a path for a socket"),
    ],
)
def test_a_path_that_cannot_be_used_is_told(tmp_path: Path, path: str, words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        Inbox(tmp_path / path)


def test_a_file_that_is_no_socket_is_not_removed(tmp_path: Path) -> None:
    (tmp_path / "s").write_text("mine")
    with pytest.raises(ConfigurationError, match="expected a socket or nothing, got something else"):
        Inbox(tmp_path / "s")
    assert (tmp_path / "s").read_text() == "mine"


def test_the_newest_content_of_each_record_is_written_events_first() -> None:
    disk = commissioned()
    writer = Writer(StateStore(disk, VEHICLE), lambda: STAMP)
    answers: list[Acknowledgement] = []
    came = [order(1), order(2, R, running(2)), order(0, BARRIER, b""), order(3), order(4, R, running(4))]
    writer.handle(came, answers.append)
    assert [(answer.record, answer.sequence) for answer in answers] == [(E, 3), (R, 4), (BARRIER, 0)]
    assert (writer.written, writer.failed, writer.error) == (2, 0, "")
    assert (time_of(read(disk.files), E), time_of(read(disk.files), R)) == (3, 4)


def test_where_nothing_may_be_written_each_answer_says_so_until_it_may(tmp_path: Path) -> None:
    disk = MemoryDisk()
    writer = Writer(StateStore(disk, VEHICLE), lambda: STAMP)
    answers: list[Acknowledgement] = []
    writer.handle([order(1)], answers.append)
    assert answers[0].error == "not written: /state: expected the state of a vehicle, nothing of it is there"
    assert writer.failed == 1
    disk.files = commissioned().files
    writer.handle([order(2)], answers.append)
    assert answers[1].error == ""


def test_an_answer_to_nobody_is_dropped_and_the_loop_ends_when_told(folder: Path, tmp_path: Path) -> None:
    inbox = Inbox(tmp_path / "s")
    gone = HandOver(tmp_path / "s")
    assert gone.send(order(1))
    gone.close()
    rounds = iter((False, False, True))
    writer = keep(OsDisk(folder), VEHICLE, inbox, lambda: next(rounds))
    inbox.close()
    assert writer.written == 1
    assert on_disk(folder, E) == 1


def test_messages_of_another_version_or_kind_are_none() -> None:
    assert decode_order(encode(order(1))) == order(1)
    assert decode_order(encode(Order(2, 5, 1, E, b""))) is None
    assert decode_order(encode(Order(1, 5, 1, "other", b""))) is None
    told = acknowledge(order(1), "x" * 1000)
    assert len(told.error) == 300
    assert decode_acknowledgement(encode(told)) == told
    assert decode_acknowledgement(encode(Acknowledgement(2, 5, 1, E, ""))) is None
    assert decode_acknowledgement(b"\xc1") is None


def test_the_writing_process_loads_no_catalogue_of_faults_and_no_numpy() -> None:
    code = "import firmware_runtime.executive.state, sys; print(*sys.modules)"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    loaded = set(out.split())
    assert "firmware_runtime.executive.persistence.writer" in loaded
    assert not loaded & {"numpy", "can", "firmware_runtime.safety.fault_catalogue"}


def test_it_runs_where_it_may_not_even_read_its_boot(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from firmware_runtime.executive.persistence import keep as shell

    monkeypatch.setattr(shell, "BOOT_ID", tmp_path / "none")
    assert shell.stamp().boot_id == ""


def test_at_its_start_it_tells_what_is_damaged_and_writes_all_the_same(
    folder: Path, start: Start, hand_over: HandOver
) -> None:
    (folder / "events.a.state").write_bytes(b"spoilt")
    process = start()
    assert hand_over.send(order(1))
    assert answer_to(hand_over, 1).error == ""
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=PATIENCE_S)
    assert err.startswith(f"{folder}/events.a.state: expected to begin with ")
    assert (folder / "events.a.state.refused").read_bytes() == b"spoilt"
