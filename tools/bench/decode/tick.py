"""Cost of one tick's decode: 200 signals of 60 messages, with range and freshness judged."""

from pathlib import Path

from bench.case import Case, Contender, Scale, Target, Timed, per_item
from bench.decode.generated import TICK_NS, FrameSource, generated
from bench.decode.peers import cantools_decoder, opendbc_parser
from bench.decode.receive import BUS, PER_TICK, problem_of
from firmware_runtime.can.receiver import Receiver

WHAT = "decode a tick: 200 signals, 60 messages"


def against_cantools(scale: Scale, directory: Path) -> Case:
    # Without checksum and counter: cantools decodes these 200 signals and no other.
    given = generated(BUS, is_protected=False)
    receiver = Receiver({BUS: given.database}, given.bindings)
    source = FrameSource([BUS], PER_TICK)
    latest = next(source.ticks(1))

    def ours() -> Timed:
        nonlocal latest
        latest = next(source.ticks(1))
        for frame in latest:
            receiver.push(frame)
        sample = receiver.sample
        now_ns, step_ns = source.now_ns, TICK_NS // (2 * scale.decodes)

        def work() -> None:
            for number in range(scale.decodes):
                sample(now_ns + number * step_ns)

        return work

    def cantools() -> Timed:
        decode = cantools_decoder(given.database)

        def work() -> None:
            for _ in range(scale.decodes):
                for frame in latest:
                    decode(frame.can_id, frame.data)

        return work

    def problem() -> str | None:
        wanted: dict[object, object] = {}
        for frame in latest:
            # Names of signals are unique in the whole generated database.
            for name, value in dict(given.database.decode_message(frame.can_id, frame.data)).items():
                wanted[name] = value
        values = receiver.sample(source.now_ns).values
        same = values == [wanted[binding.signal] for binding in given.bindings]
        return problem_of(receiver, source) or (None if same else "expected cantools' values, got others")

    return Case(
        WHAT,
        per_item("µs", scale.decodes),
        Contender("firmware_runtime", ours, problem),
        Contender("cantools", cantools),
        Target("≥ 25 × faster", ratio_min=25),
    )


def against_opendbc(scale: Scale, directory: Path) -> Case:
    given = generated(BUS, is_protected=False)
    path = directory / "tick.dbc"
    path.write_text(given.text)
    receiver = Receiver({BUS: given.database}, given.bindings)
    source = FrameSource([BUS], PER_TICK)

    def ours() -> Timed:
        ticks = list(source.ticks(scale.ticks))

        def work() -> None:
            for tick in ticks:
                for frame in tick:
                    receiver.push(frame)
                receiver.sample(tick[-1].time_ns)

        return work

    def opendbc() -> Timed:
        ticks = [
            (tick[0].time_ns, [(frame.can_id, frame.data, 0) for frame in tick])
            for tick in FrameSource([BUS], PER_TICK).ticks(scale.ticks)
        ]
        update = opendbc_parser(path).update

        def work() -> None:
            for tick in ticks:
                update([tick])

        return work

    return Case(
        "receive and decode a tick: 60 frames",
        per_item("µs", scale.ticks),
        Contender("firmware_runtime", ours, lambda: problem_of(receiver, source)),
        Contender("opendbc", opendbc),
    )
