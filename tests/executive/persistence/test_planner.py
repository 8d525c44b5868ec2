"""What is handed over when, and what is said of the disk meanwhile."""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware_runtime.executive.persistence.content import (
    Charge,
    Values,
    decode_codes,
    decode_events,
    decode_latches,
    decode_running,
)
from firmware_runtime.executive.persistence.items import Record, Shutdown
from firmware_runtime.executive.persistence.messages import MESSAGE_VERSION, Acknowledgement, Order
from firmware_runtime.executive.persistence.planner import Planner, Snapshot
from firmware_runtime.safety.facts import SafetyConfig
from tests.executive.persistence.support import NO_CODES, codes

MS = 1_000_000
S = 1_000 * MS
SESSION = 77
E, R = Record.EVENTS.value, Record.RUNNING.value
STANDING = Snapshot(SafetyConfig(), NO_CODES, motion_wanted=False, standing=True)
WANTED = msgspec.structs.replace(STANDING, motion_wanted=True)
ROLLING = msgspec.structs.replace(STANDING, standing=False)


def ack(*orders: Order, error: str = "", session: int = SESSION) -> list[Acknowledgement]:
    return [Acknowledgement(MESSAGE_VERSION, session, o.sequence, o.record, error) for o in orders]


def at(metres: float) -> Snapshot:
    return msgspec.structs.replace(STANDING, values=Values(metres, Charge(0.5, 0.02), None))


def records(orders: tuple[Order, ...]) -> list[str]:
    return [order.record for order in orders]


def settled(snapshot: Snapshot = STANDING) -> Planner:
    """Everything handed over at 0 and acknowledged at 10 ms."""
    planner = Planner(SESSION)
    orders = planner.step(0, snapshot)
    assert planner.step(10 * MS, snapshot, ack(*orders)) == ()
    return planner


def test_a_start_hands_everything_over_and_then_nothing_while_nothing_changes() -> None:
    planner = Planner(SESSION)
    orders = planner.step(0, STANDING)
    assert records(orders) == [E, R]
    assert not planner.all_written
    for tick in range(1, 400):
        assert planner.step(tick * 10 * MS, STANDING, ack(*orders)) == ()
    assert planner.all_written
    assert planner.error == ""


@pytest.mark.parametrize("latch", ["estop_latch", "immediate_latch", "minimal_risk_latch"])
@pytest.mark.requirement("SR-06")
def test_a_latch_is_handed_over_in_the_tick_in_which_it_is_set_and_in_which_it_is_cleared(latch: str) -> None:
    planner = settled()
    latched = msgspec.structs.replace(
        STANDING, safety=msgspec.structs.replace(SafetyConfig(), **{latch: True})
    )
    for now_ns, snapshot in ((20 * MS, latched), (30 * MS, STANDING)):
        (order,) = planner.step(now_ns, snapshot)
        events = decode_events(order.content)
        assert decode_latches(events.latches) == snapshot.safety
        assert events.time_ns == now_ns


def test_a_code_is_handed_over_in_the_tick_in_which_it_comes_and_its_last_time_every_10_s() -> None:
    planner = settled()
    coded = msgspec.structs.replace(STANDING, trouble_codes=codes("drive.MotorStatus"))
    (order,) = planner.step(20 * MS, coded)
    assert decode_codes(decode_events(order.content).trouble_codes).codes[0].detail == "drive.MotorStatus"
    acknowledged = ack(order)
    handed: list[int] = []
    for tick in range(3, 2103):
        now_ns = tick * 10 * MS
        still = msgspec.structs.replace(STANDING, trouble_codes=codes("drive.MotorStatus"))
        moved = msgspec.structs.replace(still.trouble_codes.codes[0], last_ns=now_ns)
        memory = msgspec.structs.replace(still.trouble_codes, codes=(moved,))
        orders = planner.step(now_ns, msgspec.structs.replace(still, trouble_codes=memory), acknowledged)
        acknowledged = ack(*orders)
        handed += [now_ns] * len(orders)
    assert handed == [10_020 * MS, 20_020 * MS]


def test_odometer_charge_and_pose_are_handed_over_every_half_second_while_they_change() -> None:
    planner = settled(at(0.0))
    handed: list[int] = []
    acknowledged: list[Acknowledgement] = []
    for tick in range(2, 302):
        orders = planner.step(tick * 10 * MS, at(tick * 0.08), acknowledged)
        acknowledged = ack(*orders)
        assert planner.error == ""
        for order in orders:
            assert decode_running(order.content).odometer_m == tick * 0.08
            handed.append(tick * 10)
    assert handed == [500, 1000, 1500, 2000, 2500, 3000]


def test_an_order_without_answer_is_handed_over_again_twice_a_second_with_what_holds_by_then() -> None:
    planner = Planner(SESSION)
    handed = [tick * 10 for tick in range(300) if R in records(planner.step(tick * 10 * MS, at(tick)))]
    assert handed == [0, 500, 1000, 1500, 2000, 2500]
    again = Planner(SESSION)
    handed = [tick * 10 for tick in range(200) if E in records(again.step(tick * 10 * MS, STANDING))]
    assert handed == [0, 500, 1000, 1500]


def test_a_disk_that_is_late_is_told_after_one_second_and_no_more_once_it_answers() -> None:
    planner = settled(at(0.0))
    orders: tuple[Order, ...] = ()
    for tick in range(2, 102):
        orders = planner.step(tick * 10 * MS, at(1.0)) or orders
        assert planner.error == "", tick
    orders = planner.step(1020 * MS, at(1.0)) or orders
    assert planner.error == "running of the persistent state: not acknowledged for 1.0 s"
    planner.step(1030 * MS, at(1.0), ack(*orders))
    assert planner.error == ""
    assert planner.all_written


def test_an_acknowledgement_of_an_old_content_does_not_hide_that_the_new_one_is_late() -> None:
    planner = Planner(SESSION)
    first = planner.step(0, at(0.0))
    for tick in range(1, 100):
        planner.step(tick * 10 * MS, at(float(tick)))
    planner.step(1010 * MS, at(101.0), ack(*first))
    assert "running" in planner.error
    assert "events" not in planner.error


def test_the_word_of_the_writer_is_told_until_it_succeeds() -> None:
    planner = Planner(SESSION)
    orders = planner.step(0, STANDING)
    planner.step(10 * MS, STANDING, ack(orders[0], error="not written: No space left on device"))
    assert planner.error == "events of the persistent state: not written: No space left on device"
    assert not planner.all_written
    again = planner.step(500 * MS, STANDING)
    assert records(again) == [E, R]
    planner.step(510 * MS, STANDING, ack(*again))
    assert planner.error == ""
    assert planner.all_written


@pytest.mark.parametrize("strange", ["session", "record", "sequence"])
def test_answers_that_are_none_of_ours_change_nothing(strange: str) -> None:
    planner = Planner(SESSION)
    orders = planner.step(0, WANTED)
    (answer, *_) = ack(*orders)
    wrong = {"session": SESSION - 1, "record": "barrier", "sequence": 99}[strange]
    planner.step(10 * MS, WANTED, [msgspec.structs.replace(answer, **{strange: wrong})])
    assert not planner.motion_acknowledged


def test_leave_to_move_comes_with_the_acknowledgement_of_the_word_moving_and_not_before() -> None:
    planner = settled()
    assert planner.shutdown is Shutdown.RUNNING_STANDING
    assert not planner.motion_acknowledged
    (order,) = planner.step(20 * MS, WANTED)
    assert decode_events(order.content).shutdown is Shutdown.RUNNING_MOVING
    assert not planner.motion_acknowledged
    planner.step(30 * MS, WANTED)
    assert not planner.motion_acknowledged
    planner.step(40 * MS, WANTED, ack(order))
    assert planner.motion_acknowledged


def test_an_error_gives_no_leave() -> None:
    planner = settled()
    (order,) = planner.step(20 * MS, WANTED)
    planner.step(30 * MS, WANTED, ack(order, error="not written"))
    assert not planner.motion_acknowledged


def test_leave_is_taken_back_after_two_seconds_at_standstill_in_the_step_that_says_so() -> None:
    planner = settled(WANTED)
    assert planner.motion_acknowledged
    for now_ms in range(20, 2020, 10):
        assert planner.step(now_ms * MS, STANDING) == ()
        assert planner.motion_acknowledged, now_ms
    (order,) = planner.step(2020 * MS, STANDING)
    assert decode_events(order.content).shutdown is Shutdown.RUNNING_STANDING
    assert not planner.motion_acknowledged
    # A late answer to the word that no longer holds gives nothing back.
    (moving,) = planner.step(2030 * MS, WANTED, ack(order))
    planner.step(2040 * MS, WANTED, ack(order))
    assert not planner.motion_acknowledged
    planner.step(2050 * MS, WANTED, ack(moving))
    assert planner.motion_acknowledged


def test_while_it_rolls_the_word_stays_and_rolling_without_leave_is_told_at_once() -> None:
    planner = settled(WANTED)
    for now_ms in range(20, 9000, 10):
        planner.step(now_ms * MS, ROLLING)
        assert planner.shutdown is Shutdown.RUNNING_MOVING
    (order,) = settled().step(20 * MS, ROLLING)
    assert decode_events(order.content).shutdown is Shutdown.RUNNING_MOVING


def test_the_word_is_taken_back_together_with_every_latch_of_that_step() -> None:
    planner = settled(WANTED)
    latched = msgspec.structs.replace(STANDING, safety=SafetyConfig(estop_latch=True))
    for now_ms in range(20, 2020, 10):
        assert planner.step(now_ms * MS, STANDING) == ()
    (order,) = planner.step(2020 * MS, latched)
    events = decode_events(order.content)
    assert events.shutdown is Shutdown.RUNNING_STANDING
    assert decode_latches(events.latches).estop_latch


def test_an_orderly_shutdown_writes_everything_at_once_and_says_when_power_may_go() -> None:
    planner = settled(at(0.0))
    planner.step(20 * MS, at(1.0))
    ended = msgspec.structs.replace(at(2.0), shutdown=True)
    orders = planner.step(30 * MS, ended)
    assert records(orders) == [E, R]
    assert decode_events(orders[0].content).shutdown is Shutdown.ORDERLY
    assert not planner.all_written
    planner.step(40 * MS, ended, ack(orders[0]))
    assert not planner.all_written
    planner.step(50 * MS, ended, ack(orders[1]))
    assert planner.all_written


def test_a_moving_vehicle_is_never_orderly() -> None:
    planner = settled(WANTED)
    planner.step(20 * MS, msgspec.structs.replace(ROLLING, shutdown=True))
    assert planner.shutdown is Shutdown.RUNNING_MOVING


@given(
    steps=st.lists(
        st.tuples(st.booleans(), st.booleans(), st.booleans(), st.integers(0, 3), st.integers(1, 1500)),
        max_size=40,
    )
)
@settings(max_examples=200)
def test_with_leave_the_disk_always_says_moving(steps: list[tuple[bool, bool, bool, int, int]]) -> None:
    """Against a disk that takes orders in sequence, some at a time, and answers late or never."""
    planner = Planner(SESSION)
    queue: list[Order] = []
    on_disk: Shutdown | None = None
    answers: list[Acknowledgement] = []
    now_ns = 0
    for wanted, standing, shutdown, taken, wait_ms in steps:
        now_ns += wait_ms * MS
        snapshot = Snapshot(SafetyConfig(), NO_CODES, wanted, standing, shutdown)
        queue += [order for order in planner.step(now_ns, snapshot, answers) if order.record == E]
        answers = []
        for order in queue[:taken]:
            if planner.motion_acknowledged:
                assert on_disk is Shutdown.RUNNING_MOVING
            on_disk = decode_events(order.content).shutdown
            answers = ack(order) if wait_ms % 3 else []
        del queue[:taken]
        if planner.motion_acknowledged:
            assert on_disk is Shutdown.RUNNING_MOVING
