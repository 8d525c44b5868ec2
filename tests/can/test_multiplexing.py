"""A page of a multiplexed message has a value and an age of its own, and only its own frames renew it."""

from pathlib import Path

import cantools
import pytest

from firmware_runtime.can.binding import SignalBinding
from firmware_runtime.can.database import DatabaseError, load_database
from firmware_runtime.can.frame import Frame
from firmware_runtime.can.freshness import NEVER_NS
from firmware_runtime.can.packer import EncodeError
from firmware_runtime.can.receiver import Receiver
from firmware_runtime.can.sender import Sender
from firmware_runtime.can.verdict import Rejection, Unusable
from tests.can.oracle import DATABASES
from tests.can.support import MS

PATH = DATABASES / "multiplexed.dbc"
PAGED = load_database(PATH)


def bindings(message: str, *signals: str, **given: float) -> list[SignalBinding]:
    return [SignalBinding(signal, "bus", message, signal, **given) for signal in signals]  # pyright: ignore[reportArgumentType]


def receiver(message: str, *signals: str, **deadlines_ms: int) -> Receiver:
    given = {("bus", name): ms * MS for name, ms in deadlines_ms.items()}
    return Receiver({"bus": PAGED}, bindings(message, *signals), given)


def frame(message: str, values: dict[str, float], time_ms: int = 0) -> Frame:
    known = PAGED.get_message_by_name(message)
    return Frame(time_ms * MS, "bus", known.frame_id, known.encode(values, strict=False))


def test_each_page_is_a_row_behind_the_messages() -> None:
    pages = receiver("Cascaded", "Always", "LeafOne", "TwigLeaf", "BranchValue")
    assert pages.messages == (
        "bus.Cascaded",
        "bus.Cascaded[Branch=1,7-9]",
        "bus.Cascaded[Twig=0-2]",
        "bus.Cascaded[Root=0]",
    )
    assert pages.message_index == (0, 1, 2, 3)


def test_a_frame_renews_its_own_page_and_the_message() -> None:
    pages = receiver("Simple", "Always", "Zero", "One")
    pages.push(frame("Simple", {"Page": 0, "Always": 3, "Zero": -12.5, "ZeroAsWell": 0}, 10))
    pages.push(frame("Simple", {"Page": 1, "Always": 4, "One": 70_000}, 20))
    sample = pages.sample(20 * MS)
    assert sample.values == [4, -12.5, 70_000]
    assert sample.all_ok
    assert sample.ages_ns == [0, 10 * MS, 0]


def test_a_page_that_never_came_is_named_and_keeps_its_default() -> None:
    pages = receiver("Simple", "Always", "Zero", "One")
    pages.sample(0)
    for time_ms in range(0, 100, 10):
        pages.push(frame("Simple", {"Page": 1, "Always": 4, "One": 7}, time_ms))
    sample = pages.sample(95 * MS)
    assert sample.reasons == (Unusable.OK, Unusable.NEVER_RECEIVED, Unusable.OK)
    assert sample.last_ns[1] == NEVER_NS
    # 10 ms cycle, three cycles to the deadline, three pages to go round: 90 ms.
    assert pages.late_messages(95 * MS) == ("bus.Simple[Page=0]",)
    assert pages.late_messages(89 * MS) == ()


def test_deadlines_of_a_message_and_of_a_page_can_be_given() -> None:
    assert receiver("Simple", "Zero").deadlines_ns == [30 * MS, 90 * MS]
    assert receiver("Simple", "Zero", Simple=50).deadlines_ns == [50 * MS, 150 * MS]
    given = {("bus", "Simple[Page=0]"): 70 * MS}
    assert Receiver({"bus": PAGED}, bindings("Simple", "Zero"), given).deadlines_ns == [30 * MS, 70 * MS]
    with pytest.raises(ValueError, match=r"deadline of bus\.Simple\[Page=9\]: no bound message"):
        Receiver({"bus": PAGED}, bindings("Simple", "Zero"), {("bus", "Simple[Page=9]"): MS})


def test_a_late_page_does_not_take_the_message_with_it() -> None:
    pages = receiver("Simple", "Always", "Zero")
    pages.sample(0)
    pages.push(frame("Simple", {"Page": 0, "Always": 1, "Zero": 1.5, "ZeroAsWell": 0}, 0))
    pages.sample(0)
    for time_ms in range(10, 200, 10):
        pages.push(frame("Simple", {"Page": 1, "Always": 2, "One": 7}, time_ms))
    sample = pages.sample(190 * MS)
    assert sample.reasons == (Unusable.OK, Unusable.LATE)
    assert sample.values == [2, 1.5], "the last usable value stays"


def test_a_value_without_a_page_is_counted_and_the_rest_is_taken() -> None:
    pages = receiver("Simple", "Always", "Zero")
    payload = bytes([0x92, *range(7)])
    assert pages.push(Frame(0, "bus", 256, payload)) is Rejection.ACCEPTED
    sample = pages.sample(0)
    assert sample.values[0] == 9
    assert sample.reasons == (Unusable.OK, Unusable.NEVER_RECEIVED)
    assert pages.message_statistics()[0].unknown_pages == 1


def test_a_page_survives_a_snapshot() -> None:
    first, second = (receiver("Simple", "Always", "Zero") for _ in range(2))
    first.push(frame("Simple", {"Page": 0, "Always": 1, "Zero": 1.5, "ZeroAsWell": 0}, 0))
    second.restore(first.snapshot())
    assert second.sample(0) == first.sample(0)
    with pytest.raises(ValueError, match="same messages and bindings"):
        receiver("Simple", "Always", "One").restore(first.snapshot())


def test_of_a_page_that_is_kept_only_its_own_frames_are() -> None:
    pages = receiver("Simple", "Zero", "One")
    kept = pages.keep("One")
    pages.push(frame("Simple", {"Page": 0, "Always": 3, "Zero": -12.5, "ZeroAsWell": 0}, 10))
    one = frame("Simple", {"Page": 1, "Always": 4, "One": 70_000}, 20)
    pages.push(one)
    assert kept == [(20 * MS, one.data)]


def sent(values: dict[str, float]) -> bytes:
    names = ("Page", "Always", "Zero", "Fifteen")
    sender = Sender({"bus": PAGED}, bindings("Simple", *names))
    return sender.frames(0, [values.get(name, 0.0) for name in names])[0].data


def test_the_multiplexors_value_chooses_the_page_that_is_sent() -> None:
    known = PAGED.get_message_by_name("Simple")
    # A value of another page is not looked at, so it cannot spoil the frame.
    zero = sent({"Page": 0, "Always": 6, "Zero": -3.2, "Fifteen": float("nan")})
    assert zero == known.encode({"Page": 0, "Always": 6, "Zero": -3.2, "ZeroAsWell": -2 * 0.5 - 3})
    assert sent({"Page": 15, "Fifteen": 2**56 - 1}) == known.encode(
        {"Page": 15, "Always": 0, "Fifteen": 2**56 - 1}
    )
    assert sent({"Page": 1}) == known.encode({"Page": 1, "Always": 0, "One": 77}), "by its start value"


@pytest.mark.parametrize("value", [2, 14])
def test_a_page_that_is_not_there_is_refused(value: int) -> None:
    with pytest.raises(
        EncodeError, match=r"bus\.Simple\.Page: expected a raw value of a page.*\(0, 1, 15\)"
    ) as no:
        sent({"Page": value})
    assert (no.value.signal, no.value.value, no.value.low, no.value.high) == ("Page", value, 0, 15)


def test_a_page_with_a_signal_that_nothing_defines_is_refused() -> None:
    names = ("Root", "Always", "Branch", "BranchValue", "LeafZero")
    sender = Sender({"bus": PAGED}, bindings("Cascaded", *names))
    data = sender.frames(0, [0, 1, 0, 9, -1.25])[0].data
    expected = {"Root": 0, "Always": 1, "Branch": 0, "BranchValue": 9, "LeafZero": -1.25}
    assert PAGED.get_message_by_name("Cascaded").decode(data) == expected
    for values, multiplexor in (([0, 1, 7, 9, 0], "Branch"), ([1, 1, 0, 9, 0], "Root")):
        with pytest.raises(EncodeError, match=rf"Cascaded\.{multiplexor}: expected a raw value of a page"):
            sender.frames(100 * MS, values)
    with pytest.raises(ValueError, match=r"Cascaded\.BranchValue: expected a binding or a start value"):
        Sender({"bus": PAGED}, bindings("Cascaded", "Root", "Always", "Branch", "LeafZero"))


def test_ranges_of_multiplexor_values_that_no_memory_holds_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "wide.dbc"
    path.write_text(PATH.read_text().replace("Page 0-3;", "Page 0-4294967295;"))
    with pytest.raises(
        DatabaseError, match=r"expected multiplexor values of at most 65535.*got 0-4294967295"
    ):
        load_database(path)


def test_cantools_agrees_that_the_oracle_has_all_kinds() -> None:
    assert isinstance(PAGED, cantools.database.Database)
    assert all(message.is_multiplexed() for message in PAGED.messages)
