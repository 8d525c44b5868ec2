"""`python -m tests.processes.misbehaving HOW run-control ...`: that command, until SIGUSR1 comes.

From then on each step of the process's own component begins with what HOW says. The product itself has no
switch for any of it.
"""

import importlib
import os
import resource
import signal
import sys
import time
from collections.abc import Callable
from itertools import count
from types import FrameType
from typing import Any

SLOW_S = 0.030
HICCUP_S, HICCUP_STEPS = 0.012, 25
"""Busy for so long in one of so many steps: an overrun that no other process notices."""
ROOM_BYTES = 4 << 20
"""Left for the process when its memory ends."""
PIECE_BYTES = 64 << 10
COMPONENTS = {
    "run-control": ("firmware_runtime.controller", "Controller", "step"),
    "run-supervisor": ("firmware_runtime.safety.supervisor", "Supervisor", "step"),
    "run-services": ("firmware_runtime.executive.services_shell", "ServicesShell", "_round"),
}
"""What each process does again and again: module, class, method; imported only for that process."""
_hoard: list[bytearray] = []
_steps = count(1)


def busy() -> None:
    while True:
        pass


def slow() -> None:
    time.sleep(SLOW_S)


def hiccup() -> None:
    if next(_steps) % HICCUP_STEPS == 0:
        end_s = time.monotonic() + HICCUP_S
        while time.monotonic() < end_s:
            pass


def exception() -> None:
    raise ValueError("a mistake in the tick")


def memory() -> None:
    """The limit comes down to what is used and a little; that is eaten, and stays so."""
    with open("/proc/self/statm", encoding="ascii") as sizes:
        used_bytes = int(sizes.read().split()[0]) * resource.getpagesize()
    _, highest = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (used_bytes + ROOM_BYTES, highest))
    while True:
        _hoard.append(bytearray(PIECE_BYTES))


MISBEHAVIOURS: dict[str, Callable[[], None]] = {
    "busy": busy,
    "slow": slow,
    "hiccup": hiccup,
    "exception": exception,
    "memory": memory,
}


def begins_to(how: str) -> str:
    """The line on standard error by which a test knows that it was done."""
    return f"misbehaves: {how}"


class Misbehaviour:
    def __init__(self, how: str) -> None:
        self._act = MISBEHAVIOURS[how]
        self._line = f"{begins_to(how)}\n".encode()
        self._begun = self._told = False

    def begin(self, number: int, frame: FrameType | None) -> None:
        self._begun = True

    def wrap(self, component: Any, method: str) -> None:
        step = getattr(component, method)

        def misbehaving_step(*arguments: Any) -> Any:
            if self._begun:
                if not self._told:
                    self._told = True
                    os.write(2, self._line)
                self._act()
            return step(*arguments)

        setattr(component, method, misbehaving_step)


def main(arguments: list[str]) -> int:
    how, command = arguments[0], arguments[1]
    module, name, method = COMPONENTS[command]
    misbehaviour = Misbehaviour(how)
    signal.signal(signal.SIGUSR1, misbehaviour.begin)
    misbehaviour.wrap(getattr(importlib.import_module(module), name), method)
    entry = importlib.import_module("firmware_runtime.executive.command")
    return entry.main(arguments[1:])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
