"""Colour and tables for people at a terminal; plain text everywhere else."""

import os
from collections.abc import Sequence
from typing import TextIO


class Style:
    """Colours, where the stream is a terminal and NO_COLOR (no-color.org) is not set."""

    def __init__(self, stream: TextIO) -> None:
        self._colour = stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"

    def red(self, text: str) -> str:
        return self._coloured("31", text)

    def green(self, text: str) -> str:
        return self._coloured("32", text)

    def bold(self, text: str) -> str:
        return self._coloured("1", text)

    def _coloured(self, code: str, text: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self._colour else text


def table(header: Sequence[str], rows: Sequence[Sequence[str]], right: frozenset[str], style: Style) -> str:
    """Columns side by side, as wide as their widest cell; those named in `right` end flush."""
    widths = [max(len(cell) for cell in column) for column in zip(header, *rows, strict=True)]
    pads = [str.rjust if name in right else str.ljust for name in header]
    lines = [
        "  ".join(pad(cell, width) for cell, width, pad in zip(row, widths, pads, strict=True)).rstrip()
        for row in (header, *rows)
    ]
    lines[0] = style.bold(lines[0])
    return "\n".join(lines)
