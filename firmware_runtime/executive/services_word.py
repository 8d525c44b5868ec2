"""What `services` says of its disk, as `control` reads it off the page that stands there for `status`.

A `services` that is gone or hangs says nothing: it is begun again. Only one that stays silent for long is a
warning (safety/host_watch.py).
"""

from pathlib import Path

import msgspec

from firmware_runtime.executive.clock import Clock
from firmware_runtime.executive.host_health import DiskWord
from firmware_runtime.executive.link.page import PageReader
from firmware_runtime.executive.link.shared_file import LinkError
from firmware_runtime.executive.live.pages import PAGE_VERSION, ServicesPage, page_name
from firmware_runtime.executive.processes import SERVICES

SILENT_NS = 5_000_000_000
"""A page that is older says nothing any more (assumption: longer than a disk keeps its writer waiting)."""


class ServicesWord:
    """`__call__() -> DiskWord`, in a slow thread: it maps the page anew where it was made anew."""

    def __init__(self, link: Path, clock: Clock) -> None:
        """link: folder of the processes' links."""
        self._path = link / page_name(SERVICES.name)
        self._clock = clock
        self._decoder = msgspec.msgpack.Decoder(ServicesPage)
        self._reader: PageReader | None = None

    def __call__(self) -> DiskWord:
        value = self._read()
        if value is None:
            return DiskWord()
        try:
            page = self._decoder.decode(value)
        except msgspec.DecodeError:
            return DiskWord()
        if page.version != PAGE_VERSION or self._clock.now_ns() - page.process.time_ns > SILENT_NS:
            return DiskWord()
        return DiskWord(page.disk_free_share, page.recorder_error)

    def _read(self) -> bytes | None:
        if self._reader is not None and self._reader.replaced:
            self._reader.close()
            self._reader = None
        if self._reader is None:
            try:
                self._reader = PageReader(self._path)
            except LinkError:
                return None
        return self._reader.read()
