"""Cost of one received frame: `Receiver.push` with checksum, counter and freshness on."""

from pathlib import Path

from bench.case import Case, Contender, Scale, Target, Timed, per_item
from bench.decode.generated import FrameSource, generated
from bench.decode.peers import cantools_decoder, opendbc_parser
from firmware_runtime.can.receiver import Receiver

BUS = "drive"
PER_TICK = 60


def against_cantools(scale: Scale, directory: Path) -> Case:
    given = generated(BUS)

    def cantools() -> Timed:
        frames = [frame for tick in FrameSource([BUS], PER_TICK).ticks(scale.ticks) for frame in tick]
        decode = cantools_decoder(given.database)

        def work() -> None:
            for frame in frames:
                decode(frame.can_id, frame.data)

        return work

    return Case(
        "receive a frame: CRC, counter, freshness",
        per_item("µs", scale.ticks * PER_TICK),
        pushing(scale),
        Contender("cantools, bare decode", cantools),
        Target("≥ 3 × faster", ratio_min=3),
    )


def against_opendbc(scale: Scale, directory: Path) -> Case:
    path = directory / "receive.dbc"
    path.write_text(generated(BUS).text)

    def opendbc() -> Timed:
        ticks = [
            (source[0].time_ns, [(frame.can_id, frame.data, 0) for frame in source])
            for source in FrameSource([BUS], PER_TICK).ticks(scale.ticks)
        ]
        update = opendbc_parser(path).update

        def work() -> None:
            for tick in ticks:
                update([tick])

        return work

    return Case(
        "receive a frame: CRC, counter, freshness",
        per_item("µs", scale.ticks * PER_TICK),
        pushing(scale),
        Contender("opendbc, no CRC", opendbc),
    )


def pushing(scale: Scale) -> Contender:
    """Ours; every frame must be accepted, as a refused one is cheaper."""
    given = generated(BUS)
    receiver = Receiver({BUS: given.database}, given.bindings)
    source = FrameSource([BUS], PER_TICK)
    receiver.sample(0)

    def prepare() -> Timed:
        frames = [frame for tick in source.ticks(scale.ticks) for frame in tick]
        push = receiver.push

        def work() -> None:
            for frame in frames:
                push(frame)

        return work

    return Contender("firmware_runtime", prepare, lambda: problem_of(receiver, source))


def problem_of(receiver: Receiver, source: FrameSource) -> str | None:
    """What was refused or unusable, if anything."""
    refused = [figures.message for figures in receiver.message_statistics() if figures.rejected]
    if refused:
        return f"expected every frame accepted, got refusals of {', '.join(refused)}"
    sample = receiver.sample(source.now_ns)
    return None if sample.all_ok else "expected every signal usable, got some that are not"
