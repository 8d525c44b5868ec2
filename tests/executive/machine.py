"""Computers as trees on disk, unpacked from `machines/*.txt`; and a system that answers from the tree."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from firmware_runtime.executive.machine.facts import Device, Disk, Machine, Package, Wanted, WantedBus
from firmware_runtime.executive.machine.reader import read_machine

MACHINES = Path(__file__).parent / "machines"
WANTED = Wanted(
    buses=(
        WantedBus("drive", "socketcan", "can0", 500_000, 0),
        WantedBus("body", "socketcan", "can1", 250_000, 0),
    ),
    serial_port="/dev/ttyS0",
    watchdog="/dev/watchdog",
    state_directory="/var/lib/firmware-runtime",
)


class TreeSystem:
    """See reader.System; what it answers stands below `asked/` in the tree."""

    def __init__(self, root: Path) -> None:
        links = root / "asked" / "links.json"
        self._links = links.read_text() if links.exists() else None
        self._answers: dict[str, Any] = json.loads((root / "asked" / "answers.json").read_text())

    def links(self) -> str | None:
        return self._links

    def device(self, path: str) -> Device:
        return Device(*self._answers["devices"][path])

    def disk(self, path: str) -> Disk:
        return Disk(*self._answers["disk"])

    def clock_synchronised(self) -> bool | None:
        return self._answers["clock_synchronised"]

    def architecture(self) -> str:
        return self._answers["architecture"]

    def python(self) -> tuple[int, int, int]:
        major, minor, micro = self._answers["python"]
        return major, minor, micro

    def packages(self) -> tuple[Package, ...]:
        return tuple(Package(*entry) for entry in self._answers["packages"])

    def environment(self) -> Mapping[str, str]:
        return self._answers["environment"]


def unpack(name: str, root: Path) -> Path:
    """Writes the files of a machine below `root`."""
    for part in (MACHINES / f"{name}.txt").read_text().split("== ")[1:]:
        path, _, content = part.partition("\n")
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)
    return root


def read(root: Path, wanted: Wanted = WANTED) -> Machine:
    return read_machine(root, TreeSystem(root), wanted)
