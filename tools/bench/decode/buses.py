"""Four saturated buses of 1 Mbit/s: receive with all checks, and decode at 100 Hz, as share of a core."""

from pathlib import Path

from bench.case import Case, Contender, Measure, Scale, Target, Timed
from bench.decode.generated import TICK_NS, FrameSource, generated
from bench.decode.peers import cantools_decoder
from bench.decode.receive import problem_of
from firmware_runtime.can.receiver import Receiver

BUSES = ("drive", "body", "battery", "work")
FRAMES_PER_BUS = 80
"""In a tick of 10 ms: 8,000 a second (125 bits a frame of 8 bytes with stuff bits), 32,000 in all."""
PERCENT = 100


def four_saturated(scale: Scale, directory: Path) -> Case:
    given = {bus: generated(bus) for bus in BUSES}
    databases = {bus: one.database for bus, one in given.items()}
    receiver = Receiver(databases, [binding for one in given.values() for binding in one.bindings])
    source = FrameSource(BUSES, FRAMES_PER_BUS)
    receiver.sample(0)
    lasts_s = scale.ticks * TICK_NS / 1e9

    def ours() -> Timed:
        ticks = list(source.ticks(scale.ticks))
        began_ns = source.now_ns - scale.ticks * TICK_NS

        def work() -> None:
            push, now_ns = receiver.push, began_ns
            for tick in ticks:
                for frame in tick:
                    push(frame)
                now_ns += TICK_NS
                receiver.sample(now_ns)

        return work

    def cantools() -> Timed:
        ticks = list(FrameSource(BUSES, FRAMES_PER_BUS).ticks(scale.ticks))
        decode = {bus: cantools_decoder(one) for bus, one in databases.items()}

        def work() -> None:
            for tick in ticks:
                for frame in tick:
                    decode[frame.bus](frame.can_id, frame.data)

        return work

    return Case(
        "four saturated buses: 32,000 frames/s, 100 Hz",
        Measure("% of a core", lambda seconds: seconds / lasts_s * PERCENT),
        Contender("firmware_runtime", ours, lambda: problem_of(receiver, source)),
        Contender("cantools, bare decode", cantools),
        Target("< 15 %", ours_limit=15),
    )
