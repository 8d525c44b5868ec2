"""`control` is supervised: as often as it must, in time, and by all its stages; measured at the heartbeat."""

from collections.abc import Iterable
from typing import NamedTuple

import msgspec
import pytest

from firmware_runtime.safety.control_watch import ControlWatch, expected_word
from firmware_runtime.safety.supervised import CONTROL_PATH, control_alive
from firmware_runtime.safety.supervision import LocalStatus
from firmware_runtime.vehicle.control_flow import ControlStage, begun, passed
from firmware_runtime.vehicle.enums import ParkBrakeRequest, SafetyState
from firmware_runtime.vehicle.load import Profile
from firmware_runtime.vehicle.proposal import Proposal
from tests.safety.rig import STAGES, Rig, flow_word
from tests.safety.support import profile

MS = 1_000_000
BUDGET_MS = 50
"""`control` killed, hung, late: to the safe frame."""
PERIOD_MS, PATIENCE_MS = 10, 5
"""Of the tick, and how long after a missing proposal's moment the supervisor's process steps without it."""


@pytest.fixture(scope="module")
def truck() -> Profile:
    return profile()


@pytest.fixture
def rig(truck: Profile) -> Rig:
    """At 5 m/s, and so often stepped before that its next proposal is due 10 ms after `now_ns`."""
    rig = Rig(truck)
    rig.drive_at(5.0, ticks=33)
    return rig


class Sent(NamedTuple):
    """A proposal: when it arrives, when its tick began (ms from now)."""

    at_ms: float
    begun_ms: float
    stages: tuple[int, ...] = STAGES
    again: bool = False
    """The number of the one before."""
    arrived: int = 1


def stops_after_ms(rig: Rig, sent: Iterable[Sent], end_ms: float = 300.0) -> float | None:
    """When the first heartbeat says STOPPING, as the process steps: by proposals and by its own deadline."""
    start_ns, due_ms = rig.now_ns, float(PERIOD_MS + PATIENCE_MS)
    queue = sorted(sent)
    while True:
        proposal: Proposal | None = None
        arrived = 0
        if queue and queue[0].at_ms <= due_ms:
            now = queue.pop(0)
            at_ms, arrived = now.at_ms, now.arrived
            rig.now_ns = start_ns + round(now.begun_ms * MS)
            sequence = rig.sequence
            proposal = msgspec.structs.replace(rig.proposal(), flow=flow_word(rig.now_ns, now.stages))
            if now.again:
                rig.sequence = sequence
                proposal = msgspec.structs.replace(proposal, sequence=sequence)
            due_ms = at_ms + PERIOD_MS + PATIENCE_MS
        else:
            at_ms, due_ms = due_ms, due_ms + PERIOD_MS
        if at_ms > end_ms:
            return None
        rig.now_ns = start_ns + round(at_ms * MS)
        rig.step(proposal, arrived)
        if rig.said["RuntimeHeartbeat"]["MotionState"] == "STOPPING":
            assert rig.said["RuntimeHeartbeat"]["ControlWell"] == 0
            assert rig.said["TractionCommand"]["TorqueRequest"] == 0.0
            return at_ms


def test_one_that_is_well_is_never_stopped(rig: Rig) -> None:
    assert stops_after_ms(rig, [Sent(ms + 0.3, ms) for ms in range(10, 1000, 10)], 950.0) is None


def test_one_that_jitters_is_never_stopped(rig: Rig) -> None:
    """Every third proposal 9 ms late, one in ten left out."""
    ticks = [Sent(ms + (9.0 if ms % 30 == 0 else 0.3), ms) for ms in range(10, 1000, 10) if ms % 100]
    assert stops_after_ms(rig, ticks, 950.0) is None


@pytest.mark.requirement("SR-10")
def test_one_that_hangs_is_found_in_time(rig: Rig) -> None:
    assert stops_after_ms(rig, []) == pytest.approx(35.0)
    assert rig.supervisor.report.took_over == "no proposal from control"


@pytest.mark.requirement("SR-10")
def test_one_whose_ticks_take_30_ms_longer_is_found_in_time(rig: Rig) -> None:
    """Its loop leaves out the moments that are over: the next tick begins at the fourth."""
    found_ms = stops_after_ms(rig, [Sent(ms + 30.5, ms) for ms in range(10, 300, 40)])
    assert found_ms is not None
    assert found_ms <= BUDGET_MS


@pytest.mark.requirement("SR-10")
def test_one_that_wakes_30_ms_late_each_time_is_found_in_time(rig: Rig) -> None:
    found_ms = stops_after_ms(rig, [Sent(ms + 30.5, ms + 30.0) for ms in range(10, 300, 40)])
    assert found_ms is not None
    assert found_ms <= BUDGET_MS


@pytest.mark.parametrize(
    "stages",
    [
        (1, 3, 4, 5, 6, 7, 8),
        (1, 2, 3, 4, 5, 6, 7),
        (2, 3, 4, 5, 6, 7, 8),
        (1, 2, 3, 4, 5, 5, 6, 7, 8),
        (1, 2, 3, 2, 3, 4, 5, 6, 7, 8),
        (1, 3, 2, 4, 5, 6, 7, 8),
        (8, 7, 6, 5, 4, 3, 2, 1),
        (),
        (*STAGES, *STAGES),
    ],
    ids=[
        "without monitors",
        "without its last stage",
        "without listening",
        "one stage twice",
        "a loop through two stages",
        "two stages changed over",
        "backwards",
        "nothing",
        "the whole tick twice",
    ],
)
@pytest.mark.requirement("SR-10")
def test_a_proposal_that_did_not_pass_all_stages_in_their_order_is_refused_at_once(
    rig: Rig, stages: tuple[int, ...]
) -> None:
    rejected = rig.supervisor.report.rejected
    assert stops_after_ms(rig, [Sent(10.3, 10.0, stages)]) == 10.3
    word, expected = flow_word(rig.now_ns - 300_000, stages), flow_word(rig.now_ns - 300_000)
    assert rig.supervisor.report.took_over == f"flow of control: {word:#010x}, expected {expected:#010x}"
    assert rig.supervisor.report.rejected == rejected + 1


def test_the_word_of_another_tick_is_refused(rig: Rig) -> None:
    rig.now_ns += 10 * MS
    stale = msgspec.structs.replace(rig.proposal(), flow=flow_word(rig.now_ns - 10 * MS))
    rig.step(stale)
    assert rig.supervisor.report.took_over.startswith("flow of control: ")


@pytest.mark.requirement("SR-10")
def test_one_that_sends_each_proposal_twice_is_refused_at_the_second(rig: Rig) -> None:
    assert stops_after_ms(rig, [Sent(10.3, 10.0), Sent(10.4, 10.0, again=True)]) == 10.4
    assert rig.supervisor.report.took_over.startswith("order of proposals: ")


@pytest.mark.parametrize("period_ms", [5.0, 20.0], ids=["double rate", "half rate"])
def test_a_wrong_rate_is_found_in_three_cycles_though_each_proposal_is_good(
    rig: Rig, period_ms: float
) -> None:
    """And the one in which it begins."""
    ticks = [Sent(10.0 + period_ms * n, 10.0 + period_ms * n) for n in range(100)]
    found_ms = stops_after_ms(rig, ticks)
    assert found_ms is not None
    assert 100.0 < found_ms <= 210.0
    assert " proposals in " in rig.supervisor.report.took_over
    assert rig.supervisor.report.took_over.startswith("control: ")
    assert rig.supervisor.report.took_over.endswith(" ms, expected 4 to 7")


def test_what_nobody_reads_counts_as_sent_too(rig: Rig) -> None:
    """Two find each other in the queue: the older one is never looked at."""
    found_ms = stops_after_ms(rig, [Sent(ms, ms, arrived=2) for ms in range(10, 300, 10)])
    assert found_ms is not None
    assert 100.0 < found_ms <= 160.0
    assert rig.supervisor.report.took_over.startswith("control: 10 proposals in ")


def test_a_wrong_flow_under_way_is_a_stop_to_the_standstill_and_forgotten_there(rig: Rig) -> None:
    stops_after_ms(rig, [Sent(10.3, 10.0, (1, 2))])
    reason = rig.supervisor.report.took_over
    rejected = rig.supervisor.report.rejected
    rig.tick(10)
    assert rig.supervisor.report.rejected == rejected + 10, "EXPIRED: good proposals are none any more"
    assert rig.supervisor.report.took_over == reason
    rig.vehicle.roll(0.0)
    rig.state = SafetyState.STANDBY
    rig.commands = {
        "traction_torque_nm": 0.0,
        "park_brake_request": ParkBrakeRequest.APPLY,
        "brake_force_n": 180_000.0,
    }
    rig.tick(200)
    assert rig.supervisor.report.took_over == ""


@pytest.mark.parametrize(
    ("tick_ms", "least", "expected", "most"),
    [(10, 4, 5, 7), (5, 8, 10, 14), (2, 20, 25, 35), (1, 40, 50, 70)],
)
def test_how_often_it_must_propose_goes_by_its_rate(
    tick_ms: int, least: int, expected: int, most: int
) -> None:
    """Written again. What is borne is the same in time; half and double the rate never are."""
    row = control_alive(tick_ms * MS)
    assert (row.expected - row.below, row.expected, row.expected + row.above) == (least, expected, most)
    assert (row.reference_ns, row.failed_cycles_borne, row.late_max_ns) == (50 * MS, 2, 20 * MS)
    assert 25 / tick_ms < least
    assert most < 100 / tick_ms


@pytest.mark.parametrize("tick_ms", [10, 5, 2, 1])
def test_at_every_rate_half_and_double_of_it_are_found(tick_ms: int) -> None:
    for period_us, well in ((1000 * tick_ms, True), (2000 * tick_ms, False), (500 * tick_ms, False)):
        watch = ControlWatch(tick_ms * MS)
        found = ""
        for count in range(1, 400_000 // period_us):
            found = found or watch.step(count * period_us * 1000, False, None, 1)
        assert (found == "") is well, (period_us, found)


def test_the_graph_is_this() -> None:
    """Written again."""
    assert tuple(CONTROL_PATH) == STAGES
    assert set(ControlStage) == set(STAGES)


@pytest.mark.parametrize("time_ns", [0, 1, 123_456_789_012, (1 << 62) - 1])
def test_both_sides_come_to_the_word_of_the_standard(time_ns: int) -> None:
    """CRC-32 of IEEE 802.3, worked out bit by bit in the tests."""
    word = begun(time_ns)
    assert word == flow_word(time_ns, ())
    for stage in ControlStage:
        word = passed(word, stage)
    assert word == flow_word(time_ns) == expected_word(time_ns)


def test_it_is_deactivated_until_the_first_proposal() -> None:
    watch = ControlWatch(10 * MS)
    assert watch.step(0, True, None, 0) == ""
    assert watch.status is LocalStatus.DEACTIVATED
    watch.step(1, True, None, 1)
    assert watch.status is LocalStatus.OK
