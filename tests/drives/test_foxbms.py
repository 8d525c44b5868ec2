"""The truck with a foxBMS 2 battery: drives by the maker's database, and a battery that fails is noticed."""

from collections import defaultdict
from itertools import pairwise
from pathlib import Path
from typing import Any

import cantools
import pytest

from firmware_runtime.motion.route_build import build_route
from firmware_runtime.motion.route_file import read_route_file
from firmware_runtime.vehicle.enums import BatteryState, SafetyState, SwitchState
from firmware_runtime.vehicle.load import load_profile
from tests.bus_vehicle import ROOT
from tests.drives.rig import Rig, arrived, standing
from vehicle_hil.codec.plain import PlainSender

FOXBMS = ROOT.parent / "shared" / "data" / "can" / "foxbms.dbc"
PROFILE = ROOT / "configs" / "q_truck_foxbms.toml"
pytestmark = pytest.mark.skipif(
    not FOXBMS.exists(), reason="foxbms.dbc is not beside the project (../shared/data/can)"
)

PERIODS_MS = {0x210: 100, 0x220: 100, 0x230: 100, 0x231: 100, 0x232: 100, 0x233: 100, 0x234: 100, 0x235: 1000}


def faulty(rig: Rig, identifier: str, words: str = "") -> bool:
    return any(fault.startswith(f"{identifier}:") and words in fault for fault in rig.telemetry.faults)


def test_it_drives_the_yard_route_on_foxbms_frames_at_their_periods() -> None:
    points = read_route_file(ROOT / "configs" / "routes" / "yard.csv", distance_max_m=None)
    rig = Rig(build_route(points, load_profile(PROFILE).data), vehicle="q_truck_foxbms")
    rig.start()
    faults: set[str] = set()

    def ended(r: Rig) -> bool:
        faults.update(r.telemetry.faults)
        return arrived(r)

    rig.run(ended, 900)
    assert faults == set()
    assert rig.stop_error_m <= 0.10
    assert rig.cross_track_max_m <= 0.25
    times: dict[int, list[int]] = defaultdict(list)
    for time_ns, bus, can_id, _ in rig.log:
        if bus == "battery":
            times[can_id].append(time_ns)
    assert times.keys() == PERIODS_MS.keys()
    for can_id, period_ms in PERIODS_MS.items():
        spread_ms = [abs((b - a) / 1e6 - period_ms) for a, b in pairwise(times[can_id])]
        assert max(spread_ms) <= 5, hex(can_id)


def test_what_the_runtime_reads_equals_cantools_with_the_makers_labels() -> None:
    rig = Rig(vehicle="q_truck_foxbms")
    rig.start()
    rig.pause(2.0)
    database: Any = cantools.database.load_file(FOXBMS)
    last = {can_id: data for _, bus, can_id, data in rig.log if bus == "battery"}
    state = database.decode_message(0x220, last[0x220])
    assert state["BmsState"] == "NORMAL"
    assert state["InterlockState"] == "Closed"
    assert database.decode_message(0x210, last[0x210])["RequestBmsMode"] == "Discharge"
    values = database.decode_message(0x233, last[0x233])
    assert values["BatteryVoltage"] == pytest.approx(rig.truth.pack_voltage_v, abs=3)
    enums = rig.profile.input_enums
    assert enums["battery_state"][7.0] is BatteryState.CLOSED
    assert enums["battery_state"][10.0] is BatteryState.FAULT
    assert 11.0 not in enums["battery_state"], "UNDEFINED has no meaning"
    assert 2.0 not in rig.profile.output_raws["contactor_request"], "Charge is never said"
    assert enums["battery_interlock"][1.0] is SwitchState.OPEN


@pytest.mark.requirement("SR-21")
def test_an_open_interlock_stops_the_truck() -> None:
    rig = Rig(vehicle="q_truck_foxbms")
    rig.drive_to(40.0)
    rig.vehicle.battery.interlock_closed = False
    rig.run(lambda r: faulty(r, "battery_interlock") and faulty(r, "battery_failed"), 0.3)
    rig.run(standing, 15)
    assert SafetyState.MRM in rig.states


@pytest.mark.requirement("SR-05", "SR-21", "SR-22")
def test_after_an_open_interlock_high_voltage_comes_back_by_acknowledge_and_not_before() -> None:
    """foxBMS 2 leaves ERROR by a Standby request, with the cause gone."""
    rig = Rig(vehicle="q_truck_foxbms")
    rig.drive_to(40.0)
    rig.vehicle.battery.interlock_closed = False
    rig.run(standing, 15)
    rig.pause(3.0)
    contactors = rig.vehicle.battery.contactors
    assert contactors.state == "FAULT", "the cover is still open"
    rig.vehicle.battery.interlock_closed = True
    rig.run(lambda r: contactors.state == "STANDBY", 3)
    rig.pause(5.0)
    assert (rig.state, contactors.state) == (SafetyState.SAFE_STOP, "STANDBY"), (
        "somebody may be at the cables"
    )
    rig.acknowledge()
    rig.run(lambda r: r.state is SafetyState.READY, 10)
    assert contactors.state == "CLOSED"


@pytest.mark.requirement("SR-12")
def test_a_silent_battery_is_named() -> None:
    rig = Rig(vehicle="q_truck_foxbms")
    rig.drive_to(40.0)
    rig.vehicle.mute("battery")
    rig.run(lambda r: faulty(r, "message_lost", "battery.f_BmsState"), 0.5)
    rig.run(standing, 15)
    assert SafetyState.MRM in rig.states


def test_a_frozen_battery_shows_by_its_power() -> None:
    """Its frames come in time and are well-formed, but say what they said before the truck pulled away."""
    rig = Rig(vehicle="q_truck_foxbms")
    rig.run(lambda r: r.now_ns > 0 and r.state is SafetyState.READY, 20)
    for sender in rig.vehicle.battery.senders.values():  # type: ignore[union-attr]
        assert isinstance(sender, PlainSender)
        sender.frozen = True
    rig.pause(0.5)
    rig.vehicle.body.press_run()
    rig.run(lambda r: faulty(r, "battery_implausible"), 15)
    rig.run(standing, 15)


def test_without_the_request_the_battery_opens_by_itself() -> None:
    rig = Rig(vehicle="q_truck_foxbms")
    rig.drive_to(20.0)
    rig.runtime_alive = False
    dead_ns = rig.now_ns
    rig.run(lambda r: r.vehicle.battery.contactors.state == "FAULT", 3)
    assert 1_200_000_000 <= rig.now_ns - dead_ns <= 1_400_000_000, "100 events of 10 ms, and 200 ms"


def refused(tmp_path: Path, *changes: tuple[str, str]) -> str:
    from firmware_runtime.vehicle.problems import ConfigurationError

    text = PROFILE.read_text(encoding="utf-8")
    for before, after in changes:
        assert before in text
        text = text.replace(before, after)
    text = text.replace('"../dbc/', f'"{ROOT}/dbc/').replace('"../../shared', f'"{ROOT.parent}/shared')
    text = text.replace('"q_truck.calibration.toml"', f'"{ROOT}/configs/q_truck.calibration.toml"')
    path = tmp_path / "changed.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError) as caught:
        load_profile(path)
    return str(caught.value)


P0 = "[messages.battery.f_PackValuesP0]\ndeadline_ms = 300\n"
REASON = 'unprotected = "foxBMS 2 has no counter or CRC"\n'


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        (P0 + REASON, P0, "none although it decides about motion"),
        (P0, P0 + "cycle_ms = 50\n", "GenMsgCycleTime 100 ms"),
        (P0 + REASON, "[messages.battery.f_PackValuesP0]\n" + REASON, "a deadline"),
        ("ActivateBalancing = 0\n", "", "ActivateBalancing unbound"),
        ("ActivateBalancing = 0\n", "ActivateBalancing = 2\n", "a raw value of 0 to 1"),
        ("ActivateBalancing = 0\n", "ActivateBalance = 0\n", "did you mean"),
        ('NORMAL = "CLOSED"', 'NORMALLY = "CLOSED"', "NORMALLY"),
        ('NORMAL = "CLOSED"', 'NORMAL = "SHUT"', "SHUT"),
        (P0, "[messages.battery.f_PackValues]\n", "f_PackValues"),
        (P0, "[messages.traction.f_PackValuesP0]\n", "traction"),
        (P0, "[messages.drive.TractionFeedback]\n" + REASON + P0, "as the DBC states a protection"),
        ('"drive.TractionFeedback.MotorSpeed"', '"battery.f_PackValuesP0.Power"', "Power"),
        (
            'supply_voltage_v = "body.BodyStatus.SupplyVoltage"',
            'supply_voltage_v = "battery.f_PackValuesP0.BusVoltage"',
            "only a battery's messages may have",
        ),
    ],
)
def test_a_statement_that_does_not_fit_is_refused(
    tmp_path: Path, before: str, after: str, words: str
) -> None:
    assert words in refused(tmp_path, (before, after))
