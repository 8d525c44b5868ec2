"""Keeps this process's memory where it is: a page that has to come from a busy disk first costs a tick many
times its period.

What comes from files (code, tables, rings) is fetched and locked now. What a library has reserved and never
touched stays away: the first touch of such a page costs about a microsecond and no disk, while mlockall(2)
alone would make it all resident (OpenBLAS: 32 MB a thread that ever used it).
"""

import ctypes
from pathlib import Path

_MCL_CURRENT, _MCL_ONFAULT = 1, 4
"""Linux <sys/mman.h>: what is mapped now; and of that, what is not there yet, once it is touched (4.4)."""
MAPS = Path("/proc/self/maps")


def lock() -> bool:
    """False without the right to it (CAP_IPC_LOCK or RLIMIT_MEMLOCK). Later allocations stay free, so that
    none can fail by a limit."""
    library = ctypes.CDLL(None)
    if not hasattr(library, "mlockall"):
        return False
    if library.mlockall(_MCL_CURRENT | _MCL_ONFAULT) != 0:
        # A kernel that is older, or no right at all.
        return library.mlockall(_MCL_CURRENT) == 0
    return all(_lock_now(library, begin, end) for begin, end in _of_files())


def _lock_now(library: ctypes.CDLL, begin: int, end: int) -> bool:
    return library.mlock(ctypes.c_void_p(begin), ctypes.c_size_t(end - begin)) == 0


def _of_files() -> list[tuple[int, int]]:
    """Begin and end of every readable mapping of a file; proc(5)."""
    found: list[tuple[int, int]] = []
    for line in MAPS.read_text(encoding="utf-8", errors="surrogateescape").splitlines():
        place, rights, *_, name = [*line.split(maxsplit=5), ""][:6]
        if rights.startswith("r") and name.startswith("/"):
            begin, end = place.split("-")
            found.append((int(begin, 16), int(end, 16)))
    return found
