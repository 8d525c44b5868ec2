"""Lists of processor cores as the kernel writes them (`0-2,5`), and who gets which."""

from typing import NamedTuple


class Cores(NamedTuple):
    """Which cores each process may use."""

    supervisor: tuple[int, ...]
    control: tuple[int, ...]
    services: tuple[int, ...]

    @property
    def realtime(self) -> tuple[int, ...]:
        """That the two real-time processes want for themselves."""
        return tuple(sorted({*self.supervisor, *self.control}))


def parse_cores(text: str) -> tuple[int, ...]:
    """`0-2,5` -> (0, 1, 2, 5), as cpuset(7) writes it; ValueError where it is none."""
    cores: set[int] = set()
    for part in text.strip().split(","):
        if not part:
            continue
        low, dash, high = part.partition("-")
        cores.update(range(int(low), int(high if dash else low) + 1))
    return tuple(sorted(cores))


def core_text(cores: tuple[int, ...]) -> str:
    """(0, 1, 2, 5) -> `0-2,5`."""
    runs: list[list[int]] = []
    for core in sorted(cores):
        if runs and core == runs[-1][-1] + 1:
            runs[-1].append(core)
        else:
            runs.append([core])
    return ",".join(str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs)


def core_words(cores: tuple[int, ...]) -> str:
    """`core 3`, or that a real-time process may be put on any of several."""
    return f"core {cores[0]}" if len(cores) == 1 else f"not pinned (cores {core_text(cores)})"


def share_out(usable: tuple[int, ...], isolated: tuple[int, ...] = ()) -> Cores:
    """The last core to the supervisor, the one before it to control, the others to all the rest.

    isolated: further cores, on which the kernel puts nobody by itself; the last of them are taken where there
    are enough for both. The kernel's own work prefers the first cores. With two cores the two real-time
    processes share the last (the supervisor goes before control there), with one core all share it.
    """
    if usable and (len(isolated) > 1 or (isolated and len(usable) == 1)):
        return Cores(isolated[-1:], isolated[-2:][:1], usable)
    usable = tuple(sorted((*usable, *isolated)))
    if len(usable) < 2:
        return Cores(usable, usable, usable)
    if len(usable) == 2:
        return Cores(usable[1:], usable[1:], usable[:1])
    return Cores(usable[-1:], usable[-2:-1], usable[:-2])
