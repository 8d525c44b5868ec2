"""vehicle-diag sums a black box up: times, states, trouble codes; and says plainly what is no black box."""

import json
from pathlib import Path

import pytest

from firmware_runtime.recorder.blackbox import BlackBoxWriter
from firmware_runtime.recorder.tick_record import TickRecord
from firmware_runtime.vehicle.enums import SafetyState, Severity
from tests.recorder.ticks import HEADER, telemetry_at
from vehicle_diag.command import main
from vehicle_diag.record import read_record

TICK_NS = 10_000_000
CLEARED = (
    "body.OperatorInputs.AcknowledgeButton cleared minimal_risk latch (cause: message_lost): "
    "SAFE_STOP -> STANDBY"
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """300 ticks: READY, AUTO from tick 100, MRM with a fault in ticks 200 to 249, then SAFE_STOP; arrived."""
    path = tmp_path / "black_box"
    with BlackBoxWriter(path, HEADER) as writer:
        for n in range(300):
            faulty = 200 <= n < 250
            state = (
                SafetyState.READY if n < 100
                else SafetyState.AUTO if n < 200
                else SafetyState.MRM if n < 250
                else SafetyState.SAFE_STOP
            )  # fmt: skip
            telemetry = telemetry_at(
                n * TICK_NS,
                state=state,
                speed_mps=4.5 if n == 200 else 1.0,
                severity=Severity.MINIMAL_RISK if faulty else Severity.OK,
                faults=("message_lost: drive.BrakeFeedback",) if faulty else (),
                arrived=n == 299,
                route_share=0.25,
                acknowledgement=CLEARED if n == 280 else "",
            )
            if n != 50:
                writer.record(TickRecord(n * TICK_NS, [], b"", [], telemetry, int(n == 51)))
    return path


def test_the_report_is_what_was_recorded(path: Path) -> None:
    report = read_record(path)
    assert (report.identity, report.vehicle, report.route) == ("c0ffee", "q_truck", "yard")
    assert (report.ticks, report.missing_ticks, report.unread_bytes) == (299, 1, 0)
    assert report.duration_s == pytest.approx(2.99)
    assert (report.arrived, report.route_share, report.speed_max_mps) == (True, 0.25, 4.5)
    assert [(span.state, span.from_s, span.to_s) for span in report.states] == [
        ("READY", 0.0, 1.0),
        ("AUTO", 1.0, 2.0),
        ("MRM", 2.0, 2.5),
        ("SAFE_STOP", 2.5, 2.99),
    ]
    assert [(one.at_s, one.text) for one in report.acknowledgements] == [(2.8, CLEARED)]
    (code,) = report.trouble_codes
    assert (code.identifier, code.detail, code.severity) == (
        "message_lost",
        "drive.BrakeFeedback",
        "MINIMAL_RISK",
    )
    assert code.dtc == "U1201-87"
    assert (code.first_s, code.last_s, code.occurrences, code.active) == (2.0, 2.49, 1, False)
    assert code.freeze_frame["speed_mps"] == 4.5
    assert code.freeze_frame["state"] == "MRM"
    assert "connector" in code.look_at


def test_the_terminal_shows_states_and_codes(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["record", str(path)]) == 0
    out = " ".join(capsys.readouterr().out.split())
    assert f"acknowledged at 2.80 s: {CLEARED}" in out
    for text in ("q_truck", "c0ffee", "arrived", "2.99 s in 299 ticks", "1 ticks were not recorded", "MRM"):
        assert text in out
    assert "MINIMAL_RISK" in out


def test_json_is_for_programs(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["record", str(path), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["trouble_codes"][0]["identifier"] == "message_lost"
    assert document["ticks"] == 299


def test_a_torn_end_is_told_and_the_rest_is_read(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path.write_bytes(path.read_bytes()[:-7])
    assert main(["record", str(path)]) == 0
    assert "of no whole record" in " ".join(capsys.readouterr().out.split())


def test_a_healthy_record_has_no_codes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "black_box"
    with BlackBoxWriter(path, HEADER) as writer:
        writer.record(TickRecord(0, [], b"", [], telemetry_at(0, faults=())))
    assert main(["record", str(path)]) == 0
    assert "no trouble codes" in capsys.readouterr().out


def test_an_empty_record_is_a_record(tmp_path: Path) -> None:
    path = tmp_path / "black_box"
    BlackBoxWriter(path, HEADER).close()
    report = read_record(path)
    assert (report.ticks, report.duration_s, report.states, report.arrived) == (0, 0.0, [], False)


def test_wrong_input_is_one_line_and_status_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = tmp_path / "bus.log"
    other.write_text("(1.0) can0 123#00\n")
    for file, message in ((other, "expected a black box"), (tmp_path / "none", "No such file")):
        assert main(["record", str(file)]) == 2
        err = capsys.readouterr().err
        assert message in err
        assert str(file) in err
        assert err.count("\n") == 1
