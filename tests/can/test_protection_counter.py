"""Order of frames by counters of any modulus; profile 1's own cases stand in test_protection.py."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_runtime.can.protection import CounterCheck, ProtectionContract, bind_counter, successors
from firmware_runtime.can.verdict import Rejection

ACCEPTED, REPEATED, SEQUENCE = Rejection.ACCEPTED, Rejection.REPEATED, Rejection.SEQUENCE

moduli = st.integers(2, 256)


def check_of(modulus: int, **attributes: int) -> CounterCheck:
    return bind_counter(ProtectionContract(0x123, attributes), modulus)


@given(moduli, st.integers(0, 255))
def test_counting_by_one_is_good_through_every_wrap(modulus: int, first: int) -> None:
    check = check_of(modulus)
    assert [check.judge((first + index) % modulus) for index in range(600)] == [ACCEPTED] * 600
    assert check.lost == 0


@given(moduli, st.integers(0, 255), st.integers(1, 255))
def test_a_step_is_accepted_with_its_losses_or_refused(modulus: int, first: int, step: int) -> None:
    first, step = first % modulus, step % modulus
    # Three steps at most, and never so many that a step back by one would pass for one forward.
    greatest = max(1, min(3, modulus - 2))
    check = check_of(modulus)
    check.judge(first)
    verdict = check.judge((first + step) % modulus)
    if step == 0:
        assert (verdict, check.lost) == (REPEATED, 0)
    elif step <= greatest:
        assert (verdict, check.lost) == (ACCEPTED, step - 1)
    else:
        assert (verdict, check.lost) == (SEQUENCE, 0)


@given(moduli, st.integers(0, 255))
def test_the_frame_before_the_last_is_never_new_where_the_counter_can_tell(modulus: int, first: int) -> None:
    check = check_of(modulus)
    check.judge(first % modulus)
    check.judge((first + 1) % modulus)
    verdict = check.judge(first % modulus)
    assert (verdict is ACCEPTED) == (modulus == 2)


@given(st.integers(6, 256), st.integers(1, 8))
def test_a_jump_is_ended_by_the_configured_count_of_good_steps(modulus: int, good: int) -> None:
    check = check_of(modulus, E2eSyncCounter=good)
    check.judge(0)
    verdicts = [check.judge((5 + index) % modulus) for index in range(good + 3)]
    assert verdicts == [SEQUENCE] * good + [ACCEPTED] * 3


def test_the_greatest_step_is_configured() -> None:
    check = check_of(256, E2eMaxDeltaCounter=10)
    assert [check.judge(counter) for counter in (0, 10, 21)] == [ACCEPTED, ACCEPTED, SEQUENCE]
    assert check.lost == 9


@pytest.mark.parametrize("modulus", [2, 8, 15, 16])
def test_a_value_of_the_modulus_or_more_is_no_counter(modulus: int) -> None:
    check = check_of(modulus)
    check.judge(0)
    assert check.judge(modulus) is SEQUENCE
    assert check.judge(255) is SEQUENCE


@given(moduli, st.lists(st.integers(0, 255), max_size=60))
def test_any_counters_are_judged_and_the_hot_path_agrees(modulus: int, counters: list[int]) -> None:
    # The receiver accepts `expected` by itself and sets its successor; that must be what `judge` does.
    judged, hot = check_of(modulus), check_of(modulus)
    for counter in counters:
        verdict = judged.judge(counter)
        if counter == hot.expected:
            hot.expected = hot.successor[counter]
            assert verdict is ACCEPTED
        else:
            assert hot.judge(counter) is verdict
        assert hot.expected == judged.expected
        assert hot.lost == judged.lost


@given(moduli, st.integers(0, 255))
def test_a_frozen_counter_is_never_accepted_again(modulus: int, counter: int) -> None:
    check = check_of(modulus)
    check.judge(counter % modulus)
    assert all(check.judge(counter % modulus) is REPEATED for _ in range(50))


@given(moduli)
def test_successors_can_be_asked_of_any_byte(modulus: int) -> None:
    following = successors(modulus)
    assert len(following) == 256
    assert following[modulus - 1] == 0
    assert all(following[counter] == (counter + 1) % modulus for counter in range(modulus))


@pytest.mark.parametrize(
    ("figures", "words"),
    [
        ((1, None, 2), "a counter modulus 2..256, got 1"),
        ((257, None, 2), "a counter modulus 2..256, got 257"),
        ((15, 14, 2), "a greatest counter step 1..13, got 14"),
        ((15, 0, 2), "a greatest counter step 1..13, got 0"),
        ((15, 3, 0), "expected 1..255 good steps to resynchronise, got 0"),
    ],
)
def test_figures_that_a_counter_cannot_have_are_refused(
    figures: tuple[int, int | None, int], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        CounterCheck(*figures)


def test_attributes_that_do_not_fit_are_all_named() -> None:
    with pytest.raises(
        ValueError, match=r"E2eMaxDeltaCounter 1..13, got 14\nexpected E2eSyncCounter 1..255, got 0"
    ):
        check_of(15, E2eMaxDeltaCounter=14, E2eSyncCounter=0)
