"""Decodes the frames of a whole log column by column; offline, not in the tick.

Frames are grouped by message without a sort of their identifiers, then each signal is cut out of all
payloads of its message at once. Values equal cantools' (`decode_choices=False`): raw numbers bit for bit,
DBC-unit values as float64. As there, a payload longer than its message is cut, a shorter one is refused,
and so is one that names a multiplexer page which the database does not have.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, cast

import numpy as np
import numpy.typing as npt
from cantools.database.can import Message

from firmware_runtime.can.frame_columns import CLASSIC_BYTES, FrameColumns, identifier_slots
from firmware_runtime.can.message_match import Candidate, MessageMatch
from firmware_runtime.can.signal_cut import SignalCut, WordCache, cut_of

_BLOCK_ROWS = 8192
"""Rows cut at once, so that all steps work in the cache (measured: 4096 to 16384 are alike)."""
Rows = npt.NDArray[np.intp]


class SignalColumn(NamedTuple):
    """One signal of a log."""

    name: str
    unit: str
    rows: Rows
    """Indices of its frames, rising."""
    values: npt.NDArray[np.float64]
    """In the DBC's unit."""
    raw: npt.NDArray[Any] | None
    """Raw numbers, int64 or uint64 (a float's bit pattern), where they were asked for."""


@dataclass(frozen=True, slots=True)
class MessageColumns:
    """One message of a log."""

    candidate: Candidate
    rows: Rows
    """Indices of its decoded frames, rising."""
    signals: list[SignalColumn]
    too_short: int
    """Frames refused: payload shorter than the message."""
    no_page: int
    """Frames refused: a multiplexer value without a page."""


@dataclass(frozen=True, slots=True)
class DecodedColumns:
    """A decoded log."""

    messages: list[MessageColumns]
    """Those that occur, in the order of the databases."""
    unknown: dict[tuple[str, int], int] = field(default_factory=dict[tuple[str, int], int])
    """Frames that no message matches, by bus and `can_id`."""


class _Page(NamedTuple):
    """Signals that are present together: always, or for some values of a multiplexer."""

    multiplexer: str | None
    ids: tuple[int, ...]
    signals: tuple[str, ...]


class _Plan:
    """How one message is cut."""

    def __init__(self, message: Message, width: int, wanted: frozenset[str] | None) -> None:
        self.length = message.length
        self.cuts = {signal.name: cut_of(signal, width) for signal in message.signals}
        self.wanted = frozenset(self.cuts) if wanted is None else wanted
        self.valid_ids: dict[str, frozenset[int]] = {}
        _collect_ids(message.signal_tree, self.valid_ids)
        pages: dict[tuple[str | None, tuple[int, ...]], list[str]] = {}
        for signal in message.signals:
            ids = tuple(sorted(signal.multiplexer_ids or ()))
            multiplexer = signal.multiplexer_signal if ids else None
            pages.setdefault((multiplexer, ids), []).append(signal.name)
        self.pages = _in_order([_Page(*key, tuple(names)) for key, names in pages.items()])


def _collect_ids(tree: Sequence[Any], found: dict[str, frozenset[int]]) -> None:
    for entry in tree:
        if isinstance(entry, dict):
            branches = cast(dict[str, dict[int, Sequence[Any]]], entry)
            for name, pages in branches.items():
                found[name] = found.get(name, frozenset()) | frozenset(pages)
                for page in pages.values():
                    _collect_ids(page, found)


def _in_order(pages: list[_Page]) -> list[_Page]:
    """Each multiplexer before its pages."""
    ordered: list[_Page] = []
    known: set[str | None] = {None}
    while len(ordered) < len(pages):
        ready = [page for page in pages if page not in ordered and page.multiplexer in known]
        if not ready:
            raise ValueError(f"multiplexers without a beginning: {sorted(str(p.multiplexer) for p in pages)}")
        ordered += ready
        known.update(name for page in ready for name in page.signals)
    return ordered


class ColumnDecoder:
    """Decodes logs by the databases of `match`; tables are made once."""

    def __init__(
        self,
        match: MessageMatch,
        signals: Mapping[int, frozenset[str]] | None = None,
        raw: bool = False,
    ) -> None:
        """
        signals: names to decode by candidate index; None: all.
        raw: also keep raw numbers.
        """
        self._match = match
        self._signals = signals
        self._raw = raw
        self._plans: dict[tuple[int, int], _Plan] = {}

    def decode(
        self, frames: FrameColumns, on_progress: Callable[[int], None] | None = None
    ) -> DecodedColumns:
        """All frames of a log.

        on_progress: called with the number of frames done, once a message.

        Raises:
            ValueError: a database with a signal that cannot be cut.
        """
        codes, unknown = self._codes(frames)
        order = np.argsort(codes, kind="stable")
        ends = np.cumsum(np.bincount(codes, minlength=1)).tolist()
        messages: list[MessageColumns] = []
        for code in range(1, len(ends)):
            begin, end = ends[code - 1], ends[code]
            if begin == end:
                continue
            decoded = self._message(code - 1, frames, order[begin:end])
            if decoded is not None:
                messages.append(decoded)
            if on_progress is not None:
                on_progress(end)
        return DecodedColumns(messages, unknown)

    def _codes(self, frames: FrameColumns) -> tuple[npt.NDArray[np.uint16], dict[tuple[str, int], int]]:
        """For each frame its candidate index + 1, or 0; and the frames at 0, counted."""
        keys, used, slots, size = identifier_slots(frames)
        table = np.zeros(size, np.uint16)
        nobodys: list[tuple[int, tuple[str, int]]] = []
        for slot, (bus, identifier) in zip(used.tolist(), keys, strict=True):
            name = frames.buses[bus]
            index = self._match.find(name, identifier)
            if index is None:
                nobodys.append((slot, (name, identifier)))
            else:
                table[slot] = index + 1
        unknown: dict[tuple[str, int], int] = {}
        if nobodys:
            counts = np.bincount(slots, minlength=size)
            unknown = {key: int(counts[slot]) for slot, key in nobodys}
        return table[slots], unknown

    def _plan(self, index: int, width: int) -> _Plan:
        plan = self._plans.get((index, width))
        if plan is None:
            wanted = None if self._signals is None else self._signals.get(index, frozenset())
            message = self._match.candidates[index].message
            plan = self._plans[index, width] = _Plan(message, width, wanted)
        return plan

    def _message(self, index: int, frames: FrameColumns, rows: Rows) -> MessageColumns | None:
        width = frames.data.shape[1]
        candidate = self._match.candidates[index]
        if candidate.message.length > width:
            # The log holds no frame as long as this message.
            return MessageColumns(candidate, rows[:0], [], len(rows), 0)
        plan = self._plan(index, width)
        too_short = no_page = 0
        if int(frames.length[rows].min()) < plan.length:
            enough = frames.length[rows] >= plan.length
            too_short = len(rows) - int(np.count_nonzero(enough))
            rows = rows[enough]
        if width == CLASSIC_BYTES:
            block = frames.data.view(np.uint64)[:, 0].take(rows).view(np.uint8).reshape(-1, CLASSIC_BYTES)
        else:
            block = frames.data[rows]
        if plan.valid_ids:
            good = _pages_known(plan, block)
            if not good.all():
                no_page = len(rows) - int(np.count_nonzero(good))
                rows, block = rows[good], block[good]
        return MessageColumns(candidate, rows, self._cut(plan, rows, block), too_short, no_page)

    def _cut(self, plan: _Plan, rows: Rows, block: npt.NDArray[np.uint8]) -> list[SignalColumn]:
        columns: dict[str, SignalColumn] = {}
        for page, selected in _present(plan, block):
            cuts = [plan.cuts[name] for name in page.signals if name in plan.wanted]
            if not cuts:
                continue
            page_rows = rows if selected is None else rows[selected]
            page_block = block if selected is None else block[selected]
            values, raws = _cut_block(cuts, page_block, self._raw)
            for number, cut in enumerate(cuts):
                raw = raws[number] if raws else None
                columns[cut.name] = SignalColumn(cut.name, cut.unit, page_rows, values[number], raw)
        return [columns[name] for name in plan.cuts if name in columns]


def _cut_block(
    cuts: Sequence[SignalCut], block: npt.NDArray[np.uint8], with_raw: bool
) -> tuple[npt.NDArray[np.float64], list[npt.NDArray[Any]]]:
    """Values (cuts, rows), and raw numbers where asked for."""
    count = len(block)
    values = np.empty((len(cuts), count))
    raws = [np.empty(count, np.int64 if cut.signed else np.uint64) for cut in cuts] if with_raw else []
    for begin in range(0, count, _BLOCK_ROWS):
        end = min(begin + _BLOCK_ROWS, count)
        words = WordCache(block[begin:end])
        for number, cut in enumerate(cuts):
            raw = cut.raw(words)
            cut.scale(raw, values[number, begin:end])
            if with_raw:
                raws[number][begin:end] = raw
    return values, raws


def _present(plan: _Plan, block: npt.NDArray[np.uint8]) -> Iterable[tuple[_Page, Rows | None]]:
    """Each page with the rows of the block in which it is; None: in all."""
    pages_of: dict[str, Rows | None] = {}
    values_of: dict[str, npt.NDArray[np.float64]] = {}
    for page in plan.pages:
        selected: Rows | None = None
        if page.multiplexer is not None:
            name = page.multiplexer
            carriers = pages_of[name]
            if name not in values_of:
                values_of[name] = _values(plan.cuts[name], block if carriers is None else block[carriers])
            inside = np.flatnonzero(np.isin(values_of[name], page.ids))
            selected = inside if carriers is None else carriers[inside]
        for name in page.signals:
            if name in pages_of:
                raise ValueError(f"signal {name} stands on two pages")
            pages_of[name] = selected
        yield page, selected


def _pages_known(plan: _Plan, block: npt.NDArray[np.uint8]) -> npt.NDArray[np.bool_]:
    """False for rows in which a multiplexer names a page that the database does not have."""
    good = np.ones(len(block), np.bool_)
    for page, selected in _present(plan, block):
        for name in page.signals:
            ids = plan.valid_ids.get(name)
            if not ids:
                continue
            values = _values(plan.cuts[name], block if selected is None else block[selected])
            bad = np.flatnonzero(~np.isin(values, tuple(ids)))
            good[bad if selected is None else selected[bad]] = False
    return good


def _values(cut: SignalCut, block: npt.NDArray[np.uint8]) -> npt.NDArray[np.float64]:
    return _cut_block([cut], block, with_raw=False)[0][0]
