"""The three processes together: they begin, are watched and begun again as systemd would, and end in order.

This process does nothing of what they do. It may be late or hang without any of them noticing; where it dies,
the kernel asks them to end, which stops the vehicle first.
"""

import select
import signal
import time
from collections.abc import Callable, Mapping, Sequence

from firmware_runtime.executive.launch.child import ChildProcess, ending
from firmware_runtime.executive.subcommand import EXIT_PROBLEMS, EXIT_UNAVAILABLE

POLL_S = 0.1
"""Signals and deaths are noticed within this; a death mostly at once, by the pipe that closes."""
DEAD_POLL_S = 0.005
"""After that, until the kernel has its exit status."""
FAILED = 1
TOLD = (EXIT_PROBLEMS, EXIT_UNAVAILABLE)
"""Statuses of a process that has told in words why it does not begin."""


class Launcher:
    """`run(stop) -> exit status`; `figures` then holds what each said at its end."""

    def __init__(
        self,
        command: Callable[[str, bool], Sequence[str]],
        order: Sequence[str],
        restart_s: float,
        say: Callable[[str], None],
        complain: Callable[[str], None],
        cores: Mapping[str, Sequence[int]] | None = None,
    ) -> None:
        """
        command: of a process by its name, and whether it is begun again.
        order: in which they end, each after the one before it has ended.
        say, complain: lines for standard output and standard error.
        cores: of each process by its name; where none are named it takes any.
        """
        self._command = command
        self._order = tuple(order)
        self._restart_s = restart_s
        self._say, self._complain = say, complain
        self._cores = cores or {}
        self._children: dict[str, ChildProcess] = {}
        self._due_s: dict[str, float] = {}
        """When one that died begins again."""
        self._words: dict[str, list[str]] = {}
        """What a process said before it began: only then is it known how it is to be told."""
        self._result = 0
        self._final: dict[str, int] = {}
        self.figures: dict[str, str] = {}
        self.restarts: dict[str, int] = dict.fromkeys(self._order, 0)

    def run(self, stop: Callable[[], bool]) -> int:
        """Until `stop` says so and all have ended, or one of them cannot begin at the start."""
        for name in reversed(self._order):
            self._begin(name, again=False)
        said = False
        while not stop() and self._result == 0:
            self._turn()
            if not said and all(child.began for child in self._children.values()):
                said = True
                self._say(self._beginning())
            self._begin_again(starting=not said)
        for name in self._order:
            self._end(name)
        return self._result or (FAILED if any(self._final.values()) else 0)

    def _begin(self, name: str, again: bool) -> None:
        self._words[name] = []
        self._children[name] = ChildProcess(name, self._command(name, again), self._cores.get(name, ()))

    def _begin_again(self, starting: bool) -> None:
        """Those that died and whose time has come; starting: nobody waits for a process that never began.

        Later everything is tried again: a bus that has gone may come back, and files that somebody changes
        meanwhile may be mended.
        """
        now_s = time.monotonic()
        for name, child in self._children.items():
            status = child.status()
            if status is None or child.pipes() or name in self._final:
                continue
            if name in self._due_s:
                if now_s >= self._due_s[name]:
                    del self._due_s[name]
                    self.restarts[name] += 1
                    self._begin(name, again=True)
            elif child.asked:
                # Before it had begun to listen: what it was asked for.
                self._final[name] = 0 if status == -signal.SIGTERM else status
            elif starting and not child.began:
                self._give_up(name, status)
            else:
                self._tell_words(name)
                self._complain(f"{name} ended: {ending(status)}; it begins again")
                self._due_s[name] = now_s + self._restart_s

    def _give_up(self, name: str, status: int) -> None:
        """Somebody waits at the terminal: its own words are the answer."""
        self._final[name] = status
        if self._result:
            # Another one has given the answer already, mostly the same.
            return
        self._result = EXIT_PROBLEMS if status in TOLD else FAILED
        for line in self._words[name]:
            self._complain(line)
        if status not in TOLD:
            self._complain(f"{name} could not begin: {ending(status)}")

    def _end(self, name: str) -> None:
        """Asks one to end and waits, however long that takes: it stops the vehicle first."""
        child = self._children[name]
        self._due_s.pop(name, None)
        child.ask_to_end()
        while name not in self._final:
            self._turn()
            self._begin_again(starting=self._result != 0)
        self.figures[name] = child.figures

    def _turn(self) -> None:
        """Waits for whatever one of them says, or for a while, and takes it in."""
        pipes = [pipe for child in self._children.values() for pipe in child.pipes()]
        dying = any(not child.pipes() and child.status() is None for child in self._children.values())
        if pipes:
            select.select(pipes, [], [], DEAD_POLL_S if dying else POLL_S)
        else:
            time.sleep(DEAD_POLL_S if dying else POLL_S)
        for name, child in self._children.items():
            lines = child.listen()
            self._words[name] += lines
            if child.began:
                self._tell_words(name)

    def _tell_words(self, name: str) -> None:
        for line in self._words[name]:
            self._complain(f"{name}: {line}")
        self._words[name] = []

    def _beginning(self) -> str:
        """`running q_truck c0ffee: supervisor pid 7, SCHED_FIFO 48; ...`, by the first lines of all."""
        parts: list[str] = []
        vehicle = ""
        for name in reversed(self._order):
            child = self._children[name]
            vehicle, _, rest = child.began.removeprefix(f"{name} of ").partition(", ")
            parts.append(f"{name} pid {child.pid}, {rest}")
        return f"running {vehicle}: " + "; ".join(parts)


def summary(figures: Mapping[str, str], restarts: Mapping[str, int]) -> str:
    """One line of JSON from the lines that the processes ended with; null for one that said nothing."""
    parts = [f'"{name}":{text or "null"}' for name, text in figures.items()]
    counts = ",".join(f'"{name}":{count}' for name, count in restarts.items())
    return "{" + ",".join([*parts, f'"restarts":{{{counts}}}']) + "}"
