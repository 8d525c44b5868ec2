"""Serial port, watchdog and disk."""

import posixpath

from firmware_runtime.executive.machine.facts import Machine, Wanted
from firmware_runtime.executive.machine.finding import Check, Finding, development, good, missing
from firmware_runtime.executive.machine.mends import right_to_device
from firmware_runtime.safety.faults_computer import DISK_FREE_MIN_SHARE

FREE_MIN_BYTES = 2 << 30
"""Some days of black boxes (assumption)."""
_VOLATILE = frozenset({"tmpfs", "ramfs", "overlay", "squashfs"})
"""File systems whose content is gone with the power, or with the container."""
_FORGETFUL = frozenset({"nobarrier", "barrier=0", "data=writeback"})
"""Mount options of ext4(5) and xfs(5) with which what fsync promised may not be there after a power cut."""
_ESCAPES = (("\\040", " "), ("\\011", "\t"), ("\\134", "\\"))
"""As /proc/mounts writes them; proc(5)."""


def serial_port(machine: Machine, wanted: Wanted) -> Finding:
    path = wanted.serial_port
    device = machine.devices[path]
    if not device.exists:
        return missing(
            f"{path} does not exist", "ls -l /dev/serial/by-id /dev/tty[ASU]*  # then --serial PORT"
        )
    if not (device.readable and device.writable):
        mend = 'sudo usermod -aG dialout "$USER"  # then log in anew'
        return missing(f"{path}: no right to read and write", mend)
    if not device.is_terminal:
        return missing(
            f"{path} is no serial port", "ls -l /dev/serial/by-id /dev/tty[ASU]*  # then --serial PORT"
        )
    return good(path)


def watchdog(machine: Machine, wanted: Wanted) -> Finding:
    path = wanted.watchdog
    device = machine.devices[path]
    software = "sudo modprobe softdog  # for development; a vehicle needs its board's own driver"
    if not device.exists:
        return development(f"{path} does not exist", software)
    identities = sorted(set(machine.matching("sys/class/watchdog/", "/identity").values()))
    words = f"{path} ({', '.join(identities) or 'not told which'})"
    if not device.writable:
        return development(f"{words}: no right to write", right_to_device(machine, path))
    if identities == ["Software Watchdog"]:
        return development(f"{words}: it hangs with the kernel", "# load the driver of the board's watchdog")
    return good(words)


def state_directory(machine: Machine, wanted: Wanted) -> Finding:
    path = wanted.state_directory
    if machine.disk.is_directory and machine.disk.writable:
        return good(path)
    mend = f'sudo install -d -o "$USER" -m 0750 {path}  # the units of `firmware-runtime install` make it'
    found = "no right to write" if machine.disk.is_directory else "does not exist"
    return missing(f"{path}: {found}", mend)


def disk_space(machine: Machine, wanted: Wanted) -> Finding:
    disk = machine.disk
    share = disk.free_bytes / disk.total_bytes if disk.total_bytes else 0.0
    words = f"{disk.free_bytes / 2**30:.1f} GiB, {share:.0%} free"
    if disk.free_bytes >= FREE_MIN_BYTES and share >= DISK_FREE_MIN_SHARE:
        return good(words)
    wants = f"{words}, wanted {FREE_MIN_BYTES >> 30} GiB and {DISK_FREE_MIN_SHARE:.0%}"
    return missing(wants, f"sudo du -xh --max-depth=2 {wanted.state_directory} | sort -h | tail")


def mount_options(machine: Machine, wanted: Wanted) -> Finding:
    mount = _mount_of(wanted.state_directory, machine.text("proc/mounts"))
    if mount is None:
        return development("not told", "findmnt --target " + wanted.state_directory)
    place, kind, options = mount
    words = f"{place} {kind} {','.join(options)}"
    if "ro" in options:
        return missing(words, f"sudo mount -o remount,rw {place}")
    if kind in _VOLATILE:
        return development(words, f"# mount a disk at {wanted.state_directory}")
    forgetful = sorted(_FORGETFUL.intersection(options))
    if forgetful:
        return development(words, f"sudoedit /etc/fstab  # take out {', '.join(forgetful)}, then reboot")
    return good(f"{place} {kind} rw")


def _mount_of(path: str, mounts: str) -> tuple[str, str, list[str]] | None:
    """Place, kind and options of the file system that holds `path`; the last mounted at a place counts."""
    found: tuple[str, str, list[str]] | None = None
    for line in mounts.splitlines():
        parts = line.split()
        if len(parts) < 4:
            continue
        place = parts[1]
        for escape, character in _ESCAPES:
            place = place.replace(escape, character)
        holds = posixpath.commonpath([place, posixpath.normpath(path)]) == posixpath.normpath(place)
        if holds and (found is None or len(place) >= len(found[0])):
            found = place, parts[2], parts[3].split(",")
    return found


CHECKS: tuple[Check, ...] = (
    Check("serial port", "the position comes in there", serial_port),
    Check("watchdog", "reboots a computer that hangs", watchdog),
    Check(
        "state directory", "latches, trouble codes and black boxes outlive a power cut there", state_directory
    ),
    Check("disk space", "the black box ends where the disk is full", disk_space),
    Check("mount options", "what was said to be on the disk is there after a power cut", mount_options),
)
