"""Which pages of a multiplexed message a payload carries; asked once a frame at reception.

Simple, extended and cascaded multiplexing are one thing here: a multiplexor selects pages by its raw value,
several pages may share a value, and a page may hold further multiplexors.
"""

from typing import Literal, NamedTuple

from firmware_runtime.can.layout import MessageLayout
from firmware_runtime.can.tables import NO_PAGE, SignalLayout


class Selector(NamedTuple):
    """One multiplexor: where its raw value is, and what each value selects."""

    name: str
    order: Literal["big", "little"]
    shift: int
    mask: int
    targets: dict[int, "Selected"]


class Selected(NamedTuple):
    """What one value of a multiplexor selects."""

    pages: tuple[int, ...]
    selectors: tuple[Selector, ...]
    """Multiplexors on these pages."""


def selectors_of(layout: MessageLayout, parent: int = NO_PAGE) -> tuple[Selector, ...]:
    """The multiplexors outside all pages (on page `parent`), with all that follows from their values."""
    paged = {page.multiplexor for page in layout.pages}
    multiplexors = [
        signal for signal in layout.signals.values() if signal.name in paged and signal.page == parent
    ]
    return tuple(_selector(layout, signal) for signal in multiplexors)


def _selector(layout: MessageLayout, signal: SignalLayout) -> Selector:
    pages = [index for index, page in enumerate(layout.pages) if page.multiplexor == signal.name]
    selectors = {index: selectors_of(layout, index) for index in pages}
    # A value is compared as a bit pattern; one that a signed multiplexor cannot have is never met.
    greatest = signal.raw_range[1]
    targets: dict[int, Selected] = {}
    for value in sorted({value for index in pages for value in layout.pages[index].values}):
        if value <= greatest:
            chosen = tuple(index for index in pages if value in layout.pages[index].values)
            targets[value] = Selected(chosen, tuple(one for index in chosen for one in selectors[index]))
    return Selector(
        name=signal.name,
        order="big" if signal.big_endian else "little",
        shift=signal.shift_in(8 * layout.length),
        mask=(1 << signal.length) - 1,
        targets=targets,
    )


def pages_in(selectors: tuple[Selector, ...], data: bytes) -> tuple[list[int], Selector | None]:
    """Pages that a payload carries, and a multiplexor whose value the DBC does not know, if there is one."""
    pages: list[int] = []
    unknown = None
    pending = list(selectors)
    for selector in pending:
        value = int.from_bytes(data, selector.order) >> selector.shift & selector.mask
        selected = selector.targets.get(value)
        if selected is None:
            unknown = selector
        else:
            pages.extend(selected.pages)
            pending.extend(selected.selectors)
    return pages, unknown
