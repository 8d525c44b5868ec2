"""`python -m firmware_runtime.executive` is the command `firmware-runtime` without its script."""

import sys

from firmware_runtime.executive.command import main

if __name__ == "__main__":
    sys.exit(main())
