"""The memory that a process tells is the most that it ever had, and is called so."""

import json
from pathlib import Path

import pytest

from firmware_runtime.executive.command import main
from tests.executive.live.test_status import control, drive, services, supervisor, write


def test_the_peak_is_called_a_peak(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path, control(drive()), supervisor(), services())
    main(["status", "--link", str(tmp_path)])
    text = capsys.readouterr().out
    assert "peak memory" in text
    assert "61 MB" in text
    main(["status", "--link", str(tmp_path), "--json"])
    assert json.loads(capsys.readouterr().out)["control"]["process"]["peak_memory_bytes"] == 61_000_000
