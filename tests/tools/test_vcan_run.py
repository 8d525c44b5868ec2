"""tools/vcan_run passes on what its command does, and runs the tests of tests/vcan on a real CAN stack."""

import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from vcan_rig import run as rig

ROOT = Path(__file__).parents[2]
SKIPPED, TIMED_OUT = 77, 124


def vcan_run(*arguments: str) -> "subprocess.CompletedProcess[str]":
    done = subprocess.run([ROOT / "tools" / "vcan_run", *arguments], capture_output=True, text=True, cwd=ROOT)
    if done.returncode == SKIPPED:
        pytest.skip(done.stdout.strip())
    return done


def test_the_command_finds_the_bus_up_and_its_status_and_words_come_back() -> None:
    said = 'ip -brief link show "$VCAN_CHANNEL"; echo "two words"; exit 7'
    done = vcan_run("--", "sh", "-c", said)
    assert done.returncode == 7, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].split()[0] == "vcan0"
    assert "LOWER_UP" in lines[0]
    assert lines[1] == "two words"


def test_a_command_that_does_not_end_is_ended() -> None:
    done = vcan_run("--timeout", "4", "--", "sleep", "100")
    assert done.returncode == TIMED_OUT
    assert "no end within 4 s" in done.stdout


def test_where_there_is_no_such_kernel_it_says_so_and_skips(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert rig.main(["--", "true"]) == SKIPPED
    said = capfd.readouterr().out
    assert "skipped: host: no command unshare; user-mode Linux: not installed" in said
    assert "Debian package user-mode-linux" in said


def test_every_test_on_the_real_bus_passes(tmp_path: Path) -> None:
    """One run for all of tests/vcan; a test that was skipped in there is not passed over here."""
    report = tmp_path / "report.xml"
    options = ("-q", "--color=no", "--tb=short", "-p", "no:cacheprovider", f"--junitxml={report}")
    done = vcan_run("--", sys.executable, "-m", "pytest", *options, "tests/vcan")
    assert done.returncode == 0, done.stdout + done.stderr
    cases = list(ElementTree.parse(report).iter("testcase"))
    assert len(cases) >= 20
    reasons = {case.get("name"): skip.get("message") for case in cases for skip in case.iter("skipped")}
    if len(reasons) == len(cases):
        pytest.skip(f"all of tests/vcan: {set(reasons.values())}")
    print(f"{len(cases) - len(reasons)} passed on a real CAN stack, skipped there: {reasons}")
