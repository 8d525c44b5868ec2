"""What a bus says beside frames becomes a fault that names it, and holds as long as the catalogue means."""

import msgspec
import pytest

from firmware_runtime.can.bus_events import BusEvent, BusState, EventKind, Origin
from firmware_runtime.safety.bus_watch import ALL_WELL, BusFindings, BusWatch
from firmware_runtime.safety.fault_monitor import FaultMonitor
from firmware_runtime.safety.watches import Findings
from firmware_runtime.vehicle.enums import Severity
from tests.safety.fault_examples import WELL

MS = 1_000_000
S = 1_000 * MS
STEERING = 0x8CFF0327


def foreign(bus: str = "drive", can_id: int = STEERING, text: str = "drive.SteeringCommand") -> BusEvent:
    return BusEvent(0, bus, EventKind.FOREIGN_SENDER, int(Origin.REMOTE), can_id, text)


def state(of: BusState, bus: str = "drive") -> BusEvent:
    return BusEvent(0, bus, EventKind.STATE, int(of), text=of.name)


def overflow(frames: int = 3, bus: str = "drive") -> BusEvent:
    return BusEvent(0, bus, EventKind.OVERFLOW, frames)


@pytest.fixture
def watch() -> BusWatch:
    return BusWatch({"drive", "body"})


def test_silent_ports_are_well(watch: BusWatch) -> None:
    assert watch.step(0, (), False) is watch.step(10 * MS, (), True) is ALL_WELL
    assert watch.counts == {}
    assert BusWatch({"drive"}).renewals == {}


@pytest.mark.requirement("SR-14")
def test_a_foreign_sender_holds_though_it_falls_silent(watch: BusWatch) -> None:
    watch.step(0, [foreign()], False)
    assert watch.step(3600 * S, (), False).foreign_senders == ("drive.SteeringCommand",)


def test_an_acknowledge_clears_a_foreign_sender_that_was_silent_for_a_second(watch: BusWatch) -> None:
    watch.step(0, [foreign()], False)
    assert watch.step(S - 1, (), True).foreign_senders, "a moment too early"
    assert watch.step(S, (), True) == ALL_WELL


@pytest.mark.requirement("SR-14")
def test_an_acknowledge_does_not_clear_a_foreign_sender_that_goes_on(watch: BusWatch) -> None:
    for k in range(100):
        found = watch.step(k * 100 * MS, [foreign()], acknowledged=k > 20)
        assert found.foreign_senders == ("drive.SteeringCommand",)


def test_a_foreign_sender_that_comes_back_is_found_again(watch: BusWatch) -> None:
    watch.step(0, [foreign()], False)
    watch.step(S, (), True)
    assert watch.step(2 * S, [foreign()], False).foreign_senders == ("drive.SteeringCommand",)


def test_each_message_of_ours_that_others_send_is_named_once(watch: BusWatch) -> None:
    brake = foreign(can_id=0x8CFF0227, text="drive.BrakeCommand")
    found = watch.step(0, [foreign(), brake, foreign()], False)
    assert found.foreign_senders == ("drive.SteeringCommand", "drive.BrakeCommand")
    assert watch.step(S - 1, [brake], False) == found
    assert watch.step(S, (), True).foreign_senders == ("drive.BrakeCommand",)


def test_what_was_said_first_of_a_foreign_sender_stays(watch: BusWatch) -> None:
    watch.step(0, [foreign(text="drive.SteeringCommand, by another computer")], False)
    found = watch.step(S, [foreign(text="drive.SteeringCommand, again")], False)
    assert found.foreign_senders == ("drive.SteeringCommand, by another computer",)


def test_a_foreign_sender_without_words_is_a_finding_all_the_same(watch: BusWatch) -> None:
    assert watch.step(0, [foreign(text="")], False).foreign_senders == ("drive 0x8CFF0327",)


@pytest.mark.parametrize(
    ("bus", "of", "expected"),
    [
        ("drive", BusState.ERROR_ACTIVE, ALL_WELL),
        ("drive", BusState.ERROR_WARNING, ALL_WELL),
        ("drive", BusState.ERROR_PASSIVE, BusFindings(disturbed=("drive ERROR_PASSIVE",))),
        ("drive", BusState.BUS_OFF, BusFindings(off=("drive BUS_OFF",))),
        ("body", BusState.DOWN, BusFindings(off=("body DOWN",))),
        ("spare", BusState.ERROR_PASSIVE, BusFindings(disturbed=("spare ERROR_PASSIVE",))),
        ("spare", BusState.BUS_OFF, BusFindings(disturbed=("spare BUS_OFF",))),
        ("spare", BusState.DOWN, BusFindings(disturbed=("spare DOWN",))),
    ],
)
def test_a_state_holds_until_the_next_and_counts_by_whether_the_bus_is_needed(
    watch: BusWatch, bus: str, of: BusState, expected: BusFindings
) -> None:
    assert watch.step(0, [state(of, bus)], False) == expected
    assert watch.step(3600 * S, (), True) == expected
    assert watch.step(3601 * S, [state(BusState.ERROR_ACTIVE, bus)], False) == ALL_WELL


def test_of_two_states_in_one_tick_the_later_holds(watch: BusWatch) -> None:
    events = [state(BusState.BUS_OFF), state(BusState.ERROR_ACTIVE), state(BusState.ERROR_PASSIVE)]
    assert watch.step(0, events, False) == BusFindings(disturbed=("drive ERROR_PASSIVE",))


def test_two_buses_are_told_apart(watch: BusWatch) -> None:
    found = watch.step(
        0, [state(BusState.BUS_OFF), state(BusState.DOWN, "body"), overflow(bus="body")], False
    )
    assert found == BusFindings(off=("drive BUS_OFF", "body DOWN"), frames_lost=("body",))


def test_a_recovery_given_up_stays_so_though_the_bus_comes_back_until_a_person_renews_it(
    watch: BusWatch,
) -> None:
    given_up = BusEvent(0, "drive", EventKind.RECOVERY_GIVEN_UP, 5)
    found = watch.step(0, [state(BusState.BUS_OFF), given_up], False)
    assert found == BusFindings(off=("drive BUS_OFF",), given_up=("drive after 5 attempts",))
    found = watch.step(3600 * S, [state(BusState.ERROR_ACTIVE)], False)
    assert found == BusFindings(given_up=("drive after 5 attempts",))
    assert watch.renewals == {}
    assert watch.step(3601 * S, (), True) == ALL_WELL
    assert watch.renewals == {"drive": 1}
    assert watch.step(3602 * S, (), True) == ALL_WELL
    assert watch.renewals == {"drive": 1}, "counted once"


def test_attempts_that_are_renewed_may_be_given_up_again(watch: BusWatch) -> None:
    given_up = BusEvent(0, "drive", EventKind.RECOVERY_GIVEN_UP, 5)
    watch.step(0, [state(BusState.BUS_OFF), given_up], True)
    assert watch.renewals == {}, "given up after that press"
    assert watch.step(S, (), True) == BusFindings(off=("drive BUS_OFF",)), "still off, and tried again"
    assert watch.renewals == {"drive": 1}
    body = BusEvent(0, "body", EventKind.RECOVERY_GIVEN_UP, 5)
    assert watch.step(5 * S, [given_up, body], False).given_up == (
        "drive after 5 attempts",
        "body after 5 attempts",
    )
    watch.step(6 * S, (), True)
    assert watch.renewals == {"drive": 2, "body": 1}


def test_a_loss_of_frames_holds_for_a_second(watch: BusWatch) -> None:
    assert watch.step(0, [overflow()], False).frames_lost == ("drive",)
    assert watch.step(S - 1, (), True).frames_lost == ("drive",)
    assert watch.step(S, (), False) == ALL_WELL


@pytest.mark.parametrize(
    ("step_ns", "text"), [(3600 * S, "drive: +3600.000 s"), (-1500 * MS, "drive: -1.500 s")]
)
def test_a_step_of_the_clock_holds_for_a_second_and_tells_how_far(
    watch: BusWatch, step_ns: int, text: str
) -> None:
    event = BusEvent(0, "drive", EventKind.CLOCK_STEP, step_ns)
    assert watch.step(7 * S, [event], False).clock_steps == (text,)
    assert watch.step(8 * S - 1, (), False).clock_steps == (text,)
    assert watch.step(8 * S, (), False) == ALL_WELL


def test_every_event_is_counted_by_bus_and_kind_and_a_restart_is_no_fault(watch: BusWatch) -> None:
    restart = BusEvent(0, "drive", EventKind.RESTART, 1)
    assert watch.step(0, [restart], False) == ALL_WELL
    watch.step(10 * MS, [restart, foreign(), foreign("body", 0x99, "body.BodyCommand")], False)
    assert watch.counts == {"drive": {"RESTART": 2, "FOREIGN_SENDER": 1}, "body": {"FOREIGN_SENDER": 1}}


class Watched:
    """Events in, faults out: watch and monitor as the controller puts them together."""

    def __init__(self) -> None:
        self._watch = BusWatch({"drive", "body"})
        self._monitor = FaultMonitor()

    def step(self, now_ns: int, *events: BusEvent) -> dict[str, Severity]:
        found = self._watch.step(now_ns, events, False)
        for_monitor = msgspec.structs.replace(WELL, found=Findings(buses=found))
        faults = self._monitor.step(now_ns, for_monitor).faults
        return {fault.identifier: fault.severity for fault in faults}


def test_one_loss_warns_and_is_over_after_a_second() -> None:
    watched = Watched()
    assert watched.step(0, overflow()) == {"frames_lost": Severity.WARN}
    raised = [watched.step(k * 10 * MS) for k in range(1, 600)]
    assert all(each == {"frames_lost": Severity.WARN} for each in raised[:99])
    assert all(each == {} for each in raised[99:])


def test_losses_that_go_on_for_three_seconds_degrade() -> None:
    watched = Watched()
    before = [watched.step(k * 10 * MS, *([overflow()] if k % 90 == 0 else [])) for k in range(300)]
    assert all(each == {"frames_lost": Severity.WARN} for each in before)
    assert watched.step(3 * S) == {
        "frames_lost_on_and_on": Severity.DEGRADE,
        "frames_lost": Severity.WARN,
    }


def test_losses_with_longer_gaps_never_add_up() -> None:
    watched = Watched()
    for k in range(1000):
        found = watched.step(k * 10 * MS, *([overflow()] if k % 110 == 0 else []))
        assert "frames_lost_on_and_on" not in found


def test_error_passive_for_less_than_100_ms_is_no_fault() -> None:
    watched = Watched()
    assert watched.step(0, state(BusState.ERROR_PASSIVE)) == {}
    assert watched.step(90 * MS) == {}
    assert watched.step(99 * MS, state(BusState.ERROR_ACTIVE)) == {}
    assert watched.step(200 * MS, state(BusState.ERROR_PASSIVE)) == {}
    assert watched.step(300 * MS) == {"bus_disturbed": Severity.WARN}
