"""The CAN interface of each bus of the profile."""

from collections.abc import Callable
from typing import NamedTuple

from firmware_runtime.executive.machine.facts import Link, Machine, Wanted, WantedBus
from firmware_runtime.executive.machine.finding import Check, Finding, development, good, missing

QUEUE_FRAMES = (10, 100)
"""Fewer, and the frames of one tick may not fit; more, and after a jam the actuators hear commands of
long ago: 100 frames last some 30 ms at 500 kbit/s (assumption)."""
QUEUE_WANTED = 32
_VIRTUAL = frozenset({"vcan", "vxcan"})


class BusCheck(NamedTuple):
    """One row for each bus that is on a CAN interface."""

    name: str
    why: str
    judge: Callable[[Link, WantedBus], Finding]


def bus_checks(machine: Machine, wanted: Wanted) -> tuple[Check, ...]:
    """Rows of all buses: where one is on no CAN interface, one row says so and the others are left out."""
    rows: list[Check] = []
    for bus in wanted.buses:
        rows.append(_interface_check(bus))
        link = _link(machine, bus)
        if link is not None and link.kind == "can":
            rows += [_check(check, bus, link) for check in CHECKS]
    return tuple(rows)


def interface(machine: Machine, bus: WantedBus) -> Finding:
    if not bus.interface:
        return missing("not named", f"# say which: --bus {bus.name}=socketcan:can0")
    if bus.interface != "socketcan":
        mend = f"# on a vehicle: --bus {bus.name}=socketcan:can0"
        return development(f"{bus.interface}:{bus.channel}, which is no CAN interface of the kernel", mend)
    if machine.links is None:
        return missing("not told: there is no `ip` to ask", "sudo apt-get install iproute2")
    link = _link(machine, bus)
    if link is None:
        return missing(f"{bus.channel} does not exist", "ip -brief link  # what there is; then --bus")
    if link.kind in _VIRTUAL:
        return development(
            f"{bus.channel}, a virtual one", f"# on a vehicle: --bus {bus.name}=socketcan:can0"
        )
    if link.kind != "can":
        return missing(
            f"{bus.channel} is {link.kind or 'of no kind that is told'}, not can", "ip -brief link"
        )
    return good(bus.channel)


def state(link: Link, bus: WantedBus) -> Finding:
    if not link.up:
        return missing("down", _set_up(link, bus))
    if link.state in (None, "ERROR-ACTIVE"):
        return good("up" if link.state is None else f"up, {link.state}")
    mend = (
        f"# look at wiring, termination and bit rate of {link.name}, then:\n"
        f"sudo ip link set {link.name} down && sudo ip link set {link.name} up"
    )
    return missing(f"up, {link.state}", mend)


def bit_rate(link: Link, bus: WantedBus) -> Finding:
    found = _rates(link.bitrate_bps, link.data_bitrate_bps)
    wants = _rates(bus.bitrate_bps, bus.data_bitrate_bps or None)
    return good(found) if found == wants else missing(f"{found}, wanted {wants}", _set_up(link, bus))


def restart(link: Link, bus: WantedBus) -> Finding:
    if not link.restart_ms:
        return good("0")
    return development(str(link.restart_ms), _set_up(link, bus))


def queue(link: Link, _: WantedBus) -> Finding:
    low, high = QUEUE_FRAMES
    mend = f"sudo ip link set {link.name} txqueuelen {QUEUE_WANTED}"
    if link.queue_frames is None:
        return development("not told", mend)
    words = str(link.queue_frames)
    return good(words) if low <= link.queue_frames <= high else development(words, mend)


def _rates(bitrate_bps: int | None, data_bitrate_bps: int | None) -> str:
    nominal = "none" if bitrate_bps is None else f"{bitrate_bps} bit/s"
    return nominal if data_bitrate_bps is None else f"{nominal}, data {data_bitrate_bps} bit/s"


def _set_up(link: Link, bus: WantedBus) -> str:
    data = f" dbitrate {bus.data_bitrate_bps} fd on" if bus.data_bitrate_bps else ""
    kind = f"type can bitrate {bus.bitrate_bps}{data} restart-ms 0"
    now = f"sudo ip link set {link.name} down; sudo ip link set {link.name} up {kind}"
    return f"{now}\n# until the next boot; for good: [CAN] in a file of systemd.network(5)"


def _link(machine: Machine, bus: WantedBus) -> Link | None:
    if bus.interface != "socketcan":
        return None
    return next((link for link in machine.links or () if link.name == bus.channel), None)


def _interface_check(bus: WantedBus) -> Check:
    def judge(machine: Machine, _: Wanted) -> Finding:
        return interface(machine, bus)

    return Check(f"bus {bus.name}", "without it nothing is heard, and nothing moves", judge)


def _check(check: BusCheck, bus: WantedBus, link: Link) -> Check:
    def judge(_: Machine, __: Wanted) -> Finding:
        return check.judge(link, bus)

    return Check(f"bus {bus.name}: {check.name}", check.why, judge)


CHECKS: tuple[BusCheck, ...] = (
    BusCheck("state", "a controller that is off or passive loses frames", state),
    BusCheck("bit rate", "one that differs disturbs every other node", bit_rate),
    BusCheck("restart-ms", "the kernel's endless restarts hide a broken bus; ours are bounded", restart),
    BusCheck("txqueuelen", "long enough for a tick's frames, too short for old commands", queue),
)
