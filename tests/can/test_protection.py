"""End-to-end protection: AUTOSAR profile 1, variant 1A, against the independent `autosar-e2e`."""

import e2e.p01
import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_runtime.can.protection import CounterCheck, check, protect, seed
from firmware_runtime.can.verdict import Rejection

ACCEPTED, REPEATED, SEQUENCE = Rejection.ACCEPTED, Rejection.REPEATED, Rejection.SEQUENCE

payloads = st.binary(min_size=2, max_size=8)
data_ids = st.integers(0, 0xFFFF)
counters = st.integers(0, 14)


@given(payloads, data_ids, counters)
def test_protect_writes_what_the_independent_implementation_writes(
    payload: bytes, data_id: int, counter: int
) -> None:
    ours, theirs = bytearray(payload), bytearray(payload)
    protect(ours, data_id, counter)
    theirs[1] = theirs[1] & 0xF0 | counter
    e2e.p01.e2e_p01_protect(
        theirs, data_id, data_id_mode=e2e.p01.E2E_P01_DATAID_BOTH, increment_counter=False
    )
    assert ours == theirs


@given(payloads, data_ids)
def test_check_agrees_with_the_independent_implementation(payload: bytes, data_id: int) -> None:
    # The independent check also refuses 15 as counter; ours leaves that to the judge of counters.
    ours = check(payload, data_id) and payload[1] & 0x0F < 15
    assert ours == e2e.p01.e2e_p01_check(bytearray(payload), data_id)


@given(payloads, data_ids, counters, st.data())
def test_every_burst_of_up_to_eight_wrong_bits_is_found(
    payload: bytes, data_id: int, counter: int, data: st.DataObject
) -> None:
    good = bytearray(payload)
    protect(good, data_id, counter)
    assert check(good, data_id)
    bits = 8 * len(good)
    burst = data.draw(st.integers(1, 255))
    place = data.draw(st.integers(0, bits - burst.bit_length()))
    wrong = (int.from_bytes(good, "big") ^ burst << place).to_bytes(len(good), "big")
    assert not check(wrong, data_id)


@given(payloads, data_ids, data_ids, counters)
def test_a_neighbouring_data_identifier_is_not_taken_for_ours(
    payload: bytes, data_id: int, other: int, counter: int
) -> None:
    frame = bytearray(payload)
    protect(frame, data_id, counter)
    assert check(frame, other) == (seed(other) == seed(data_id))


@pytest.mark.parametrize(
    ("payload", "data_id", "counter", "words"),
    [
        (bytearray(1), 1, 0, "at least 2 bytes, got 1"),
        (bytearray(8), 1, 15, "counter 0..14, got 15"),
        (bytearray(8), 1, -1, "counter 0..14, got -1"),
        (bytearray(8), 0x10000, 0, "0..65535, got 65536"),
    ],
)
def test_what_cannot_be_protected_is_refused(
    payload: bytearray, data_id: int, counter: int, words: str
) -> None:
    before = bytes(payload)
    with pytest.raises(ValueError, match=words):
        protect(payload, data_id, counter)
    if counter >= 0 and data_id <= 0xFFFF and len(payload) < 2:
        assert payload == before


def test_a_payload_without_room_for_a_header_is_wrong() -> None:
    assert not check(b"", 1)
    assert not check(b"\0", 1)


def judged(*counters: int) -> list[Rejection]:
    check = CounterCheck()
    return [check.judge(counter) for counter in counters]


def test_counting_by_one_is_good_through_the_wrap_from_14_to_0() -> None:
    check = CounterCheck()
    assert [check.judge(index % 15) for index in range(40)] == [ACCEPTED] * 40
    assert check.lost == 0


def test_the_first_frame_is_accepted_with_any_counter() -> None:
    for counter in range(15):
        assert judged(counter) == [ACCEPTED]


def test_a_repeated_counter_is_rejected_and_counting_may_go_on() -> None:
    assert judged(3, 3, 3, 4) == [ACCEPTED, REPEATED, REPEATED, ACCEPTED]


@pytest.mark.parametrize(("step", "lost"), [(2, 1), (3, 2)])
def test_a_short_gap_is_accepted_and_its_frames_count_as_lost(step: int, lost: int) -> None:
    check = CounterCheck()
    check.judge(13)
    assert check.judge((13 + step) % 15) is ACCEPTED
    assert check.lost == lost


@pytest.mark.parametrize("step", range(4, 15))
def test_a_jump_is_rejected_until_two_steps_of_one(step: int) -> None:
    jumped = 5 + step
    counters = [5, jumped % 15, (jumped + 1) % 15, (jumped + 2) % 15, (jumped + 3) % 15]
    assert judged(*counters) == [ACCEPTED, SEQUENCE, SEQUENCE, ACCEPTED, ACCEPTED]


def test_steps_of_one_must_follow_each_other_to_end_a_wrong_sequence() -> None:
    assert judged(0, 8, 9, 11, 12, 13) == [ACCEPTED, SEQUENCE, SEQUENCE, SEQUENCE, SEQUENCE, ACCEPTED]
    assert judged(0, 8, 9, 9, 10, 11) == [ACCEPTED, SEQUENCE, SEQUENCE, REPEATED, SEQUENCE, ACCEPTED]


def test_fifteen_is_no_counter_and_breaks_the_sequence() -> None:
    assert judged(15, 2, 3) == [SEQUENCE, ACCEPTED, ACCEPTED]
    assert judged(1, 15, 2, 3, 4) == [ACCEPTED, SEQUENCE, SEQUENCE, ACCEPTED, ACCEPTED]
    assert judged(1, 9, 15, 10, 11) == [ACCEPTED, SEQUENCE, SEQUENCE, SEQUENCE, ACCEPTED]


def test_random_counters_after_a_jump_never_pass_one_at_a_time() -> None:
    # Every second frame from a second sender with the same identifier: neither is believed for long.
    check = CounterCheck()
    verdicts = [check.judge((index // 2 + (7 if index % 2 else 0)) % 15) for index in range(60)]
    assert verdicts[0] is ACCEPTED
    assert ACCEPTED not in verdicts[1:]


def test_lost_frames_saturate() -> None:
    check = CounterCheck()
    check.judge(0)
    check.lost = 0xFFFF_FFFE
    check.judge(3)
    assert check.lost == 0xFFFF_FFFF
    check.judge(6)
    assert check.lost == 0xFFFF_FFFF


@given(st.lists(st.integers(0, 15), max_size=40), st.lists(st.integers(0, 15), max_size=20))
def test_a_restored_check_goes_on_as_the_first_one(before: list[int], after: list[int]) -> None:
    check, other = CounterCheck(), CounterCheck()
    for counter in before:
        check.judge(counter)
    other.restore_state(check.state())
    assert [check.judge(counter) for counter in after] == [other.judge(counter) for counter in after]
    assert check.state() == other.state()
