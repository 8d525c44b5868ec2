"""A port is asked for every frame that the runtime reads, for those that it alone may send, and no more."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_runtime.can.binding import SignalBinding
from firmware_runtime.can.frame import EXTENDED_FLAG, Frame
from firmware_runtime.can.layout import bind
from firmware_runtime.can.ownership import Owned
from firmware_runtime.can.receiver import Receiver
from firmware_runtime.can.verdict import Rejection
from firmware_runtime.executive.bus_setup import guards, heard_identifiers, identifiers_of, ownership
from firmware_runtime.vehicle.load import Profile, load_profile
from tests.can.support import database_of

ROOT = Path(__file__).parents[2]
J1939 = database_of((ROOT / "tests" / "can" / "databases" / "j1939.dbc").read_text())
PROFILES = {name: load_profile(ROOT / "configs" / f"{name}.toml") for name in ("q_truck", "q_truck_foxbms")}
RECEIVERS = {name: Receiver(profile.databases, profile.inputs) for name, profile in PROFILES.items()}


def of(*names: str, source: int | None = None) -> frozenset[int] | None:
    signals = {"Short": "Byte", "Wide": "Byte", "Cruise": "Speed", "Engine": "Speed", "Torque": "Requested"}
    bindings = [SignalBinding(name, "b", name, signals[name], source=source) for name in names]
    return identifiers_of(bind({"b": J1939}, bindings).messages)


def test_a_plain_message_has_its_one_identifier_11_or_29_bits_wide() -> None:
    assert of("Short", "Wide") == {0x123, 0x123 | EXTENDED_FLAG}


def test_a_j1939_message_of_one_source_may_come_at_any_priority() -> None:
    assert of("Cruise") == {(priority << 26 | 0x00FEF127) | EXTENDED_FLAG for priority in range(8)}


def test_from_any_source_or_to_any_destination_no_list_is_long_enough() -> None:
    assert of("Cruise", "Engine") is None, "from any source"
    assert of("Torque", source=0x27) is None, "to any destination"


def test_a_destination_in_the_database_does_not_narrow_what_is_heard() -> None:
    """Group 0x0000 to everybody (0xFF), as a DBC may write it: the receiver takes it to any destination."""
    to_all = (
        (ROOT / "tests" / "can" / "databases" / "j1939.dbc").read_text().replace("2348810494", "2348875559")
    )
    databases = {"b": database_of(to_all)}
    bindings = [SignalBinding("Torque", "b", "Torque", "Requested")]
    assert bind(databases, bindings).messages[0].can_id == 0x8C00FF27
    receiver = Receiver(databases, bindings)
    assert receiver.push(Frame(0, "b", 0x8C000027, bytes(8))) is not Rejection.UNKNOWN
    assert identifiers_of(bind(databases, bindings).messages) is None


@pytest.mark.parametrize("name", PROFILES)
@given(data=st.data())
def test_the_kernel_leaves_out_exactly_what_the_receiver_does_not_know(
    name: str, data: st.DataObject
) -> None:
    """Asked of identifiers that are bound, that differ from these in a bit or two, and of any."""
    profile = PROFILES[name]
    bound = bind(profile.databases, profile.inputs).messages
    message = data.draw(st.sampled_from(bound))
    bit = st.sampled_from([0, *(1 << place for place in (*range(29), 31))])
    near = message.can_id ^ data.draw(bit) ^ data.draw(bit)
    can_id = data.draw(st.just(near) | st.integers(0, 0x1FFF_FFFF).map(lambda n: n | EXTENDED_FLAG))
    identifiers = heard_identifiers(profile)[message.bus]
    assert identifiers is not None
    frame = Frame(0, message.bus, can_id, b"too long to be good")
    known = RECEIVERS[name].push(frame) is not Rejection.UNKNOWN
    assert (can_id in identifiers) == known


@pytest.mark.parametrize(("name", "profile"), PROFILES.items(), ids=PROFILES)
def test_every_bound_output_is_owned_and_nothing_else(name: str, profile: Profile) -> None:
    rows = ownership(profile)
    assert {(row.bus, row.message) for row in rows} == {
        (binding.bus, f"{binding.bus}.{binding.message}") for binding in profile.outputs
    }
    assert all(row.process == "supervisor" and row.period_ns > 0 for row in rows)
    if name == "q_truck":
        assert Owned("drive", 0x8CFF0327, "drive.SteeringCommand", "supervisor", 10_000_000, 3) in rows


def test_each_bus_has_a_guard_of_its_own_rows() -> None:
    made = guards(PROFILES["q_truck_foxbms"])
    assert list(made) == list(PROFILES["q_truck_foxbms"].databases)
    assert {row.message for row in made["battery"].rows.values()} == {"battery.f_BmsStateRequest"}


@pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)
def test_no_message_is_both_heard_and_owned(profile: Profile) -> None:
    """Else each frame of the one would be a fault of the other."""
    heard = heard_identifiers(profile)
    for bus, guard in guards(profile).items():
        assert not set(guard.rows) & (heard[bus] or set())
