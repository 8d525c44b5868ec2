"""Our candump reader gives what python-can's gives, and names file and line of what it cannot read."""

import gzip
from pathlib import Path

import can
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vehicle_diag.candump_reader import read_candump
from vehicle_diag.log_columns import Log, LogError

EXTENDED = 0x8000_0000
REAL_LOG = Path(__file__).parents[3] / "shared" / "data" / "can" / "j1939_vehicle.log.gz"
Row = tuple[int, str, int, bytes]


def read(path: Path) -> Log:
    return read_candump(path, lambda share: None)


def rows_of(log: Log) -> list[Row]:
    frames = log.frames
    return [
        (time_ns, frames.buses[bus], can_id, data[:length].tobytes())
        for time_ns, bus, can_id, length, data in zip(
            frames.time_ns.tolist(),
            frames.bus.tolist(),
            frames.can_id.tolist(),
            frames.length.tolist(),
            frames.data,
            strict=True,
        )
    ]


def rows_by_python_can(path: Path) -> list[Row]:
    return [
        (
            round(message.timestamp * 1e9),
            str(message.channel),
            message.arbitration_id | EXTENDED * message.is_extended_id,
            bytes(message.data),
        )
        for message in can.LogReader(path)
        if not message.is_error_frame and not message.is_remote_frame
    ]


def assert_alike(ours: list[Row], theirs: list[Row]) -> None:
    assert [row[1:] for row in ours] == [row[1:] for row in theirs]
    # python-can reads the time as a float: nanoseconds are beyond it, microseconds are not.
    assert all(abs(one[0] - other[0]) < 1000 for one, other in zip(ours, theirs, strict=True))


def test_the_real_log_reads_as_by_python_can() -> None:
    if not REAL_LOG.exists():
        pytest.skip(f"no {REAL_LOG.name} beside the project: real data is not part of it")
    ours = rows_of(read(REAL_LOG))
    assert len(ours) == 150_411
    assert_alike(ours, rows_by_python_can(REAL_LOG))


regular_line = st.builds(
    "({}.{:06d}) {} {}#{}".format,
    st.integers(0, 1_800_000_000),
    st.integers(0, 999_999),
    st.sampled_from(["can0", "can1", "vcan12", "d"]),
    st.one_of(
        st.integers(0, 0x7FF).map("{:03X}".format),
        st.integers(0, 0x1FFF_FFFF).map("{:08X}".format),
        st.integers(0, 0x1FFF_FFFF).map("{:08x}".format),
    ),
    st.binary(max_size=8).flatmap(lambda data: st.sampled_from([data.hex().upper(), data.hex()])),
)
other_line = st.sampled_from(
    [
        "(1.000001) can0 123##1" + "AB" * 12,
        "(1.000001) can0 00000123##0",
        "(1.000001) can0 123#R",
        "(1.000001) can0 123#R8",
        "(1.000001) can0 123#1122 R",
        "(1.000001) can0 123#1122 T",
        "(1.5) can0 123#1122",
        "(1.000001)  can0  123#11",
        "",
        "   ",
    ]
)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    lines=st.lists(st.one_of(regular_line, regular_line, regular_line, other_line), max_size=30),
    ending=st.sampled_from(["\n", "\r\n"]),
    last=st.booleans(),
)
def test_any_mixture_of_lines_reads_as_by_python_can(
    tmp_path: Path, lines: list[str], ending: str, last: bool
) -> None:
    path = tmp_path / "any.log"
    path.write_bytes((ending.join(lines) + ending * last).encode())
    assert_alike(rows_of(read(path)), rows_by_python_can(path))


def test_a_log_of_many_blocks_loses_nothing_between_them(tmp_path: Path) -> None:
    count = 150_000
    text = "".join(
        f"({n // 1000}.{n % 1000:03d}000) can{n % 3} {n % 0x7FF:03X}#{n:08X}\n" for n in range(count)
    )
    assert len(text) > 2 * (2 << 20)
    path = tmp_path / "long.log.gz"
    path.write_bytes(gzip.compress(text.encode(), 1))
    shares: list[float] = []
    frames = read_candump(path, shares.append).frames
    assert len(frames) == count
    assert np.array_equal(frames.data[:, :4].copy().view(">u4")[:, 0], np.arange(count))
    assert np.array_equal(frames.time_ns, np.arange(count) * 1_000_000)
    assert shares == sorted(shares)
    assert 0.9 < shares[-1] <= 1.0


def test_what_is_no_data_frame_is_counted(tmp_path: Path) -> None:
    path = tmp_path / "mixed.log"
    path.write_text(
        "(1.000000) can0 123#R\n(1.000000) can0 20000040#0000000000000000\n(2.000000) can0 123#11\n"
    )
    log = read(path)
    assert (log.remote_frames, log.error_frames, len(log.frames)) == (1, 1, 1)


def test_time_is_exact_to_the_nanosecond(tmp_path: Path) -> None:
    path = tmp_path / "exact.log"
    path.write_text("(1699999999.123457) can0 123#\n(1699999999.123456789) can0 123#\n")
    assert read(path).frames.time_ns.tolist() == [1_699_999_999_123_457_000, 1_699_999_999_123_456_789]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("(1.000000) can0 123#1", "expected '(seconds) bus identifier#data'"),
        ("(1.000000) can0 123#1G", "expected '(seconds) bus identifier#data'"),
        ("(1.00000x) can0 123#11", "expected '(seconds) bus identifier#data'"),
        ("(x.000000) can0 123#11", "expected '(seconds) bus identifier#data'"),
        ("1.000000 can0 123#11", "expected '(seconds) bus identifier#data'"),
        ("(1.000000) can0 1234#11", "expected '(seconds) bus identifier#data'"),
        ("(1.000000) can0 8FF#11", "11 or 29 bits"),
        ("(1.000000) can0 80000000#11", "11 or 29 bits"),
        ("(1.000000) can0 123#112233445566778899", "at most 8 bytes of data, got 9"),
        ("(1.000000) can0 123##1" + "00" * 65, "at most 64 bytes of data, got 65"),
        ("# a#b c", "expected '(seconds) bus identifier#data'"),
        ("can0  123   [2]  11 22", "expected '(seconds) bus identifier#data'"),
        ("(9223372037.000000) can0 123#11", "at most 9223372035 seconds"),
        ("(999999999999.000000) can0 123#11", "at most 9223372035 seconds"),
        ("(999999999999.0) can0 123#11", "at most 9223372035 seconds"),
    ],
)
def test_a_defect_is_named_with_file_and_line(tmp_path: Path, line: str, words: str) -> None:
    path = tmp_path / "bad.log"
    good = "(1.000000) can0 123#11\n"
    path.write_text(good * 4 + line + "\n" + good)
    with pytest.raises(LogError, match=r"bad\.log:5: ") as raised:
        read(path)
    assert words in str(raised.value)


@pytest.mark.parametrize("rest", ["(1.0", "(1.000000) can0 12", "(1.000000) can0 123#1", "\0\0\0"])
def test_a_log_that_ends_within_a_line_is_read_up_to_it(tmp_path: Path, rest: str) -> None:
    # The writer lost power: the most usual damage of all.
    path = tmp_path / "cut.log"
    path.write_text("(1.000000) can0 123#11\n" * 3 + rest)
    log = read(path)
    assert (len(log.frames), log.cut_lines) == (3, 1)
    path.write_text("(1.000000) can0 123#11\n" * 3 + "(1.000000) can0 123#22")
    log = read(path)
    assert (len(log.frames), log.cut_lines) == (4, 0)
    path.write_text(rest)
    with pytest.raises(LogError, match=r"cut\.log:1: "):
        read(path)


def test_a_gzip_file_that_ends_early_is_named(tmp_path: Path) -> None:
    path = tmp_path / "cut.log.gz"
    path.write_bytes(gzip.compress(b"(1.000000) can0 123#11\n" * 1000)[:-20])
    with pytest.raises(LogError, match=r"cut\.log\.gz: expected a whole gzip file"):
        read(path)
    path.write_bytes(b"(1.000000) can0 123#11\n")
    with pytest.raises(LogError, match=r"cut\.log\.gz: expected a whole gzip file"):
        read(path)


def test_bytes_without_a_line_are_no_log(tmp_path: Path) -> None:
    path = tmp_path / "zeros.log"
    path.write_bytes(bytes(5 << 20))
    with pytest.raises(LogError, match="bytes without an end"):
        read(path)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.binary(max_size=200))
def test_any_bytes_are_read_or_refused_plainly(tmp_path: Path, text: bytes) -> None:
    path = tmp_path / "any.log"
    path.write_bytes(text)
    told = ""
    try:
        read(path)
    except LogError as error:
        told = str(error)
    assert not told or "any.log" in told, "a refusal names the file"
