"""The supervisor supervises itself: what it bears, and when it falls silent for good."""

import pytest

from firmware_runtime.safety.own_watch import OwnWatch
from firmware_runtime.safety.supervised import OWN_GAP, OWN_STEP, OwnStage, own_alive
from firmware_runtime.safety.supervision import LocalStatus

MS = 1_000_000
INSIDE = (OwnStage.HEARD, OwnStage.JUDGED, OwnStage.ENCODED)


class Process:
    """Steps as the shell does, in a time of the test's."""

    def __init__(self, tick_ms: int = 10) -> None:
        self.watch = OwnWatch(tick_ms * MS)
        self.now_ns = 1_000 * MS

    def step(self, took_ms: float = 1.0, stages: tuple[OwnStage, ...] = INSIDE) -> bool:
        """One step from now on; whether its frames went."""
        self.watch.begin(self.now_ns)
        for stage in stages:
            self.watch.passed(stage)
        self.now_ns += round(took_ms * MS)
        may = self.watch.may_send(self.now_ns)
        if may:
            self.watch.sent(self.now_ns)
        return may

    def steps(self, count: int, period_ms: float = 10.0) -> bool:
        sent = True
        for _ in range(count):
            begin_ns = self.now_ns
            sent = self.step()
            self.now_ns = begin_ns + round(period_ms * MS)
        return sent


@pytest.fixture
def process() -> Process:
    """Well for a second."""
    process = Process()
    assert process.watch.status is LocalStatus.DEACTIVATED
    assert process.steps(100)
    assert process.watch.status is LocalStatus.OK
    assert process.watch.reason == ""
    return process


@pytest.mark.parametrize("period_ms", [10.0, 15.0, 4.0], ids=["proposals", "none", "e-stops in between"])
def test_as_often_as_it_is_asked_is_well(period_ms: float) -> None:
    process = Process()
    assert process.steps(500, period_ms)
    assert process.watch.status is LocalStatus.OK


@pytest.mark.parametrize(("took_ms", "status"), [(28.0, LocalStatus.OK), (28.1, LocalStatus.FAILED)])
def test_a_step_may_take_28_ms(process: Process, took_ms: float, status: LocalStatus) -> None:
    process.now_ns -= 10 * MS
    assert process.step(took_ms) is (status is LocalStatus.OK), "what a late one says is old"
    assert process.watch.status is status
    expected = "" if status is LocalStatus.OK else "a step took 28.1 ms, limit 28 ms"
    assert process.watch.reason == expected
    assert process.step(), "but one is borne"


@pytest.mark.requirement("SR-11")
@pytest.mark.parametrize(("looks_ms", "well"), [((27.0,), True), ((27.1,), False), ((14.0, 13.1), False)])
def test_a_look_ahead_counts_for_whether_it_is_well_and_makes_no_frame_old(
    process: Process, looks_ms: tuple[float, ...], well: bool
) -> None:
    """28 ms in all, of which the step takes one; nobody may be slow where it is not looked at."""
    for look_ms in looks_ms:
        process.watch.looked(round(look_ms * MS))
    assert process.step()
    assert process.watch.status is (LocalStatus.OK if well else LocalStatus.FAILED)
    process.now_ns += 1_000 * MS
    process.step()
    assert process.watch.reason.startswith("" if well else "nothing was sent for"), (
        "it was of that step alone"
    )


def test_the_first_step_has_28_ms_too() -> None:
    process = Process()
    assert process.step(28.0)
    assert process.watch.status is LocalStatus.OK


@pytest.mark.requirement("SR-11")
def test_looks_that_stay_slow_end_it(process: Process) -> None:
    for _ in range(10):
        process.watch.looked(28 * MS)
        assert process.step()
        assert process.watch.status is LocalStatus.FAILED
    process.watch.looked(28 * MS)
    assert not process.step()
    assert process.watch.status is LocalStatus.EXPIRED


@pytest.mark.parametrize(("gap_ms", "status"), [(45.0, LocalStatus.OK), (45.1, LocalStatus.FAILED)])
def test_nothing_may_be_sent_for_45_ms(process: Process, gap_ms: float, status: LocalStatus) -> None:
    # The last frames went 9 ms ago, and a step takes 1 ms.
    process.now_ns += round((gap_ms - 10.0) * MS)
    assert process.step()
    assert process.watch.status is status
    expected = "" if status is LocalStatus.OK else "nothing was sent for 45.1 ms, limit 45 ms"
    assert process.watch.reason == expected


@pytest.mark.requirement("SR-11")
def test_of_steps_that_are_30_ms_late_none_is_sent_so_that_the_ecus_latch(process: Process) -> None:
    """50 ms after the last frame, which was in time."""
    for _ in range(10):
        assert not process.step(took_ms=30.3)
        assert process.watch.status is LocalStatus.FAILED
    assert not process.step(took_ms=30.3)
    assert process.watch.status is LocalStatus.EXPIRED
    process.now_ns += 2_000 * MS
    assert not process.step()


def test_a_stall_in_a_second_is_borne_and_forgiven(process: Process) -> None:
    for _ in range(3):
        process.now_ns += 50 * MS
        assert process.step()
        assert process.watch.status is LocalStatus.FAILED
        assert process.steps(101)
        assert process.watch.status is LocalStatus.OK


def test_stopped_for_long_and_woken_again_it_goes_on(process: Process) -> None:
    """The ECUs have latched meanwhile, and are asked to let go at standstill alone."""
    process.now_ns += 5_000 * MS
    assert process.steps(101)
    assert process.watch.status is LocalStatus.OK


def test_the_sixth_stall_within_a_second_is_the_end(process: Process) -> None:
    for _ in range(5):
        process.now_ns += 50 * MS
        assert process.step()
        process.steps(10)
    process.now_ns += 50 * MS
    assert not process.step()
    assert process.watch.status is LocalStatus.EXPIRED
    assert process.watch.reason.startswith("nothing was sent for ")


def test_a_step_without_end_in_a_loop_of_steps_is_found(process: Process) -> None:
    """Without anything to do, as by a deadline that is not moved on."""
    steps = 0
    while process.step(took_ms=0.1):
        steps += 1
        assert steps < 5_000
    assert process.watch.reason.endswith(" ms, expected 2 to 20")
    assert " steps in " in process.watch.reason


@pytest.mark.parametrize(
    "stages",
    [
        (OwnStage.JUDGED, OwnStage.ENCODED),
        (OwnStage.HEARD, OwnStage.ENCODED),
        (OwnStage.HEARD, OwnStage.JUDGED),
        (OwnStage.JUDGED, OwnStage.HEARD, OwnStage.ENCODED),
        (*INSIDE, OwnStage.ENCODED),
        (),
    ],
    ids=["deaf", "not judged", "not encoded", "changed over", "twice", "nothing"],
)
def test_a_step_that_leaves_a_stage_out_sends_nothing_nor_does_any_after_it(
    process: Process, stages: tuple[OwnStage, ...]
) -> None:
    assert not process.step(stages=stages)
    assert process.watch.status is LocalStatus.EXPIRED
    assert " after " in process.watch.reason
    for _ in range(300):
        process.now_ns += 10 * MS
        assert not process.step()


def test_a_step_that_was_not_begun_sends_nothing(process: Process) -> None:
    process.watch.passed(OwnStage.HEARD)
    assert process.watch.reason == "HEARD after RELEASED"
    assert not process.watch.may_send(process.now_ns)


def test_nor_does_the_first_one_of_all() -> None:
    watch = OwnWatch(10 * MS)
    assert not watch.may_send(1)
    assert watch.status is LocalStatus.EXPIRED
    assert watch.reason == "RELEASED after the begin"


def test_the_table_is_this() -> None:
    """Written again."""
    assert (OWN_STEP.max_ns, OWN_GAP.max_ns) == (28 * MS, 45 * MS)
    assert OWN_STEP.forgiven_ns == OWN_GAP.forgiven_ns == 1_000 * MS
    assert (OWN_STEP.borne, OWN_GAP.borne) == (10, 5)


@pytest.mark.parametrize(
    ("tick_ms", "expected", "most"), [(10, 5, 20), (5, 10, 31), (2, 25, 64), (1, 50, 119)]
)
def test_how_often_it_steps_goes_by_the_rate_of_control(tick_ms: int, expected: int, most: int) -> None:
    """Written again."""
    row = own_alive(tick_ms * MS)
    assert (row.expected - row.below, row.expected, row.expected + row.above) == (2, expected, most)
    assert (row.reference_ns, row.failed_cycles_borne) == (50 * MS, 5)


@pytest.mark.parametrize("tick_ms", [10, 5, 2, 1])
def test_at_every_rate_it_is_well_with_control_and_without(tick_ms: int) -> None:
    """At double the rate too: that is the end of `control`, which is found beside it, and not its own."""
    for period_ms in (tick_ms, tick_ms / 2, 10.0, 15.0):
        process = Process(tick_ms)
        for _ in range(500):
            begin_ns = process.now_ns
            assert process.step(took_ms=0.2), process.watch.reason
            process.now_ns = begin_ns + round(period_ms * MS)
        assert process.watch.status is LocalStatus.OK


@pytest.mark.parametrize("tick_ms", [10, 5, 2, 1])
def test_at_every_rate_steps_without_end_are_found(tick_ms: int) -> None:
    process, begin_ns = Process(tick_ms), 1_000 * MS
    while process.step(took_ms=0.1):
        assert process.now_ns - begin_ns < 400 * MS
