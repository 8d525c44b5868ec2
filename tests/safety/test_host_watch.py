"""What a computer told of itself and tells no more; what it never told it does not have."""

import pytest

from firmware_runtime.safety.host_report import HostReport
from firmware_runtime.safety.host_watch import HostWatch

ALL = HostReport(temperature_degc=0.0, disk_free_share=0.0)
NOTHING = HostReport()


@pytest.mark.requirement("SR-29")
def test_a_computer_that_never_told_is_not_missed() -> None:
    watch = HostWatch()
    assert [watch.step(NOTHING) for _ in range(3)] == [()] * 3


@pytest.mark.parametrize(
    ("told", "missing"),
    [
        (HostReport(temperature_degc=0.0), ("temperature",)),
        (HostReport(disk_free_share=0.0), ("free disk",)),
        (ALL, ("temperature", "free disk")),
    ],
)
@pytest.mark.requirement("SR-29")
def test_what_was_told_once_is_missed_for_as_long_as_it_is_not_told(
    told: HostReport, missing: tuple[str, ...]
) -> None:
    watch = HostWatch()
    assert watch.step(told) == ()
    assert watch.step(NOTHING) == missing
    assert watch.step(NOTHING) == missing
    assert watch.step(told) == ()
    assert watch.step(NOTHING) == missing


def test_each_is_missed_by_itself() -> None:
    watch = HostWatch()
    watch.step(ALL)
    assert watch.step(HostReport(temperature_degc=50.0)) == ("free disk",)
    assert watch.step(HostReport(disk_free_share=0.5)) == ("temperature",)
