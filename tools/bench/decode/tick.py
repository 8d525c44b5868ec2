"""Cost of one tick's decode: 200 signals of 60 messages, with range and freshness judged."""

from collections.abc import Callable
from dataclasses import replace
from operator import attrgetter
from pathlib import Path

from bench.case import Case, Contender, Scale, Target, Timed, per_item
from bench.decode.generated import TICK_NS, FrameSource, Generated, generated
from bench.decode.peers import opendbc_parser
from bench.decode.receive import BUS, PER_TICK, problem_of
from firmware_runtime.can.receiver import Receiver, Sample

WHAT = "decode a tick: 200 signals, 60 messages"


def against_cantools(scale: Scale, directory: Path) -> Case:
    """Ours ends with an array of float64 numbers, readable by index, and what is wrong with which."""
    given = _unprotected()
    return _against_cantools(scale, WHAT, given, attrgetter("numbers"), Target("≥ 25 × faster", ratio_min=25))


def as_floats(scale: Scale, directory: Path) -> Case:
    """The same with an SI factor for every third signal, all of it read out as Python floats."""
    given = _unprotected()
    bindings = [
        replace(binding, si_factor=1 / 3.6) if number % 3 == 0 else binding
        for number, binding in enumerate(given.bindings)
    ]
    given = given._replace(bindings=tuple(bindings))
    return _against_cantools(scale, f"{WHAT}, to Python floats", given, attrgetter("values"))


def _unprotected() -> Generated:
    # Without checksum and counter: cantools decodes these 200 signals and no other.
    return generated(BUS, is_protected=False)


def _against_cantools(
    scale: Scale,
    what: str,
    given: Generated,
    read: Callable[[Sample], object],
    target: Target | None = None,
) -> Case:
    receiver = Receiver({BUS: given.database}, given.bindings)
    source = FrameSource([BUS], PER_TICK)
    latest = next(source.ticks(1))

    def ours() -> Timed:
        nonlocal latest
        latest = next(source.ticks(1))
        for frame in latest:
            receiver.push(frame)
        sample = receiver.sample
        step_ns = TICK_NS // (2 * scale.decodes)
        instants_ns = [source.now_ns + number * step_ns for number in range(scale.decodes)]

        def work() -> None:
            for now_ns in instants_ns:
                read(sample(now_ns))

        return work

    def cantools() -> Timed:
        decode = given.database.decode_message

        def work() -> None:
            for _ in range(scale.decodes):
                for frame in latest:
                    decode(frame.can_id, frame.data)

        return work

    def problem() -> str | None:
        wanted: dict[str, float] = {}
        for frame in latest:
            # Names of signals are unique in the whole generated database.
            decoded = given.database.decode_message(frame.can_id, frame.data)
            wanted.update(dict(decoded))  # type: ignore[arg-type]
        values = receiver.sample(source.now_ns).values
        same = values == [wanted[binding.signal] * binding.si_factor for binding in given.bindings]
        return problem_of(receiver, source) or (None if same else "expected cantools' values, got others")

    return Case(
        what,
        per_item("µs", scale.decodes),
        Contender("firmware_runtime", ours, problem),
        Contender("cantools", cantools),
        target,
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
