"""One process of the three: what it says on its two outputs, and how it ended."""

import ctypes
import os
import signal
import subprocess
from collections.abc import Callable, Sequence
from typing import IO

_PR_SET_PDEATHSIG = 1
"""Linux <sys/prctl.h>: the kernel sends this signal when the parent's thread dies, however it dies."""
_SYSTEMD = frozenset({"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"})
"""Meant for this process, not for its children."""
CHUNK_BYTES = 1 << 16


class Lines:
    """Whole lines off a pipe, without waiting."""

    def __init__(self, pipe: IO[bytes]) -> None:
        self._pipe = pipe
        self._rest = b""
        self.ended = False
        os.set_blocking(pipe.fileno(), False)

    def fileno(self) -> int:
        return self._pipe.fileno()

    def take(self) -> list[str]:
        """What is there by now; at the end also a last line without its end."""
        lines: list[bytes] = []
        while not self.ended:
            try:
                chunk = os.read(self._pipe.fileno(), CHUNK_BYTES)
            except BlockingIOError:
                break
            if chunk:
                *whole, self._rest = (self._rest + chunk).split(b"\n")
                lines += whole
            else:
                self.ended = True
                self._pipe.close()
                lines += [self._rest] if self._rest else []
        return [line.decode(errors="replace") for line in lines]


class ChildProcess:
    """Begins at once, in a session of its own: Ctrl-C at the terminal reaches `run` alone."""

    def __init__(self, name: str, command: Sequence[str], cores: Sequence[int] = ()) -> None:
        """cores: that it may use; empty for those of this process. OSError where it cannot be started."""
        self.name = name
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
            preexec_fn=_bound(os.getpid(), tuple(cores)),
            env={name: value for name, value in os.environ.items() if name not in _SYSTEMD},
        )
        if self._process.stdout is None or self._process.stderr is None:
            raise RuntimeError("expected pipes from the child")
        self._out, self._err = Lines(self._process.stdout), Lines(self._process.stderr)
        self.began = ""
        """Its first line; empty before it."""
        self.figures = ""
        """The last line of JSON that it printed."""
        self.asked = False
        """To end."""

    @property
    def pid(self) -> int:
        return self._process.pid

    def pipes(self) -> list[Lines]:
        """Those that may still say something."""
        return [lines for lines in (self._out, self._err) if not lines.ended]

    def listen(self) -> list[str]:
        """Takes in what it printed; returns new lines of its standard error."""
        for line in self._out.take():
            if line.startswith("{"):
                self.figures = line
            elif not self.began:
                self.began = line
        return self._err.take()

    def status(self) -> int | None:
        """Exit status, negative for a signal; None while it lives."""
        return self._process.poll()

    def ask_to_end(self) -> None:
        self.asked = True
        if self._process.poll() is None:
            self._process.terminate()


def ending(status: int) -> str:
    """`signal 9 (SIGKILL)`, `exit status 1`."""
    if status >= 0:
        return f"exit status {status}"
    try:
        return f"signal {-status} ({signal.Signals(-status).name})"
    except ValueError:
        return f"signal {-status}"


def _bound(parent: int, cores: tuple[int, ...]) -> Callable[[], None]:
    """Something to run in the child before its program starts: it ends with the parent, on these cores."""
    library = ctypes.CDLL(None)

    def bind() -> None:
        if cores:
            os.sched_setaffinity(0, cores)
        library.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        # A parent that died before that call is not reported any more.
        if os.getppid() != parent:
            os.kill(os.getpid(), signal.SIGTERM)

    return bind
