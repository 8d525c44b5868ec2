"""The codec says and reads what cantools says and reads, for every message of every DBC of the project."""

import math
from functools import cache
from typing import Any

import cantools.database
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.hil.vehicles import BOTH, parameters
from vehicle_hil.codec.network import Network
from vehicle_hil.codec.packing import Packer, Unpacker

TO_SI = {"": 1, "%": 0.01, "A": 1, "N": 1, "Nm": 1, "V": 1, "bar": 1e5, "deg": math.pi / 180, "degC": 1}
TO_SI |= {"kW": 1000, "kg": 1, "km/h": 1 / 3.6, "kohm": 1000, "m/s": 1, "rad": 1, "rad/s": 1}
TO_SI |= {"rpm": math.pi / 30}


@cache
def network(vehicle: str) -> Network:
    p = parameters(vehicle)
    return Network({bus: p.dbc_path(bus) for bus in p.buses})


@cache
def oracle(vehicle: str, bus: str) -> Any:
    return cantools.database.load_file(parameters(vehicle).dbc_path(bus), strict=True)


MESSAGES = [(vehicle, name) for vehicle in BOTH for name in network(vehicle).messages]


def si_value(signal: Any, raw: int) -> float:
    return (raw * signal.scale + signal.offset) * TO_SI[signal.unit or ""]


@pytest.mark.parametrize(("vehicle", "name"), MESSAGES)
def test_layout_is_the_dbcs(vehicle: str, name: str) -> None:
    layout = network(vehicle).messages[name]
    message = oracle(vehicle, layout.bus).get_message_by_name(name)
    assert layout.can_id == message.frame_id | 0x8000_0000
    assert layout.length == message.length == 8
    assert layout.cycle_ns == message.cycle_time * 1_000_000
    assert layout.data_id == message.dbc.attributes["E2eDataId"].value
    assert layout.timeout_ns > layout.cycle_ns


@given(st.sampled_from(MESSAGES), st.binary(min_size=8, max_size=8))
def test_unpacks_as_cantools_decodes(key: tuple[str, str], data: bytes) -> None:
    layout = network(key[0]).messages[key[1]]
    message = oracle(key[0], layout.bus).get_message_by_name(key[1])
    raw = message.decode(data, decode_choices=False, scaling=False)
    got = Unpacker(layout, list(raw)).unpack(data)
    for signal_name, value in zip(raw, got, strict=True):
        signal = message.get_signal_by_name(signal_name)
        assert value == pytest.approx(si_value(signal, raw[signal_name]), rel=1e-12, abs=1e-12), signal_name


@given(st.sampled_from(MESSAGES), st.data())
def test_packs_as_cantools_encodes(key: tuple[str, str], data: st.DataObject) -> None:
    layout = network(key[0]).messages[key[1]]
    message = oracle(key[0], layout.bus).get_message_by_name(key[1])
    raw: dict[str, int] = {}
    for signal in message.signals:
        low = -(1 << signal.length - 1) if signal.is_signed else 0
        high = low + (1 << signal.length) - 1
        if not signal.choices:
            low = max(low, round((signal.minimum - signal.offset) / signal.scale))
            high = min(high, round((signal.maximum - signal.offset) / signal.scale))
        raw[signal.name] = data.draw(st.integers(low, high))
    expected = message.encode(raw, scaling=False)
    packer = Packer(layout, list(raw))
    values = [si_value(message.get_signal_by_name(n), r) for n, r in raw.items()]
    assert packer.to_bytes(packer.pack(values)) == expected


def test_rounds_to_the_nearest_raw_value() -> None:
    layout = network("q_truck").messages["TractionFeedback"]
    packer = Packer(layout, ["MotorTorque"])
    unpack = Unpacker(layout, ["MotorTorque"]).unpack
    for torque, expected in ((100.24, 100.0), (100.26, 100.5), (-100.24, -100.0), (-100.26, -100.5)):
        assert unpack(packer.to_bytes(packer.pack([torque]))) == [expected]


def test_saturates_at_the_signals_range() -> None:
    layout = network("q_truck").messages["TractionFeedback"]
    packer, unpack = Packer(layout, ["MotorTorque"]), Unpacker(layout, ["MotorTorque"]).unpack
    assert unpack(packer.to_bytes(packer.pack([1e9]))) == [16000.0]
    assert unpack(packer.to_bytes(packer.pack([-1e9]))) == [-16000.0]


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_refuses_what_is_no_number(bad: float) -> None:
    packer = Packer(network("q_truck").messages["TractionFeedback"], ["Status", "MotorTorque"])
    with pytest.raises(
        ValueError, match=r"TractionFeedback: expected one finite value a signal.*MotorTorque"
    ):
        packer.pack([0, bad])


def test_refuses_a_wrong_number_of_values() -> None:
    packer = Packer(network("q_truck").messages["TractionFeedback"], ["Status", "MotorTorque"])
    with pytest.raises(ValueError, match="TractionFeedback"):
        packer.pack([0])


def test_a_signal_that_the_vehicle_lacks_is_skipped() -> None:
    layout = network("yard_tractor").messages["SteeringFeedback"]
    packer = Packer(layout, ["FrontAngle", "RearAngle"])
    data = packer.to_bytes(packer.pack([0.1, 0.2]))
    assert Unpacker(layout, ["FrontAngle", "RearAngle"]).unpack(data) == pytest.approx([0.1, 0.0])
