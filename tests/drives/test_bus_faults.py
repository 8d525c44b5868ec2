"""What a bus says beside frames, in mid-drive: the truck stops or goes on as the catalogue says."""

import msgspec
import pytest

from firmware_runtime.can.bus_events import BusEvent, BusState, EventKind, Origin
from firmware_runtime.executive.onboard import Onboard
from firmware_runtime.recorder.replay import replay
from firmware_runtime.recorder.tick_record import TickRecord
from firmware_runtime.safety.host_report import HostReport
from firmware_runtime.vehicle.enums import SafetyState
from tests.drives.rig import BEND, TICK_NS, Rig, arrived, standing
from tests.motion.lines import route_of

S = SafetyState
STRAIGHT = route_of([(150, 0, 0)])
STEERING = 0x8CFF0327
IN_THE_BEND_M = 75.0


def foreign(rig: Rig) -> None:
    text = "drive.SteeringCommand (0xCFF0327) of supervisor, sent by another node"
    event = BusEvent(rig.now_ns, "drive", EventKind.FOREIGN_SENDER, int(Origin.REMOTE), STEERING, text)
    rig.bus_events.append(event)


def says(rig: Rig, state: BusState, bus: str = "drive") -> None:
    rig.bus_events.append(BusEvent(rig.now_ns, bus, EventKind.STATE, int(state), text=state.name))


def named(rig: Rig, identifier: str) -> str:
    """Detail of an active fault; empty where it is not active."""
    start = f"{identifier}: "
    return next((text[len(start) :] for text in rig.telemetry.faults if text.startswith(start)), "")


@pytest.fixture(scope="module")
def stopped() -> Rig:
    """Somebody sent one frame of ours while the truck was in a bend."""
    rig = Rig(BEND)
    rig.records = []
    rig.drive_to(IN_THE_BEND_M)
    foreign(rig)
    rig.tick()
    assert rig.state is S.MRM, "in the very tick"
    assert named(rig, "foreign_sender").startswith("drive.SteeringCommand (0xCFF0327)")
    rig.run(lambda r: r.state is not S.MRM, 20)
    return rig


@pytest.mark.requirement("SR-14")
def test_a_foreign_sender_stops_the_truck_along_its_path(stopped: Rig) -> None:
    assert stopped.state is S.SAFE_STOP
    assert standing(stopped)
    assert stopped.cross_track_max_m < 0.25


@pytest.mark.requirement("SR-30")
def test_the_black_box_replays_to_the_same_bytes_and_not_without_the_event(stopped: Rig) -> None:
    assert stopped.records is not None
    decoder = msgspec.msgpack.Decoder(TickRecord)
    ticks = [decoder.decode(msgspec.msgpack.encode(record)) for record in stopped.records]
    result = replay(ticks, Onboard(stopped.profile, BEND))
    assert (result.ticks, result.difference) == (len(ticks), None)
    event_at = next(number for number, tick in enumerate(ticks) if tick.host.bus_events)
    ticks[event_at] = msgspec.structs.replace(ticks[event_at], host=HostReport())
    difference = replay(ticks, Onboard(stopped.profile, BEND)).difference
    assert difference is not None
    assert difference.tick == event_at


@pytest.mark.requirement("SR-14")
def test_it_is_acknowledged_only_once_the_sender_is_silent() -> None:
    rig = Rig(STRAIGHT)
    rig.drive_to(20.0)
    foreign(rig)
    rig.run(lambda r: r.state is S.SAFE_STOP, 20)
    rig.pause(10.0)
    assert named(rig, "foreign_sender"), "it holds though it has long gone"
    for _ in range(10):
        foreign(rig)
        rig.pause(0.1)
    rig.acknowledge()
    assert rig.state is S.SAFE_STOP
    assert named(rig, "foreign_sender"), "silent for half a second only"
    rig.pause(1.0)
    rig.acknowledge()
    assert rig.telemetry.faults == ()
    assert rig.state in (S.STANDBY, S.READY)
    rig.pause(2.0)
    rig.vehicle.body.press_run()
    rig.run(arrived, 90)


def test_a_foreign_sender_at_standstill_is_a_fault_until_it_is_acknowledged() -> None:
    rig = Rig(STRAIGHT)
    rig.run(lambda r: r.now_ns > 0 and r.state is S.READY, 20)
    foreign(rig)
    rig.tick()
    assert rig.state is S.FAULT
    rig.pause(5.0)
    rig.vehicle.body.press_run()
    rig.pause(1.0)
    assert rig.state is S.FAULT
    rig.acknowledge()
    rig.run(lambda r: r.state is S.READY, 20)


def test_an_acknowledge_that_took_effect_is_recorded_with_its_source_and_what_it_cleared() -> None:
    rig = Rig(STRAIGHT)
    rig.records = []
    rig.run(lambda r: r.now_ns > 0 and r.state is S.READY, 20)
    rig.vehicle.body.press_acknowledge()
    rig.pause(1.0)
    foreign(rig)
    rig.tick()
    rig.pause(2.0)
    rig.acknowledge()
    recorded = [tick.telemetry.acknowledgement for tick in rig.records if tick.telemetry.acknowledgement]
    source = "body.OperatorInputs.AcknowledgeButton"
    assert recorded == [
        f"{source} cleared immediate latch (cause: foreign_sender); foreign sender drive.SteeringCommand "
        "(0xCFF0327) of supervisor, sent by another node: FAULT -> SELF_TEST"
    ], "a press for nothing is none"


@pytest.mark.requirement("SR-07")
def test_a_press_at_the_key_for_maintenance_that_clears_no_latch_is_recorded_too() -> None:
    """There latches are kept; what the press clears is a sender and a bus."""
    rig = Rig(STRAIGHT)
    rig.records = []
    rig.run(lambda r: r.now_ns > 0 and r.state is S.READY, 20)
    rig.vehicle.body.turn_mode_key("MAINTENANCE")
    rig.run(lambda r: r.state is S.MAINTENANCE, 2)
    foreign(rig)
    rig.bus_events.append(BusEvent(rig.now_ns, "body", EventKind.RECOVERY_GIVEN_UP, 5))
    rig.pause(2.0)
    rig.acknowledge()
    (text,) = [tick.telemetry.acknowledgement for tick in rig.records if tick.telemetry.acknowledgement]
    assert "latch" not in text
    assert "; bus body given up, attempts renewed: MAINTENANCE -> MAINTENANCE" in text
    assert "cleared foreign sender drive.SteeringCommand" in text


@pytest.mark.requirement("SR-07")
def test_a_stop_for_a_person_is_recorded_with_what_the_person_did() -> None:
    rig = Rig(STRAIGHT)
    rig.records = []
    rig.drive_to(20.0)
    rig.vehicle.body.turn_mode_key("REMOTE")
    rig.run(lambda r: r.state is S.SAFE_STOP, 20)
    rig.acknowledge()
    rig.vehicle.body.estop()
    rig.pause(1.0)
    rig.vehicle.body.release_estop()
    rig.acknowledge()
    recorded = [tick.telemetry.acknowledgement for tick in rig.records if tick.telemetry.acknowledgement]
    causes = [text.partition("(cause: ")[2].partition(")")[0] for text in recorded]
    assert causes[:2] == ["AUTO -> MRM, key at REMOTE", "e-stop"]


@pytest.mark.requirement("SR-05")
def test_one_press_does_not_clear_an_e_stop_and_a_foreign_sender_together() -> None:
    rig = Rig(STRAIGHT)
    rig.drive_to(20.0)
    foreign(rig)
    rig.tick()
    rig.vehicle.body.estop()
    rig.run(lambda r: r.state is S.ESTOP and standing(r), 20)
    rig.pause(3.0)
    rig.vehicle.body.release_estop()
    rig.acknowledge()
    assert rig.state is not S.ESTOP
    assert named(rig, "foreign_sender")
    assert rig.state in (S.SAFE_STOP, S.FAULT)
    rig.acknowledge()
    assert rig.telemetry.faults == ()


@pytest.mark.parametrize("bus", ["drive", "body"])
@pytest.mark.parametrize("state", [BusState.BUS_OFF, BusState.DOWN], ids=lambda state: state.name)
@pytest.mark.requirement("SR-14")
def test_a_needed_bus_that_is_off_stops_the_truck_before_a_message_is_missed(
    bus: str, state: BusState
) -> None:
    rig = Rig(BEND)
    rig.drive_to(IN_THE_BEND_M)
    rig.cut.add(bus)
    says(rig, state, bus)
    rig.tick()
    assert rig.telemetry.faults == (f"bus_off: {bus} {state.name}",)
    assert rig.state is S.MRM
    rig.run(standing, 30)
    rig.pause(1.0)
    assert rig.truth.park_brake_applied
    # With the drive bus off it is the ECUs that stop it, each by its own timeout.
    assert (rig.truth.inverter_latched and rig.truth.brakes_latched) == (bus == "drive")
    assert named(rig, "message_lost").startswith(f"{bus}.")
    assert rig.state in (S.MRM, S.SAFE_STOP, S.ESTOP)


@pytest.mark.requirement("SR-14")
def test_after_bus_off_only_an_acknowledge_with_the_bus_back_lets_it_drive_again() -> None:
    rig = Rig(STRAIGHT)
    rig.drive_to(20.0)
    rig.cut.add("body")
    says(rig, BusState.BUS_OFF, "body")
    rig.run(lambda r: standing(r) and r.now_ns % 10**9 == 0, 30)
    rig.acknowledge()
    assert rig.state not in (S.STANDBY, S.READY, S.AUTO)
    rig.cut.clear()
    says(rig, BusState.ERROR_ACTIVE, "body")
    rig.pause(2.0)
    assert rig.telemetry.faults == ()
    assert rig.state not in (S.STANDBY, S.READY, S.AUTO)
    for _ in range(3):
        rig.acknowledge()
    rig.run(lambda r: r.state is S.READY, 20)


@pytest.mark.requirement("SR-05", "SR-14")
def test_a_bus_that_is_given_up_keeps_the_truck_standing_until_somebody_acknowledges() -> None:
    rig = Rig(STRAIGHT)
    rig.drive_to(20.0)
    says(rig, BusState.BUS_OFF, "body")
    rig.bus_events.append(BusEvent(rig.now_ns, "body", EventKind.RECOVERY_GIVEN_UP, 5))
    rig.run(lambda r: r.state is S.SAFE_STOP, 30)
    says(rig, BusState.ERROR_ACTIVE, "body")
    rig.pause(5.0)
    assert rig.telemetry.faults == ("bus_given_up: body after 5 attempts",)
    assert rig.state is S.SAFE_STOP
    rig.acknowledge()
    rig.run(lambda r: r.state is S.READY, 10)
    assert rig.telemetry.faults == ()


def test_a_disturbed_bus_and_a_set_clock_are_told_and_change_nothing() -> None:
    well, warned = Rig(STRAIGHT), Rig(STRAIGHT)
    for rig in (well, warned):
        rig.drive_to(20.0)
    says(warned, BusState.ERROR_PASSIVE)
    warned.bus_events.append(BusEvent(warned.now_ns, "drive", EventKind.CLOCK_STEP, 3_600_000_000_000))
    warned.bus_events.append(BusEvent(warned.now_ns, "body", EventKind.OVERFLOW, 4))
    told: set[str] = set()
    while not arrived(warned):
        well.tick()
        warned.tick()
        told.update(warned.telemetry.faults)
        assert warned.state is well.state
        assert warned.truth == well.truth
    assert told == {
        "bus_disturbed: drive ERROR_PASSIVE",
        "clock_stepped: drive: +3600.000 s",
        "frames_lost: body",
    }


def test_frames_lost_on_and_on_slow_the_truck_down() -> None:
    rig = Rig(route_of([(300, 0, 0)]))
    rig.drive_to(60.0)
    fast_mps = rig.truth.speed_mps
    cap_mps = rig.profile.data.safety.degraded_speed_mps
    assert fast_mps > cap_mps + 1.0
    begin_ns = rig.now_ns
    while rig.state is S.AUTO:
        rig.bus_events.append(BusEvent(rig.now_ns, "drive", EventKind.OVERFLOW, 1))
        rig.tick()
        assert rig.now_ns < begin_ns + 4_000_000_000
    assert rig.state is S.DEGRADED
    assert rig.now_ns - begin_ns == pytest.approx(3_000_000_000, abs=2 * TICK_NS)
    assert named(rig, "frames_lost_on_and_on") == "drive"
    rig.pause(10.0)
    assert 0.5 < rig.truth.speed_mps <= cap_mps + 0.2
