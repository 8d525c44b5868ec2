"""A child process that cannot outlive its parent: asked to stop, and killed where it does not."""

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Self

STOP_TIMEOUT_S = 3.0
"""From SIGTERM to SIGKILL."""
_PR_SET_PDEATHSIG = 1
"""Linux <sys/prctl.h>: the kernel sends this signal when the parent's thread dies, however it dies."""


class Child:
    """Context manager; when it is left, the child and all of its process group are gone.

    It has a session of its own: Ctrl-C at the terminal reaches the parent alone, which stops its children
    in the order it wants. Standard error goes to `log`.
    """

    def __init__(self, name: str, command: Sequence[str], log: Path, cores: Sequence[int] = ()) -> None:
        """cores: that it may use from its first instruction on; empty for those of this process."""
        self.name = name
        self.log = log
        with log.open("wb") as errors:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                start_new_session=True,
                preexec_fn=_bound(os.getpid(), tuple(cores)) if sys.platform == "linux" else None,
            )

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def stdin(self) -> IO[bytes]:
        return _present(self._process.stdin)

    @property
    def stdout(self) -> IO[bytes]:
        return _present(self._process.stdout)

    def status(self) -> int | None:
        """Exit status, negative for a signal; None while it lives."""
        return self._process.poll()

    def kill(self) -> None:
        """SIGKILL to the child alone, as a user's `kill -9`."""
        if self._process.poll() is None:
            self._process.kill()

    def terminate(self) -> None:
        """Asks it to end."""
        if self._process.poll() is None:
            self._process.terminate()

    def complaint(self) -> str:
        """The last line that it wrote to standard error, or how it ended."""
        text = self.log.read_text(errors="replace") if self.log.exists() else ""
        lines = text.strip().splitlines()
        return lines[-1] if lines else ended(self.status())

    def finish(self, timeout_s: float = STOP_TIMEOUT_S) -> bytes:
        """Asks it to end, and gives what it still wrote to standard output; killed after the timeout."""
        self.terminate()
        try:
            output, _ = self._process.communicate(timeout=timeout_s)
        except subprocess.TimeoutExpired:
            output = b""
        self.close()
        return output

    def close(self) -> None:
        """Ends it, and whatever it started; returns when it is gone."""
        self.terminate()
        try:
            self._process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            pass
        finally:
            _kill_group(self._process.pid)
            self._process.wait()
            for pipe in (self._process.stdin, self._process.stdout):
                if pipe is not None:
                    pipe.close()
            if self.log.exists() and self.log.stat().st_size == 0:
                self.log.unlink()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def ended(status: int | None) -> str:
    """`signal 9 (SIGKILL)`, `exit status 1`, `still running`."""
    if status is None:
        return "still running"
    if status >= 0:
        return f"exit status {status}"
    try:
        return f"signal {-status} ({signal.Signals(-status).name})"
    except ValueError:
        return f"signal {-status}"


def _bound(parent: int, cores: tuple[int, ...]) -> Callable[[], None]:
    """Something to run in the child before its program starts: it ends with the parent, on these cores."""

    def bind() -> None:
        if cores:
            os.sched_setaffinity(0, cores)
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        # A parent that died before that call is not reported any more.
        if os.getppid() != parent:
            os.kill(os.getpid(), signal.SIGKILL)

    return bind


def _kill_group(leader: int) -> None:
    """The group's number stays taken while any member lives, so it is never somebody else's."""
    try:
        os.killpg(leader, signal.SIGKILL)
    except ProcessLookupError:
        return


def _present(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:
        raise RuntimeError("expected a pipe to the child")
    return pipe
