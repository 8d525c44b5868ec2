"""`firmware-runtime status`: the answer first, for a person beside the vehicle; it reads pages alone."""

import json
import os
import time
from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest

from firmware_runtime.can.bus_port import BusStatistics
from firmware_runtime.executive.command import main
from firmware_runtime.executive.link.page import PageWriter
from firmware_runtime.executive.live.pages import (
    BusFigures,
    ControlPage,
    DriveFigures,
    GarbageFigures,
    OverrunFigures,
    ProcessFigures,
    ServicesPage,
    ShellStatistics,
    SpreadFigures,
    SupervisorPage,
    WatchdogFigures,
    page_name,
)
from firmware_runtime.executive.live.spread import Spread
from firmware_runtime.vehicle.permissions import Permissions

S = 1_000_000_000
Page = ControlPage | SupervisorPage | ServicesPage


def process(name: str, ago_s: float = 0.05, ended: bool = False) -> ProcessFigures:
    spread = Spread()
    for us in (100, 110, 900):
        spread.add(us * 1000)
    now_ns = time.monotonic_ns()
    time_ns = now_ns - round(ago_s * S)
    return ProcessFigures(
        name=name,
        pid=4711,
        began_ns=time_ns - 93_784 * S,
        time_ns=time_ns,
        ended=ended,
        identity="0123456789abcdef0123",
        vehicle="q_truck",
        scheduling="SCHED_FIFO 45, memory locked",
        peak_memory_bytes=61_000_000,
        garbage=GarbageFigures(),
        spreads={"motion": SpreadFigures(spread.counts.tolist(), spread.worst_ns)},
        buses={"drive": BusFigures("ACTIVE", BusStatistics(received=77, kernel_drops=3), {"drive.X": 2})},
    )


def drive(*faults: str, latches: Sequence[str] = ()) -> DriveFigures:
    return DriveFigures(
        state="AUTO",
        stop="NONE",
        severity=2 if faults else 0,
        faults=list(faults),
        fault_count=len(faults),
        latches=list(latches),
        permissions=Permissions(True, True, True, False, True, 6.5),
        speed_mps=3.214,
        speed_target_mps=3.5,
        cross_track_m=-0.0001,
        route_share=0.415,
        route_distance_m=82.9,
        next_stop="end",
        battery_soc=0.61,
        fix_age_s=0.11,
    )


def control(drive_figures: DriveFigures | None, ago_s: float = 0.05) -> ControlPage:
    overruns = OverrunFigures(3, 0, 2, {"record": 3}, 1, "record")
    return ControlPage(process("control", ago_s), drive_figures, 10_000_000, 5000, 2, 1, overruns)


def supervisor(took_over: str = "", ended: bool = False) -> SupervisorPage:
    return SupervisorPage(process("supervisor", ended=ended), took_over, False, 0, [], ShellStatistics())


def services(*errors: str) -> ServicesPage:
    return ServicesPage(process("services"), {"records kept": 7, "control records lost": 0}, list(errors))


def write(link: Path, *pages: Page) -> None:
    for page in pages:
        writer = PageWriter(link / page_name(page.process.name))
        assert writer.write(msgspec.msgpack.encode(page))
        writer.close()


def status(capsys: pytest.CaptureFixture[str], link: Path, *options: str) -> tuple[int, str]:
    code = main(["status", "--link", str(link), *options])
    return code, capsys.readouterr().out


def test_the_first_line_is_the_answer(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path, control(drive()), supervisor(), services())
    code, text = status(capsys, tmp_path)
    assert code == 0
    assert text.splitlines()[0] == "AUTO, 3.21 m/s, no faults"
    assert "may          propulsion, brake release, steering, contactors, up to 6.5 m/s" in text
    assert "cross-track 0.000 m, next stop end" in text
    assert (
        "5000 ticks of 10 ms, 2 late, 1 periods missed, 3 overruns (at most 2 in a row; 3 by record)" in text
    )
    assert "services     records kept 7, control records lost 0" in text
    assert "1 d 02:03:04" in text
    assert "drive.X 2" in text


def test_faults_latches_and_a_stop_of_the_supervisor_stand_in_the_first_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    faults = ("gnss_lost: no fix for 2 s", "battery_warm: 51 °C")
    figures = drive(*faults, latches=["estop"])
    write(tmp_path, control(figures), supervisor("no proposal from control"), services("disk full"))
    code, text = status(capsys, tmp_path)
    first, *rest = text.splitlines()
    assert code == 0
    assert "2 faults, severity 2" in first
    assert "latched: estop" in first
    assert "the supervisor stops the vehicle: no proposal from control" in first
    assert "services: disk full" in first
    assert [line.split(maxsplit=1)[1] for line in rest if line.startswith("fault ")] == list(faults)


def test_a_process_that_hangs_ended_or_never_began_is_no(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path, control(drive(), ago_s=4.2), supervisor(ended=True))
    code, text = status(capsys, tmp_path)
    first = text.splitlines()[0]
    assert code == 1
    assert "control: no sign of life for 4.2 s" in first
    assert "supervisor: ended" in first
    assert "services: not started" in first


def test_where_nothing_ever_ran_it_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, text = status(capsys, tmp_path)
    assert (code, text.splitlines()[0]) == (1, "nothing runs here, and nothing has")


def test_a_program_gets_every_figure(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path, control(drive()), supervisor(), services())
    code, text = status(capsys, tmp_path, "--json")
    told = json.loads(text)
    assert code == 0
    assert told["control"]["drive"]["state"] == "AUTO"
    assert told["control"]["process"]["buses"]["drive"]["statistics"]["kernel_drops"] == 3
    assert (told["well"], told["life"]["services"]) == (True, "runs")
    motion = told["supervisor"]["process"]["spreads"]["motion"]
    assert (motion["times"], motion["worst_us"]) == (3, 900.0)
    assert 110.0 <= motion["p50_us"] < 135.0


def test_a_page_of_another_version_is_no_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path, msgspec.structs.replace(control(drive()), version=99), supervisor(), services())
    code, text = status(capsys, tmp_path)
    assert code == 1
    assert "control: not started" in text.splitlines()[0]


@pytest.mark.parametrize("damage", [b"", b"no page at all", os.urandom(70_000)])
def test_a_damaged_page_is_no_page(damage: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path, supervisor(), services())
    (tmp_path / page_name("control")).write_bytes(damage)
    assert status(capsys, tmp_path)[0] == 1


def test_a_folder_that_is_not_there_is_wrong_input(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["status", "--link", str(tmp_path / "none")]) == 2
    assert "expected the folder of running processes, got nothing" in capsys.readouterr().err


def test_a_hardware_watchdog_that_is_not_fed_is_told_at_the_top(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for failed in (0, 3):
        fed = msgspec.structs.replace(supervisor(), watchdog=WatchdogFigures(15, failed))
        write(tmp_path, control(drive()), fed, services())
        main(["status", "--link", str(tmp_path)])
        first = capsys.readouterr().out.splitlines()[0]
        assert ("the hardware watchdog did not take 3 signs of life" in first) == bool(failed)
        main(["status", "--link", str(tmp_path), "--json"])
        told = json.loads(capsys.readouterr().out)["supervisor"]["watchdog"]
        assert told == {"timeout_s": 15, "failed": failed}
