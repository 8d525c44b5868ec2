"""Every input, and yet only those that matter: inputs that take a value when the code under test reads them.

Code runs again and again; at each first read of a field the run takes one value of the field's domain, and a
later run the next one. A field that a run never read cannot have changed what it did, so one run stands for
all values of it. Nothing is assumed about which field matters where: the code's own reads decide.
"""

from collections.abc import Iterator, Sequence
from enum import Enum
from math import prod
from typing import Any, cast, get_type_hints

import msgspec

from firmware_runtime.safety.facts import SafetyInputs

START_NS = 0
"""When the state was entered, in every configuration that is explored."""


class Forks:
    """The choices of one run, and the order in which all runs are made (depth first)."""

    def __init__(self) -> None:
        self._path: list[list[int]] = []
        """[index taken, number of choices], in the order of the reads."""
        self._depth = 0

    def choose(self, choices: int) -> int:
        if self._depth == len(self._path):
            self._path.append([0, choices])
        taken = self._path[self._depth][0]
        self._depth += 1
        return taken

    def next_run(self) -> bool:
        """Go on to the next run; False where every one was made."""
        path = self._path
        while path and path[-1][0] + 1 == path[-1][1]:
            path.pop()
        self._depth = 0
        if not path:
            return False
        path[-1][0] += 1
        return True

    @property
    def choices_made(self) -> int:
        """Product of the numbers of choices of this run: one over it is the share of all inputs."""
        return prod(choices for _, choices in self._path)


def domain_of(kind: Any, default: Any) -> tuple[Any, ...]:
    """All values of a field: both of a bool, every member of an enumeration, the default of a text."""
    if kind is bool:
        return (False, True)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return tuple(kind)
    if kind is str:
        return (default,)
    raise TypeError(f"expected a bool, an enumeration or a text to explore, got {kind}")


def _domains() -> dict[str, tuple[Any, ...]]:
    hints = get_type_hints(SafetyInputs)
    return {
        field.name: domain_of(hints[field.name], field.default)
        for field in msgspec.structs.fields(SafetyInputs)
    }


DOMAINS = _domains()
"""Field of SafetyInputs -> its values, by its type: an added field is explored without an edit here."""


class LazyInputs:
    """Stands in for SafetyInputs; `__dict__` holds, by name, what was read."""

    def __init__(self, forks: Forks) -> None:
        self._forks = forks

    def __getattr__(self, name: str) -> Any:
        """Called where the field was not read before in this run."""
        domain = DOMAINS[name]
        value = domain[self._forks.choose(len(domain))]
        self.__dict__[name] = value
        return value

    def read(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name in DOMAINS}


class LazyTime(int):
    """Now: later than START_NS by one of `times_ns`, chosen when somebody asks how much later."""

    _forks: Forks
    _times_ns: Sequence[int]
    elapsed_ns: int | None

    @classmethod
    def of(cls, forks: Forks, times_ns: Sequence[int]) -> "LazyTime":
        now = cls(START_NS + 1)
        now._forks, now._times_ns, now.elapsed_ns = forks, times_ns, None
        return now

    def __sub__(self, since_ns: int, /) -> int:
        if self.elapsed_ns is None:
            self.elapsed_ns = self._times_ns[self._forks.choose(len(self._times_ns))]
        return START_NS + self.elapsed_ns - since_ns


class Run(msgspec.Struct, frozen=True):
    """One run's stand-ins."""

    inputs: SafetyInputs
    now_ns: LazyTime
    forks: Forks

    def read(self) -> dict[str, Any]:
        """Inputs that were read, by name."""
        return cast(LazyInputs, self.inputs).read()


def runs(times_ns: Sequence[int]) -> Iterator[Run]:
    """All ways through whatever the caller does with one run before it asks for the next."""
    forks = Forks()
    more = True
    while more:
        yield Run(cast(SafetyInputs, LazyInputs(forks)), LazyTime.of(forks, times_ns), forks)
        more = forks.next_run()


def inputs_in_all(times_ns: Sequence[int]) -> int:
    """Number of all inputs at all times."""
    return prod(len(domain) for domain in DOMAINS.values()) * len(times_ns)
