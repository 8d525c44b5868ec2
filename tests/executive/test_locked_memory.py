"""Code and shared files are in memory before the loop begins; what was only reserved takes none."""

import subprocess
import sys
from pathlib import Path

import pytest

MIB = 1 << 20
ASK = f"""
import mmap, sys
from firmware_runtime.executive import locked_memory
reserved = mmap.mmap(-1, 64 * {MIB}, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
with open(sys.argv[1], "r+b") as file:
    shared = mmap.mmap(file.fileno(), 0)
print(locked_memory.lock())
rss = {{}}
for line in open("/proc/self/smaps"):
    words = line.split()
    if "-" in words[0]:
        name = words[5] if len(words) > 5 else ""
    elif words[0] in ("Rss:", "Size:"):
        rss.setdefault(name, []).append((words[0], int(words[1])))
print(next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmLck")))
print(sum(kib for word, kib in rss[sys.argv[1]] if word == "Rss:"))
sizes = rss[""]
print(max(resident for (_, size), (_, resident) in zip(sizes[::2], sizes[1::2]) if size >= 64 * 1024))
"""


def test_a_file_is_fetched_and_what_is_only_reserved_is_not(tmp_path: Path) -> None:
    """In a process of its own: this one must stay as it is."""
    file = tmp_path / "shared"
    file.write_bytes(bytes(8 * MIB))
    answer = subprocess.run(
        [sys.executable, "-c", ASK, str(file)], capture_output=True, text=True, check=True
    ).stdout.split()
    locked, locked_kib, file_kib, reserved_kib = answer
    if locked != "True":
        pytest.skip("this process may not lock memory (CAP_IPC_LOCK or a limit RLIMIT_MEMLOCK)")
    assert int(locked_kib) > 8 * 1024
    assert int(file_kib) == 8 * 1024
    assert int(reserved_kib) == 0
