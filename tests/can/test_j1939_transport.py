"""Transport protocol of J1939-21: messages come whole or not at all, and senders are answered by the book."""

import random
from collections.abc import Iterable
from pathlib import Path

import can
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware_runtime.can.frame import Frame
from firmware_runtime.can.j1939_transport import J1939Transport, TransportMessage

EXTENDED = 0x8000_0000
MS = 1_000_000
OWN, OTHER, ALL = 0x27, 0x03, 0xFF
REAL_LOG = Path(__file__).parents[3] / "shared" / "data" / "can" / "j1939_vehicle.log.gz"
RTS, CTS, END, BAM, ABORT = 16, 17, 19, 32, 255


def control(kind: int, body: bytes, pgn: int, source: int = OTHER, to: int = ALL, at_ns: int = 0) -> Frame:
    data = bytes([kind]) + body + bytes([pgn & 0xFF, pgn >> 8 & 0xFF, pgn >> 16])
    return Frame(at_ns, "drive", EXTENDED | 0x1CEC0000 | to << 8 | source, data)


def announce(data: bytes, pgn: int = 0xFECA, source: int = OTHER, to: int = ALL, limit: int = 255) -> Frame:
    size, packets = len(data), -(-len(data) // 7)
    body = bytes([size & 0xFF, size >> 8, packets, limit])
    return control(BAM if to == ALL else RTS, body, pgn, source, to)


def packets(data: bytes, source: int = OTHER, to: int = ALL) -> list[Frame]:
    padded = data + b"\xff" * (-len(data) % 7)
    return [
        Frame(
            0, "drive", EXTENDED | 0x1CEB0000 | to << 8 | source, bytes([n + 1]) + padded[7 * n : 7 * n + 7]
        )
        for n in range(len(padded) // 7)
    ]


def timed(frames: Iterable[Frame], step_ms: int = 50, start_ms: int = 0) -> list[Frame]:
    return [frame._replace(time_ns=(start_ms + n * step_ms) * MS) for n, frame in enumerate(frames)]


def run(transport: J1939Transport, frames: list[Frame]) -> tuple[list[TransportMessage], list[Frame]]:
    """One frame a step."""
    messages: list[TransportMessage] = []
    answers: list[Frame] = []
    for frame in frames:
        result = transport.step(frame.time_ns, [frame])
        messages += result.messages
        answers += result.frames
    return messages, answers


class Sender:
    """An independent originator that does what CTS asks, by frames lost at its choice."""

    def __init__(self, data: bytes, limit: int, lose: set[int]) -> None:
        self.data, self.lose, self.sent = data, lose, 0
        self.start = announce(data, to=OWN, limit=limit)
        self.ended = self.aborted = False
        self.largest_window = 0

    def answer(self, frame: Frame) -> list[Frame]:
        kind, count, first = frame.data[:3]
        assert frame.can_id == EXTENDED | 0x1CEC0000 | OTHER << 8 | OWN
        assert frame.data[5:] == b"\xca\xfe\x00"
        self.ended |= kind == END
        self.aborted |= kind == ABORT
        if kind != CTS:
            return []
        self.largest_window = max(self.largest_window, count)
        out: list[Frame] = []
        for packet in packets(self.data, to=OWN)[first - 1 : first - 1 + count]:
            if self.sent not in self.lose:
                out.append(packet)
            self.sent += 1
        return out


def converse(transport: J1939Transport, sender: Sender) -> list[TransportMessage]:
    """Both sides in steps of 10 ms until nothing is under way for two seconds."""
    messages: list[TransportMessage] = []
    waiting = [sender.start]
    quiet = now_ns = 0
    while quiet < 200:
        now_ns += 10 * MS
        given, waiting = waiting[:1], waiting[1:]
        result = transport.step(now_ns, [frame._replace(time_ns=now_ns) for frame in given])
        messages += result.messages
        for frame in result.frames:
            waiting += sender.answer(frame)
        quiet = 0 if given or result.frames else quiet + 1
    return messages


@given(st.binary(min_size=9, max_size=1785), st.integers(0, 253), st.integers(0, 0x3FFFF))
def test_a_broadcast_comes_through_whole(data: bytes, source: int, pgn: int) -> None:
    transport = J1939Transport("drive")
    frames = timed([announce(data, pgn, source), *packets(data, source)])
    messages, answers = run(transport, frames)
    assert messages == [TransportMessage(frames[-1].time_ns, "drive", pgn, source, ALL, data)]
    assert answers == []
    assert (transport.completed, transport.open_sessions) == (1, 0)


@settings(deadline=None)
@given(st.binary(min_size=9, max_size=1785), st.integers(1, 255))
def test_a_connection_is_led_to_its_end_within_the_senders_limit(data: bytes, limit: int) -> None:
    sender = Sender(data, limit, set())
    messages = converse(J1939Transport("drive", OWN), sender)
    assert [(message.data, message.destination) for message in messages] == [(data, OWN)]
    assert sender.ended
    assert not sender.aborted
    assert sender.largest_window <= limit


@settings(deadline=None)
@given(st.binary(min_size=30, max_size=400), st.integers(1, 20), st.sets(st.integers(0, 80), max_size=12))
def test_lost_packets_are_asked_for_again_or_the_connection_is_aborted(
    data: bytes, limit: int, lose: set[int]
) -> None:
    transport = J1939Transport("drive", OWN)
    sender = Sender(data, limit, lose)
    messages = converse(transport, sender)
    assert sender.ended != sender.aborted
    assert [message.data for message in messages] == [data] * sender.ended
    assert transport.open_sessions == 0


def test_one_lost_packet_costs_one_more_request() -> None:
    transport = J1939Transport("drive", OWN)
    sender = Sender(bytes(range(70)), 255, {4})
    assert len(converse(transport, sender)) == 1
    assert sender.sent == 10 + 6


def test_a_packet_that_never_comes_ends_with_an_abort_for_its_reason() -> None:
    transport = J1939Transport("drive", OWN)
    sender = Sender(bytes(70), 255, set(range(4, 1000, 1)))
    assert converse(transport, sender) == []
    assert sender.aborted
    assert transport.aborts_sent == 1


def test_a_broadcast_with_a_gap_or_out_of_order_is_given_up() -> None:
    data = bytes(range(40))
    one, two, three, *rest = packets(data)
    for frames in ([one, three, two, *rest], [one, three, *rest], [two, one, three, *rest]):
        transport = J1939Transport("drive")
        assert run(transport, timed([announce(data), *frames])) == ([], [])
        assert (transport.out_of_order, transport.open_sessions) == (1, 0)


def test_a_packet_that_can_itself_repeats_does_no_harm() -> None:
    data = bytes(range(40))
    one, two, *rest = packets(data)
    messages, _ = run(J1939Transport("drive"), timed([announce(data), one, two, two, *rest]))
    assert [message.data for message in messages] == [data]


def test_silence_of_750_ms_ends_a_broadcast() -> None:
    data = bytes(20)
    head, one, *_ = [announce(data), *packets(data)]
    for wait_ms, left in ((750, 1), (751, 0)):
        transport = J1939Transport("drive")
        run(transport, timed([head, one], step_ms=10))
        transport.step((10 + wait_ms) * MS, [])
        assert (transport.open_sessions, transport.timeouts) == (left, 1 - left)


def test_a_late_packet_in_the_same_step_is_still_too_late() -> None:
    data = bytes(14)
    head, one, two = [announce(data), *packets(data)]
    transport = J1939Transport("drive")
    frames = [head, one._replace(time_ns=10 * MS), two._replace(time_ns=800 * MS)]
    assert transport.step(801 * MS, frames).messages == []
    assert transport.timeouts == 1


def test_silence_of_1250_ms_after_clear_to_send_aborts_with_reason_3() -> None:
    transport = J1939Transport("drive", OWN)
    transport.step(0, [announce(bytes(20), to=OWN)])
    assert transport.step(1250 * MS, []).frames == []
    (abort,) = transport.step(1251 * MS, []).frames
    assert abort.data[:2] == bytes([ABORT, 3])


def test_an_abort_of_the_sender_ends_its_session_only() -> None:
    transport = J1939Transport("drive", OWN)
    transport.step(0, [announce(bytes(20), to=OWN), announce(bytes(20), to=OWN, source=4)])
    transport.step(1, [control(ABORT, b"\x03\xff\xff\xff", 0xFEEC, to=OWN)])
    assert transport.open_sessions == 2
    transport.step(1, [control(ABORT, b"\x03\xff\xff\xff", 0xFECA, to=OWN)])
    assert (transport.open_sessions, transport.aborts_received) == (1, 1)


def test_a_new_announcement_takes_the_place_of_the_one_before() -> None:
    first, second = bytes(range(30)), bytes(range(100, 120))
    frames = [announce(first), packets(first)[0], announce(second), *packets(second)]
    transport = J1939Transport("drive")
    messages, _ = run(transport, timed(frames))
    assert [message.data for message in messages] == [second]
    assert transport.superseded == 1


@pytest.mark.parametrize(
    ("size", "count", "reason"),
    [(8, 2, 250), (20, 2, 250), (20, 4, 250), (0, 0, 250), (1786, 0, 9), (65535, 255, 9)],
)
def test_impossible_figures_are_refused_by_an_abort(size: int, count: int, reason: int) -> None:
    transport = J1939Transport("drive", OWN)
    body = bytes([size & 0xFF, size >> 8, count, 255])
    (abort,) = transport.step(0, [control(RTS, body, 0xFECA, to=OWN)]).frames
    assert abort.data[:2] == bytes([ABORT, reason])
    assert transport.step(0, [control(BAM, body, 0xFECA)]).frames == []
    assert (transport.refused, transport.open_sessions) == (2, 0)


def test_sessions_are_bounded() -> None:
    transport = J1939Transport("drive", OWN)
    transport.step(0, [announce(bytes(20), source=source) for source in range(200)])
    assert transport.open_sessions == 32
    (abort,) = transport.step(0, [announce(bytes(20), source=250, to=OWN)]).frames
    assert abort.data[:2] == bytes([ABORT, 2])
    assert transport.refused == 169


def test_connections_with_others_and_other_buses_are_not_ours() -> None:
    transport = J1939Transport("drive", OWN)
    frames = [
        announce(bytes(20), to=0x55),
        announce(bytes(20))._replace(bus="body"),
        announce(bytes(20))._replace(can_id=0x1CECFF03 & 0x7FF),
        Frame(0, "drive", EXTENDED | 0x1DECFF03, bytes(8)),
        control(CTS, b"\x01\x01\xff\xff", 0xFECA, to=OWN),
        control(END, b"\x14\x00\x03\xff", 0xFECA, to=OWN),
        *packets(bytes(20)),
    ]
    assert transport.step(0, frames) == ([], [])
    assert (transport.open_sessions, transport.malformed) == (0, 0)
    transport.step(0, [control(77, bytes(4), 0xFECA), announce(bytes(20))._replace(data=bytes(7))])
    assert transport.malformed == 2


@settings(deadline=None)
@given(
    st.randoms(use_true_random=False), st.lists(st.binary(min_size=9, max_size=60), min_size=2, max_size=8)
)
def test_interleaved_broadcasts_do_not_mix(chance: random.Random, contents: list[bytes]) -> None:
    queues = [[announce(data, source=n), *packets(data, source=n)] for n, data in enumerate(contents)]
    frames: list[Frame] = []
    while any(queues):
        frames.append(chance.choice([queue for queue in queues if queue]).pop(0))
    messages, _ = run(J1939Transport("drive"), timed(frames, step_ms=5))
    assert {message.source: message.data for message in messages} == dict(enumerate(contents))


@settings(deadline=None)
@given(
    st.randoms(use_true_random=False), st.lists(st.binary(min_size=9, max_size=40), min_size=1, max_size=5)
)
def test_whatever_is_lost_repeated_or_turned_round_nothing_false_is_delivered(
    chance: random.Random, contents: list[bytes]
) -> None:
    frames: list[Frame] = []
    for n, data in enumerate(contents):
        frames += [announce(data, source=n), *packets(data, source=n)]
    for _ in range(chance.randrange(6)):
        at, to = chance.randrange(len(frames)), chance.randrange(len(frames))
        match chance.randrange(3):
            case 0 if len(frames) > 1:
                del frames[at]
            case 1:
                frames.insert(at, frames[at])
            case _:
                frames[at], frames[to % len(frames)] = frames[to % len(frames)], frames[at]
    messages, _ = run(J1939Transport("drive"), timed(frames, step_ms=5))
    for message in messages:
        assert message.data == contents[message.source]


tp_frame = st.builds(
    Frame,
    st.integers(-(10**9), 10**10),
    st.sampled_from(["drive", "body"]),
    st.one_of(
        st.integers(0, 0xFFFF_FFFF),
        st.builds(
            lambda group, to, source: EXTENDED | group << 16 | to << 8 | source,
            st.sampled_from([0x1CEC, 0x1CEB]), st.sampled_from([OWN, ALL, 0x55]), st.integers(0, 3),
        ),
    ),
    st.one_of(
        st.binary(max_size=12),
        st.builds(
            lambda head, body: bytes([head]) + body,
            st.sampled_from([1, 2, RTS, CTS, END, BAM, ABORT]), st.binary(min_size=7, max_size=7),
        ),
        st.just(announce(bytes(20)).data),
    ),
)  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 10**10), st.lists(tp_frame, max_size=6)), max_size=8))
def test_no_frame_raises_and_a_snapshot_goes_on_alike(steps: list[tuple[int, list[Frame]]]) -> None:
    transport = J1939Transport("drive", OWN)
    for now_ns, frames in steps:
        twin = J1939Transport("drive", OWN)
        twin.restore(transport.snapshot())
        assert twin.step(now_ns, frames) == transport.step(now_ns, frames)
        assert twin.snapshot() == transport.snapshot()
        assert transport.open_sessions <= 32


def test_an_address_or_a_snapshot_that_cannot_be_is_refused() -> None:
    with pytest.raises(ValueError, match=r"0\.\.253, got 254"):
        J1939Transport("drive", 254)
    with pytest.raises(ValueError, match="snapshot of schema 1, got 2"):
        J1939Transport("drive").restore({"schema": 2})


def test_the_real_log_gives_as_many_messages_as_a_slow_reading_of_it() -> None:
    """The log has UDS, DM1 and proprietary traffic; what looks like transport must be told from it."""
    if not REAL_LOG.exists():
        pytest.skip(f"no {REAL_LOG.name} beside the project: real data is not part of it")
    transport = J1939Transport("drive", 0xEE)
    delivered = announced = 0
    for message in can.LogReader(REAL_LOG):
        identifier = message.arbitration_id
        if message.is_extended_id and identifier & 0x03FF_0000 == 0x00EC_0000 and message.data[0] == BAM:
            announced += 1
        can_id = identifier | EXTENDED * message.is_extended_id
        frame = Frame(round(message.timestamp * 1e9), "drive", can_id, bytes(message.data))
        result = transport.step(frame.time_ns, [frame])
        delivered += len(result.messages)
        assert result.frames == []
    assert (delivered, transport.malformed, transport.open_sessions) == (announced, 0, 0)
