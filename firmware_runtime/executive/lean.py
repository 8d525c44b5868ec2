"""What a process that runs for months leaves out before it loads anything: call `begin` first of all.

Locked memory counts twice: what is mapped is resident, whether it is ever used or not.
"""

import os
import sys

ONE_THREAD = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
"""Vectors of a few hundred numbers gain nothing by threads of a library; each has buffers and a stack, and
takes its turns whenever it likes."""
FILE_FORMATS = ("asammdf",)
"""python-can loads it where it finds it, for a format of log files, and with it Arrow and Parquet: 150 MB.
On a development machine it is there for the technician's tools; nothing onboard reads such files."""


def begin() -> None:
    """Before numpy and python-can are loaded; later it changes nothing. A library asked for is None then,
    which `import` reports as missing."""
    for name in ONE_THREAD:
        os.environ[name] = "1"
    for name in FILE_FORMATS:
        if name not in sys.modules:
            sys.modules[name] = None  # type: ignore[assignment]
