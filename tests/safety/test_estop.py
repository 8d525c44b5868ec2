"""The e-stop's two channels: what each pair means, written again from the requirement."""

import msgspec
import pytest

from firmware_runtime.safety.estop import EStopReader
from firmware_runtime.vehicle.enums import SwitchState
from firmware_runtime.vehicle.signals import VehicleState
from tests.safety.support import TICK_NS, profile
from tests.vehicle_state import vehicle_state

SAFETY = profile().data.safety
DISAGREEMENT_MAX_TICKS = 10
"""Written again: 0.10 s in configs/q_truck.toml."""
OPEN, CLOSED, ERROR, NONE = (
    SwitchState.OPEN,
    SwitchState.CLOSED,
    SwitchState.ERROR,
    SwitchState.NOT_AVAILABLE,
)

PRESSED = {
    #        B: OPEN   CLOSED  ERROR   NONE
    OPEN:      (True,  True,   True,   True),
    CLOSED:    (True,  False,  False,  False),
    ERROR:     (True,  False,  True,   True),
    NONE:      (True,  False,  True,   True),
}  # fmt: skip
"""An open contact is a press at once; both lost is one; one lost beside a closed one is not."""
PAIRS = [
    (a, b, pressed)
    for a, row in PRESSED.items()
    for b, pressed in zip((OPEN, CLOSED, ERROR, NONE), row, strict=True)
]


class Reading:
    """A reader, tick by tick."""

    def __init__(self) -> None:
        self.reader = EStopReader(SAFETY)
        self.now_ns = 0

    def see(self, a: SwitchState, b: SwitchState, ticks: int = 1, lost: tuple[str, ...] = ()) -> bool:
        pressed = False
        for _ in range(ticks):
            self.now_ns += TICK_NS
            state = vehicle_state(estop_channel_a=a, estop_channel_b=b, unusable=frozenset(lost))
            pressed = self.reader.step(self.now_ns, state)
        return pressed


@pytest.fixture
def reading() -> Reading:
    return Reading()


@pytest.mark.parametrize(("a", "b", "pressed"), PAIRS)
@pytest.mark.requirement("SR-01")
def test_what_a_pair_of_channels_means_in_the_very_tick(
    reading: Reading, a: SwitchState, b: SwitchState, pressed: bool
) -> None:
    assert reading.see(a, b) is pressed


@pytest.mark.parametrize(("a", "b", "pressed"), PAIRS)
@pytest.mark.requirement("SR-01")
def test_a_pair_means_the_same_after_a_long_time(
    reading: Reading, a: SwitchState, b: SwitchState, pressed: bool
) -> None:
    assert reading.see(a, b, ticks=1000) is pressed


@pytest.mark.parametrize("lost", [("estop_channel_a",), ("estop_channel_b",)])
def test_a_signal_that_is_lost_is_one_channel_lost(reading: Reading, lost: tuple[str, ...]) -> None:
    assert not reading.see(CLOSED, CLOSED, lost=lost), "one of two: a fault, no e-stop"
    assert reading.see(OPEN, OPEN, lost=lost), "the other one speaks"


@pytest.mark.requirement("SR-01")
def test_both_signals_lost_are_an_estop_once_they_were_there(reading: Reading) -> None:
    both = ("estop_channel_a", "estop_channel_b")
    assert not reading.see(OPEN, OPEN, ticks=100, lost=both), "nothing was heard yet that could be lost"
    assert not reading.see(CLOSED, CLOSED)
    assert reading.see(CLOSED, CLOSED, lost=both)


def test_the_first_word_that_is_heard_counts(reading: Reading) -> None:
    assert reading.see(OPEN, OPEN)


def test_contacts_that_open_one_after_the_other_in_time_are_no_defect(reading: Reading) -> None:
    assert reading.see(OPEN, CLOSED, ticks=DISAGREEMENT_MAX_TICKS)
    assert not reading.see(CLOSED, CLOSED)
    assert reading.see(CLOSED, OPEN, ticks=DISAGREEMENT_MAX_TICKS + 1), "counted anew"
    assert not reading.see(CLOSED, CLOSED)


@pytest.mark.parametrize(("a", "b"), [(OPEN, CLOSED), (CLOSED, OPEN)])
@pytest.mark.requirement("SR-01", "SR-03")
def test_contacts_that_contradict_too_long_stay_pressed_until_both_were_open(
    reading: Reading, a: SwitchState, b: SwitchState
) -> None:
    reading.see(CLOSED, CLOSED)
    reading.see(a, b, ticks=DISAGREEMENT_MAX_TICKS + 2)
    assert reading.see(CLOSED, CLOSED, ticks=100), "a welded contact does not heal by closing the other"
    assert reading.see(CLOSED, ERROR, ticks=100)
    assert reading.see(OPEN, ERROR)
    assert reading.see(CLOSED, CLOSED)
    assert reading.see(OPEN, OPEN)
    assert not reading.see(CLOSED, CLOSED)


def test_a_contradiction_with_gaps_does_not_add_up(reading: Reading) -> None:
    for _ in range(20):
        reading.see(OPEN, CLOSED, ticks=DISAGREEMENT_MAX_TICKS)
        reading.see(OPEN, ERROR)
    assert not reading.see(CLOSED, CLOSED)


@pytest.mark.parametrize("longest_s", [0.1, 1.0])
@pytest.mark.requirement("SR-01")
def test_a_contradiction_is_a_defect_from_the_nanosecond_after_its_time(longest_s: float) -> None:
    """1 s is the longest time that a profile may state."""
    longest_ns = round(longest_s * 1000) * 1_000_000
    contradicting = vehicle_state(estop_channel_a=OPEN, estop_channel_b=CLOSED)
    for lasted_ns, defect in ((longest_ns, False), (longest_ns + 1, True)):
        reader = EStopReader(msgspec.structs.replace(SAFETY, estop_disagreement_max_s=longest_s))
        reader.step(7, contradicting)
        reader.step(7 + lasted_ns, contradicting)
        closed = vehicle_state(estop_channel_a=CLOSED, estop_channel_b=CLOSED)
        assert reader.step(8 + lasted_ns, closed) is defect


LOST = ("estop_channel_a", "estop_channel_b")


def frame(a: SwitchState, b: SwitchState) -> VehicleState:
    return vehicle_state(estop_channel_a=a, estop_channel_b=b)


@pytest.mark.parametrize(("a", "b", "pressed"), PAIRS)
@pytest.mark.requirement("SR-01")
def test_a_pair_means_the_same_in_every_single_frame_and_counts_in_the_next_step_alone(
    reading: Reading, a: SwitchState, b: SwitchState, pressed: bool
) -> None:
    reading.see(CLOSED, CLOSED)
    assert reading.reader.see(reading.now_ns + 1, frame(a, b)) is pressed
    reading.reader.see(reading.now_ns + 2, frame(CLOSED, CLOSED))
    assert reading.see(CLOSED, CLOSED) is pressed
    assert not reading.see(CLOSED, CLOSED)


@pytest.mark.requirement("SR-01")
def test_a_frame_of_a_channel_that_may_not_be_trusted_yet_makes_it_no_lost_one(reading: Reading) -> None:
    """A channel whose window is not full yet: its frames come, and no step may use them."""
    assert not reading.reader.heard
    assert not reading.reader.see(1, frame(CLOSED, CLOSED))
    assert not reading.see(CLOSED, CLOSED, ticks=3, lost=LOST)
    assert not reading.reader.heard
    assert reading.reader.see(reading.now_ns, frame(OPEN, CLOSED)), "but a press is a press"
    assert reading.see(CLOSED, CLOSED, lost=LOST)
    assert not reading.see(CLOSED, CLOSED, lost=LOST)
    assert not reading.see(CLOSED, CLOSED)
    assert reading.reader.heard
    assert reading.see(CLOSED, CLOSED, lost=LOST)


@pytest.mark.parametrize("lost", LOST)
def test_one_channel_is_enough_to_be_heard(reading: Reading, lost: str) -> None:
    reading.see(CLOSED, CLOSED, lost=(lost,))
    assert reading.reader.heard


@pytest.mark.requirement("SR-01", "SR-03")
def test_frames_count_in_the_time_of_a_contradiction_and_in_its_healing(reading: Reading) -> None:
    reading.see(CLOSED, CLOSED)
    begun_ns = reading.now_ns + 1
    for late_ns in (0, 100_000_000, 100_000_001):
        reading.reader.see(begun_ns + late_ns, frame(OPEN, CLOSED))
        reading.now_ns = begun_ns + late_ns
    reading.reader.see(reading.now_ns, frame(CLOSED, CLOSED))
    assert reading.see(CLOSED, CLOSED, ticks=10), "a defect"
    reading.reader.see(reading.now_ns, frame(OPEN, OPEN))
    reading.reader.see(reading.now_ns, frame(CLOSED, CLOSED))
    assert reading.see(CLOSED, CLOSED), "that press itself"
    assert not reading.see(CLOSED, CLOSED), "healed"
