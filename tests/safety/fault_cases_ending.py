"""Faults of how the runtime ends. See fault_cases."""

from tests.safety.fault_examples import DRIVEN, C, Case, at, host

ENDING: tuple[Case, ...] = (
    Case("end_asked", (host(),), (host(end_asked=True),), 1, 0, at(3, DRIVEN), C.WHEN_GONE, True),
)
