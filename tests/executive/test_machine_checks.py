"""What the checks say of whole computers, and at the edge of each of their limits."""

import dataclasses
import shlex
import subprocess
from pathlib import Path

import pytest

from firmware_runtime.executive.deployment.layout import system_files
from firmware_runtime.executive.machine.checks import examine
from firmware_runtime.executive.machine.facts import Disk, Wanted
from firmware_runtime.executive.machine.finding import Row, Verdict
from tests.executive.machine import WANTED, read, unpack

GOOD, DEVELOPMENT, MISSING = Verdict.GOOD, Verdict.DEVELOPMENT, Verdict.MISSING


def rows_of(root: Path, wanted: Wanted = WANTED) -> dict[str, Row]:
    return {row.name: row for row in examine(read(root, wanted), wanted)}


@pytest.fixture
def truck(tmp_path: Path) -> Path:
    return unpack("truck", tmp_path)


@pytest.fixture
def laptop(tmp_path: Path) -> Path:
    return unpack("laptop", tmp_path)


@pytest.fixture
def container(tmp_path: Path) -> Path:
    return unpack("container", tmp_path)


def test_on_the_truck_every_row_is_good(truck: Path) -> None:
    rows = rows_of(truck)
    assert {name: row.found for name, row in rows.items() if row.verdict is not GOOD} == {}
    assert len(rows) == 33
    assert all(row.why and not row.mend for row in rows.values())
    assert rows["mount options"].found == "/var ext4 rw", "not the read-only / beneath"


LAPTOP = {
    "kernel preemption": (DEVELOPMENT, "PREEMPT_DYNAMIC (voluntary)"),
    "clock source": (DEVELOPMENT, "hpet"),
    "isolated cores": (DEVELOPMENT, "none, wanted 6-7"),
    "frequency governor": (DEVELOPMENT, "powersave"),
    "swap": (DEVELOPMENT, "/swap.img"),
    "memory compaction": (DEVELOPMENT, "moves locked memory too"),
    "Python packages": (DEVELOPMENT, "numpy 2.4.5, wanted 2.4.6"),
    "BLAS threads": (DEVELOPMENT, "4 (OMP_NUM_THREADS)"),
    "real-time priority": (DEVELOPMENT, "no CAP_SYS_NICE; RLIMIT_RTPRIO 0, wanted 48"),
    "locked memory": (DEVELOPMENT, "no CAP_IPC_LOCK; RLIMIT_MEMLOCK 8 MiB, wanted 1024"),
    "cores kept awake": (DEVELOPMENT, "/dev/cpu_dma_latency: no right to write"),
    "bus restart": (DEVELOPMENT, "no CAP_NET_ADMIN"),
    "serial port": (MISSING, "/dev/ttyS0: no right to read and write"),
    "watchdog": (DEVELOPMENT, "/dev/watchdog (Software Watchdog): it hangs with the kernel"),
    "state directory": (MISSING, "/var/lib/firmware-runtime: does not exist"),
    "mount options": (DEVELOPMENT, "/ ext4 rw,relatime,data=writeback"),
    "bus drive: state": (MISSING, "up, BUS-OFF"),
    "bus drive: bit rate": (MISSING, "125000 bit/s, wanted 500000 bit/s"),
    "bus drive: restart-ms": (DEVELOPMENT, "100"),
    "bus drive: txqueuelen": (DEVELOPMENT, "1000"),
    "bus body": (MISSING, "can1 does not exist"),
}

CONTAINER = {
    "kernel preemption": (DEVELOPMENT, "not preemptible, or not told"),
    "wall clock": (DEVELOPMENT, "not told"),
    "cores": (DEVELOPMENT, "2 online (0-1), this shell may use 1"),
    "isolated cores": (DEVELOPMENT, "none, wanted 1"),
    "memory": (MISSING, "322 MiB available, wanted 512"),
    "Python": (MISSING, "3.9.2, wanted 3.11"),
    "Python packages": (MISSING, "numpy none, wanted 2.4.6, python-can 4.6.0, wanted 4.6.1"),
    "BLAS threads": (DEVELOPMENT, "as many as cores"),
    "real-time priority": (DEVELOPMENT, "no CAP_SYS_NICE; RLIMIT_RTPRIO 0, wanted 48"),
    "locked memory": (DEVELOPMENT, "no CAP_IPC_LOCK; RLIMIT_MEMLOCK 0 MiB, wanted 1024"),
    "cores kept awake": (DEVELOPMENT, "/dev/cpu_dma_latency does not exist"),
    "bus restart": (DEVELOPMENT, "no CAP_NET_ADMIN"),
    "real-time throttling": (MISSING, "0 of 1000000 us: nothing may run with real-time priority"),
    "processor share": (DEVELOPMENT, "150000 of 100000 us (sys/fs/cgroup/cpu.max)"),
    "serial port": (MISSING, "/dev/ttyS0 does not exist"),
    "watchdog": (DEVELOPMENT, "/dev/watchdog does not exist"),
    "state directory": (MISSING, "/var/lib/firmware-runtime: no right to write"),
    "disk space": (MISSING, "0.4 GiB, 4% free, wanted 2 GiB and 5%"),
    "mount options": (DEVELOPMENT, "/ overlay rw,relatime,lowerdir=/l,upperdir=/u,workdir=/w"),
    "bus drive": (MISSING, "not told: there is no `ip` to ask"),
    "bus body": (MISSING, "not told: there is no `ip` to ask"),
}


@pytest.mark.parametrize(("name", "expected"), [("laptop", LAPTOP), ("container", CONTAINER)])
def test_what_is_not_good_is_told_and_each_has_what_mends_it(
    name: str, expected: dict[str, tuple[Verdict, str]], tmp_path: Path
) -> None:
    rows = rows_of(unpack(name, tmp_path))
    told = {name: (row.verdict, row.found) for name, row in rows.items() if row.verdict is not GOOD}
    assert told == expected
    for row in rows.values():
        assert bool(row.mend) == (row.verdict is not GOOD), row


@pytest.mark.parametrize("name", ["laptop", "container"])
def test_what_mends_it_can_be_pasted_into_a_shell(name: str, tmp_path: Path) -> None:
    for row in rows_of(unpack(name, tmp_path)).values():
        answer = subprocess.run(["bash", "-n", "-c", row.mend], capture_output=True, text=True, check=False)
        assert (answer.returncode, answer.stderr) == (0, ""), row
        shlex.split(row.mend, comments=True)


def test_the_wrong_bus_is_set_up_anew_with_the_profiles_bit_rate(laptop: Path) -> None:
    mend = rows_of(laptop)["bus drive: bit rate"].mend
    command, hint = mend.splitlines()
    assert command == (
        "sudo ip link set can0 down; sudo ip link set can0 up type can bitrate 500000 restart-ms 0"
    )
    assert hint.startswith("# until the next boot"), "`ip link` lasts no longer"


def test_no_mend_undoes_another_nor_what_install_writes(laptop: Path) -> None:
    """Each writes a file of its own, and is the last to write it."""
    (laptop / "proc/sys/kernel/sched_rt_runtime_us").write_text("100000\n")
    answers = laptop / "asked/answers.json"
    told = answers.read_text()
    answers.write_text(told.replace('watchdog": [true, false, true', 'watchdog": [true, false, false'))
    written: set[tuple[str, str]] = set()
    for row in rows_of(laptop).values():
        words = shlex.split(row.mend, comments=True)
        places = [words[place + 1] for place, word in enumerate(words) if word == "tee"]
        # What lasts is in a file; two rows may ask for the same command.
        written |= {(path, row.mend) for path in places if path.startswith("/etc/")}
    paths = [path for path, _ in written]
    assert len(paths) >= 5
    assert len(set(paths)) == len(paths)
    assert not {f"/{file.path}" for file in system_files({}, WANTED.watchdog)}.intersection(paths)


def test_where_install_has_written_its_rule_a_person_joins_its_group(laptop: Path) -> None:
    """A rule of their own would take the device from the runtime."""
    name = "cores kept awake"
    before = rows_of(laptop)[name].mend
    assert 'KERNEL=="cpu_dma_latency*", GROUP="' in before
    assert before.endswith(
        "| sudo tee /etc/udev/rules.d/89-firmware-runtime-cpu_dma_latency.rules && sudo udevadm trigger"
    )
    rules = next(file for file in system_files({}, WANTED.watchdog) if file.path.endswith(".rules"))
    (laptop / rules.path).parent.mkdir(parents=True)
    (laptop / rules.path).write_bytes(rules.content)
    joins = '&& sudo usermod -aG firmware-runtime "$USER"  # then log in anew'
    assert rows_of(laptop)[name].mend == (
        f"sudo systemd-sysusers && sudo udevadm control --reload && sudo udevadm trigger {joins}"
    )
    # Of another device it says nothing.
    text = (laptop / rules.path).read_text()
    (laptop / rules.path).write_text(text.replace("cpu_dma_latency", "something"))
    assert rows_of(laptop)[name].mend == before


STATUS, LIMITS = "proc/self/status", "proc/self/limits"
CAN0 = '"flags":["NOARP","UP","LOWER_UP","ECHO"],"mtu":16,"txqlen":32'
LINKS, ANSWERS = "asked/links.json", "asked/answers.json"
EDGES = [
    (STATUS, "0000000000805000", "0000000000800000", "locked memory", GOOD),
    (LIMITS, "memory         unlimited ", "memory         1073741824", "locked memory", GOOD),
    (STATUS, "0000000000805000", "0000000000004000", "bus restart", DEVELOPMENT),
    (STATUS, "0000000000805000", "0000000000001000", "real-time priority", GOOD),
    (STATUS, "Cpus_allowed_list:\t0-1", "Cpus_allowed_list:\t0,2-3", "cores", DEVELOPMENT),
    ("sys/devices/system/cpu/online", "0-3", "0", "isolated cores", DEVELOPMENT),
    ("sys/devices/system/cpu/online", "0-3", "0", "cores", DEVELOPMENT),
    ("sys/devices/system/cpu/online", "0-3", "?", "cores", DEVELOPMENT),
    ("sys/devices/system/cpu/isolated", "2-3", "3", "isolated cores", DEVELOPMENT),
    ("sys/devices/system/cpu/isolated", "2-3", "1-3", "isolated cores", GOOD),
    ("sys/devices/system/cpu/isolated", "2-3", "0-1", "isolated cores", GOOD),
    ("proc/sys/kernel/sched_rt_runtime_us", "950000", "-1", "real-time throttling", GOOD),
    ("proc/sys/kernel/sched_rt_runtime_us", "950000", "900000", "real-time throttling", GOOD),
    ("proc/sys/kernel/sched_rt_runtime_us", "950000", "899999", "real-time throttling", DEVELOPMENT),
    ("proc/sys/kernel/sched_rt_runtime_us", "950000", "", "real-time throttling", DEVELOPMENT),
    ("sys/fs/cgroup/system.slice/cpu.max", "max", "50000", "processor share", DEVELOPMENT),
    ("proc/meminfo", "6830120", "524288", "memory", GOOD),
    ("proc/meminfo", "6830120", "524287", "memory", MISSING),
    ("proc/meminfo", "MemAvailable", "Mem", "memory", MISSING),
    ("proc/mounts", "/var ext4 rw", "/var ext4 ro", "mount options", MISSING),
    ("proc/mounts", "/var ext4 rw", "/var ext4 rw,nobarrier", "mount options", DEVELOPMENT),
    ("proc/mounts", "/var ext4 rw", "/var\\040log ext4 rw", "mount options", MISSING),
    ("proc/mounts", "/var ext4", "/var tmpfs", "mount options", DEVELOPMENT),
    ("proc/swaps", "Filename", "Filename\n/dev/zram0 partition 1 0 100\n", "swap", DEVELOPMENT),
    ("proc/sys/vm/compact_unevictable_allowed", "0", "1", "memory compaction", DEVELOPMENT),
    ("proc/sys/vm/compact_unevictable_allowed", "0", "", "memory compaction", GOOD),
    (LINKS, CAN0, CAN0.replace('"UP",', ""), "bus drive: state", MISSING),
    (LINKS, CAN0, CAN0.replace("32", "10"), "bus drive: txqueuelen", GOOD),
    (LINKS, CAN0, CAN0.replace("32", "9"), "bus drive: txqueuelen", DEVELOPMENT),
    (LINKS, CAN0, CAN0.replace("32", "100"), "bus drive: txqueuelen", GOOD),
    (LINKS, CAN0, CAN0.replace("32", "101"), "bus drive: txqueuelen", DEVELOPMENT),
    (LINKS, CAN0, CAN0.replace(',"txqlen":32', ""), "bus drive: txqueuelen", DEVELOPMENT),
    (LINKS, '"bitrate":250000', '"bitrate":250001', "bus body: bit rate", MISSING),
    (LINKS, '"bittiming":{"bitrate":250000}', '"x":1', "bus body: bit rate", MISSING),
    (LINKS, '"ifname":"can1"', '"ifname":"can2"', "bus body", MISSING),
    (LINKS, "[{", "{", "bus body", MISSING),
    (ANSWERS, '"clock_synchronised": true', '"clock_synchronised": false', "wall clock", DEVELOPMENT),
    (ANSWERS, 'watchdog": [true, true, true', 'watchdog": [true, true, false', "watchdog", DEVELOPMENT),
    (ANSWERS, 'ttyS0": [true, true, true, true', 'ttyS0": [true, true, true, false', "serial port", MISSING),
]  # fmt: skip


@pytest.mark.parametrize(
    ("file", "old", "new", "name", "verdict"), EDGES, ids=[f"{row[3]}: {row[2][:30]}" for row in EDGES]
)
def test_at_the_edge_of_each_limit(
    file: str, old: str, new: str, name: str, verdict: Verdict, truck: Path
) -> None:
    path = truck / file
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    assert rows_of(truck)[name].verdict is verdict


def test_the_kernel_says_at_two_places_whether_it_is_a_real_time_one(truck: Path) -> None:
    version = truck / "proc/version"
    version.write_text(version.read_text().replace("PREEMPT_RT", "PREEMPT"))
    assert rows_of(truck)["kernel preemption"].verdict is GOOD
    (truck / "sys/kernel/realtime").write_text("0\n")
    row = rows_of(truck)["kernel preemption"]
    assert (row.verdict, row.found) == (DEVELOPMENT, "PREEMPT")
    version.write_text(version.read_text().replace("PREEMPT", "PREEMPT_RT"))
    assert rows_of(truck)["kernel preemption"].verdict is GOOD


def test_without_capabilities_the_limits_of_the_user_count(truck: Path) -> None:
    status = truck / STATUS
    status.write_text(status.read_text().replace("0000000000805000", "0000000000000000"))
    rows = rows_of(truck)
    assert rows["real-time priority"].found == "RLIMIT_RTPRIO 99"
    assert rows["locked memory"].found == "RLIMIT_MEMLOCK unlimited"
    limits = truck / LIMITS
    limits.write_text(limits.read_text().replace("99 ", "47 ").replace("unlimited", "1073741823", 1))
    rows = rows_of(truck)
    assert rows["real-time priority"].verdict is DEVELOPMENT
    assert rows["locked memory"].verdict is DEVELOPMENT


def test_control_groups_of_the_older_kind_are_read_too(truck: Path) -> None:
    (truck / "proc/self/cgroup").write_text("4:memory:/a\n3:cpu,cpuacct:/vehicle/loop\n")
    group = truck / "sys/fs/cgroup/cpu,cpuacct/vehicle/loop"
    group.mkdir(parents=True)
    (group / "cpu.cfs_quota_us").write_text("-1\n")
    assert rows_of(truck)["processor share"].verdict is GOOD
    (group / "cpu.rt_runtime_us").write_text("0\n")
    assert rows_of(truck)["processor share"].verdict is MISSING
    (group.parent / "cpu.cfs_quota_us").write_text("50000\n")
    assert rows_of(truck)["processor share"].verdict is DEVELOPMENT


def test_a_bus_says_where_it_is_or_is_missing(truck: Path) -> None:
    drive, body = WANTED.buses
    cases = (
        (drive._replace(interface="", channel=""), MISSING, "not named"),
        (drive._replace(interface="udp_multicast"), DEVELOPMENT, "udp_multicast:can0"),
        (drive._replace(channel="lo"), MISSING, "lo is loopback, not can"),
    )
    for bus, verdict, found in cases:
        row = rows_of(truck, WANTED._replace(buses=(bus, body)))["bus drive"]
        assert (row.verdict, row.found.startswith(found)) == (verdict, True), row
    assert "bus drive: state" not in rows_of(truck, WANTED._replace(buses=(cases[0][0], body)))


def test_a_virtual_bus_works_in_development(laptop: Path) -> None:
    bus = WANTED.buses[0]._replace(channel="vcan0")
    assert rows_of(laptop, WANTED._replace(buses=(bus,)))["bus drive"].verdict is DEVELOPMENT


def test_a_bus_with_flexible_data_rate_needs_both_bit_rates(truck: Path) -> None:
    fd = WANTED._replace(buses=(WANTED.buses[0]._replace(data_bitrate_bps=2_000_000),))
    row = rows_of(truck, fd)["bus drive: bit rate"]
    assert row.verdict is MISSING
    assert "bitrate 500000 dbitrate 2000000 fd on" in row.mend
    links = truck / LINKS
    links.write_text(
        links.read_text().replace(
            '"sample_point"', '"x":1},"data_bittiming":{"bitrate":2000000,"sample_point"'
        )
    )
    assert rows_of(truck, fd)["bus drive: bit rate"].verdict is GOOD
    assert rows_of(truck)["bus drive: bit rate"].verdict is MISSING, "the profile's bus is a classic one"


@pytest.mark.parametrize(
    ("disk", "verdict"),
    [
        (Disk(True, True, 40 << 30, 2 << 30), GOOD),
        (Disk(True, True, 40 << 30, (2 << 30) - 1), MISSING),
        (Disk(True, True, 41 << 30, 2 << 30), MISSING),
        (Disk(True, True, 0, 0), MISSING),
    ],
)
def test_a_disk_has_two_gibibytes_and_a_twentieth_free(disk: Disk, verdict: Verdict, truck: Path) -> None:
    machine = dataclasses.replace(read(truck), disk=disk)
    rows = {row.name: row for row in examine(machine, WANTED)}
    assert rows["disk space"].verdict is verdict


def test_a_package_without_a_pin_needs_only_to_be_there(truck: Path) -> None:
    answers = truck / "asked/answers.json"
    answers.write_text(answers.read_text().replace('["numpy", "2.4.6", "2.4.6"]', '["numpy", "", "9.9"]'))
    assert rows_of(truck)["Python packages"].verdict is GOOD


def test_an_empty_tree_is_no_traceback_and_not_fit(
    truck: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    empty = tmp_path_factory.mktemp("empty")
    (empty / "asked").mkdir()
    (empty / "asked/answers.json").write_text((truck / "asked/answers.json").read_text())
    rows = rows_of(empty)
    assert {row.verdict for row in rows.values()} == {GOOD, DEVELOPMENT, MISSING}
    assert rows["mount options"].found == "not told"
