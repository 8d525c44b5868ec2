"""An e-stop that one of the two eyes missed, or that came and went between two looks at the bus.

A press lasts as long as one frame may: the mushroom of a wireless pendant, a contact that bounces, a socket
that was full. Whoever saw it stops the truck, and from then on only release, acknowledge at standstill and a
new run set it off.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from firmware_runtime.can.frame import EXTENDED_FLAG, Frame
from firmware_runtime.safety.supervisor import Supervisor
from firmware_runtime.vehicle.enums import SafetyState
from tests.drives.rig import TICK_NS, Rig, standing

S = SafetyState
ESTOP_STATUS = 0x08FF4021 | EXTENDED_FLAG
OPERATOR_INPUTS = 0x0CFF4121 | EXTENDED_FLAG


@contextmanager
def deaf(component: object, can_id: int) -> Iterator[None]:
    """The component's socket loses these frames for a while."""
    step = getattr(component, "step")  # noqa: B009

    def without(now_ns: int, frames: list[Frame], *rest: Any) -> Any:
        return step(now_ns, [frame for frame in frames if frame.can_id != can_id], *rest)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(component, "step", without)
        yield


def press_for_one_frame(rig: Rig, missed_by: object) -> None:
    """OPEN in one frame, which one eye does not get."""
    rig.vehicle.body.estop()
    with deaf(missed_by, ESTOP_STATUS):
        rig.tick()
    rig.vehicle.body.release_estop()


def moved_m(rig: Rig, seconds: float) -> float:
    from_m = rig.truth.distance_m
    rig.pause(seconds)
    return rig.truth.distance_m - from_m


@pytest.mark.requirement("SR-01", "SR-03", "SR-04")
def test_an_estop_that_control_missed_is_latched_in_both_and_needs_acknowledge_and_run() -> None:
    rig = Rig()
    rig.drive_to(20.0)
    press_for_one_frame(rig, missed_by=rig.onboard.controller)
    assert rig.onboard.supervisor.report.estop
    assert rig.state is S.AUTO, "it has seen nothing itself"
    rig.tick()
    assert rig.state is S.ESTOP, "and is told"
    assert rig.onboard.controller.safety.estop_latch, "the latch that survives power loss"
    rig.run(standing, 10)
    rig.pause(1.0)
    rig.acknowledge()
    assert not rig.onboard.supervisor.report.estop, "one press clears both"
    assert not rig.onboard.controller.safety.estop_latch
    assert moved_m(rig, 10.0) == 0.0, "nobody has pressed run"
    assert rig.state is S.READY
    rig.vehicle.body.press_run()
    assert moved_m(rig, 10.0) > 3.0


@pytest.mark.requirement("SR-01", "SR-03", "SR-04")
def test_an_estop_that_the_supervisor_missed_is_controls_and_needs_acknowledge_and_run() -> None:
    rig = Rig()
    rig.drive_to(20.0)
    press_for_one_frame(rig, missed_by=rig.onboard.supervisor)
    assert rig.state is S.ESTOP
    rig.run(standing, 10)
    rig.pause(1.0)
    rig.acknowledge()
    assert moved_m(rig, 10.0) == 0.0
    assert rig.state is S.READY


@pytest.mark.requirement("SR-03", "SR-04")
def test_after_an_acknowledge_that_control_alone_heard_nothing_is_ready_before_the_next() -> None:
    rig = Rig()
    rig.drive_to(20.0)
    press_for_one_frame(rig, missed_by=rig.onboard.controller)
    rig.run(standing, 10)
    rig.pause(1.0)
    with deaf(rig.onboard.supervisor, OPERATOR_INPUTS):
        rig.acknowledge()
    assert rig.onboard.supervisor.report.estop
    rig.vehicle.body.press_run()
    assert moved_m(rig, 0.5) == 0.0
    assert rig.state is S.STANDBY
    rig.acknowledge()
    assert not rig.onboard.supervisor.report.estop
    assert moved_m(rig, 5.0) == 0.0
    assert rig.state is S.READY
    rig.vehicle.body.press_run()
    assert moved_m(rig, 10.0) > 3.0


@pytest.mark.requirement("SR-03", "SR-04")
@pytest.mark.parametrize("when", ["rolling", "standing"])
def test_a_supervisor_that_begins_anew_has_lost_its_latch_and_drives_nothing(when: str) -> None:
    rig = Rig()
    rig.drive_to(20.0)
    press_for_one_frame(rig, missed_by=rig.onboard.controller)
    rig.tick()
    if when == "standing":
        rig.run(standing, 10)
        rig.pause(1.0)
    rig.onboard.supervisor = Supervisor(rig.profile)
    rig.run(standing, 10)
    rig.pause(2.0)
    assert rig.state is S.ESTOP
    rig.acknowledge()
    rig.pause(1.0)
    rig.acknowledge()
    assert moved_m(rig, 5.0) == 0.0


@pytest.mark.requirement("SR-01", "SR-02")
def test_a_press_that_is_over_before_the_batch_is_read_is_seen_by_either_eye_by_itself() -> None:
    """Three frames at once, OPEN, CLOSED, CLOSED: the runtime was late by two ticks."""
    rig = Rig()
    rig.drive_to(20.0)
    batch: list[Frame] = []
    for open_contacts in (True, False, False):
        rig.vehicle.body.estop(open_contacts, open_contacts)
        rig.now_ns += TICK_NS
        batch += [Frame(*frame) for frame in rig.vehicle.step(rig.now_ns, rig.said)]
        rig.said = []
    rig.said = rig.onboard.step(rig.now_ns, batch, rig.vehicle.serial_bytes())
    assert rig.onboard.supervisor.report.estop
    assert rig.state is S.ESTOP, "before the supervisor has told it"
    rig.run(standing, 10)
    assert moved_m(rig, 5.0) == 0.0
