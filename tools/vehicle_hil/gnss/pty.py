"""The receiver's serial port as a real pseudo-terminal: a thin shell, for runs by the wall clock."""

import os
import tty


class GnssPty:
    """Writes bytes to the master side of a pseudo-terminal; another process opens `name` as its port.

    Never blocks: where nobody reads, what does not fit is dropped and counted, as a real line would.
    """

    def __init__(self) -> None:
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        self.name = os.ttyname(self._slave)
        """Path of the slave side, e.g. `/dev/pts/3`."""
        self.dropped_bytes = 0

    def write(self, data: bytes) -> None:
        written = 0
        if data:
            try:
                written = os.write(self._master, data)
            except BlockingIOError:
                written = 0
        self.dropped_bytes += len(data) - written

    def close(self) -> None:
        """Hangs up: a reader on the other side sees the line end."""
        for descriptor in (self._slave, self._master):
            os.close(descriptor)

    def __enter__(self) -> "GnssPty":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
