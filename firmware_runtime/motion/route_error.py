"""A route that cannot be driven: its file is wrong, or the vehicle cannot steer along it. Start-up only."""

from typing import NoReturn

from firmware_runtime.vehicle.problems import ConfigurationError, Problem

_SHOWN = 20


class RouteError(ConfigurationError):
    """All problems of a route at once, in `problems`; as text the first of them, and how many more."""

    def __str__(self) -> str:
        lines = [str(problem) for problem in self.problems[:_SHOWN]]
        if len(self.problems) > _SHOWN:
            lines.append(f"and {len(self.problems) - _SHOWN} more problems of the same route")
        return "\n".join(lines)


class ProblemList:
    """Problems of one file, gathered until there is a place to stop."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._problems: list[Problem] = []

    def add(self, line: int | None, key: str, expected: str, got: str) -> None:
        self._problems.append(Problem(self._source, line, key, expected, got))

    def stop_here(self) -> None:
        """Raise RouteError if there is any problem."""
        if self._problems:
            self.refuse()

    def refuse(self) -> NoReturn:
        """Raise RouteError."""
        raise RouteError(self._problems)
