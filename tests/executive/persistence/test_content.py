"""Contents stay within their bound, keep what is finite, and hold exactly the items of the table."""

import math
from pathlib import Path

import msgspec
import pytest

from firmware_runtime.executive.persistence.content import (
    Events,
    KeptPose,
    Running,
    decode_codes,
    decode_events,
    encode_events,
    finite,
    kept_pose,
)
from firmware_runtime.executive.persistence.items import CONTENT_MAX_BYTES, ITEMS, Record, Shutdown
from firmware_runtime.safety.facts import SafetyConfig
from firmware_runtime.vehicle.pose import Pose
from tests.executive.persistence.support import codes

README = Path(__file__).parents[3] / "firmware_runtime" / "executive" / "persistence" / "README.md"
POSE = Pose(1, 2.0, 3.0, 0.5, 1.0, 0.1, 0.02, 0.03, 0.001, 1, 55.0, True)


@pytest.mark.parametrize(("record", "content"), [(Record.EVENTS, Events), (Record.RUNNING, Running)])
def test_a_records_content_is_the_items_of_the_table_and_their_time(record: Record, content: type) -> None:
    items = {item.name for item in ITEMS if item.record is record}
    assert set(content.__struct_fields__) == items | {"time_ns"}  # type: ignore[attr-defined]


def test_the_readme_has_each_item_with_its_promise() -> None:
    text = README.read_text(encoding="utf-8")
    for item in ITEMS:
        assert f"| `{item.name}` | {item.record} | {item.promise} | {item.not_known} |" in text


def test_a_full_memory_of_codes_fits_whatever_its_details_say() -> None:
    """64 codes: details as they are seen, and details as long and as awkward as can be."""
    for detail, whole in (("drive.MotorStatus_", True), ("\x01" * 2000, False)):
        kept = codes(*(f"{number:02}{detail}" for number in range(70)))
        content = encode_events(1, Shutdown.ORDERLY, SafetyConfig(estop_latch=True), kept)
        assert len(content) <= CONTENT_MAX_BYTES
        back = decode_codes(decode_events(content).trouble_codes)
        assert len(back.codes) == 64
        assert (back == kept) is whole
        assert [code.identifier for code in back.codes] == [code.identifier for code in kept.codes]
        assert back.overflows == 6


def test_a_valid_pose_is_kept_and_one_that_is_not_valid_or_not_finite_is_not() -> None:
    assert kept_pose(POSE) == KeptPose(1, 2.0, 3.0, 0.5, 0.02, 0.03, 0.001)
    assert kept_pose(msgspec.structs.replace(POSE, valid=False)) is None
    for name in ("x_m", "y_m", "heading_rad", "lateral_std_m"):
        assert kept_pose(msgspec.structs.replace(POSE, **{name: math.nan})) is None


def test_a_figure_that_is_not_finite_is_not_known() -> None:
    assert [finite(value) for value in (1.5, None, math.nan, math.inf)] == [1.5, None, None, None]
