"""The arrows of the design hold: by contract over the source, and in a live process."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def test_the_import_contract_is_kept() -> None:
    tool = Path(sys.executable).parent / "lint-imports"
    answer = subprocess.run([tool, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert "0 broken" in answer.stdout


def loaded_by(module: str) -> set[str]:
    code = f"import {module}, sys; print(*sys.modules)"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(answer.stdout.split())


@pytest.mark.requirement("SR-02")
def test_a_live_supervisor_has_no_motion_battery_or_drive_module_loaded() -> None:
    loaded = loaded_by("firmware_runtime.safety.supervisor")
    assert "firmware_runtime.safety.supervisor" in loaded
    others = (
        "motion",
        "battery",
        "drive",
        "controller",
        "executive",
        "diagnostics",
        "recorder",
        "assessment",
    )
    for other in others:
        name = f"firmware_runtime.{other}"
        assert not {module for module in loaded if module == name or module.startswith(name + ".")}


@pytest.mark.requirement("SR-02")
def test_nor_has_the_process_that_it_runs_in() -> None:
    loaded = loaded_by("firmware_runtime.executive.run_supervisor")
    assert "firmware_runtime.executive.supervisor_shell" in loaded
    for other in ("motion", "battery", "drive", "controller", "diagnostics", "assessment"):
        name = f"firmware_runtime.{other}"
        assert not {module for module in loaded if module == name or module.startswith(name + ".")}
