"""Cost of one sent frame: a message of 8 signals, with checksum and counter."""

import random
from pathlib import Path

from bench.case import Case, Contender, Scale, Target, Timed, per_item
from bench.decode.generated import FACTOR, OFFSET, generated
from firmware_runtime.can.layout import bind
from firmware_runtime.can.packer import MessagePacker

SIGNALS = 8
RAW_MAX = 30
"""Within the limits of every signal of 6 bits, signed or not."""


def against_cantools(scale: Scale, directory: Path) -> Case:
    given = generated("drive", [SIGNALS], signed=SIGNALS // 2)
    layout = bind({"drive": given.database}, given.bindings)
    packer = MessagePacker(layout.messages[0], dict(enumerate(given.bindings)))
    message = given.database.messages[0]
    chance = random.Random(1)
    commands = [
        [chance.randint(0, RAW_MAX) * FACTOR + OFFSET for _ in range(SIGNALS)] for _ in range(scale.encodes)
    ]
    named = [
        {"Crc": 0, "Counter": 0, **{f"S{place}": value for place, value in enumerate(values)}}
        for values in commands
    ]

    def ours() -> Timed:
        def work() -> None:
            for values in commands:
                packer.pack(values)
                packer.advance_counter()

        return work

    def cantools() -> Timed:
        def work() -> None:
            for values in named:
                message.encode(values, strict=True)

        return work

    def problem() -> str | None:
        # Behind checksum and counter both must have written the same.
        same = all(
            packer.pack(values)[2:] == message.encode(names, strict=True)[2:]
            for values, names in zip(commands[:100], named[:100], strict=True)
        )
        return None if same else "expected the bytes of cantools, got others"

    return Case(
        "encode a protected message of 8 signals",
        per_item("µs", scale.encodes),
        Contender("firmware_runtime", ours, problem),
        Contender("cantools strict, no CRC", cantools),
        Target("≥ 4 × faster", ratio_min=4),
    )
