"""A process that runs for months loads what it needs and nothing else."""

import subprocess
import sys

import pytest

ASK = """
import sys
from firmware_runtime.executive import command
try:
    command.main([sys.argv[1], "--help"])
except SystemExit:
    pass
import os
names = {name.partition(".")[0] for name, module in sys.modules.items() if module is not None}
print(sorted(names & {"asammdf", "pyarrow", "pandas", "lxml", "rich", "cantools"}))
threads = next(line for line in open("/proc/self/status") if line.startswith("Threads"))
print(threads.split()[1], os.environ["OPENBLAS_NUM_THREADS"])
"""


LOADED = """
import sys
from firmware_runtime.executive import command
try:
    command.main(["run-services", "--help"])
except SystemExit:
    pass
print(sorted({"numpy", "can", "transitions", "serial"}.intersection(sys.modules)))
print([name for name in sys.modules if name.startswith("firmware_runtime.safety.supervisor")])
"""


def test_services_load_nothing_that_decides_and_no_arrays() -> None:
    """They begin at the same moment as those that do, on the same few cores."""
    done = subprocess.run([sys.executable, "-c", LOADED], capture_output=True, text=True, check=True)
    *_, libraries, modules = done.stdout.splitlines()
    assert libraries == "[]"
    assert modules == "['firmware_runtime.safety.supervisor_report']"


@pytest.mark.parametrize("name", ["run-supervisor", "run-control"])
def test_no_file_formats_and_no_threads_of_libraries(name: str) -> None:
    done = subprocess.run([sys.executable, "-c", ASK, name], capture_output=True, text=True, check=True)
    *_, loaded, threads = done.stdout.splitlines()
    assert loaded == "[]"
    assert threads == "1 1"
