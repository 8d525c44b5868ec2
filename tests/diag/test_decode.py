"""vehicle-diag decode gives cantools' numbers for logs of every format, and counts what it did not know."""

import csv
import gc
import io
import json
import random
import subprocess
import sys
from pathlib import Path
from typing import TextIO

import can
import cantools
import pytest
from cantools.database.can import Database

from firmware_runtime.can.columns import DecodedColumns
from vehicle_diag.command import main
from vehicle_diag.decode import decode_log, open_databases, select
from vehicle_diag.log_columns import LogError
from vehicle_diag.log_reader import read_log
from vehicle_diag.progress import ProgressBar

DATA = Path(__file__).parents[3] / "shared" / "data" / "can"
REAL_LOG, REAL_DBC = DATA / "j1939_vehicle.log.gz", DATA / "j1939_demo.dbc"
DBC = """VERSION ""
BS_:
BU_: X
BO_ 256 Motion: 8 X
 SG_ Speed : 0|16@1- (0.01,0) [0|0] "m/s" X
 SG_ Torque : 23|16@0- (0.5,-10) [0|0] "N,m" X
BO_ 2566844926 Heat: 8 X
 SG_ Oil : 8|8@1+ (1,-40) [0|0] "degC" X
BO_ 512 Long: 12 X
 SG_ Far : 80|16@1+ (1,0) [0|0] "" X
BA_DEF_ BO_ "VFrameFormat" ENUM "StandardCAN","ExtendedCAN","StandardCAN_FD","J1939PG";
BA_DEF_DEF_ "VFrameFormat" "StandardCAN";
BA_ "VFrameFormat" BO_ 2566844926 3;
BA_ "VFrameFormat" BO_ 512 2;
"""


@pytest.fixture
def dbc(tmp_path: Path) -> Path:
    path = tmp_path / "vehicle.dbc"
    path.write_text(DBC)
    return path


def messages() -> list[can.Message]:
    """90 of Motion, 10 of Heat from two sources, 5 that nobody knows; in steps of 10 ms."""
    made: list[can.Message] = []
    for n in range(105):
        time_s = 1_700_000_000 + n / 100
        if n < 90:
            data = bytes([n, 0xFF, 0x01, n, 0, 0, 0, 0])
            made.append(can.Message(time_s, 0x100, is_extended_id=False, data=data, channel=0))
        elif n < 100:
            identifier = 0x18FEF100 + n % 2
            made.append(
                can.Message(time_s, identifier, is_extended_id=True, data=[0, n] + [0] * 6, channel=0)
            )
        else:
            made.append(can.Message(time_s, 0x7DF, is_extended_id=False, data=[n], channel=0))
    return made


def write_log(path: Path, frames: list[can.Message]) -> Path:
    with can.Logger(path) as writer:
        for frame in frames:
            writer(frame)
    return path


def decode(log: Path, *dbcs: Path, raw: bool = False) -> DecodedColumns:
    match = open_databases([str(path) for path in dbcs], force_j1939=False)
    return decode_log(read_log(log, lambda share: None), match, None, raw, lambda share: None)


def values(decoded: DecodedColumns) -> dict[str, list[float]]:
    return {column.name: column.values.tolist() for message in decoded.messages for column in message.signals}


def test_the_real_log_equals_cantools_by_parameter_group() -> None:
    if not REAL_LOG.exists() or not REAL_DBC.exists():
        pytest.skip(f"no {REAL_LOG.name} beside the project: real data is not part of it")
    loaded = cantools.database.load_file(REAL_DBC)
    assert isinstance(loaded, Database)
    groups = {0xF004: "EEC1", 0xFEF1: "CCVS1"}
    expected: dict[str, list[float]] = {}
    unknown = 0
    for frame in can.LogReader(REAL_LOG):
        name = groups.get(frame.arbitration_id >> 8 & 0x3FFFF) if frame.is_extended_id else None
        if name is None:
            unknown += 1
            continue
        decoded = loaded.get_message_by_name(name).decode(bytes(frame.data), decode_choices=False)
        assert isinstance(decoded, dict)
        for signal, value in decoded.items():
            expected.setdefault(signal, []).append(float(value))  # type: ignore[arg-type]
    ours = decode(REAL_LOG, REAL_DBC)
    assert values(ours) == expected
    assert sum(ours.unknown.values()) == unknown
    assert {name: len(numbers) for name, numbers in expected.items()} == {
        "EngineSpeed": 3993,
        "WheelBasedVehicleSpeed": 3993,
    }


@pytest.mark.parametrize("kind", ["log", "log.gz", "asc", "asc.gz", "blf", "trc", "mf4"])
def test_each_format_gives_the_same_values(tmp_path: Path, dbc: Path, kind: str) -> None:
    if kind == "mf4":
        pytest.importorskip("asammdf", reason="the extra 'technician' is not installed")
    log = write_log(tmp_path / f"drive.{kind}", messages())
    decoded = decode(log, dbc)
    assert values(decoded) == {
        "Speed": [(n - 256) * 0.01 for n in range(90)],
        "Torque": [(0x100 + n) * 0.5 - 10 for n in range(90)],
        "Oil": [n - 40.0 for n in range(90, 100)],
    }
    assert list(decoded.unknown.values()) == [5]


def test_a_log_with_long_frames_is_decoded(tmp_path: Path, dbc: Path) -> None:
    frames = messages()
    frames[0] = can.Message(1.7e9, 0x200, is_extended_id=False, is_fd=True, data=bytes(10) + b"\x34\x12")
    decoded = decode(write_log(tmp_path / "fd.blf", frames), dbc)
    assert values(decoded)["Far"] == [0x1234]
    assert len(values(decoded)["Speed"]) == 89


def test_a_message_longer_than_any_frame_of_the_log_is_refused_by_count(tmp_path: Path, dbc: Path) -> None:
    log = tmp_path / "a.log"
    log.write_text(
        "(1.000000) can0 200#1122\n(1.000000) can0 100#1122\n(1.000000) can0 100#1122334455667788\n"
    )
    decoded = decode(log, dbc)
    assert {m.candidate.message.name: (len(m.rows), m.too_short) for m in decoded.messages} == {
        "Motion": (1, 1),
        "Long": (0, 1),
    }


def test_csv_reads_back_exactly_in_the_order_of_the_log(
    tmp_path: Path, dbc: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = write_log(tmp_path / "a.log", messages())
    assert main(["decode", str(log), "--dbc", str(dbc), "--format", "csv", "--raw"]) == 0
    captured = capsys.readouterr()
    rows = list(csv.DictReader(io.StringIO(captured.out)))
    assert len(rows) == 190
    assert rows[2] == {
        "time_s": "1700000000.010000",
        "bus": "can0",
        "identifier": "0x100",
        "message": "Motion",
        "signal": "Speed",
        "value": repr((1 - 256) * 0.01),
        "unit": "m/s",
        "raw": "-255",
    }
    assert rows[3]["unit"] == "N,m"
    assert [row["identifier"] for row in rows[-2:]] == ["0x18FEF100", "0x18FEF101"]
    times = [float(row["time_s"]) for row in rows]
    assert times == sorted(times)
    assert "5 frames of 1 identifiers not known" in captured.err


def test_parquet_holds_the_same_rows(tmp_path: Path, dbc: Path, capsys: pytest.CaptureFixture[str]) -> None:
    parquet = pytest.importorskip("pyarrow.parquet", reason="the extra 'technician' is not installed")
    log, output = write_log(tmp_path / "a.log", messages()), tmp_path / "a.parquet"
    common = ["decode", str(log), "--dbc", str(dbc), "--signal", "Speed", "Heat.Oil"]
    assert main([*common, "--format", "parquet", "--output", str(output), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["decoded_frames"] == 100
    table = parquet.read_table(output).to_pydict()
    assert table["value"] == [(n - 256) * 0.01 for n in range(90)] + [n - 40.0 for n in range(90, 100)]
    assert table["time_ns"][-1] == 1_700_000_000_990_000_000
    assert set(table["signal"]) == {"Speed", "Oil"}
    csv_file = tmp_path / "a.csv"
    assert main([*common, "--format", "csv", "--output", str(csv_file)]) == 0
    with csv_file.open() as file:
        assert [float(row["value"]) for row in csv.DictReader(file)] == table["value"]


def test_the_summary_tells_what_was_known_and_what_was_not(
    tmp_path: Path, dbc: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = write_log(tmp_path / "a.log", messages())
    assert main(["decode", str(log), "--dbc", str(dbc), "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["frames"], report["decoded_frames"], report["unknown_frames"]) == (105, 100, 5)
    assert report["unknown"] == [{"bus": "can0", "identifier": "0x7DF", "frames": 5}]
    speed = report["signals"][0]
    assert (speed["signal"], speed["count"], speed["first"], speed["maximum"]) == (
        "Speed", 90, pytest.approx(-2.56), pytest.approx(-1.67),
    )  # fmt: skip
    assert report["signals"][2]["identifiers"] == ["0x18FEF100", "0x18FEF101"]
    assert main(["decode", str(log), "--dbc", str(dbc)]) == 0
    shown = capsys.readouterr().out
    assert "Motion.Torque" in shown
    assert "0x7DF" in shown


def test_a_database_can_be_bound_to_one_bus(
    tmp_path: Path, dbc: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "other.dbc"
    other.write_text(DBC.replace("Motion", "Turned").replace("(0.01,0)", "(1,0)"))
    log = tmp_path / "two.log"
    log.write_text("(1.000000) drive 100#0100000000000000\n(1.000000) body 100#0100000000000000\n")
    match = open_databases([f"drive={dbc}", f"body={other}"], force_j1939=False)
    both = decode_log(read_log(log, lambda share: None), match, None, False, lambda share: None)
    speeds = {message.candidate.message.name: message.signals[0].values.tolist() for message in both.messages}
    assert speeds == {"Motion": [0.01], "Turned": [1.0]}
    assert main(["decode", str(log), "--dbc", str(dbc), str(other)]) == 2
    assert "Turned and Motion of" in capsys.readouterr().err


def test_signals_are_found_by_either_name_and_a_wrong_one_is_answered_with_its_neighbours(dbc: Path) -> None:
    match = open_databases([str(dbc)], force_j1939=False)
    assert select(match, []) is None
    assert select(match, ["Speed", "Motion.Torque", "Oil"]) == {0: {"Speed", "Torque"}, 1: {"Oil"}}
    with pytest.raises(ValueError, match=r"--signal Sped: expected a signal .* near it: Speed"):
        select(match, ["Sped"])


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["{tmp}/none.log", "--dbc", "{dbc}"], "none.log: No such file"),
        (["{tmp}/good.log", "--dbc", "{tmp}/none.dbc"], "none.dbc: expected a DBC file"),
        (["{tmp}/good.txt", "--dbc", "{dbc}"], "expected a log named"),
        (["{tmp}/bad.log", "--dbc", "{dbc}"], "bad.log:2: expected"),
        (["{tmp}/bad.asc", "--dbc", "{dbc}"], "bad.asc:"),
        (["{tmp}/bad.trc", "--dbc", "{dbc}"], "bad.trc:"),
        (["{tmp}/bad.blf", "--dbc", "{dbc}"], "bad.blf: expected a BLF log"),
        (["{tmp}/bad.blf.gz", "--dbc", "{dbc}"], "bad.blf.gz: expected a BLF log"),
        (["{tmp}/bad.mf4", "--dbc", "{dbc}"], "bad.mf4: "),
        (["{tmp}/good.log", "--dbc", "{dbc}", "--signal", "None"], "--signal None"),
        (["{tmp}/good.log", "--dbc", "{dbc}", "--format", "parquet"], "expected --output"),
        (["{tmp}/good.log", "--dbc", "{dbc}", "--output", "x"], "expected --format csv or parquet"),
        (["{tmp}/good.log", "--dbc", "{dbc}", "--raw"], "expected --format csv"),
        (["{tmp}/good.log", "--dbc", "{dbc}", "--format", "csv", "--json"], "both would go to stdout"),
        (["{tmp}/good.log", "--dbc", "{dbc}", "--format", "csv", "--output", "{tmp}"], "Is a directory"),
    ],
)
def test_wrong_input_is_answered_with_status_2(
    tmp_path: Path, dbc: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    good = "(1.000000) can0 100#0000000000000000\n"
    (tmp_path / "good.log").write_text(good)
    (tmp_path / "good.txt").write_text(good)
    (tmp_path / "bad.log").write_text(good + "nonsense\n")
    (tmp_path / "bad.asc").write_text("date x\nbase hex  timestamps absolute\n1.0 1 100x Rx d 9 zz\n")
    (tmp_path / "bad.trc").write_text(";$FILEVERSION=1.1\n;$STARTTIME=43000.0\n 1) 1.0 Rx 0100 2 zz zz\n")
    for name in ("bad.blf", "bad.blf.gz", "bad.mf4"):
        (tmp_path / name).write_bytes(b"nonsense" * 40)
    status = main(["decode", *(argument.format(tmp=tmp_path, dbc=dbc) for argument in arguments)])
    captured = capsys.readouterr()
    assert status == 2
    assert words in captured.err
    assert "Traceback" not in captured.err


@pytest.fixture
def long_log(tmp_path: Path) -> Path:
    """More values than any pipe holds."""
    path = tmp_path / "long.log"
    path.write_text("(1.000000) can0 100#0000000000000000\n" * 30_000)
    return path


def decode_to(output: int | TextIO, *arguments: object) -> "subprocess.Popen[str]":
    program = "import sys; from vehicle_diag.command import main; sys.exit(main())"
    command = [sys.executable, "-c", program, "decode", *map(str, arguments)]
    return subprocess.Popen(command, stdout=output, stderr=subprocess.PIPE, text=True)


def test_a_reader_of_the_csv_that_has_seen_enough_is_no_error(long_log: Path, dbc: Path) -> None:
    with decode_to(subprocess.PIPE, long_log, "--dbc", dbc, "--format", "csv") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline().startswith("time_s,")
        process.stdout.close()
        assert process.stderr.read() == ""
    assert process.returncode == 0


@pytest.mark.parametrize("form", [["--format", "csv"], ["--json"], []])
def test_a_full_disk_behind_stdout_is_named(long_log: Path, dbc: Path, form: list[str]) -> None:
    with Path("/dev/full").open("w") as full, decode_to(full, long_log, "--dbc", dbc, *form) as process:
        assert process.stderr is not None
        assert process.stderr.read() == "stdout: No space left on device\n"
    assert process.returncode == 2


@pytest.mark.filterwarnings("error")
def test_the_mean_of_the_greatest_doubles_is_a_number(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    dbc, log = tmp_path / "double.dbc", tmp_path / "double.log"
    dbc.write_text('BU_: X\nBO_ 1 M: 8 X\n SG_ D : 0|64@1- (1,0) [0|0] "" X\nSIG_VALTYPE_ 1 D : 2;\n')
    greatest, nan = "FFFFFFFFFFFFEF7F", "000000000000F87F"
    log.write_text("".join(f"(1.000000) can0 001#{data}\n" for data in (greatest, nan, greatest)))
    assert main(["decode", str(log), "--dbc", str(dbc), "--json"]) == 0
    (signal,) = json.loads(capsys.readouterr().out)["signals"]
    assert (signal["mean"], signal["not_finite"]) == (sys.float_info.max, 1)


def test_a_line_that_is_cut_off_is_told(
    tmp_path: Path, dbc: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = tmp_path / "cut.log"
    log.write_text("(1.000000) can0 100#0000000000000000\n(1.01")
    assert main(["decode", str(log), "--dbc", str(dbc), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["cut_lines"] == 1
    assert main(["decode", str(log), "--dbc", str(dbc)]) == 0
    assert "lines cut off" in capsys.readouterr().out
    assert main(["decode", str(log), "--dbc", str(dbc), "--format", "csv"]) == 0
    assert "its last line is cut off" in capsys.readouterr().err


def test_a_log_in_which_nothing_is_known_ends_with_status_1(
    tmp_path: Path, dbc: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = tmp_path / "a.log"
    log.write_text("(1.000000) can0 7DF#00\n")
    assert main(["decode", str(log), "--dbc", str(dbc)]) == 1
    assert "none of its 1 frames" in capsys.readouterr().err


@pytest.mark.parametrize(("package", "kind"), [("asammdf", "mf4"), ("pyarrow", "parquet")])
def test_a_package_that_is_not_installed_is_named(
    tmp_path: Path,
    dbc: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    package: str,
    kind: str,
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    log = tmp_path / ("a.mf4" if kind == "mf4" else "a.log")
    log.write_text("(1.000000) can0 100#0000000000000000\n")
    options = ["--format", "parquet", "--output", str(tmp_path / "a.parquet")] if kind == "parquet" else []
    assert main(["decode", str(log), "--dbc", str(dbc), *options]) == 2
    assert f"needs the package {package}" in capsys.readouterr().err


@pytest.mark.parametrize("kind", ["asc", "blf", "trc", "mf4"])
def test_a_damaged_log_is_read_or_refused_plainly(
    tmp_path: Path, kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    if kind == "mf4":
        pytest.importorskip("asammdf", reason="the extra 'technician' is not installed")
    good = write_log(tmp_path / f"good.{kind}", messages()).read_bytes()
    chance, refused = random.Random(5), 0
    for number in range(12):
        damaged = bytearray(good[: chance.randrange(1, len(good))] if number % 3 == 0 else good)
        for _ in range(8):
            damaged[chance.randrange(min(len(damaged), 400))] = chance.randrange(256)
        path = tmp_path / f"damaged.{kind}"
        path.write_bytes(damaged)
        try:
            read_log(path, lambda share: None)
        except LogError as error:
            refused += str(path) in str(error)
    assert refused > 0
    gc.collect()
    assert "Traceback" not in capsys.readouterr().err


def test_the_bar_comes_only_after_its_time() -> None:
    with ProgressBar("reading") as quick:
        quick.update(0.5)
        assert not quick.shown
    with ProgressBar("reading", show_after_s=0.0) as slow:
        slow.update(0.5)
        slow.update(1.0)
        assert slow.shown
