"""The Q-Truck with a foxBMS 2 battery: the same truck but for its battery, and what its frames mean."""

import tomllib
from typing import Any

import cantools
import pytest

from firmware_runtime.can.frame import Frame
from firmware_runtime.can.receiver import Receiver
from firmware_runtime.can.verdict import Unusable
from firmware_runtime.executive.command import main
from firmware_runtime.vehicle.load import load_profile
from tests.vehicle.support import PROJECT, Q_TRUCK

FOXBMS = PROJECT.parent / "shared" / "data" / "can" / "foxbms.dbc"
PROFILE = PROJECT / "configs" / "q_truck_foxbms.toml"
needs_database = pytest.mark.skipif(
    not FOXBMS.exists(), reason="foxbms.dbc is not beside the project (../shared/data/can)"
)
PACK_VALUES_P1 = 0x234


def test_it_is_the_q_truck_in_everything_but_its_battery() -> None:
    """Two files, so that either can be read alone; what they share must not drift apart."""
    plain, foxbms = (tomllib.loads(path.read_text()) for path in (Q_TRUCK, PROFILE))
    assert foxbms.pop("vehicle") == {"name": "q_truck_foxbms", "title": "Q-Truck with foxBMS", "cab": False}
    assert plain.pop("vehicle")["cab"] is False
    assert foxbms["buses"].pop("battery")
    assert foxbms.pop("messages").keys() == {"battery"}
    batterys = [name for name in plain["inputs"] if name.startswith("battery_")]
    assert len(batterys) == 14
    for table, names in (("inputs", batterys), ("outputs", ["contactor_request"])):
        for name in names:
            assert plain[table].pop(name).startswith("body.Battery")
            assert foxbms[table].pop(name).startswith("battery.f_")
    assert foxbms == plain


@needs_database
def test_the_check_shows_why_a_message_goes_unprotected(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(PROFILE)]) == 0
    rows = capsys.readouterr().out.splitlines()
    unprotected = [row for row in rows if row.endswith("none: foxBMS 2 has no counter or CRC")]
    assert len(unprotected) == 15
    assert all(" battery " in row for row in unprotected)
    assert [row for row in rows if " battery " in row] == unprotected


@needs_database
@pytest.mark.parametrize("kilo_ohm", [0, 63, 4998, 5005, 20_006, 57_337])
def test_any_insulation_resistance_that_the_frame_holds_is_usable(kilo_ohm: int) -> None:
    """More than 5 MΩ is healthy, not implausible: a truck must not stop for good insulation."""
    profile = load_profile(PROFILE)
    database: Any = cantools.database.load_file(FOXBMS)
    data = database.encode_message("f_PackValuesP1", {"InsulationResistance": kilo_ohm})
    receiver = Receiver(profile.databases, profile.inputs)
    receiver.push(Frame(0, "battery", PACK_VALUES_P1, data))
    sample = receiver.sample(0)
    index = [binding.name for binding in profile.inputs].index("battery_isolation_ohm")
    assert sample.reasons[index] is Unusable.OK
    assert sample.values[index] == kilo_ohm * 1000
