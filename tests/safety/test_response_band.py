"""The band holds every actuator within its tolerances, whatever it is told, and no actuator outside them."""

from collections import deque

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_runtime.safety.response_band import BandModel, ResponseBand

TICK_S, TICK_NS = 0.01, 10_000_000
MODEL = BandModel(
    dead_min_s=0.05,
    dead_max_s=0.20,
    lag_min_s=0.10,
    lag_max_s=0.32,
    rate_min=0.2,
    rate_max=0.4,
    tolerance=0.01,
)


class Actuator:
    """Dead time, first-order lag, rate limit: what the band is to hold, stepped by itself."""

    def __init__(self, dead_ticks: int, lag_s: float, rate: float, at: float = 0.0) -> None:
        self._underway = deque([at] * dead_ticks)
        self._lag_s, self._rate = lag_s, rate
        self.at = at

    def step(self, told: float) -> float:
        self._underway.append(told)
        wanted = TICK_S / (self._lag_s + TICK_S) * (self._underway.popleft() - self.at)
        self.at += min(max(wanted, -self._rate * TICK_S), self._rate * TICK_S)
        return self.at


def started(at: float = 0.0) -> ResponseBand:
    band = ResponseBand(MODEL)
    for tick in range(1, 31):
        band.rest(tick * TICK_NS, at, at, at)
    return band


commands = st.lists(st.tuples(st.floats(-0.5, 0.5), st.integers(1, 60)), min_size=1, max_size=12)


@given(
    commands,
    st.integers(6, 18),
    st.floats(0.11, 0.31),
    st.floats(0.21, 0.39),
    st.lists(st.floats(-0.01, 0.01), min_size=7, max_size=7),
)
def test_a_healthy_actuator_never_leaves_it(
    told: list[tuple[float, int]], dead_ticks: int, lag_s: float, rate: float, noise: list[float]
) -> None:
    band, actuator, tick = started(), Actuator(dead_ticks, lag_s, rate), 30
    for command, ticks in told:
        for _ in range(ticks):
            tick += 1
            measured = actuator.step(command) + noise[tick % len(noise)]
            assert band.step(tick * TICK_NS, command, command, measured) == 0.0


@given(
    commands,
    st.integers(6, 18),
    st.floats(0.11, 0.31),
    st.floats(0.21, 0.39),
    st.sampled_from([1, 2, 5]),
    st.lists(st.floats(-0.01, 0.01), min_size=7, max_size=7),
    st.lists(st.integers(0, 300_000), min_size=7, max_size=7),
)
def test_nor_where_it_is_looked_at_more_often_than_it_tells(
    told: list[tuple[float, int]],
    dead_ticks: int,
    lag_s: float,
    rate: float,
    step_ms: int,
    noise: list[float],
    jitter_ns: list[int],
) -> None:
    """Commands and answers go by the bus, each 10 ms; the supervisor steps with each proposal."""
    band, actuator, tick = started(), Actuator(dead_ticks, lag_s, rate), 30
    for command, ticks in told:
        for _ in range(ticks):
            tick += 1
            measured = actuator.step(command) + noise[tick % 7]
            for place in range(0, 10, step_ms):
                now_ns = tick * TICK_NS + place * 1_000_000 + jitter_ns[(tick + place) % 7]
                assert band.step(now_ns, command, command, measured) == 0.0


@given(
    commands,
    st.integers(6, 18),
    st.floats(0.11, 0.31),
    st.floats(0.21, 0.39),
    st.lists(st.floats(-0.01, 0.01), min_size=7, max_size=7),
    st.lists(st.booleans(), min_size=11, max_size=11),
)
def test_looks_that_come_a_millisecond_before_their_tick_now_and_then_find_no_healthy_one(
    told: list[tuple[float, int]],
    dead_ticks: int,
    lag_s: float,
    rate: float,
    noise: list[float],
    ahead: list[bool],
) -> None:
    """Ahead of a proposal the supervisor knows the answer of the tick before: it may be off its band by the
    tick that it is older, never for the 60 ms that are confirmed."""
    band, actuator, tick = started(), Actuator(dead_ticks, lag_s, rate), 30
    measured, in_a_row = 0.0, 0
    for command, ticks in told:
        for _ in range(ticks):
            tick += 1
            early = ahead[tick % 11]
            answer = actuator.step(command) + noise[tick % 7]
            seen, measured = (measured if early else answer), answer
            now_ns = tick * TICK_NS - (1_000_000 if early else 0)
            in_a_row = 0 if band.step(now_ns, command, command, seen) == 0.0 else in_a_row + 1
            assert in_a_row < 4


@pytest.mark.parametrize("step_ms", [1, 2, 5, 10])
def test_one_that_is_stuck_is_found_as_soon_however_often_it_is_looked_at(step_ms: int) -> None:
    band, now_ms = started(), 300
    while band.step(now_ms * 1_000_000, 0.2, 0.2, 0.0) == 0.0:
        now_ms += step_ms
    assert 550 <= now_ms <= 620
    # And it stays found, between its steps of 10 ms too.
    for later_ms in range(1, 30, step_ms):
        assert band.step((now_ms + later_ms) * 1_000_000, 0.2, 0.2, 0.0) < 0.0


def test_the_band_moves_on_after_9_5_ms() -> None:
    for passed_ns, waits in ((9_499_999, True), (9_500_000, False)):
        band = started()
        # Far outside: seen as soon as the band is looked at again.
        assert (band.step(30 * TICK_NS + passed_ns, 0.0, 0.0, 0.4) == 0.0) is waits


@pytest.mark.parametrize("side", [1.0, -1.0], ids=["falling", "rising"])
@pytest.mark.parametrize("ticks", [1, 2, 5])
def test_near_what_it_is_told_the_quickest_comes_nearer_by_its_lag(ticks: int, side: float) -> None:
    """From 0.01 at the least to 0: after 50 ms an eleventh of what is left in each tick (0.1 s of lag)."""
    edge = 0.01 * (10.0 / 11.0) ** ticks
    for inside in (True, False):
        band = ResponseBand(MODEL)
        low, high = min(0.01 * side, 0.03 * side), max(0.01 * side, 0.03 * side)
        for tick in range(1, 31):
            band.rest(tick * TICK_NS, low, high, 0.02 * side)
        for tick in range(31, 35 + ticks):
            assert band.step(tick * TICK_NS, 0.0, 0.0, 0.0005 * side) == 0.0
        measured = edge - MODEL.tolerance + (1e-5 if inside else -1e-5)
        excess = side * band.step((35 + ticks) * TICK_NS, 0.0, 0.0, measured * side)
        assert excess == (0.0 if inside else pytest.approx(-1e-5, abs=1e-9))


def test_a_command_of_a_few_milliseconds_counts() -> None:
    """Told 0.3 for 2 ms between two looks: a quick actuator may have begun to move for it."""
    band = started()
    for ms, told in ((309, 0.0), (311, 0.3), (313, 0.0)):
        assert band.step(ms * 1_000_000, told, told, 0.0) == 0.0
    quick = [band.step((319 + 10 * n) * 1_000_000, 0.0, 0.0, 0.012 if n == 5 else 0.0) for n in range(6)]
    assert quick == [0.0] * 6


def test_a_rest_between_two_looks_begins_anew_at_once() -> None:
    band = started()
    now_ms = 300
    while band.step(now_ms * 1_000_000, 0.2, 0.2, 0.0) == 0.0:
        now_ms += 10
    band.rest((now_ms + 2) * 1_000_000, 0.2, 0.2, 0.0)
    assert band.step((now_ms + 4) * 1_000_000, 0.2, 0.2, 0.0) == 0.0


def ticks_until_found(actuator: Actuator, told: float, most: int = 200) -> int:
    band = started()
    for tick in range(1, most):
        if band.step((30 + tick) * TICK_NS, told, told, actuator.step(told)) != 0.0:
            return tick
    raise AssertionError("not found")


def test_one_that_is_stuck_is_found_soon_and_told_on_which_side_it_is() -> None:
    band = started()
    found = [band.step((31 + tick) * TICK_NS, 0.2, 0.2, 0.0) for tick in range(60)]
    late = next(index for index, excess in enumerate(found) if excess)
    # The slowest healthy one has 0.2 s of dead time, then moves 0.002 a tick: two tolerances take 10 ticks at
    # most, and less where the lag has brought it nearer to the old command meanwhile.
    assert 26 <= late <= 30
    assert all(excess < 0.0 for excess in found[late:])
    assert found[-1] < found[late], "ever further outside"


@pytest.mark.parametrize(
    ("dead_ticks", "lag_s", "rate"),
    [(40, 0.2, 0.3), (10, 1.5, 0.3), (10, 0.2, 0.05), (0, 0.0, 2.0)],
    ids=["dead time", "lag", "rate", "too quick"],
)
def test_one_outside_its_tolerances_is_found(dead_ticks: int, lag_s: float, rate: float) -> None:
    assert ticks_until_found(Actuator(dead_ticks, lag_s, rate), 0.4) < 120


def test_one_that_moves_without_being_told_is_found() -> None:
    band = started()
    excess = [band.step((31 + tick) * TICK_NS, 0.0, 0.0, 0.003 * tick) for tick in range(20)]
    assert next(index for index, found in enumerate(excess) if found > 0.0) <= 8


def test_a_range_of_commands_explains_all_between() -> None:
    band = started()
    for tick in range(31, 200):
        assert band.step(tick * TICK_NS, 0.0, 0.3, 0.0) == 0.0, "as little as the least"
    assert band.step(200 * TICK_NS, 0.0, 0.3, 0.5) > 0.4, "but no jump to beyond the most"


def test_what_is_on_its_way_when_it_begins_to_be_watched_is_no_fault() -> None:
    band, actuator = ResponseBand(MODEL), Actuator(15, 0.2, 0.3)
    for tick in range(1, 20):
        band.rest(tick * TICK_NS, 0.3, 0.3, actuator.step(0.3))
    for tick in range(20, 120):
        assert band.step(tick * TICK_NS, 0.0, 0.0, actuator.step(0.0)) == 0.0


def test_after_a_pause_it_begins_anew() -> None:
    band = started()
    assert band.step(31 * TICK_NS + 100_000_000, 0.0, 0.0, 0.4) == 0.0
    assert band.step(32 * TICK_NS + 100_000_000, 0.0, 0.0, 0.0) != 0.0


def test_it_begins_with_a_pause_since_time_zero() -> None:
    assert ResponseBand(MODEL).step(100_000_001, 0.0, 0.0, 0.4) == 0.0
    assert ResponseBand(MODEL).step(100_000_000, 0.0, 0.0, 0.4) != 0.0


def test_after_a_pause_only_the_youngest_command_is_still_obeyed() -> None:
    band = ResponseBand(MODEL)
    for at_ms, told in ((100, 0.3), (200, 0.0), (500, 0.0)):
        band.rest(at_ms * 1_000_000, told, told, 0.0)
    assert band.step(510_000_000, 0.0, 0.0, 0.03) == pytest.approx(0.01 + 0.01 * 0.01 / 0.33), "0.3 is past"


class Enclosure:
    """The same band by looking at every command ever sent: slower, and without a queue."""

    def __init__(self) -> None:
        self._sent: list[tuple[int, float, float]] = []
        self._last_ns = 0
        self.low = self.high = self.told = 0.0

    def rest(self, now_ns: int, low: float, high: float, measured: float) -> None:
        self._sent.append((now_ns, min(low, measured), max(high, measured)))
        self._last_ns = now_ns
        self.low, self.high, self.told = measured - 0.01, measured + 0.01, 0.0

    def step(self, now_ns: int, low: float, high: float, measured: float) -> float:
        seconds = (now_ns - self._last_ns) / 1e9
        if seconds > 0.1:
            self.rest(now_ns, low, high, measured)
            return 0.0
        self._sent.append((now_ns, low, high))
        if seconds >= 0.0095:
            self._last_ns = now_ns
            self.told = self._judged(now_ns, seconds, measured)
        return self.told

    def _judged(self, now_ns: int, seconds: float, measured: float) -> float:
        began = [sent for sent in self._sent if now_ns - sent[0] >= 50_000_000]
        # Of those that act on the slowest too, only the youngest is still obeyed.
        on_all = [sent for sent in began if now_ns - sent[0] >= 200_000_000]
        obeyed = on_all[-1:] + began[len(on_all) :]
        lowest = min((sent[1] for sent in obeyed), default=self.low)
        highest = max((sent[2] for sent in obeyed), default=self.high)
        self.low = self._moved(self.low, lowest, seconds, away=lowest < self.low)
        self.high = self._moved(self.high, highest, seconds, away=highest > self.high)
        if self.low - 0.01 <= measured <= self.high + 0.01:
            self.low, self.high = max(self.low, measured - 0.01), min(self.high, measured + 0.01)
            return 0.0
        return measured - self.high - 0.01 if measured > self.high else measured - self.low + 0.01

    @staticmethod
    def _moved(at: float, to: float, seconds: float, away: bool) -> float:
        """Out of the band as the quickest moves, back as the slowest does."""
        lag_s, rate = (0.1, 0.4) if away else (0.32, 0.2)
        way = (to - at) * seconds / (lag_s + seconds)
        return at + max(-rate * seconds, min(rate * seconds, way))


moments = st.tuples(
    st.sampled_from([1, 8, 9, 10, 10, 10, 50, 100, 101]),
    st.sampled_from(["step", "step", "step", "step", "rest"]),
    st.sampled_from([-0.3, -0.02, 0.0, 0.02, 0.3]),
    st.sampled_from([0.0, 0.0, 0.05]),
    st.sampled_from([-0.2, -0.011, 0.0, 0.01, 0.012, 0.2]),
)


@given(st.lists(moments, min_size=1, max_size=80))
def test_it_is_the_enclosure_of_all_that_was_ever_sent(
    told: list[tuple[int, str, float, float, float]],
) -> None:
    band, enclosure, now_ns = ResponseBand(MODEL), Enclosure(), 0
    for elapsed_ms, what, low, width, measured in told:
        now_ns += elapsed_ms * 1_000_000
        if what == "rest":
            band.rest(now_ns, low, low + width, measured)
            enclosure.rest(now_ns, low, low + width, measured)
            continue
        excess = enclosure.step(now_ns, low, low + width, measured)
        assert band.step(now_ns, low, low + width, measured) == pytest.approx(excess, abs=1e-12)
