"""Loads one DBC file strictly and reads each message's contract from its attributes; start-up only.

cantools parses; what it lets pass although it would mislead us on the vehicle (two messages of one name or
identifier, a factor of 0, a range upside down) is refused here. Every defect of a file becomes an entry of
one `DatabaseError`, with the line where it stands.
"""

import contextlib
import logging
import math
import re
import sys
from collections import Counter
from collections.abc import Generator, Iterator
from pathlib import Path

import cantools
import textparser
from cantools.database.can import Database, Message, Signal

from firmware_runtime.can.dbc_text import (
    DatabaseError,
    DatabaseProblem,
    dbc_text,
    line_at,
    read_dbc,
    signal_line,
)
from firmware_runtime.can.frame import EXTENDED_FLAG
from firmware_runtime.can.tables import MessageContract

# What cantools raises for a malformed file beyond its own errors: an undefined attribute is a KeyError, an
# enumeration out of range an IndexError, a number that is none an ArithmeticError (decimal).
_PARSER_ERRORS = (
    cantools.Error,
    LookupError,
    ArithmeticError,
    ValueError,
    TypeError,
    AttributeError,
    RecursionError,
    MemoryError,
)
_CONTROL_CHARACTERS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_MESSAGE_BYTES = re.compile(r"^\s*BO_\s+\d+\s+(\w+)\s*:\s*(\d+)", re.MULTILINE)
_SIGNAL_BITS = re.compile(r"^\s*SG_\s+(\w+)[\s\w]*:\s*(\d+)\s*\|\s*(\d+)", re.MULTILINE)
_MULTIPLEXED_RANGE = re.compile(r"(\d+)\s*-\s*(\d+)")
_MULTIPLEXED = re.compile(r"^\s*SG_MUL_VAL_\s+\d+\s+(\w+)\s+\w+\s+([^;]*);", re.MULTILINE)
MULTIPLEXOR_VALUES_MAX = 65536
"""Values of one `SG_MUL_VAL_` range: all of a 16-bit multiplexor (assumption: none is wider)."""
FRAME_BYTES_MAX = 64
"""Payload of CAN FD (ISO 11898-1); what the decoder supports is for its own check to say."""


def load_database(path: Path | str) -> Database:
    """Load a DBC file strictly.

    Raises:
        DatabaseError: unreadable, not text, not DBC, or contradictory; never another exception.
    """
    return parse_database(read_dbc(path), str(path))


def parse_database(content: bytes, shown: str) -> Database:
    """Load a DBC's content strictly; `shown` is its file, for the defects.

    Raises:
        DatabaseError: not text, not DBC, or contradictory; never another exception.
    """
    text = dbc_text(content)
    control = _CONTROL_CHARACTERS.search(text)
    if control:
        line = line_at(text, control.start())
        raise DatabaseError([DatabaseProblem(shown, line, "DBC text", f"a control character {control[0]!r}")])
    giants = list(_giants(text, shown))
    if giants:
        raise DatabaseError(giants)
    database = Database(strict=True)
    try:
        with _quiet_parser():
            database.add_dbc_string(text)
    except textparser.ParseError as error:
        raise DatabaseError([_syntax_problem(error, text, shown)]) from error
    except _PARSER_ERRORS as error:
        raise DatabaseError([_parser_problem(error, text, shown)]) from error
    problems = list(_contradictions(database, text, shown))
    if problems:
        raise DatabaseError(problems)
    return database


def can_id(message: Message) -> int:
    """Identifier as in `Frame.can_id`: with EXTENDED_FLAG for 29 bits."""
    return message.frame_id | EXTENDED_FLAG if message.is_extended_frame else message.frame_id


def contract_of(message: Message) -> MessageContract:
    """Read the message's contract; an attribute that is not given reads as 0 or empty."""
    return MessageContract(
        cycle_ms=_int_attribute(message, "GenMsgCycleTime"),
        deadline_ms=_int_attribute(message, "GenMsgTimeoutTime"),
        protection=str(_attribute(message, "E2eProfile") or ""),
        data_id=_int_attribute(message, "E2eDataId"),
        attributes=_given_attributes(message),
    )


def _giants(text: str, shown: str) -> Iterator[DatabaseProblem]:
    """Sizes that no frame has: cantools would ask for memory by them, a misplaced digit for gigabytes."""
    for found in _MESSAGE_BYTES.finditer(text):
        if _exceeds(found[2], FRAME_BYTES_MAX):
            line = line_at(text, found.start(1))
            expected = f"at most {FRAME_BYTES_MAX} bytes for {found[1]}"
            yield DatabaseProblem(shown, line, expected, _shortened(found[2]))
    for found in _SIGNAL_BITS.finditer(text):
        if _exceeds(found[2], FRAME_BYTES_MAX * 8) or _exceeds(found[3], FRAME_BYTES_MAX * 8):
            line = line_at(text, found.start(1))
            expected = f"start and length within {FRAME_BYTES_MAX * 8} bits for {found[1]}"
            yield DatabaseProblem(shown, line, expected, _shortened(f"{found[2]}|{found[3]}"))
    for found in _MULTIPLEXED.finditer(text):
        for span in _MULTIPLEXED_RANGE.finditer(found[2]):
            if any(_exceeds(digits, MULTIPLEXOR_VALUES_MAX - 1) for digits in span.groups()):
                line = line_at(text, found.start(1))
                expected = f"multiplexor values of at most {MULTIPLEXOR_VALUES_MAX - 1} for {found[1]}"
                yield DatabaseProblem(shown, line, expected, _shortened(span[0]))


def _exceeds(digits: str, most: int) -> bool:
    """Told by length first, as Python reads no number of thousands of digits."""
    digits = digits.lstrip("0")
    return len(digits) > len(str(most)) or int(digits or "0") > most


def _shortened(words: str) -> str:
    return words if len(words) <= 80 else words[:77] + "..."


def _syntax_problem(error: textparser.ParseError, text: str, shown: str) -> DatabaseProblem:
    lines = text.splitlines()
    line = min(error.line, len(lines) or 1)
    here = _shortened(lines[line - 1].strip() if lines else "")
    got = f'"{here}"' if here else "an empty file" if not text.strip() else "an empty line"
    return DatabaseProblem(shown, line, f"DBC syntax at column {error.column}", got)


def _parser_problem(error: Exception, text: str, shown: str) -> DatabaseProblem:
    """Place a defect that cantools names without a line, by the message and signal its words name."""
    words = " ".join(str(error).split())
    if not isinstance(error, cantools.Error):
        words = f"{type(error).__name__} {words}"
    line = None
    in_message = re.search(r"in message (\w+)", words)
    if in_message:
        names = re.findall(r"\w+", words[: in_message.start()])
        in_signals = (signal_line(text, in_message[1], name) for name in names)
        line = next(filter(None, in_signals), None) or signal_line(text, in_message[1])
    unused = re.search(r"VAL_ (\d+) (\w+)", words)
    if unused:
        place = re.search(rf"^[ \t]*VAL_[ \t]+{unused[1]}[ \t]+{unused[2]}\b", text, re.MULTILINE)
        line = line_at(text, place.start()) if place else line
    undefined = re.fullmatch(r"KeyError '(\w+)'", words)
    if undefined:
        place = re.search(rf'^[ \t]*BA_[ \t]+"{undefined[1]}"', text, re.MULTILINE)
        line = line_at(text, place.start()) if place else line
        words = f"attribute {undefined[1]} without a definition (BA_DEF_)" if place else words
    return DatabaseProblem(shown, line, "a DBC without contradictions", words)


def _contradictions(database: Database, text: str, shown: str) -> Iterator[DatabaseProblem]:
    """What cantools accepts, or only logs, although the last one silently wins."""
    messages = database.messages
    for name, count in Counter(message.name for message in messages).items():
        if count > 1:
            yield DatabaseProblem(
                shown, signal_line(text, name), "message names that differ", f"{count} messages {name}"
            )
    for identifier, count in Counter(can_id(message) for message in messages).items():
        if count > 1:
            names = [message.name for message in messages if can_id(message) == identifier]
            got = f"0x{identifier & ~EXTENDED_FLAG:X} for {' and '.join(names)}"
            yield DatabaseProblem(shown, signal_line(text, names[-1]), "identifiers that differ", got)
    for message in messages:
        for signal in message.signals:
            for expected, got in _signal_contradictions(signal):
                yield DatabaseProblem(shown, signal_line(text, message.name, signal.name), expected, got)


def _signal_contradictions(signal: Signal) -> Iterator[tuple[str, str]]:
    if signal.scale == 0 or not _is_finite(2**signal.length * abs(signal.scale)):
        yield f"a factor of {signal.name} that is not 0 and keeps its values finite", _number(signal.scale)
    if not _is_finite(signal.offset):
        yield f"a finite offset of {signal.name}", _number(signal.offset)
    low = -math.inf if signal.minimum is None else signal.minimum
    high = math.inf if signal.maximum is None else signal.maximum
    if not low <= high:
        yield f"a range of {signal.name} from low to high", f"[{_number(low)}|{_number(high)}]"


def _is_finite(value: float) -> bool:
    """As math.isfinite, and False for whole numbers too great for a float, where that one raises."""
    return abs(value) <= sys.float_info.max


def _number(value: float) -> str:
    return f"{value:.6g}" if _is_finite(value) or isinstance(value, float) else "a number beyond float64"


def _attribute(message: Message, name: str) -> object:
    if message.dbc is None:
        return None
    attribute = message.dbc.attributes.get(name)
    if attribute is not None:
        return attribute.value
    definition = message.dbc.attribute_definitions.get(name)
    return None if definition is None else definition.default_value


def _given_attributes(message: Message) -> dict[str, int | str]:
    if message.dbc is None:
        return {}
    given = {name: attribute.value for name, attribute in message.dbc.attributes.items()}
    return {name: value for name, value in given.items() if isinstance(value, int | str)}


def _int_attribute(message: Message, name: str) -> int:
    value = _attribute(message, name)
    return int(value) if isinstance(value, int | float) else 0


@contextlib.contextmanager
def _quiet_parser() -> Generator[None]:
    """Keep cantools from logging what `_contradictions` reports as an error with its place."""
    logger = logging.getLogger("cantools")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(level)
