"""`--bus drive=socketcan:can0`: which interface each bus of the profile is on; read at start-up."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from firmware_runtime.vehicle.problems import ConfigurationError, Problem, did_you_mean, quoted

FORM = "NAME=INTERFACE:CHANNEL[,OPTION=VALUE...]"
HELP = (
    f"{FORM}, as python-can takes them; one for each bus of the profile, e.g."
    " drive=socketcan:can0 or drive=udp_multicast:239.74.163.2,port=43113"
)


@dataclass(frozen=True, slots=True)
class BusOption:
    """One `--bus`."""

    name: str
    """Of the bus in the profile."""
    interface: str
    channel: str
    options: dict[str, str | int | bool] = field(default_factory=dict[str, str | int | bool])
    """Further arguments of python-can's interface."""

    def options_on(self, is_fd: bool) -> dict[str, str | int | bool]:
        """Options for a bus that the profile declares CAN FD, or not; what is written here goes before."""
        return {"fd": True, **self.options} if is_fd else self.options

    def __str__(self) -> str:
        """The text that `parse_bus_options` reads back."""
        further = "".join(f",{key}={_text(value)}" for key, value in self.options.items())
        return f"{self.name}={self.interface}:{self.channel}{further}"


def parse_bus_options(texts: Sequence[str], buses: Iterable[str]) -> list[BusOption]:
    """One option for each bus of the profile, in the profile's order.

    Raises ConfigurationError with every defect: malformed, unknown bus, named twice, missing.
    """
    names = list(buses)
    problems: list[Problem] = []
    found: dict[str, BusOption] = {}
    for text in texts:
        option = _parse(text)
        if option is None:
            problems.append(_problem(text, FORM, quoted(text)))
        elif option.name not in names:
            hint = did_you_mean(option.name, names)
            expected = f"a bus of the profile ({', '.join(names)})"
            problems.append(_problem(text, expected, quoted(option.name) + hint))
        elif option.name in found:
            problems.append(_problem(text, f"bus {option.name} once", "a second interface for it"))
        else:
            found[option.name] = option
    named = {option.name for text in texts if (option := _parse(text)) is not None}
    problems += [_problem("", f"--bus {name}={FORM[5:]}", "none") for name in names if name not in named]
    if problems:
        raise ConfigurationError(problems)
    return [found[name] for name in names]


def _parse(text: str) -> BusOption | None:
    name, equals, rest = text.partition("=")
    interface, colon, rest = rest.partition(":")
    channel, *pairs = rest.split(",")
    options: dict[str, str | int | bool] = {}
    for pair in pairs:
        key, pair_equals, value = pair.partition("=")
        if not key.isidentifier() or not pair_equals:
            return None
        options[key] = _value(value)
    if not (name and equals and interface and colon and channel):
        return None
    return BusOption(name, interface, channel, options)


def _value(text: str) -> str | int | bool:
    """python-can's interfaces want numbers and truths as such."""
    if text in ("true", "false"):
        return text == "true"
    return int(text) if text.lstrip("-").isdecimal() else text


def _text(value: str | int | bool) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _problem(text: str, expected: str, got: str) -> Problem:
    return Problem("--bus", None, text, expected, got)
