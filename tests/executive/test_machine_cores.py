"""Lists of cores as the kernel writes them, and who gets which."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_runtime.executive.machine.cores import core_text, parse_cores, share_out
from firmware_runtime.executive.machine.own_cores import cores_here, share_out_here


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


@pytest.mark.parametrize(
    ("usable", "isolated", "shares"),
    [
        ((0, 1), (2, 3), ((3,), (2,), (0, 1))),
        ((0,), (1,), ((1,), (1,), (0,))),
        ((0,), (1, 2, 3), ((3,), (2,), (0,))),
        ((2, 3), (0, 1), ((1,), (0,), (2, 3))),
        ((0, 1, 2), (3,), ((3,), (2,), (0, 1))),
    ],
    ids=["as doctor says", "two cores", "more than needed", "the first ones", "too few for both"],
)
def test_cores_that_the_kernel_keeps_free_are_real_time(
    usable: tuple[int, ...], isolated: tuple[int, ...], shares: tuple[tuple[int, ...], ...]
) -> None:
    assert share_out(usable, isolated) == shares


def test_isolated_cores_are_found_though_they_are_in_no_affinity(tmp_path: Path) -> None:
    """A process that isolcpus keeps off the last core of this computer, as its init would be."""
    own = sorted(os.sched_getaffinity(0))
    if len(own) < 2:
        pytest.skip("one core alone")
    isolated = tmp_path / "isolated"
    isolated.write_text(f"{own[-1]},{own[-1] + 4096}\n")
    os.sched_setaffinity(0, own[:1])
    try:
        assert share_out_here(isolated) == ((own[-1],), (own[-1],), (own[0],))
        assert cores_here(isolated) == (own[0], own[-1])
        assert os.sched_getaffinity(0) == set(own[:1])
        isolated.write_text("\n")
        assert share_out_here(isolated) == ((own[0],), (own[0],), (own[0],))
        assert share_out_here(tmp_path / "none") == ((own[0],), (own[0],), (own[0],))
        # Also where somebody has widened the affinity, as a shell's.
        os.sched_setaffinity(0, {own[0], own[-1]})
        isolated.write_text(f"{own[0]}\n")
        assert share_out_here(isolated) == ((own[0],), (own[0],), (own[-1],))
        isolated.write_text(f"{own[0]},{own[-1]}\n")
        assert share_out_here(isolated) == ((own[-1],), (own[-1],), (own[0],)), "it may use nothing else"
    finally:
        os.sched_setaffinity(0, own)
