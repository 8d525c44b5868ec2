"""Three units: they begin, none of them ends another, and they end in good order."""

import os
import pty
import re
import shutil
import signal
import subprocess
import time
import tty
from collections.abc import Iterator
from pathlib import Path

import can
import pytest

COMMAND = "/opt/bin/firmware-runtime"
NAMES = ("supervisor", "control", "services")
WATCHDOG = "/dev/watchdog1"
"""softdog. The first one is of the user-mode Linux itself, and wants a program on its host."""
PATIENCE_S = 120.0
"""This computer is slow."""


def sh(*words: str, check: bool = True) -> str:
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert not check or done.returncode == 0, (words, done.stdout, done.stderr)
    return done.stdout


def unit(name: str) -> str:
    return f"firmware-runtime-{name}.service"


def shown(name: str, *keys: str) -> dict[str, str]:
    said = sh("systemctl", "show", unit(name), *(f"--property={key}" for key in keys))
    return dict(line.split("=", 1) for line in said.splitlines())


def pid(name: str) -> int:
    return int(shown(name, "MainPID")["MainPID"])


def journal(name: str) -> str:
    return sh("journalctl", "--no-pager", "-o", "cat", "-u", unit(name), check=False)


def until_active(*names: str) -> None:
    end_s = time.monotonic() + PATIENCE_S
    waiting = list(names)
    while waiting:
        waiting = [name for name in waiting if shown(name, "ActiveState")["ActiveState"] != "active"]
        assert time.monotonic() < end_s, {name: journal(name) for name in waiting}
        time.sleep(0.2)


def as_udev_would(rules: Path) -> None:
    """There is no udev in here: groups and modes of devices as the installed rules say."""
    for line in rules.read_text().splitlines():
        says = dict(re.findall(r'(\w+)==?"([^"]*)"', line))
        for device in Path("/dev").glob(says["KERNEL"]) if says else ():
            shutil.chown(device, group=says["GROUP"])
            device.chmod(int(says["MODE"], 8))


def deployment(folder: Path) -> list[str]:
    """A signed copy of the Q-Truck, for deployment: no `--development`, nothing missing is forgiven."""
    for name in ("configs", "dbc"):
        shutil.copytree(name, folder / name)
    profile, route = folder / "configs/q_truck.toml", folder / "configs/routes/yard.csv"
    text = profile.read_text()
    profile.write_text(text.replace('purpose = "development"', 'purpose = "deployment"'))
    assert profile.read_text() != text
    key, public, manifest = (str(folder / name) for name in ("fleet.pem", "fleet.pub.pem", "yard.manifest"))
    what = [str(profile), "--route", str(route)]
    sh(COMMAND, "manifest", "keygen", "--key", key, "--public-key", public)
    sh(COMMAND, "manifest", "sign", *what, "--key", key, "--out", manifest)
    return [*what, "--manifest", manifest, "--public-key", public]


@pytest.fixture(scope="module", autouse=True)
def computer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Installed as README says, signed, on this computer's own buses; started by the target."""
    master, slave = pty.openpty()
    tty.setraw(slave)
    os.chmod(os.ttyname(slave), 0o666)
    options = ["--prefix", "/", "--command", COMMAND, "--cores", "0:0:0", "--serial", os.ttyname(slave)]
    for bus in ("drive", "body"):
        options += ["--bus", f"{bus}=socketcan:{bus}"]
    options += ["--watchdog", WATCHDOG]
    # As an administrator whose files are nobody else's.
    before = os.umask(0o077)
    try:
        print(sh(COMMAND, "install", *deployment(tmp_path_factory.mktemp("fleet")), *options))
    finally:
        os.umask(before)
    sh("systemd-sysusers")
    as_udev_would(Path("/etc/udev/rules.d/90-firmware-runtime.rules"))
    sh("systemctl", "daemon-reload")
    sh("systemctl", "start", "systemd-journald.service")
    sh("systemctl", "start", "--no-block", "firmware-runtime.target")
    yield
    sh("systemctl", "stop", *(unit(name) for name in NAMES), check=False)
    os.close(slave)
    os.close(master)


def test_all_three_say_that_they_are_ready_and_the_bus_hears_the_vehicle_s_state() -> None:
    until_active(*NAMES)
    with can.Bus(interface="socketcan", channel="body", ignore_config=True) as bus:
        end_s = time.monotonic() + PATIENCE_S
        heard = set[int]()
        while not heard and time.monotonic() < end_s:
            message = bus.recv(1.0)
            if message is not None:
                heard.add(message.arbitration_id)
    assert heard, journal("supervisor")


@pytest.mark.parametrize("name", ["supervisor", "control"])
def test_a_signed_deployment_begins_with_every_right(name: str) -> None:
    """What is missing would keep it from starting; it says what it has."""
    until_active(*NAMES)
    began = next(line for line in journal(name).splitlines() if line.startswith(f"{name} of q_truck "))
    for words in ("DEPLOYMENT", "SCHED_FIFO", "memory locked", "core 0"):
        assert words in began
    # A user-mode Linux has no idle states, and no such device.
    assert ("cores kept awake" in began) == Path("/dev/cpu_dma_latency").exists()
    assert "--development" not in Path(f"/etc/systemd/system/{unit(name)}").read_text()
    opened = {os.readlink(link) for link in Path(f"/proc/{pid(name)}/fd").iterdir()}
    assert (WATCHDOG in opened) == (name == "supervisor")


@pytest.mark.parametrize("name", NAMES)
def test_the_death_of_one_ends_no_other_and_it_begins_again(name: str) -> None:
    until_active(*NAMES)
    before = {other: pid(other) for other in NAMES}
    os.kill(before[name], signal.SIGKILL)
    end_s = time.monotonic() + PATIENCE_S
    while pid(name) in (before[name], 0):
        assert time.monotonic() < end_s, journal(name)
        time.sleep(0.1)
    until_active(*NAMES)
    assert {other: pid(other) for other in NAMES if other != name} == {
        other: before[other] for other in NAMES if other != name
    }


def test_they_run_with_the_rights_that_their_units_give_and_no_more() -> None:
    until_active(*NAMES)
    for name in NAMES:
        status = Path(f"/proc/{pid(name)}/status").read_text()
        fields = dict(line.split(":", 1) for line in status.splitlines())
        assert int(fields["Uid"].split()[0]) != 0
        assert fields["NoNewPrivs"].strip() == "1"
        assert fields["Seccomp"].strip() == "2"
        wanted = 1 << 12 if name == "supervisor" else 0  # CAP_NET_ADMIN
        assert int(fields["CapEff"], 16) == wanted
        policy = os.sched_getscheduler(pid(name))
        assert policy == (os.SCHED_OTHER if name == "services" else os.SCHED_FIFO)
        assert os.getpriority(os.PRIO_PROCESS, pid(name)) == (0 if name == "services" else -10)


def test_status_tells_of_all_three() -> None:
    until_active(*NAMES)
    said = sh(COMMAND, "status")
    assert "no sign of life" not in said.splitlines()[0], said


def test_a_stop_ends_them_in_good_order() -> None:
    until_active(*NAMES)
    sh("systemctl", "stop", *(unit(name) for name in NAMES))
    for name in NAMES:
        said = shown(name, "Result", "ExecMainStatus")
        assert said == {"Result": "success", "ExecMainStatus": "0"}, journal(name)
