"""Exit statuses of `vehicle-diag`."""

DONE, NOTHING_FOUND, WRONG_INPUT = 0, 1, 2
