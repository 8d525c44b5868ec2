"""Decode of a whole log, already in memory: identifiers mixed, all signals."""

from functools import cache, partial
from pathlib import Path

import numpy as np

from bench.case import Case, Contender, Scale, Target, Timed, rate
from bench.decode.generated import FIRST_ID, SIGNALS_PER_MESSAGE, generated
from bench.decode.peers import asammdf_extractor
from firmware_runtime.can.columns import ColumnDecoder
from firmware_runtime.can.frame_columns import CLASSIC_BYTES, FrameColumns
from firmware_runtime.can.message_match import MessageMatch, OfflineDatabase

FRAMES_PER_M = 1e6
GAP_NS = 125_000
"""Frames of a saturated bus of 1 Mbit/s."""


def against_asammdf(scale: Scale, directory: Path) -> Case:
    given = generated("")
    path = directory / "offline.dbc"
    path.write_text(given.text)
    frames = mixed_log(scale.log_frames)
    match = MessageMatch([OfflineDatabase("generated", given.database)])
    decoded_frames = {"ours": 0, "asammdf": 0}

    def ours() -> Timed:
        def work() -> None:
            decoded = ColumnDecoder(match).decode(frames)
            decoded_frames["ours"] = sum(len(message.rows) for message in decoded.messages)

        return work

    def problem(side: str) -> str | None:
        count = decoded_frames[side]
        return None if count == len(frames) else f"expected {len(frames)} frames decoded, got {count}"

    # A log is written once: only its extraction is timed.
    extractor = cache(lambda: asammdf_extractor(path, frames))

    def asammdf() -> Timed:
        extract = extractor()

        def work() -> None:
            decoded_frames["asammdf"] = extract()

        return work

    return Case(
        f"decode a log of {scale.log_frames} frames",
        rate("M frames/s", scale.log_frames / FRAMES_PER_M),
        Contender("firmware_runtime", ours, partial(problem, "ours")),
        Contender("asammdf", asammdf, partial(problem, "asammdf")),
        Target("≥ 8 M frames/s, ≥ 8 × faster", ratio_min=8, ours_limit=8),
    )


def mixed_log(count: int) -> FrameColumns:
    """Random payloads of all messages, in random order."""
    chance = np.random.default_rng(1)
    return FrameColumns(
        np.arange(count, dtype=np.int64) * GAP_NS,
        (FIRST_ID + chance.integers(0, len(SIGNALS_PER_MESSAGE), count)).astype(np.uint32),
        np.full(count, CLASSIC_BYTES, np.uint8),
        chance.integers(0, 256, (count, CLASSIC_BYTES), np.uint8),
        np.zeros(count, np.uint8),
        ("",),
    )
