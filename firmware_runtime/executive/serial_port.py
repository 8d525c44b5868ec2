"""The GNSS receiver's serial port: what is there each tick, never waited for, reopened after a hang-up."""

from contextlib import ExitStack
from dataclasses import dataclass

import serial

from firmware_runtime.vehicle.load import Profile
from firmware_runtime.vehicle.problems import Problem, UnavailableError

READ_MAX_BYTES = 4096
"""Taken in one tick; assumption: 35 times what 115200 baud brings in one."""
RETRY_FIRST_NS = 500_000_000
RETRY_LONGEST_NS = 8_000_000_000
"""The pause between tries doubles up to this."""
RETRIES_MAX = 20
"""Tries in a row, some 2.5 minutes; then somebody has to look, and restart the runtime."""


class SerialPortError(Exception):
    """A port cannot be opened at start-up; the message says which and why."""


@dataclass(slots=True)
class SerialStatistics:
    """Counts since start."""

    received_bytes: int = 0
    hang_ups: int = 0
    """Times that the port was lost while open."""
    reopened: int = 0
    last_error: str = ""


class SerialReader:
    """Reads a port without blocking. While it is lost `read` gives nothing, and tries to reopen it.

    The runtime notices a lost receiver by the age of its last fix. Reopening takes place in `read`, at most
    every RETRY_FIRST_NS. The tick reads by a thread (serial_thread.py).
    """

    def __init__(self, path: str, baud: int) -> None:
        """Opens the port; SerialPortError where that cannot be done."""
        self.path = path
        self.baud = baud
        self.statistics = SerialStatistics()
        self._retries = 0
        self._retry_ns = 0
        try:
            self._port: serial.Serial | None = self._open()
        except (serial.SerialException, ValueError) as error:
            raise SerialPortError(
                f"serial port {path}: expected a port to read from, got: {error}"
            ) from error

    def fileno(self) -> int | None:
        """To wait on; None while the port is lost."""
        return self._port.fileno() if self._port is not None else None

    @property
    def is_open(self) -> bool:
        return self._port is not None

    @property
    def given_up(self) -> bool:
        """True once RETRIES_MAX tries have failed."""
        return self._port is None and self._retries >= RETRIES_MAX

    def read(self, now_ns: int) -> bytes:
        """All bytes that are there, at most READ_MAX_BYTES; returns at once."""
        if self._port is None:
            self._reopen(now_ns)
        if self._port is None:
            return b""
        try:
            data = self._port.read(READ_MAX_BYTES)
        except serial.SerialException as error:
            self._lose(now_ns, error)
            return b""
        self.statistics.received_bytes += len(data)
        return data

    def close(self) -> None:
        """Closes the port for good; a second call does nothing."""
        if self._port is not None:
            self._port.close()
            self._port = None
        self._retries = RETRIES_MAX

    def _open(self) -> serial.Serial:
        return serial.Serial(self.path, self.baud, timeout=0)

    def _lose(self, now_ns: int, error: Exception) -> None:
        if self._port is not None:
            self._port.close()
        self._port = None
        self.statistics.hang_ups += 1
        self.statistics.last_error = str(error)
        self._retries = 0
        self._retry_ns = now_ns + RETRY_FIRST_NS

    def _reopen(self, now_ns: int) -> None:
        if now_ns < self._retry_ns or self._retries >= RETRIES_MAX:
            return
        try:
            self._port = self._open()
        except (serial.SerialException, ValueError) as error:
            self.statistics.last_error = str(error)
            self._retries += 1
            self._retry_ns = now_ns + min(RETRY_FIRST_NS << self._retries, RETRY_LONGEST_NS)
        else:
            self.statistics.reopened += 1
            self._retries = 0


def open_serial(path: str, profile: Profile, stack: ExitStack) -> SerialReader:
    """Opened as a command line or profile names it; UnavailableError where it cannot be."""
    try:
        reader = SerialReader(path, profile.data.localisation.baud)
    except SerialPortError as error:
        problem = Problem("--serial", None, path, "a serial port that can be opened", str(error.__cause__))
        raise UnavailableError([problem]) from error
    stack.callback(reader.close)
    return reader
