"""What a start takes, case by case."""

import math

import msgspec
import pytest

from firmware_runtime.executive.persistence.boot import Boot, LastShutdown, restore
from firmware_runtime.executive.persistence.content import KeptPose, Values, encode_events, encode_running
from firmware_runtime.executive.persistence.generation import Stamp
from firmware_runtime.executive.persistence.items import Record, Shutdown
from firmware_runtime.executive.persistence.store import Folder, StateStore
from firmware_runtime.safety.facts import ALL_LATCHED, SafetyConfig
from tests.executive.persistence.power_loss import Files, MemoryDisk
from tests.executive.persistence.support import (
    NO_CODES,
    STAMP,
    VEHICLE,
    codes,
    commissioned,
    events,
    read,
)

LATER = Stamp(STAMP.utc_ns + 3600 * 10**9, 2 * 10**9, "boot-2")
"""An hour later by the wall clock, 2 s after power came back."""


def booted(files: Files, now: Stamp = LATER) -> Boot:
    return restore(read(files), now)


def with_events(content: bytes) -> Files:
    disk = commissioned()
    StateStore(disk, VEHICLE).write(Record.EVENTS, content, STAMP)
    return disk.files


def with_running(content: bytes) -> Files:
    disk = commissioned()
    StateStore(disk, VEHICLE).write(Record.RUNNING, content, STAMP)
    return disk.files


def test_a_vehicle_fresh_from_commissioning_is_all_latched_and_knows_its_odometer() -> None:
    boot = booted(commissioned().files)
    assert boot.safety == ALL_LATCHED
    assert boot.last_shutdown is LastShutdown.ORDERLY
    assert boot.running is not None
    assert boot.running.odometer_m == 1000.0
    assert boot.trouble_codes == NO_CODES


@pytest.mark.requirement("SR-06")
@pytest.mark.parametrize("shutdown", [Shutdown.ORDERLY, Shutdown.RUNNING_STANDING])
@pytest.mark.parametrize("latch", ["estop_latch", "immediate_latch", "minimal_risk_latch", None])
def test_latches_come_back_as_they_were(shutdown: Shutdown, latch: str | None) -> None:
    latches = {latch: True} if latch else {}
    boot = booted(with_events(events(1, shutdown, **latches)))
    assert boot.safety == msgspec.structs.replace(SafetyConfig(), **latches)
    assert boot.words == ()


@pytest.mark.requirement("SR-06")
@pytest.mark.parametrize("now", [LATER, STAMP], ids=["power lost", "the software alone ended"])
def test_what_ended_while_moving_asks_for_an_acknowledge(now: Stamp) -> None:
    boot = booted(with_events(events(1, Shutdown.RUNNING_MOVING, estop_latch=True)), now)
    assert boot.last_shutdown is LastShutdown.LOST_MOVING
    assert boot.safety == SafetyConfig(estop_latch=True, minimal_risk_latch=True)
    assert "minimal-risk latch is set, to be acknowledged" in boot.words[-1]


def test_power_lost_at_standstill_is_told_apart() -> None:
    assert booted(with_events(events(1))).last_shutdown is LastShutdown.LOST_STANDING


@pytest.mark.requirement("SR-06")
def test_damaged_latches_are_all_latched_while_the_rest_is_taken() -> None:
    files = commissioned().files
    files["events.a.state"] = files["events.b.state"] = b"spoilt"
    boot = booted(files)
    assert (boot.folder, boot.safety) == (Folder.COMMISSIONED, ALL_LATCHED)
    assert boot.last_shutdown is LastShutdown.NOT_KNOWN
    assert boot.trouble_codes is None
    assert boot.running is not None
    assert "latches are not known: all are set, each to be acknowledged" in boot.words
    assert "trouble codes of before are not known" in boot.words


def test_a_lost_odometer_latches_nothing() -> None:
    files = with_events(events(1))
    del files["running.a.state"], files["running.b.state"]
    boot = booted(files)
    assert boot.safety == SafetyConfig()
    assert boot.running is None
    assert "odometer, charge and pose are not known" in boot.words


@pytest.mark.parametrize(
    ("files", "folder"),
    [({}, Folder.NOT_COMMISSIONED), ({"commissioned.state": b"x"}, Folder.COMMISSIONED)],
)
def test_nothing_there_and_all_gone_are_both_all_latched(files: Files, folder: Folder) -> None:
    boot = booted(files)
    assert (boot.folder, boot.safety) == (folder, ALL_LATCHED)
    assert boot.last_shutdown is LastShutdown.NOT_KNOWN
    assert boot.running is None


def test_another_vehicles_state_gives_nothing() -> None:
    boot = restore(StateStore(MemoryDisk(commissioned().files), "QT-7").read(), LATER)
    assert (boot.folder, boot.safety) == (Folder.FOREIGN, ALL_LATCHED)
    assert (boot.trouble_codes, boot.running) == (None, None)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (b'"estop":false', b'"estop":"no"', "latches: expected true or false for latch estop"),
        (b'{"version":1,"estop"', b'{"version":9,"estop"', "expected a safety snapshot of version 1, got 9"),
        (b'{"version":1,"estop":false', b'{"version":1', "expected true or false for latch estop"),
        (b'"shutdown":"running_standing"', b'"shutdown":"asleep"', "Invalid enum value 'asleep'"),
    ],
)
def test_whole_files_whose_latches_do_not_fit_are_all_latched(old: bytes, new: bytes, words: str) -> None:
    content = events(1)
    assert old in content
    boot = booted(with_events(content.replace(old, new)))
    assert boot.safety == ALL_LATCHED
    assert any(words in word for word in boot.words), boot.words


def test_codes_that_do_not_fit_cost_the_codes_alone() -> None:
    content = events(1, estop_latch=True).replace(b'"overflows":0', b'"overflows":"many"')
    boot = booted(with_events(content))
    assert boot.safety == SafetyConfig(estop_latch=True)
    assert boot.trouble_codes is None
    assert any(word.startswith("trouble codes: Expected `int`") for word in boot.words)


def test_running_values_that_do_not_fit_are_not_known() -> None:
    boot = booted(with_running(b'{"time_ns": 1}'))
    assert boot.running is None
    assert any("missing required field" in word for word in boot.words)


def test_codes_come_back_with_times_before_this_boot() -> None:
    kept = codes("a", time_ns=4 * 10**9)
    boot = booted(with_events(encode_events(1, Shutdown.ORDERLY, SafetyConfig(), kept)))
    assert boot.trouble_codes is not None
    (code,) = boot.trouble_codes.codes
    # Seen 1 s before the writing, which was an hour before a now that is 2 s after the start.
    assert code.first_ns == code.last_ns == (2 - 3600 - 1) * 10**9
    assert msgspec.structs.replace(code, first_ns=0, last_ns=0, freeze_frame=None) == (
        msgspec.structs.replace(kept.codes[0], first_ns=0, last_ns=0, freeze_frame=None)
    )


def test_within_one_boot_times_stay_as_they_are() -> None:
    kept = codes("a", time_ns=4)
    boot = booted(with_events(encode_events(1, Shutdown.ORDERLY, SafetyConfig(), kept)), STAMP)
    assert boot.trouble_codes == kept


@pytest.mark.parametrize("utc_ns", [0, STAMP.utc_ns, 2**62])
def test_however_wrong_the_wall_clock_is_old_codes_are_before_this_boot(utc_ns: int) -> None:
    kept = codes("a", time_ns=STAMP.monotonic_ns)
    now = Stamp(utc_ns, 2 * 10**9, "boot-2")
    boot = booted(with_events(encode_events(1, Shutdown.ORDERLY, SafetyConfig(), kept)), now)
    assert boot.trouble_codes is not None
    assert boot.trouble_codes.codes[0].last_ns <= 0


def test_the_pose_comes_back_with_its_time_led_over() -> None:
    pose = KeptPose(4 * 10**9, 1.5, -2.5, 0.25, 0.02, 0.03, 0.001)
    boot = booted(with_running(encode_running(5 * 10**9, Values(12.5, None, pose))))
    assert boot.running is not None
    assert boot.running.pose == msgspec.structs.replace(pose, time_ns=(2 - 3600 - 1) * 10**9)
    assert (boot.running.odometer_m, boot.running.charge) == (12.5, None)


def test_a_figure_that_was_no_number_comes_back_as_none() -> None:
    kept = codes("a")
    frame = msgspec.structs.replace(kept.codes[0].freeze_frame, fix_age_s=math.nan, speed_mps=math.inf)
    odd = msgspec.structs.replace(kept, codes=(msgspec.structs.replace(kept.codes[0], freeze_frame=frame),))
    boot = booted(with_events(encode_events(1, Shutdown.ORDERLY, SafetyConfig(), odd)), STAMP)
    assert boot.trouble_codes is not None
    back = boot.trouble_codes.codes[0].freeze_frame
    assert math.isnan(back.fix_age_s)
    assert math.isnan(back.speed_mps)
    assert back.x_m == frame.x_m
