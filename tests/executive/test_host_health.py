"""What the kernel says of temperature and disk is told; what it does not say is not made up."""

import threading
from pathlib import Path

from firmware_runtime.executive.host_health import DiskWord, Health, HostHealth, look, no_disk, zones


def zone(folder: Path, number: int, text: str) -> None:
    path = folder / f"thermal_zone{number}"
    path.mkdir(exist_ok=True)
    (path / "temp").write_text(text)


def test_the_warmest_zone_counts(tmp_path: Path) -> None:
    zone(tmp_path, 0, "41000\n")
    zone(tmp_path, 1, "73500\n")
    zone(tmp_path, 2, "-5000\n")
    assert look(no_disk, zones(tmp_path)) == Health(73.5, None, "")


def test_zones_that_say_nothing_useful_are_left_out(tmp_path: Path) -> None:
    zone(tmp_path, 0, "N/A\n")
    (tmp_path / "thermal_zone1").mkdir()
    (tmp_path / "thermal_zone1" / "temp").mkdir()
    assert look(no_disk, zones(tmp_path)).temperature_degc is None
    zone(tmp_path, 2, "30000")
    assert look(no_disk, zones(tmp_path)).temperature_degc == 30.0


def test_a_machine_without_thermal_zones_has_no_temperature(tmp_path: Path) -> None:
    assert look(no_disk, zones(tmp_path / "nothing")).temperature_degc is None


def test_what_is_said_of_the_disk_is_handed_on(tmp_path: Path) -> None:
    health = look(lambda: DiskWord(0.25, "No space left on device"), zones(tmp_path))
    assert health == Health(None, 0.25, "No space left on device")
    assert look(zones=zones(tmp_path)) == Health(None, None, "")


def test_the_thread_looks_again_and_ends_when_told(tmp_path: Path) -> None:
    zone(tmp_path, 0, "40000")
    health = HostHealth(no_disk, tmp_path, interval_s=0.001)
    assert health.latest.temperature_degc == 40.0
    zone(tmp_path, 0, "90000")
    deadline = threading.Event()
    for _ in range(5000):
        if health.latest.temperature_degc == 90.0:
            break
        deadline.wait(0.001)
    assert health.latest.temperature_degc == 90.0
    health.close()
    zone(tmp_path, 0, "20000")
    assert health.latest.temperature_degc == 90.0
    assert "host health" not in {thread.name for thread in threading.enumerate()}


def test_zones_are_looked_for_once(tmp_path: Path) -> None:
    found = zones(tmp_path)
    zone(tmp_path, 0, "40000")
    assert look(no_disk, found).temperature_degc is None
