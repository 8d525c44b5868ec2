"""They need a computer of their own (tests/units/machine.py): they install into `/` and start units."""

import os

collect_ignore_glob = [] if "UNITS_LIVE" in os.environ else ["test_*.py"]
