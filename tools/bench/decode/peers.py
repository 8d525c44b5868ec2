"""The other programs, each behind one function; one that is not installed raises `UnavailableError`."""

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cantools
import numpy as np
from cantools.database.can import Database

from bench.case import UnavailableError
from firmware_runtime.can.frame_columns import CLASSIC_BYTES, FrameColumns

if TYPE_CHECKING:
    from opendbc.can.parser import CANParser

CYCLE_HZ = 100


def cantools_decoder(database: Database) -> Callable[[int, bytes], object]:
    """Bare decode to physical values; the message is found by one look-up, cheaper than cantools' own."""
    decoders = {message.frame_id: message.decode for message in database.messages}
    return lambda can_id, data: decoders[can_id](data, decode_choices=False)


def load_with_cantools(path: Path) -> object:
    return cantools.database.load_file(path, strict=True)


def opendbc_parser(path: Path) -> "CANParser":
    """All messages of a DBC at 100 Hz on bus 0."""
    try:
        from opendbc.can.parser import CANParser
    except ImportError as error:
        raise UnavailableError(f"opendbc cannot be imported: {error}") from error
    database = cantools.database.load_file(path)
    if not isinstance(database, Database):
        raise UnavailableError(f"{path.name} is no CAN database")
    return CANParser(str(path), [(message.name, CYCLE_HZ) for message in database.messages], 0)


def asammdf_extractor(path: Path, frames: FrameColumns) -> Callable[[], int]:
    """Bus extraction from a log that is open already; gives the number of frames that were decoded."""
    try:
        from asammdf import MDF, Signal
        from asammdf.blocks.v4_blocks import SourceInformation
        from asammdf.blocks.v4_constants import BUS_TYPE_CAN, SOURCE_BUS
    except ImportError as error:
        raise UnavailableError(f"asammdf cannot be imported: {error}") from error
    fields: list[tuple[Any, ...]] = [
        ("CAN_DataFrame.BusChannel", "<u1"),
        ("CAN_DataFrame.ID", "<u4"),
        ("CAN_DataFrame.IDE", "<u1"),
        ("CAN_DataFrame.DLC", "<u1"),
        ("CAN_DataFrame.DataLength", "<u1"),
        ("CAN_DataFrame.DataBytes", "<u1", (CLASSIC_BYTES,)),
        ("CAN_DataFrame.Dir", "<u1"),
        ("CAN_DataFrame.EDL", "<u1"),
        ("CAN_DataFrame.BRS", "<u1"),
        ("CAN_DataFrame.ESI", "<u1"),
    ]
    samples = np.zeros(len(frames), np.dtype(fields))
    samples["CAN_DataFrame.BusChannel"] = 1
    samples["CAN_DataFrame.ID"] = frames.can_id
    samples["CAN_DataFrame.DLC"] = samples["CAN_DataFrame.DataLength"] = CLASSIC_BYTES
    samples["CAN_DataFrame.DataBytes"] = frames.data
    log: Any = MDF(version="4.10")
    source: Any = SourceInformation(source_type=SOURCE_BUS, bus_type=BUS_TYPE_CAN)
    log.append(Signal(name="CAN_DataFrame", samples=samples, timestamps=frames.time_ns / 1e9, source=source))

    def extract() -> int:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            extracted = log.extract_bus_logging({"CAN": [(path, 0)]})
        found = sum(group.channel_group.cycles_nr for group in extracted.groups)
        extracted.close()
        return found

    return extract
