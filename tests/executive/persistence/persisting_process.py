"""`python -m tests.executive.persistence.persisting_process DIR SOCKET LOG`: the shipped process, overheard.

It is `firmware-runtime state keep` with a disk between that notes in LOG what it is asked for.
"""

import sys
from pathlib import Path

from firmware_runtime.executive.persistence.disk import OsDisk
from firmware_runtime.executive.persistence.keep import Inbox, keep
from tests.executive.persistence.power_loss import LoggingDisk

VEHICLE = "QT-0042"


def main(directory: str, socket: str, log: str) -> None:
    disk = LoggingDisk(OsDisk(Path(directory)), Path(log))
    keep(disk, VEHICLE, Inbox(Path(socket)), lambda: False)


if __name__ == "__main__":
    main(*sys.argv[1:])
