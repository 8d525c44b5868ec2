"""The systemd units: what they must and must not say, and what systemd's own tools say of them."""

import ctypes
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from firmware_runtime.executive.deployment.units import UnitChoices, longest_stop_s, unit_files
from firmware_runtime.executive.machine.cores import Cores
from firmware_runtime.vehicle.load import load_profile
from tests.vehicle.support import E_TRUCK, PROJECT, Q_TRUCK, YARD_TRACTOR

SUPERVISOR = "firmware-runtime-supervisor.service"
CONTROL = "firmware-runtime-control.service"
SERVICES = "firmware-runtime-services.service"
TARGET = "firmware-runtime.target"

TYING = {
    "BindsTo", "PartOf", "Requires", "Requisite", "Upholds", "Conflicts", "OnFailure", "OnSuccess",
    "PropagatesStopTo", "StopPropagatedFrom", "PropagatesReloadTo", "JoinsNamespaceOf", "StopWhenUnneeded",
}  # fmt: skip
"""Every directive of systemd.unit(5) through which one unit's end or start acts on another."""

EXPOSURE_MAX = {SUPERVISOR: 2.0, CONTROL: 2.0, SERVICES: 1.5}
"""Of `systemd-analyze security`, 0 to 10, where a unit that says nothing has 9.6 and up to 4.9 is called OK.
What is left is what they are for: the host's network (CAN), real-time scheduling, a device, local sockets;
the supervisor also restarts CAN controllers."""

needs_systemd = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None,
    reason="no systemd-analyze here (package systemd)",
)


def choices(profile: Path = Q_TRUCK, **changes: object) -> UnitChoices:
    data = load_profile(profile).data
    values: dict[str, object] = {
        "title": data.vehicle.title,
        "command": "/bin/true",
        "profile": "/etc/firmware-runtime/current/profile/configs/q_truck.toml",
        "routes": ("/etc/firmware-runtime/current/routes/yard.csv",),
        "buses": ("drive=socketcan:can0", "body=socketcan:can1"),
        "interfaces": frozenset({"socketcan"}),
        "serial": "/dev/ttyS0",
        "watchdog": "/dev/watchdog",
        "cores": Cores((3,), (2,), (0, 1)),
        "stop_max_s": longest_stop_s(data),
    }
    return UnitChoices(**{**values, **changes})  # type: ignore[arg-type]


def entries(text: str) -> dict[str, list[str]]:
    """Directive -> its values, read apart from the code that wrote them."""
    found: dict[str, list[str]] = {}
    for line in text.splitlines():
        if line and not line.startswith(("[", "#")):
            key, equals, value = line.partition("=")
            assert equals, line
            found.setdefault(key, []).append(value)
    return found


UNITS = {name: entries(text) for name, text in unit_files(choices()).items()}
PROCESSES = (SUPERVISOR, CONTROL, SERVICES)


def test_there_are_three_units_and_a_target_that_wants_them() -> None:
    assert set(UNITS) == {*PROCESSES, TARGET}
    assert set(UNITS[TARGET]["Wants"][0].split()) == set(PROCESSES)
    assert UNITS[TARGET]["WantedBy"] == ["multi-user.target"]


@pytest.mark.parametrize("name", [*PROCESSES, TARGET])
def test_the_death_of_one_never_ends_another(name: str) -> None:
    assert TYING.isdisjoint(UNITS[name])
    assert "Wants" not in UNITS[name] or name == TARGET


@pytest.mark.parametrize("name", PROCESSES)
def test_what_is_shared_outlives_each(name: str) -> None:
    assert UNITS[name]["RuntimeDirectory"] == ["firmware-runtime"]
    assert UNITS[name]["RuntimeDirectoryPreserve"] == ["yes"]
    assert UNITS[name]["StateDirectory"] == ["firmware-runtime"]


def test_control_is_stopped_before_the_two_that_it_needs_for_an_orderly_end() -> None:
    network = "network.target"
    assert UNITS[CONTROL]["After"] == [network, f"{SUPERVISOR} {SERVICES}"]
    assert UNITS[SUPERVISOR]["After"] == UNITS[SERVICES]["After"] == [network], "buses go down after them"


@pytest.mark.parametrize(("profile", "stop_s"), [(Q_TRUCK, 31.0), (E_TRUCK, 31.0), (YARD_TRACTOR, None)])
@pytest.mark.parametrize("name", PROCESSES)
def test_systemd_waits_longer_than_the_longest_stop(name: str, profile: Path, stop_s: float | None) -> None:
    data = load_profile(profile).data
    if stop_s is None:
        stop_s = data.safety.comfortable_time_max_s + data.safety.minimal_risk_time_max_s + 2.0
    text = unit_files(choices(profile))[name]
    assert float(entries(text)["TimeoutStopSec"][0]) >= stop_s + 10.0


@pytest.mark.parametrize("name", PROCESSES)
def test_each_is_watched_restarted_and_killed_at_once_where_it_hangs(name: str) -> None:
    unit = UNITS[name]
    assert unit["Type"] == ["notify"]
    assert unit["NotifyAccess"] == ["main"]
    assert float(unit["WatchdogSec"][0]) == (10.0 if name == SERVICES else 1.0)
    # A stopped process hears no other signal, and systemd would wait for TimeoutStopSec.
    assert unit["WatchdogSignal"] == ["SIGKILL"]
    assert unit["Restart"] == ["always"]
    assert unit["RestartPreventExitStatus"] == ["2"]
    assert unit["StartLimitIntervalSec"] == ["0"]


@pytest.mark.parametrize("name", PROCESSES)
def test_the_boot_is_known_by_its_number_which_lies_below_proc_sys(name: str) -> None:
    """Without it each restart of a process shifts the times of trouble codes (persistence/keep.stamp)."""
    assert "ProcSubset" not in UNITS[name]
    assert UNITS[name]["ProtectProc"] == ["invisible"]
    assert UNITS[name]["ProtectKernelTunables"] == ["yes"]
    hidden = [
        each for key in ("InaccessiblePaths", "TemporaryFileSystem") for each in UNITS[name].get(key, [])
    ]
    assert not any("/proc" in each for each in hidden)


def test_where_memory_ends_services_go_first_and_the_supervisor_last() -> None:
    scores = [int(UNITS[name]["OOMScoreAdjust"][0]) for name in PROCESSES]
    assert scores == [-900, -800, 500]
    assert all(UNITS[name]["MemorySwapMax"] == ["0"] for name in PROCESSES)


def test_who_drives_or_supervises_begins_first() -> None:
    assert [UNITS[name]["Nice"] for name in PROCESSES] == [["-10"], ["-10"], ["0"]]


def test_rights_come_by_limits_and_one_capability_not_by_root() -> None:
    for name in PROCESSES:
        unit = UNITS[name]
        assert unit["User"] == ["firmware-runtime"]
        wanted = "CAP_NET_ADMIN" if name == SUPERVISOR else ""
        assert unit["CapabilityBoundingSet"] == unit["AmbientCapabilities"] == [wanted]
    assert UNITS[SUPERVISOR]["LimitRTPRIO"] == ["48"]
    assert UNITS[CONTROL]["LimitRTPRIO"] == ["45"]
    assert UNITS[SUPERVISOR]["LimitMEMLOCK"] == UNITS[CONTROL]["LimitMEMLOCK"] == ["infinity"]
    assert UNITS[SERVICES]["RestrictRealtime"] == ["yes"]
    assert "LimitRTPRIO" not in UNITS[SERVICES]


def test_each_sees_only_its_own_devices_and_cores() -> None:
    assert UNITS[SUPERVISOR]["DeviceAllow"] == ["/dev/watchdog rw", "/dev/cpu_dma_latency w"]
    assert UNITS[CONTROL]["DeviceAllow"] == ["/dev/ttyS0 rw", "/dev/cpu_dma_latency w"]
    assert UNITS[CONTROL]["SupplementaryGroups"] == ["dialout"]
    assert UNITS[SERVICES]["PrivateDevices"] == ["yes"]
    assert [UNITS[name]["CPUAffinity"] for name in PROCESSES] == [["3"], ["2"], ["0-1"]]


def test_each_command_is_told_what_it_needs() -> None:
    at = "/etc/firmware-runtime/current"
    common = "--cache /var/cache/firmware-runtime --link /run/firmware-runtime"
    buses = "--bus drive=socketcan:can0 --bus body=socketcan:can1"
    state = " --state /var/lib/firmware-runtime"
    profile, route = f"{at}/profile/configs/q_truck.toml", f"--route {at}/routes/yard.csv"
    assert [UNITS[name]["ExecStart"] for name in PROCESSES] == [
        [f"/bin/true run-supervisor {profile} {route} {common} {buses} --watchdog /dev/watchdog"],
        [f"/bin/true run-control {profile} {route} {common} {buses} --serial /dev/ttyS0{state}"],
        [
            f"/bin/true run-services {profile} {common}{state}"
            " --record-dir /var/lib/firmware-runtime/black_box"
        ],
    ]


def test_internet_sockets_are_there_only_for_buses_that_are_on_them() -> None:
    assert UNITS[CONTROL]["RestrictAddressFamilies"] == ["AF_UNIX AF_CAN"]
    assert UNITS[SUPERVISOR]["RestrictAddressFamilies"] == ["AF_UNIX AF_CAN AF_NETLINK"]
    rig = choices(interfaces=frozenset({"udp_multicast"}), buses=("drive=udp_multicast:239.74.163.2",))
    unit = entries(unit_files(rig)[CONTROL])
    assert unit["RestrictAddressFamilies"] == ["AF_UNIX AF_INET AF_INET6"]
    assert "IPAddressDeny" not in unit
    assert UNITS[CONTROL]["IPAddressDeny"] == ["any"]


def test_words_with_a_meaning_to_systemd_are_written_so_that_they_have_none() -> None:
    odd = choices(title="100 % Truck", routes=('/etc/a "b" $HOME %h\\c.csv',))
    unit = entries(unit_files(odd)[CONTROL])
    assert unit["Description"][0].startswith("control of 100 %% Truck:")
    assert '--route "/etc/a \\"b\\" $$HOME %%h\\\\c.csv" --cache' in unit["ExecStart"][0]


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("units")
    for name, text in unit_files(choices()).items():
        (folder / name).write_text(text)
    return folder


@needs_systemd
def test_systemd_finds_nothing_to_complain_of(written: Path) -> None:
    files = [str(written / name) for name in UNITS]
    answer = subprocess.run(
        ["systemd-analyze", "verify", *files], capture_output=True, text=True, check=False
    )
    assert (answer.returncode, answer.stdout + answer.stderr) == (0, "")


@needs_systemd
def test_systemd_does_complain_of_a_slip(written: Path, tmp_path: Path) -> None:
    slip = tmp_path / SUPERVISOR
    slip.write_text((written / SUPERVISOR).read_text().replace("TimeoutStopSec", "TimeoutStopSecs"))
    answer = subprocess.run(["systemd-analyze", "verify", slip], capture_output=True, text=True, check=False)
    assert "TimeoutStopSecs" in answer.stderr


@needs_systemd
@pytest.mark.parametrize("name", PROCESSES)
def test_little_is_left_that_a_process_could_reach(name: str, written: Path) -> None:
    command = ["systemd-analyze", "security", "--offline=true", "--no-pager", str(written / name)]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    match = re.search(r"Overall exposure level for \S+: ([0-9.]+)", answer.stdout)
    assert match is not None, answer.stdout + answer.stderr
    assert float(match[1]) <= EXPOSURE_MAX[name]


def test_nothing_here_needs_memory_that_is_written_and_run() -> None:
    """MemoryDenyWriteExecute, by the kernel's own switch for it (PR_SET_MDWE, Linux 6.3)."""
    if ctypes.CDLL(None).prctl(66, 0, 0, 0, 0) < 0:
        pytest.skip("this kernel is older than 6.3: no PR_GET_MDWE")
    code = (
        "import ctypes, mmap, sys; assert ctypes.CDLL(None).prctl(65, 1, 0, 0, 0) == 0\n"
        "try:\n    mmap.mmap(-1, 4096, prot=7)\n    sys.exit('not in force')\nexcept OSError: pass\n"
        "import numpy; numpy.ones((64, 64)) @ numpy.ones((64, 64))\n"
        "import firmware_runtime.executive.run\n"
        "from firmware_runtime.executive.command import main\n"
        "sys.exit(main(['check', 'configs/q_truck.toml', '--json']))\n"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=False, timeout=60
    )
    assert (answer.returncode, answer.stderr) == (0, "")
