"""The contract of the actuator ECUs, as the DBCs' head comment states it: latch, deadlines, handshake.

Every figure of the contract is written again here.
"""

import pytest

from tests.hil.bus_peer import Rig
from tests.hil.vehicles import BOTH, parameters

MISSING_TICKS = 5
HANDSHAKE_TICKS = 20

ACTUATORS = {
    "inverter": ("inverter_latched", "TractionCommand", "TractionFeedback"),
    "brakes": ("brakes_latched", "BrakeCommand", "BrakeFeedback"),
    "steering": ("steering_latched", "SteeringCommand", "SteeringFeedback"),
}


@pytest.fixture(params=BOTH)
def rig(request: pytest.FixtureRequest) -> Rig:
    return Rig(parameters(request.param))


@pytest.mark.parametrize("ecu", ACTUATORS)
def test_starts_latched_and_stays_so_without_handshake(rig: Rig, ecu: str) -> None:
    latched, _, feedback = ACTUATORS[ecu]
    rig.run(2.0)
    assert getattr(rig.truth, latched)
    assert rig.seen[feedback]["Status"] == "LATCHED_STOP"


@pytest.mark.parametrize("ecu", ACTUATORS)
def test_clears_after_200_ms_of_standing_handshake(rig: Rig, ecu: str) -> None:
    latched = ACTUATORS[ecu][0]
    rig.run(0.5)
    rig.set("RuntimeHeartbeat", MotionState="STANDING", Handshake=1)
    ticks = rig.ticks_until(lambda: not getattr(rig.truth, latched))
    assert ticks == HANDSHAKE_TICKS + 1


@pytest.mark.parametrize("motion", ["DRIVING", "STOPPING", "NOT_AVAILABLE"])
def test_only_standing_clears(rig: Rig, motion: str) -> None:
    rig.run(0.2)
    rig.set("RuntimeHeartbeat", MotionState=motion, Handshake=1)
    rig.run(1.0)
    assert rig.truth.inverter_latched
    assert rig.truth.brakes_latched
    assert rig.truth.steering_latched


def test_one_heartbeat_without_handshake_starts_the_200_ms_anew(rig: Rig) -> None:
    rig.run(0.2)
    rig.set("RuntimeHeartbeat", Handshake=1)
    rig.run(0.15)
    rig.set("RuntimeHeartbeat", Handshake=0)
    rig.tick()
    rig.set("RuntimeHeartbeat", Handshake=1)
    assert rig.ticks_until(lambda: not rig.truth.inverter_latched) == HANDSHAKE_TICKS + 1


def test_a_gap_in_the_heartbeat_starts_the_200_ms_anew(rig: Rig) -> None:
    rig.run(0.2)
    rig.set("RuntimeHeartbeat", Handshake=1)
    rig.run(0.15)
    rig.silent.add("RuntimeHeartbeat")
    rig.run(0.03)
    rig.silent.clear()
    assert rig.ticks_until(lambda: not rig.truth.inverter_latched) == HANDSHAKE_TICKS + 1


@pytest.mark.parametrize("ecu", ACTUATORS)
def test_does_not_clear_while_its_own_command_is_missing(rig: Rig, ecu: str) -> None:
    latched, command, _ = ACTUATORS[ecu]
    rig.silent.add(command)
    rig.set("RuntimeHeartbeat", Handshake=1)
    rig.run(1.0)
    assert getattr(rig.truth, latched)
    others = {a for a, _, _ in ACTUATORS.values()} - {latched}
    assert not any(getattr(rig.truth, other) for other in others)


@pytest.mark.parametrize("ecu", ACTUATORS)
@pytest.mark.parametrize("missing", ["RuntimeHeartbeat", "own command"])
@pytest.mark.requirement("SR-11")
def test_latches_when_a_message_is_missing_for_50_ms(rig: Rig, ecu: str, missing: str) -> None:
    latched, command, feedback = ACTUATORS[ecu]
    rig.unlatch()
    rig.silent.add(command if missing == "own command" else missing)
    ticks = rig.ticks_until(lambda: getattr(rig.truth, latched))
    assert ticks == MISSING_TICKS
    assert rig.seen[feedback]["Status"] == "LATCHED_STOP"
    assert rig.vehicle.ecus[ecu].latch.cause == (  # type: ignore[union-attr]
        "command missing" if missing == "own command" else "RuntimeHeartbeat missing"
    )


@pytest.mark.parametrize("ecu", ACTUATORS)
def test_four_lost_frames_do_not_latch(rig: Rig, ecu: str) -> None:
    latched, command, _ = ACTUATORS[ecu]
    rig.unlatch()
    for _ in range(10):
        rig.silent = {command, "RuntimeHeartbeat"}
        rig.run(0.04)
        rig.silent = set()
        rig.tick()
    assert not getattr(rig.truth, latched)


@pytest.mark.parametrize(
    "message", ["RuntimeHeartbeat", "TractionCommand", "BrakeCommand", "SteeringCommand"]
)
@pytest.mark.parametrize("damage", ["crc", "counter"])
@pytest.mark.requirement("SR-11")
def test_damaged_and_repeated_frames_count_as_missing(rig: Rig, message: str, damage: str) -> None:
    rig.unlatch()
    stuck = rig.peer.frame(message, rig.commands[message])
    make = rig.peer.frame

    def damaged(name: str, values: dict[str, object]) -> tuple[int, str, int, bytes]:
        if name != message:
            return make(name, values)
        if damage == "counter":
            return stuck
        time_ns, bus, can_id, data = make(name, values)
        return time_ns, bus, can_id, bytes((data[0] ^ 0x01,)) + data[1:]

    rig.peer.frame = damaged  # type: ignore[method-assign]
    rig.run(0.07)
    if message in ("RuntimeHeartbeat", "TractionCommand"):
        assert rig.truth.inverter_latched
    if message in ("RuntimeHeartbeat", "BrakeCommand"):
        assert rig.truth.brakes_latched
    if message in ("RuntimeHeartbeat", "SteeringCommand"):
        assert rig.truth.steering_latched


@pytest.mark.requirement("SR-11")
def test_a_latch_does_not_clear_by_itself_when_messages_come_back(rig: Rig) -> None:
    rig.unlatch()
    rig.silent = {"RuntimeHeartbeat"}
    rig.run(0.1)
    rig.silent = set()
    rig.run(2.0)
    assert rig.truth.inverter_latched
    assert rig.truth.brakes_latched
    assert rig.truth.steering_latched


@pytest.mark.requirement("SR-11")
def test_does_not_clear_while_the_vehicle_moves(rig: Rig) -> None:
    rig.ready_to_drive()
    rig.reach_speed(3.0, rig.vehicle.parameters.inverter.torque_max_nm * 0.6)
    rig.silent = {"TractionCommand"}
    rig.run(0.1)
    assert rig.truth.inverter_latched
    rig.silent = set()
    rig.set("RuntimeHeartbeat", MotionState="STANDING", Handshake=1)
    rig.run(1.0)
    assert rig.truth.speed_mps > 2.0
    assert rig.truth.inverter_latched
