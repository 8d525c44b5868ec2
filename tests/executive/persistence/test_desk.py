"""`control`'s start beside a writing process: what may be on its way to the disk is not taken for known."""

import threading
from pathlib import Path

import pytest

from firmware_runtime.executive.persistence import desk
from firmware_runtime.executive.persistence.disk import OsDisk
from firmware_runtime.executive.persistence.keep import Inbox, serve, stamp
from firmware_runtime.executive.persistence.store import StateStore
from firmware_runtime.executive.persistence.writer import Writer
from tests.executive.persistence.kept_drive import VEHICLE, commission


def latches(state: desk.StateDesk) -> tuple[bool, bool, bool]:
    restored = state.report.restored
    assert restored is not None
    return restored.estop_latch, restored.immediate_latch, restored.minimal_risk_latch


@pytest.mark.requirement("SR-06")
def test_a_writer_that_hangs_may_hold_a_latch_that_the_disk_has_not(tmp_path: Path) -> None:
    folder, socket = tmp_path / "state", tmp_path / "orders"
    commission(folder)
    inbox = Inbox(socket)
    state = desk.begin(folder, socket, VEHICLE, wait_s=0.05)
    assert latches(state) == (True, True, True)
    assert state.report.restored is not None
    assert state.report.restored.not_known == "latches"
    assert any("does not answer" in word for word in state.words)
    state.close()
    inbox.close()


def test_one_that_answers_has_written_all_and_one_that_is_not_there_has_nothing(tmp_path: Path) -> None:
    folder, socket = tmp_path / "state", tmp_path / "orders"
    commission(folder)
    alone = desk.begin(folder, socket, VEHICLE)
    inbox = Inbox(socket)
    writer = Writer(StateStore(OsDisk(folder), VEHICLE), stamp)
    answering = threading.Thread(target=serve, args=(writer, inbox, 10.0))
    answering.start()
    state = desk.begin(folder, socket, VEHICLE, wait_s=10.0)
    answering.join()
    for each in (alone, state):
        assert latches(each) == (False, False, False)
        assert each.words == ()
        each.close()
    inbox.close()
