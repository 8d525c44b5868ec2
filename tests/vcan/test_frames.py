"""Frames go through a real SocketCAN interface as they are, both ways, with the time of their arrival."""

import subprocess
import time
from itertools import pairwise
from pathlib import Path

import pytest

from firmware_runtime.can.binding import SignalBinding
from firmware_runtime.can.bus import BusError, open_bus
from firmware_runtime.can.frame import EXTENDED_FLAG, Frame
from firmware_runtime.can.sender import Sender
from firmware_runtime.can.socketcan import SocketCanPort
from tests.can.support import database
from tests.vcan.side import CHANNEL, IN_USER_MODE_LINUX, Line, run, take_frames

MS = 1_000_000


def test_frames_of_cansend_arrive_in_order_with_kind_of_identifier_and_data(port: SocketCanPort) -> None:
    for text in ("123#0102", "00000123#", "1CFF1027#0001020304050607"):
        run("cansend", CHANNEL, text)
    assert [frame[1:] for frame in take_frames(port, 3)] == [
        ("drive", 0x123, b"\x01\x02"),
        ("drive", 0x123 | EXTENDED_FLAG, b""),
        ("drive", 0x1CFF1027 | EXTENDED_FLAG, bytes(range(8))),
    ]
    assert port.statistics.received == port.statistics.host_frames == 3
    assert port.name == "drive"


def test_a_frame_carries_its_arrival_not_its_reading(port: SocketCanPort) -> None:
    before_ns = time.monotonic_ns()
    run("cansend", CHANNEL, "123#01")
    after_ns = time.monotonic_ns()
    time.sleep(0.2)
    frame = port.receive(time.monotonic_ns())[0]
    assert before_ns - MS <= frame.time_ns <= after_ns + 20 * MS


def test_no_frame_is_later_than_the_tick_that_takes_it(port: SocketCanPort) -> None:
    now_ns = time.monotonic_ns()
    run("cansend", CHANNEL, "123#01")
    time.sleep(0.05)
    assert port.receive(now_ns)[0].time_ns == now_ns


@pytest.mark.skipif(not IN_USER_MODE_LINUX, reason="sets the clock: only in a kernel of its own")
@pytest.mark.parametrize("step_s", [3600, -3600])
def test_setting_the_wall_clock_does_not_move_a_frame_in_time(port: SocketCanPort, step_s: int) -> None:
    before_ns = time.monotonic_ns()
    run("cansend", CHANNEL, "123#01")
    time.sleep(0.05)
    time.clock_settime(time.CLOCK_REALTIME, time.time() + step_s)
    run("cansend", CHANNEL, "123#02")
    after_ns = time.monotonic_ns()
    first, second = take_frames(port, 2)
    assert before_ns - MS <= first.time_ns <= second.time_ns <= after_ns + 20 * MS
    assert (port.statistics.clock_steps, port.statistics.stamps_implausible) == (1, 0)
    assert [event.kind.name for event in port.take_events() or []] in ([], ["CLOCK_STEP"])


@pytest.mark.skipif(not IN_USER_MODE_LINUX, reason="sets the clock: only in a kernel of its own")
def test_a_frame_stamped_by_no_known_clock_counts_as_received_now(port: SocketCanPort) -> None:
    """Two steps between two readings: the clock between them is never seen."""
    for step_s in (7200, -3600):
        time.clock_settime(time.CLOCK_REALTIME, time.time() + step_s)
        run("cansend", CHANNEL, "123#01")
        time.sleep(0.05)
    now_ns = time.monotonic_ns()
    first, second = port.receive(now_ns)
    assert first.time_ns == now_ns
    assert second.time_ns < now_ns
    assert port.statistics.stamps_implausible == 1


def test_canplayer_replays_a_log_to_the_port(port: SocketCanPort, tmp_path: Path) -> None:
    log = tmp_path / "log"
    lines = [f"({100 + n / 1000:.6f}) can7 {n:03X}#{n:04X}" for n in range(50)]
    log.write_text("\n".join(lines) + "\n")
    run("canplayer", "-I", str(log), f"{CHANNEL}=can7")
    frames = take_frames(port, 50)
    assert [(frame.can_id, frame.data) for frame in frames] == [
        (number, number.to_bytes(2, "big")) for number in range(50)
    ]
    assert all(first.time_ns <= second.time_ns for first, second in pairwise(frames))


def test_candump_sees_our_messages_and_their_counters_advance(port: SocketCanPort) -> None:
    drive = database("q_truck_drive")
    message = drive.get_message_by_name("RuntimeHeartbeat")
    given = [s.name for s in message.signals if s.name not in ("Crc", "Counter")]
    bindings = [SignalBinding(name, "drive", "RuntimeHeartbeat", name) for name in given]
    sender = Sender({"drive": drive}, bindings)
    with subprocess.Popen(
        ["candump", "-L", "-n", "30", "-T", "20000", CHANNEL], stdout=subprocess.PIPE, text=True
    ) as candump:
        time.sleep(0.5)
        for tick in range(200):
            port.send(sender.frames(tick * 10 * MS, [0.0] * len(given)))
        said = (candump.stdout.read() if candump.stdout else "").split()
    payloads = [bytes.fromhex(word.partition("#")[2]) for word in said if "#" in word]
    assert {int(word.partition("#")[0], 16) for word in said if "#" in word} == {message.frame_id}
    # AUTOSAR E2E profile 1A: low nibble of byte 1, 0 to 14, then 0 again.
    counters = [payload[1] & 0x0F for payload in payloads]
    assert counters == [(counters[0] + n) % 15 for n in range(30)]
    assert port.statistics.send_drops == 0


def test_only_frames_of_the_filter_arrive_and_error_frames_still_do(line: Line) -> None:
    port = line.open(identifiers=[0x123, 0x456 | EXTENDED_FLAG])
    for text in ("123#01", "124#01", "00000123#01", "00000456#01", "456#01", "123#R"):
        run("cansend", CHANNEL, text)
    assert [frame.can_id for frame in take_frames(port, 2)] == [0x123, 0x456 | EXTENDED_FLAG]
    run("cansend", CHANNEL, "123#02")
    assert [frame.data for frame in take_frames(port, 1)] == [b"\x02"]
    assert port.statistics.remote_frames == 0


def test_more_identifiers_than_the_kernel_filters_are_refused() -> None:
    with pytest.raises(
        BusError, match="cannot be set up: expected at most 512 identifiers to filter by, got 513"
    ):
        open_bus("drive", "socketcan", CHANNEL, identifiers=range(513))


def test_fd_frames_pass_where_the_bus_is_fd_and_nowhere_else(line: Line, port: SocketCanPort) -> None:
    fd = line.open(options={"fd": True})
    payload = bytes(range(64))
    fd.send(
        [
            Frame(0, "drive", 0x77, payload),
            Frame(0, "drive", 0x78, b"classic"),
            Frame(0, "drive", 1, b"x" * 65),
        ]
    )
    run("cansend", CHANNEL, "079##1" + payload[:12].hex())
    other = line.open(options={"fd": True})
    fd.send([Frame(0, "drive", 0x77, payload)])
    assert take_frames(other, 1)[0][2:] == (0x77, payload)
    assert take_frames(fd, 1)[0][2:] == (0x79, payload[:12])
    assert [frame.can_id for frame in take_frames(port, 1)] == [0x78]
    assert (fd.statistics.sent, fd.statistics.send_drops) == (3, 1)
    port.send([Frame(0, "drive", 0x77, payload)])
    assert (port.statistics.sent, port.statistics.send_drops) == (0, 1)
