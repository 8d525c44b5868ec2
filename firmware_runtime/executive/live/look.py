"""Reads the pages of all processes at one moment."""

from pathlib import Path
from typing import TypeVar

import msgspec

from firmware_runtime.executive.link.page import PageReader
from firmware_runtime.executive.link.shared_file import LinkError
from firmware_runtime.executive.live.pages import (
    PAGE_VERSION,
    SILENT_NS,
    ControlPage,
    ProcessFigures,
    ServicesPage,
    SupervisorPage,
    page_name,
)
from firmware_runtime.executive.processes import CONTROL, PROCESSES, SERVICES, SUPERVISOR

Page = TypeVar("Page", ControlPage, SupervisorPage, ServicesPage)
NEVER, ENDED, SILENT, RUNS = "not started", "ended", "no sign of life", "runs"


class Look(msgspec.Struct, frozen=True):
    """What was there at `time_ns`; None where a process has no page, or one of another version."""

    time_ns: int
    control: ControlPage | None
    supervisor: SupervisorPage | None
    services: ServicesPage | None

    def figures(self, name: str) -> ProcessFigures | None:
        page: ControlPage | SupervisorPage | ServicesPage | None = getattr(self, name)
        return page.process if page is not None else None

    def life(self, name: str) -> str:
        """One of the words above."""
        figures = self.figures(name)
        if figures is None:
            return NEVER
        if figures.ended:
            return ENDED
        return SILENT if self.time_ns - figures.time_ns > SILENT_NS else RUNS

    @property
    def well(self) -> bool:
        """All processes run."""
        return all(self.life(process.name) == RUNS for process in PROCESSES)


def look(link: Path, now_ns: int) -> Look:
    """now_ns: of the monotonic clock, which all processes of a computer share."""
    return Look(
        now_ns,
        _read(link, CONTROL.name, ControlPage),
        _read(link, SUPERVISOR.name, SupervisorPage),
        _read(link, SERVICES.name, ServicesPage),
    )


def _read(link: Path, name: str, kind: type[Page]) -> Page | None:
    try:
        reader = PageReader(link / page_name(name))
    except LinkError:
        return None
    try:
        value = reader.read()
        page = msgspec.msgpack.decode(value, type=kind) if value is not None else None
    except msgspec.DecodeError:
        # Of another version of this software.
        return None
    finally:
        reader.close()
    return page if page is not None and page.version == PAGE_VERSION else None
