"""Error frames of Linux become counts and a bus state; numbers here are those of <linux/can/error.h>."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_runtime.can.bus_events import BusState
from firmware_runtime.can.error_frames import ErrorMonitor

BUS_OFF, RESTARTED, CONTROLLER, COUNTERS = 0x40, 0x100, 0x04, 0x200


def after(*frames: tuple[int, int]) -> ErrorMonitor:
    monitor = ErrorMonitor()
    for classes, controller in frames:
        monitor.take(classes, bytes([0, controller, 0, 0, 0, 0, 0, 0]))
    return monitor


@pytest.mark.parametrize(
    ("detail", "state"),
    [
        (0x04, BusState.ERROR_WARNING),
        (0x08, BusState.ERROR_WARNING),
        (0x10, BusState.ERROR_PASSIVE),
        (0x20, BusState.ERROR_PASSIVE),
        (0x3C, BusState.ERROR_PASSIVE),
        (0x40, BusState.ERROR_ACTIVE),
        (0x01, BusState.ERROR_ACTIVE),
    ],
)
def test_the_controllers_detail_is_its_state(detail: int, state: BusState) -> None:
    assert after((CONTROLLER, detail)).state is state


def test_only_a_restart_leaves_bus_off() -> None:
    assert after((BUS_OFF, 0), (CONTROLLER, 0x40)).state is BusState.BUS_OFF
    assert after((BUS_OFF, 0), (RESTARTED, 0)).state is BusState.ERROR_ACTIVE


def test_bus_off_outranks_all_in_one_frame() -> None:
    assert after((BUS_OFF | CONTROLLER | RESTARTED, 0x20)).state is BusState.BUS_OFF


@pytest.mark.parametrize(
    ("bit", "name"),
    [
        (0x001, "TX_TIMEOUT"),
        (0x002, "LOST_ARBITRATION"),
        (0x008, "PROTOCOL"),
        (0x010, "TRANSCEIVER"),
        (0x020, "NO_ACKNOWLEDGE"),
        (0x040, "BUS_OFF"),
        (0x080, "BUS_ERROR"),
        (0x100, "RESTARTED"),
    ],
)
def test_each_class_is_counted_by_name(bit: int, name: str) -> None:
    counts = after((bit, 0), (bit, 0)).counts
    assert counts[name] == 2
    assert sum(counts.values()) == 2


def test_error_counters_are_kept_also_from_kernels_that_do_not_announce_them() -> None:
    monitor = ErrorMonitor()
    monitor.take(CONTROLLER, bytes([0, 0x08, 0, 0, 0, 0, 97, 3]))
    assert (monitor.tx_errors, monitor.rx_errors) == (97, 3)
    monitor.take(0x002, bytes(8))
    assert (monitor.tx_errors, monitor.rx_errors) == (97, 3)
    monitor.take(COUNTERS, bytes(8))
    assert (monitor.tx_errors, monitor.rx_errors) == (0, 0)


@given(st.lists(st.tuples(st.integers(0, 0x1FFF_FFFF), st.binary(max_size=8))))
def test_any_error_frame_is_taken(frames: list[tuple[int, bytes]]) -> None:
    monitor = ErrorMonitor()
    for classes, data in frames:
        assert monitor.take(classes, data) is monitor.state
    assert monitor.state in BusState
    assert monitor.counts["BUS_OFF"] == sum(bool(classes & BUS_OFF) for classes, _ in frames)
