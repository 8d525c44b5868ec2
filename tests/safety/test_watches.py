"""What the monitors remember: each part at its edges, then the whole, which hands on what they found."""

import msgspec
import pytest

from firmware_runtime.can.bus_events import BusEvent, BusState, EventKind
from firmware_runtime.can.verdict import Unusable
from firmware_runtime.safety.clock_watch import ClockWatch
from firmware_runtime.safety.gnss_watch import GnssFindings, GnssHeard, GnssWatch
from firmware_runtime.safety.host_report import HostReport
from firmware_runtime.safety.limit_watch import LimitWatch
from firmware_runtime.safety.message_findings import NO_FINDINGS, MessageJudge
from firmware_runtime.safety.motion_watch import NO_UNINTENDED_MOTION, MotionWatch
from firmware_runtime.safety.self_test import missing
from firmware_runtime.safety.watches import ALL_QUIET, Watched, Watches
from firmware_runtime.vehicle.enums import ActuatorStatus, Direction, ModeKey, ParkBrakeState
from tests.safety.fault_examples import POSE
from tests.safety.support import profile
from tests.safety.test_frozen import METRES_PER_RADIAN, SPEEDS
from tests.vehicle_state import rolling, vehicle_state

MS = 1_000_000
S = 1_000_000_000
TICK_NS = 10 * MS


def heard(at_ns: int, position: tuple[float, float], speed_mps: float = 1.0, speed_ns: int = 1) -> GnssHeard:
    return GnssHeard(position, at_ns, speed_mps, speed_ns)


@pytest.mark.requirement("SR-12")
def test_positions_that_repeat_themselves_three_times_while_the_wheels_turn_are_frozen() -> None:
    watch = GnssWatch()
    found = [watch.step(k, heard(k, (48.0, 11.0)), 0.51).frozen for k in range(1, 6)]
    assert found == [False, False, False, True, True]
    assert not watch.step(6, heard(6, (48.0, 11.0000001)), 0.51).frozen


def test_the_same_epoch_seen_in_many_ticks_is_no_repetition() -> None:
    watch = GnssWatch()
    assert not any(watch.step(k, heard(1, (48.0, 11.0)), 5.0).frozen for k in range(1, 100))


def test_before_anything_was_heard_nothing_repeats_itself() -> None:
    """At 0 degrees north and east, too, which is where an empty report is."""
    watch = GnssWatch()
    assert not any(watch.step(k, GnssHeard(), 5.0).frozen for k in range(9))
    found = [watch.step(k, heard(k, (0.0, 0.0)), 5.0).frozen for k in range(1, 5)]
    assert found == [False, False, True, True]


def test_positions_freeze_though_the_receiver_tells_no_speed() -> None:
    watch = GnssWatch()
    found = [watch.step(k, heard(k, (48.0, 11.0), 3.0, 0), 5.0) for k in range(1, 5)]
    assert found[-1] == GnssFindings(speed_mps=None, frozen=True)
    assert found[-2] == GnssFindings(speed_mps=None, frozen=False)


@pytest.mark.parametrize("wheels_mps", [0.0, 0.5, -0.5])
def test_at_rest_positions_may_repeat_themselves(wheels_mps: float) -> None:
    watch = GnssWatch()
    assert not any(watch.step(k, heard(k, (48.0, 11.0)), wheels_mps).frozen for k in range(1, 100))


def test_rolling_backwards_is_moving_too() -> None:
    watch = GnssWatch()
    assert [watch.step(k, heard(k, (48.0, 11.0)), -0.51).frozen for k in range(1, 5)][-1]


def test_the_receivers_speed_is_known_for_half_a_second_and_never_before_it_came() -> None:
    watch = GnssWatch()
    assert watch.step(0, GnssHeard(), 0.0).speed_mps is None
    assert watch.step(1, heard(1, (0.0, 0.0), 3.0, 1), 0.0).speed_mps == 3.0
    assert watch.step(S // 2 + 7, heard(1, (0.0, 0.0), 3.0, 7), 0.0).speed_mps == 3.0
    assert watch.step(S // 2 + 8, heard(1, (0.0, 0.0), 3.0, 7), 0.0).speed_mps is None


@pytest.mark.requirement("SR-18")
def test_rolling_back_adds_up_until_the_vehicle_stands_or_goes_forward() -> None:
    watch = MotionWatch()
    watch.step(0, -1.0, False, False, Direction.FORWARD)
    assert watch.step(S // 2, -1.0, False, False, Direction.FORWARD).rolled_back_m == pytest.approx(0.5)
    assert watch.step(S, -0.04, False, False, Direction.FORWARD).rolled_back_m == pytest.approx(0.5)
    assert watch.step(2 * S, 0.05, False, False, Direction.FORWARD).rolled_back_m == pytest.approx(0.5)
    assert watch.step(3 * S, 0.051, False, False, Direction.FORWARD) == NO_UNINTENDED_MOTION
    watch.step(4 * S, -1.0, False, False, Direction.FORWARD)
    assert watch.step(5 * S, 0.0, True, False, Direction.FORWARD) == NO_UNINTENDED_MOTION


@pytest.mark.requirement("SR-18")
def test_each_tick_adds_its_own_way_and_5_cm_per_second_are_none() -> None:
    watch = MotionWatch()
    rolled = [watch.step(k * TICK_NS, -2.0, False, False, Direction.FORWARD) for k in range(1, 4)]
    assert [each.rolled_back_m for each in rolled] == pytest.approx([0.0, 0.02, 0.04])
    assert {each.left_hold_mps for each in rolled} == {0.0}, "nobody asked to hold it"
    watch.step(4 * TICK_NS, -0.05, False, False, Direction.FORWARD)
    last = watch.step(5 * TICK_NS, -0.05, False, False, Direction.FORWARD)
    assert last.rolled_back_m == pytest.approx(0.04)


@pytest.mark.requirement("SR-18")
def test_in_reverse_forward_is_back() -> None:
    watch = MotionWatch()
    watch.step(0, 1.0, False, False, Direction.REVERSE)
    assert watch.step(S, 1.0, False, False, Direction.REVERSE).rolled_back_m == pytest.approx(1.0)
    assert watch.step(2 * S, -1.0, False, False, Direction.REVERSE) == NO_UNINTENDED_MOTION


@pytest.mark.requirement("SR-18")
def test_a_vehicle_that_is_held_must_first_stand_and_then_not_leave() -> None:
    watch = MotionWatch()
    assert watch.step(0, 2.0, False, True, Direction.FORWARD).left_hold_mps == 0.0, "still braking"
    assert watch.step(S, 0.0, True, True, Direction.FORWARD).left_hold_mps == 0.0
    assert watch.step(2 * S, -0.3, False, True, Direction.FORWARD).left_hold_mps == 0.3
    assert watch.step(3 * S, 0.3, False, True, Direction.FORWARD).left_hold_mps == 0.3
    assert watch.step(4 * S, 0.3, False, False, Direction.FORWARD).left_hold_mps == 0.0, "asked to go"
    assert watch.step(5 * S, 0.3, False, True, Direction.FORWARD).left_hold_mps == 0.0, "has not stood since"


class Limited:
    """The Q-Truck: 0.7 m/s² and 0.8 m/s³, so 0.49 m/s² after 0.5 + 0.875 s; overshoot 0.6 + 0.225 m/s."""

    def __init__(self) -> None:
        self.watch = LimitWatch(profile().data.limits)
        self.now_ns = 0

    def run(self, seconds: float, speed_mps: float, limit_mps: float) -> bool:
        """True where it was over the permitted speed in any tick."""
        over = False
        for _ in range(round(seconds * 100)):
            self.now_ns += TICK_NS
            over |= self.watch.step(self.now_ns, speed_mps, limit_mps) is not None
        return over


@pytest.mark.parametrize(("limit_mps", "most_mps"), [(8.0, 9.0), (1.0, 1.3), (0.0, 0.2)])
def test_a_steady_limit_may_be_passed_by_a_tenth_and_0_2_mps(limit_mps: float, most_mps: float) -> None:
    assert not Limited().run(5.0, most_mps - 0.001, limit_mps)
    assert not Limited().run(5.0, 0.2, 0.0), "at its very edge"
    assert Limited().run(0.01, most_mps + 0.001, limit_mps)


@pytest.mark.requirement("SR-26")
def test_a_limit_that_falls_leaves_the_time_that_braking_needs() -> None:
    drive = Limited()
    drive.run(1.0, 4.0, 8.0)
    assert not drive.run(0.01, 4.0, 0.0)
    assert not drive.run(1.36, 4.8, 0.0), "reaction, and what it still speeds up"
    assert not drive.run(1.63, 4.0, 0.0), "0.8 m/s at 0.49 m/s² take 1.63 s"
    assert drive.run(0.2, 4.0, 0.0)


def test_the_time_to_react_is_1_375_s_to_the_nanosecond() -> None:
    watch, began_ns = LimitWatch(profile().data.limits), 5 * S
    watch.step(began_ns - TICK_NS, 4.0, 8.0)
    for after_ns in (0, 500 * MS, 1375 * MS):
        assert watch.step(began_ns + after_ns, 4.0 if after_ns == 0 else 4.82, 0.0) is None
    over = watch.step(began_ns + 1375 * MS + 1, 4.825, 0.0)
    assert over is not None, "4.825 m/s from here on fall"
    assert over.permitted_mps == pytest.approx(4.825, abs=1e-6)


def test_braking_as_weak_as_permitted_keeps_the_limit_and_a_little_weaker_does_not() -> None:
    for deceleration_mps2, kept in ((0.55, True), (0.40, False)):
        drive, speed_mps, over = Limited(), 8.0, False
        drive.run(1.0, speed_mps, 8.0)
        drive.run(1.37, speed_mps, 0.0)
        while speed_mps > 0.0:
            over |= drive.run(0.01, speed_mps, 0.0)
            speed_mps -= 0.01 * deceleration_mps2
        assert over is not kept


def test_an_overspeed_says_how_much() -> None:
    watch = LimitWatch(profile().data.limits)
    over = watch.step(TICK_NS, 2.0, 1.0)
    assert over is not None
    assert (over.speed_mps, over.limit_mps) == (2.0, 1.0)
    assert over.permitted_mps == pytest.approx(1.3)


def test_a_limit_that_rises_is_in_force_at_once_and_the_next_fall_has_its_time_again() -> None:
    drive = Limited()
    drive.run(1.0, 1.0, 1.0)
    assert not drive.run(1.0, 8.0, 8.0)
    assert not drive.run(1.3, 8.0, 1.0)


def test_time_that_rises_evenly_is_well_and_gaps_and_falls_are_told_for_a_second() -> None:
    watch = ClockWatch()
    assert watch.step(5 * S) == ""
    assert watch.step(5 * S + 100 * MS) == ""
    assert watch.step(5 * S + 201 * MS) == "no tick for 101 ms"
    watch = ClockWatch()
    watch.step(0)
    assert watch.step(1) == "", "it has risen"
    watch = ClockWatch()
    watch.step(0)
    assert watch.step(101 * MS) == "no tick for 101 ms"
    for k in range(1, 100):
        assert watch.step((101 + 10 * k) * MS) == "no tick for 101 ms"
    assert watch.step(1101 * MS) == ""


@pytest.mark.parametrize(("step_ns", "text"), [(0, "+0.0 ms"), (-20 * MS, "-20.0 ms")])
def test_time_that_stands_or_runs_back_is_told(step_ns: int, text: str) -> None:
    watch = ClockWatch()
    watch.step(S)
    assert watch.step(S + step_ns) == f"time did not rise: {text}"


def judge() -> MessageJudge:
    """Two messages and a page nobody binds; three signals in the first, one in the second."""
    return MessageJudge(("drive.A", "body.B", "body.C[Mux=1]"), (0, 0, 1, 0), ("a", "b", "c", "d"))


OK4 = (Unusable.OK,) * 4


@pytest.mark.parametrize(
    ("reason", "field", "text"),
    [
        (Unusable.LATE, "lost", "drive.A late"),
        (Unusable.NEVER_RECEIVED, "lost", "drive.A never received"),
        (Unusable.BAD_LENGTH, "lost", "drive.A of wrong length"),
        (Unusable.BAD_CRC, "corrupt", "drive.A"),
        (Unusable.BAD_COUNTER, "miscounted", "drive.A"),
    ],
)
def test_a_message_past_its_deadline_is_told_with_its_reason(reason: Unusable, field: str, text: str) -> None:
    reasons = (reason, reason, Unusable.OK, reason)
    found = judge().step(reasons, ("drive.A",), {"a", "b", "d"})
    assert getattr(found, field) == (text,)
    assert sum(len(each) for each in msgspec.structs.astuple(found)) == 1, "and as nothing else"


@pytest.mark.parametrize("reason", [Unusable.NEVER_RECEIVED, Unusable.BAD_CRC, Unusable.LATE])
def test_a_message_that_is_not_due_yet_is_no_finding(reason: Unusable) -> None:
    assert judge().step((reason,) * 4, (), {"a", "b", "c", "d"}) == NO_FINDINGS


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        (Unusable.OK, "of no known meaning"),
        (Unusable.OUT_OF_RANGE, "out of range"),
        (Unusable.NOT_FINITE, "not finite"),
        (Unusable.NOT_AVAILABLE, "not available"),
        (Unusable.ERROR_INDICATED, "reported wrong by its sender"),
    ],
)
def test_a_signal_of_a_message_that_is_in_order_is_told_with_its_reason(reason: Unusable, words: str) -> None:
    found = judge().step((Unusable.OK, reason, Unusable.OK, Unusable.OK), (), {"b"})
    assert found.signals == (f"b {words}",)


def test_a_message_whose_window_is_not_valid_is_told_once() -> None:
    invalid = Unusable.CHANNEL_NOT_VALID
    found = judge().step((invalid, invalid, Unusable.OK, invalid), (), {"a", "b", "d"})
    assert found.distrusted == ("drive.A",)
    assert found.signals == ()


def test_a_late_page_without_a_binding_is_lost() -> None:
    assert judge().step(OK4, ("body.C[Mux=1]",), frozenset()).lost == ("body.C[Mux=1] late",)


def test_reasons_that_are_not_one_for_each_binding_are_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="zip"):
        judge().step((Unusable.OK,), ("body.C[Mux=1]",), frozenset())


def test_nothing_late_and_nothing_unusable_is_nothing_found() -> None:
    assert judge().step(OK4, (), frozenset()) is NO_FINDINGS


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"traction_status": ActuatorStatus.LATCHED_STOP}, "traction_status LATCHED_STOP"),
        ({"brake_status": ActuatorStatus.FAULT}, "brake_status FAULT"),
        ({"steering_status": ActuatorStatus.OFF}, "steering_status OFF"),
        ({"park_brake_state": ParkBrakeState.RELEASED}, "park brake RELEASED"),
        ({"unusable": frozenset({"battery_soc"})}, "battery_soc unusable"),
    ],
)
def test_the_self_test_names_what_it_waits_for(changes: dict[str, object], words: str) -> None:
    assert missing(vehicle_state(**changes), POSE, True, "") == (words,)


def test_the_self_test_waits_for_a_position_and_for_standstill() -> None:
    lost = msgspec.structs.replace(POSE, valid=False)
    assert missing(vehicle_state(), lost, False, "") == ("no standstill", "no position")
    assert missing(vehicle_state(), POSE, True, "") == ()
    for key in ModeKey:
        led = vehicle_state(mode_key=key)
        assert missing(led, lost, True, "") == (("no position",) if key is ModeKey.AUTO else ())
    assert missing(vehicle_state(), POSE, True, "no proof") == ("no proof",)
    assert missing(vehicle_state(), POSE, False, "no proof") == ("no standstill",), "which explains it"


def test_a_silent_bus_does_not_fill_a_page() -> None:
    silent = vehicle_state(unusable=frozenset(f"signal_{k}" for k in range(9)))
    assert missing(silent, POSE, True, "")[-2:] == ("signal_5 unusable", "and 3 signals more")
    six = vehicle_state(unusable=frozenset(f"signal_{k}" for k in range(6)))
    assert missing(six, POSE, True, "")[-1] == "signal_5 unusable"


def test_the_whole_hands_each_part_what_it_looks_at() -> None:
    watches = Watches(profile())
    quiet = Watched(
        state=rolling(0.0),
        standing=True,
        acknowledged=False,
        host=HostReport(temperature_degc=50.0, disk_free_share=0.5),
        speed_mps=0.0,
        speed_limit_mps=8.0,
        hold_asked=True,
        direction=Direction.FORWARD,
        steering_front_asked_rad=0.0,
        steering_rear_asked_rad=0.0,
        gnss=GnssHeard(),
    )
    assert watches.step(TICK_NS, quiet) == ALL_QUIET
    off = BusEvent(0, "drive", EventKind.STATE, BusState.BUS_OFF)
    found = watches.step(
        S,
        msgspec.structs.replace(
            quiet,
            standing=False,
            host=HostReport((off,), temperature_degc=50.0),
            speed_mps=-9.5,
            gnss=heard(S, (1.0, 1.0), 3.0, S),
        ),
    )
    assert found.buses.off == ("drive BUS_OFF",)
    assert found.clock == "no tick for 990 ms"
    assert found.host_silent == ("free disk",)
    assert found.gnss.speed_mps == 3.0
    assert found.unintended.left_hold_mps == 9.5
    assert found.overspeed is not None
    assert found.overspeed.speed_mps == 9.5
    for k in range(102):
        held = rolling(2.0, wheel_speed_front_left_mps=2.0 + k / 1e4, wheel_speed_rear_left_mps=2.0 + k / 1e4)
        found = watches.step(2 * S + k * TICK_NS, msgspec.structs.replace(quiet, state=held))
    assert found.frozen == ("wheel_speed_front_right_mps", "wheel_speed_rear_right_mps", "motor_speed_radps")


def test_the_whole_hands_on_time_acknowledge_and_gear() -> None:
    watches = Watches(profile())
    slipping = rolling(2.0, **dict.fromkeys(SPEEDS[:2], 0.0), motor_speed_radps=0.4 / METRES_PER_RADIAN)
    rolls = Watched(
        state=slipping,
        standing=False,
        acknowledged=False,
        host=HostReport(
            (
                BusEvent(0, "drive", EventKind.OVERFLOW, 3),
                BusEvent(0, "body", EventKind.FOREIGN_SENDER, 0, 0x99, "body.BodyCommand"),
            )
        ),
        speed_mps=-1.0,
        speed_limit_mps=8.0,
        hold_asked=False,
        direction=Direction.FORWARD,
        steering_front_asked_rad=0.0,
        steering_rear_asked_rad=0.0,
        gnss=GnssHeard(),
    )
    assert watches.step(S, rolls).buses.frames_lost == ("drive",)
    for tick in range(1, 201):
        now_ns = S + tick * TICK_NS
        told = {"gnss": heard(now_ns, (48.0, 11.0)), "host": HostReport(), "acknowledged": tick == 150}
        found = watches.step(now_ns, msgspec.structs.replace(rolls, **told))
        assert found.buses.foreign_senders == (("body.BodyCommand",) if tick < 150 else ())
    assert found.unintended.rolled_back_m == pytest.approx(2.0)
    assert found.gnss.frozen
    assert found.frozen == (), "0.4 m/s of the motor are the median of the five"
