"""Address claim of J1939-81: the lower NAME wins; a loser falls silent and says so."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware_runtime.can.frame import Frame
from firmware_runtime.can.j1939_address import AddressClaim, ClaimState

EXTENDED = 0x8000_0000
MS = 1_000_000
NAME = 0x1000_0000_0000_0064
OWN = 0x27


def claim(name: int, source: int = OWN, at_ns: int = 0, bus: str = "drive") -> Frame:
    return Frame(at_ns, bus, EXTENDED | 0x18EEFF00 | source, name.to_bytes(8, "little"))


def request(pgn: int = 0xEE00, to: int = 0xFF) -> Frame:
    return Frame(0, "drive", EXTENDED | 0x18EA0000 | to << 8 | 0x55, pgn.to_bytes(3, "little"))


def started(at_ns: int = 0) -> AddressClaim:
    own = AddressClaim("drive", OWN, NAME)
    own.step(at_ns, [])
    return own


def test_the_claim_comes_first_and_the_rest_after_250_ms() -> None:
    own = AddressClaim("drive", OWN, NAME)
    first = own.step(0, [])
    assert first.frames == [claim(NAME)]
    assert not first.may_send
    assert not own.step(249 * MS, []).may_send
    later = own.step(250 * MS, [])
    assert (later.may_send, later.frames, later.lost) == (True, [], None)


@given(st.integers(0, NAME - 1), st.booleans())
def test_a_lower_name_takes_the_address_and_the_loser_is_silent_for_good(other: int, settled: bool) -> None:
    own = started()
    now_ns = 300 * MS if settled else 10 * MS
    own.step(now_ns, [])
    result = own.step(now_ns, [claim(other, at_ns=now_ns - 1)])
    assert not result.may_send
    assert result.lost == (now_ns - 1, OWN, other)
    assert own.state is ClaimState.LOST
    later = own.step(now_ns + 154 * MS, [])
    assert [*result.frames, *later.frames] == [claim(NAME, 0xFE, now_ns + 154 * MS)]
    assert own.step(10_000 * MS, [claim(NAME + 5)]) == ([], False, None)


@given(st.integers(NAME + 1, (1 << 64) - 1))
def test_a_higher_name_is_answered_by_our_claim(other: int) -> None:
    own = started()
    own.step(300 * MS, [])
    result = own.step(310 * MS, [claim(other)])
    assert result == ([claim(NAME, at_ns=310 * MS)], True, None)


def test_a_twin_with_our_own_name_is_a_fault() -> None:
    own = started()
    lost = own.step(300 * MS, [claim(NAME)]).lost
    assert lost is not None
    assert lost.winner_name == NAME


def test_a_request_is_answered_to_all_or_to_us_and_once_a_step() -> None:
    own = started()
    own.step(300 * MS, [])
    for frames in ([request()], [request(to=OWN)], [request(), request(to=OWN), claim(NAME + 1)]):
        assert own.step(300 * MS, frames).frames == [claim(NAME, at_ns=300 * MS)]
    for frame in (request(0xFECA), request(to=0x28), claim(0, source=0x28), claim(0, bus="body")):
        assert own.step(300 * MS, [frame]) == ([], True, None)


def test_a_loser_answers_a_request_from_the_null_address() -> None:
    own = started()
    own.step(0, [claim(0)])
    own.step(154 * MS, [])
    answers = [*own.step(200 * MS, [request()]).frames, *own.step(354 * MS, []).frames]
    assert [frame.can_id & 0xFF for frame in answers] == [0xFE]


frame = st.builds(
    Frame,
    st.integers(0, 10**10),
    st.sampled_from(["drive", "body"]),
    st.one_of(
        st.integers(0, 0xFFFF_FFFF),
        st.sampled_from([EXTENDED | 0x18EEFF27, EXTENDED | 0x18EAFF03, EXTENDED | 0x18EA2703]),
    ),
    st.one_of(st.binary(max_size=10), st.just(b"\x00\xee\x00"), st.just(NAME.to_bytes(8, "little"))),
)


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 10**10), st.lists(frame, max_size=4)), max_size=8))
def test_no_frame_raises_and_a_snapshot_goes_on_alike(steps: list[tuple[int, list[Frame]]]) -> None:
    own = AddressClaim("drive", OWN, NAME)
    lost = False
    for now_ns, frames in steps:
        twin = AddressClaim("drive", OWN, NAME)
        twin.restore(own.snapshot())
        result = own.step(now_ns, frames)
        assert twin.step(now_ns, frames) == result
        lost |= result.lost is not None
        assert not (lost and result.may_send)
        assert len(result.frames) <= 1


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(ValueError, match=r"0\.\.253, got 254"):
        AddressClaim("drive", 254, NAME)
    with pytest.raises(ValueError, match="64 bits"):
        AddressClaim("drive", OWN, 1 << 64)
    with pytest.raises(ValueError, match="schema 1, got 9"):
        AddressClaim("drive", OWN, NAME).restore({"schema": 9})
