"""Under any load nothing is lost unseen, and neither reading nor sending ever waits."""

import subprocess
import time

from firmware_runtime.can.bus_events import EventKind
from firmware_runtime.can.frame import Frame
from firmware_runtime.can.socketcan import SocketCanPort
from tests.vcan.side import CHANNEL, Taken, run, take, take_frames

SENTINEL = 0x7FF
TC = ("tc", "qdisc")


def everything(port: SocketCanPort, generator: "subprocess.Popen[bytes]") -> Taken:
    """Takes until the generator has ended, then to the sentinel: the drop count rides on the next frame."""
    before = take(port, lambda _: generator.poll() is not None)
    assert generator.returncode == 0
    drained = Taken()
    while part := port.receive(time.monotonic_ns()):
        drained.frames += part
        drained.events += port.take_events()
    run("cansend", CHANNEL, f"{SENTINEL:X}#")
    after = take(port, lambda taken: bool(taken.frames) and taken.frames[-1].can_id == SENTINEL)
    whole = Taken()
    for part in (before, drained, after):
        whole.frames += part.frames
        whole.events += part.events
    return whole


def test_100000_frames_at_full_rate_are_received_or_counted_as_lost(port: SocketCanPort) -> None:
    generator = subprocess.Popen(
        ["cangen", CHANNEL, "-g", "0", "-n", "100000", "-I", "42", "-L", "8", "-D", "i"]
    )
    taken = everything(port, generator)
    assert len(taken.frames) + port.statistics.kernel_drops == 100_001
    assert port.statistics.received == len(taken.frames)
    numbers = [int.from_bytes(frame.data, "little") for frame in taken.frames[:-1]]
    assert numbers == sorted(set(numbers)), "in order, none twice"
    assert numbers[-1] < 100_000
    print(f"received {len(taken.frames)}, counted as lost {port.statistics.kernel_drops}")


def test_an_overflow_is_counted_to_the_frame_and_reported(port: SocketCanPort) -> None:
    run("cangen", CHANNEL, "-g", "0", "-n", "16000", "-I", "42", "-L", "8", "-D", "i")
    ended = subprocess.Popen(["true"])
    taken = everything(port, ended)
    drops = port.statistics.kernel_drops
    assert drops > 0
    assert len(taken.frames) + drops == 16_001
    assert sum(event.detail for event in taken.events if event.kind is EventKind.OVERFLOW) == drops


def test_a_full_send_queue_costs_frames_but_no_time(port: SocketCanPort) -> None:
    """A qdisc that lets next to nothing through stands for a bus on which nobody acknowledges."""
    run(*TC, "add", "dev", CHANNEL, "root", "tbf", "rate", "8bit", "burst", "100", "limit", "200")
    try:
        port.send([Frame(0, "drive", 0x123, bytes(8))] * 100)
    finally:
        run(*TC, "del", "dev", CHANNEL, "root")
    counts = port.statistics
    assert counts.sent + counts.send_drops == 100
    assert counts.send_queue_full == counts.send_drops > 50
    port.send([Frame(0, "drive", 0x124, b"after")])
    assert counts.sent + counts.send_drops == 101
    run("cansend", CHANNEL, "125#")
    assert take_frames(port, 1)[-1].can_id == 0x125
