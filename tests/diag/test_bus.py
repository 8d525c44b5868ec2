"""vehicle-diag bus shows what is on live buses: load, rates, ages, errors."""

import io
import json
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console

from firmware_runtime.can.bus import BusError, open_bus
from firmware_runtime.can.frame import Frame
from vehicle_diag.bus_display import describe_buses
from vehicle_diag.bus_monitor import BusMonitor, BusReport, Expected
from vehicle_diag.command import main

MS = 1_000_000
EXTENDED = 0x8000_0000
GROUP = "239.74.163.91"
DBC = """VERSION ""
BS_:
BU_: X
BO_ 256 Motion: 8 X
 SG_ Speed : 0|16@1- (0.01,0) [0|0] "m/s" X
BA_DEF_ BO_ "GenMsgCycleTime" INT 0 65535;
BA_DEF_DEF_ "GenMsgCycleTime" 0;
BA_ "GenMsgCycleTime" BO_ 256 10;
"""
SENDER = """
import sys, time
from firmware_runtime.can.bus import open_bus
from firmware_runtime.can.frame import Frame
port = open_bus("x", "udp_multicast", sys.argv[1], {"port": int(sys.argv[2])})
print("ready", flush=True)
end_s = time.monotonic() + 20
number = 0
while time.monotonic() < end_s:
    port.send([Frame(0, "x", 0x100, number.to_bytes(8, "little")), Frame(0, "x", 0x98FEF100, b"\\1\\2")])
    number += 1
    time.sleep(0.01)
"""


def monitor(expected: Expected | None = None) -> BusMonitor:
    return BusMonitor("drive", 500_000, 0, None if expected is None else lambda can_id: expected)


def frames(count: int, step_ms: int, can_id: int = 0x100, start_ms: int = 0, length: int = 8) -> list[Frame]:
    return [Frame((start_ms + n * step_ms) * MS, "drive", can_id, bytes(length)) for n in range(count)]


def test_load_and_rates_are_those_of_the_last_second() -> None:
    """100 frames of 8 bytes: 111 bits each without stuff bits, 135 at worst; the classic figures."""
    own = monitor()
    own.step(1000 * MS, frames(100, 10))
    report = own.report(1500 * MS, {"received": 100, "error_frames": 2, "sent": 0})
    assert report.rate_hz == 100
    assert report.load_worst == 100 * 135 / 500_000
    assert 100 * 111 / 500_000 < report.load < report.load_worst
    assert report.port == {"received": 100, "error_frames": 2}
    own.step(2000 * MS, [])
    assert own.report(2000 * MS, {}).load == 0
    (row,) = own.report(2000 * MS, {}).identifiers
    assert (row.rate_hz, row.frames, row.period_min_ms, row.period_max_ms) == (0, 100, 10, 10)
    assert row.age_ms == 1010


def test_before_a_second_is_over_figures_are_those_since_the_start() -> None:
    own = monitor()
    own.step(500 * MS, frames(10, 50))
    report = own.report(500 * MS, {})
    assert (report.rate_hz, report.identifiers[0].rate_hz) == (20, 20)


def test_one_long_gap_shows_where_a_mean_would_hide_it() -> None:
    own = monitor(Expected("Motion", 8, 30 * MS))
    own.step(500 * MS, [*frames(20, 10), *frames(20, 10, start_ms=300, length=4)])
    (row,) = own.report(500 * MS, {}).identifiers
    assert (row.period_max_ms, row.late, row.too_short, row.name) == (110, 1, 20, "Motion")
    assert own.report(600 * MS, {}).identifiers[0].late == 2


def test_identifiers_are_bounded_and_the_rest_is_counted() -> None:
    own = monitor()
    own.step(1, [Frame(0, "drive", n | EXTENDED, b"") for n in range(5000)])
    report = own.report(1, {})
    assert (len(report.identifiers), report.frames_not_kept, report.frames) == (4096, 904, 5000)


@pytest.fixture
def udp_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("", 0))
        number = free.getsockname()[1]
    try:
        open_bus("drive", "udp_multicast", GROUP, {"port": number}).close()
    except BusError as error:
        pytest.skip(f"this host has no multicast: {error}")
    return number


def test_a_real_senders_frames_are_shown(
    tmp_path: Path, udp_port: int, capsys: pytest.CaptureFixture[str]
) -> None:
    dbc = tmp_path / "vehicle.dbc"
    dbc.write_text(DBC)
    bus = f"drive=udp_multicast:{GROUP},port={udp_port},bitrate=250000"
    command = [sys.executable, "-c", SENDER, GROUP, str(udp_port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        common = ["bus", "--bus", bus, "--seconds", "0.5", "--dbc", str(dbc)]
        assert main([*common, "--json"]) == 0
        (report,) = json.loads(capsys.readouterr().out)
        assert main(common) == 0
        shown = capsys.readouterr().out
        process.kill()
    assert (report["bus"], report["bit_rate"]) == ("drive", 250_000)
    assert report["frames"] > 2
    assert 0 < report["load"] < 1
    assert [(row["identifier"], row["name"]) for row in report["identifiers"]] == [
        ("0x100", "Motion"),
        ("0x18FEF100", ""),
    ]
    assert report["identifiers"][1]["data"] == "01 02"
    assert "0x18FEF100" in shown
    assert "of 250000 bit/s" in shown


def test_a_silent_bus_ends_with_status_1(udp_port: int, capsys: pytest.CaptureFixture[str]) -> None:
    bus = f"drive=udp_multicast:{GROUP},port={udp_port}"
    assert main(["bus", "--bus", bus, "--seconds", "0.05"]) == 1
    assert "no frame on any bus" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--bus", "drive"], "expected NAME=INTERFACE:CHANNEL"),
        (["--bus", "drive=socketcan"], "expected NAME=INTERFACE:CHANNEL"),
        (["--bus", "drive=socketcan:can0,fd"], "expected OPTION=VALUE"),
        (["--bus", "drive=socketcan:can0,bitrate=fast"], "expected a bitrate in bit/s"),
        (["--bus", "drive=socketcan:can0", "--seconds", "0"], "expected seconds above 0"),
        (["--bus", "drive=socketcan:can0", "--seconds", "x"], "expected seconds above 0"),
        (["--bus", "drive=nothing:can0"], "nothing:can0 cannot be opened"),
        (["--bus", "drive=kvaser:0"], "kvaser:0 cannot be opened"),
        (["--bus", f"drive=udp_multicast:{GROUP},port=99999"], "port must be 0-65535"),
        (["--bus", "a=virtual:1", "--bus", "a=virtual:2"], "expected names that differ"),
        (["--bus", "a=virtual:1", "--dbc", "none.dbc"], "none.dbc"),
    ],
)
def test_wrong_input_is_answered_with_status_2(
    capsys: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    try:
        status: int | str | None = main(["bus", *arguments])
    except SystemExit as ending:
        status = ending.code
    assert status == 2
    assert words in capsys.readouterr().err


def test_the_display_names_errors_and_what_was_not_kept() -> None:
    own = monitor(Expected("Motion", 8, 30 * MS))
    own.step(1, [*frames(2, 100, length=1), *(Frame(0, "drive", n | EXTENDED, b"") for n in range(4096))])
    report: BusReport = own.report(1, {"error_frames": 3})
    console = Console(width=140, file=io.StringIO(), record=True)
    console.print(describe_buses([report]))
    text = console.export_text()
    assert "1 late, 2 short" in text
    assert "error frames: 3" in text
    assert "1 of further identifiers" in text
