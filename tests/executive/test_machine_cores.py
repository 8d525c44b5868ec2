"""Lists of cores as the kernel writes them, and who gets which."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_runtime.executive.machine.cores import core_text, parse_cores, share_out


@pytest.mark.parametrize(
    ("text", "cores"),
    [
        ("", ()),
        ("0", (0,)),
        ("0-3", (0, 1, 2, 3)),
        ("0-1,3\n", (0, 1, 3)),
        ("2,0", (0, 2)),
        ("1,1-2", (1, 2)),
    ],
)
def test_lists_are_read(text: str, cores: tuple[int, ...]) -> None:
    assert parse_cores(text) == cores


@given(st.sets(st.integers(0, 300)))
def test_what_is_written_is_read_back(cores: set[int]) -> None:
    assert parse_cores(core_text(tuple(cores))) == tuple(sorted(cores))


@pytest.mark.parametrize("text", ["a", "1-", "-1", "1-2-3"])
def test_what_is_no_list_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="invalid literal"):
        parse_cores(text)


@pytest.mark.parametrize(
    ("online", "shares"),
    [
        ((0,), ((0,), (0,), (0,))),
        ((0, 1), ((1,), (1,), (0,))),
        ((0, 1, 2), ((2,), (1,), (0,))),
        ((0, 1, 2, 3), ((3,), (2,), (0, 1))),
        ((0, 2, 4, 6), ((6,), (4,), (0, 2))),
    ],
)
def test_the_last_cores_are_real_time(online: tuple[int, ...], shares: tuple[tuple[int, ...], ...]) -> None:
    assert share_out(online) == shares
