"""A fault on the way has a name: what is broken on the simulated truck, and what the runtime calls it."""

from collections.abc import Callable

import pytest

from firmware_runtime.vehicle.enums import SafetyState
from tests.drives.rig import Rig, standing

S = SafetyState


def _says(message: str, **values: float) -> Callable[[Rig], None]:
    def hand(rig: Rig) -> None:
        rig.vehicle.sender(message).override = dict(values)

    return hand


def _stick_steering(rig: Rig) -> None:
    rig.vehicle.steering.stuck = True


def _freeze_wheel(rig: Rig) -> None:
    """Near the true speed, so that nothing but its standing still is wrong."""
    rig.vehicle.sender("WheelSpeedsRear").override = {"Left": rig.truth.speed_mps}


@pytest.mark.parametrize(
    ("hand", "fault", "seconds"),
    [
        (_says("EStopStatus", ChannelB=2.0), "estop_channel_lost: A CLOSED, B ERROR", 0.1),
        (lambda rig: rig.vehicle.body.set_link(False), "link_lost: link OFF", 0.1),
        (_stick_steering, "steering_implausible: ", 5.0),
        (_says("BatteryStatus", ContactorPlus=0.0), "contactors_opened: plus OPEN, minus CLOSED", 0.1),
        (_says("BatteryPack", Voltage=702.0), "battery_overvoltage: 702 V, limit 701 V", 1.0),
        (_says("BatteryPack", Voltage=470.0), "battery_undervoltage: 470 V, limit 480 V", 1.5),
        (_says("BatteryTemperatures", Isolation=60e3), "battery_isolation: 60 kohm, needs 70 kohm", 2.5),
        (_says("WheelSpeedsFront", Left=0.0), "wheel_implausible: wheel_speed_front_left_mps 0.00", 1.0),
        (_freeze_wheel, "value_frozen: wheel_speed_rear_left_mps", 1.5),
    ],
    ids=lambda value: value.split(":")[0] if isinstance(value, str) else None,
)
@pytest.mark.requirement("SR-08", "SR-12", "SR-21")
def test_it_is_named_and_the_truck_stops_and_waits_for_a_person(
    hand: Callable[[Rig], None], fault: str, seconds: float
) -> None:
    rig = Rig()
    rig.drive_to(55.0)
    hand(rig)
    rig.run(lambda r: any(text.startswith(fault) for text in r.telemetry.faults), seconds)
    rig.run(lambda r: S.MRM in r.states, 0.1)
    rig.run(standing, 15)
    # A wheel that never says zero leaves no standstill to be seen: the stop's time ends it.
    rig.run(lambda r: r.state in (S.SAFE_STOP, S.FAULT, S.ESTOP), 20)
    assert standing(rig)


def test_a_steering_that_stuck_stays_a_fault_until_somebody_has_looked_and_pressed() -> None:
    rig = Rig()
    rig.drive_to(55.0)
    _stick_steering(rig)
    rig.run(lambda r: any(text.startswith("steering_implausible") for text in r.telemetry.faults), 5)
    rig.run(standing, 15)
    rig.vehicle.steering.stuck = False
    rig.pause(20.0)
    assert any(text.startswith("steering_implausible") for text in rig.telemetry.faults)
    for _ in range(2):
        rig.acknowledge()
    assert rig.telemetry.faults == ()
