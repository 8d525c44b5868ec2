"""What a profile may not bind is refused with a word on what is expected."""

import pytest

from tests.vehicle.message_support import (
    FD,
    FD_COMMAND,
    GROUP,
    GROUP_DBC,
    J1939,
    PAGED,
    PAGES,
    TWO_PLAIN,
    WEIGHT,
    bind,
    cyclic,
    dbc,
    refused,
)
from tests.vehicle.support import Configuration

LONG_GROUP = GROUP.replace("Weight: 8", "Weight: 20")
SHORT_FD = FD_COMMAND.replace("12 A", "8 A").replace("71|32", "39|32")
REFUSED = {
    "source of a message that is none of J1939": (
        dbc(TWO_PLAIN, m291=cyclic(E2eProfile="P01", E2eDataId=1)),
        {"load_mass_kg": "Plain@0x27.Mass"},
        False,
        'load_mass_kg: expected no source, as Plain is no J1939 message (VFrameFormat J1939PG), got "0x27"',
    ),
    "source that nobody has": (
        GROUP_DBC,
        {"load_mass_kg": "Weight@0xFE.Mass"},
        False,
        'load_mass_kg: expected a J1939 source of 0x00 to 0xFD, or any, got "0xFE"',
    ),
    "source without 0x": (
        GROUP_DBC,
        {"load_mass_kg": "Weight@27.Mass"},
        False,
        'load_mass_kg: expected a J1939 source of 0x00 to 0xFD, or any, got "27"',
    ),
    "J1939 message of several frames": (
        dbc(LONG_GROUP, **{f"m{WEIGHT}": cyclic(J1939, E2eProfile="P01", E2eDataId=9)}),
        {"load_mass_kg": "Weight.Mass"},
        True,
        "load_mass_kg: expected 1 to 8 bytes, as J1939 sends in one frame for extra.Weight, got 20",
    ),
    "CAN FD command that would go out as classic CAN": (
        dbc(SHORT_FD, m513=cyclic(FD, E2eProfile="P05", E2eDataId=1)),
        {">status_speed_limit_mps": "Steer.Angle"},
        True,
        "more than 8 bytes in CAN FD, as shorter frames go out as classic CAN for extra.Steer, got 8",
    ),
    "command on a page": (
        dbc(PAGED.replace("degC", "m/s"), m291=cyclic(E2eProfile="P01", E2eDataId=7)),
        {">status_speed_limit_mps": "Warmth.Motor"},
        False,
        "expected no multiplexed signals where it is sent for extra.Warmth, got a multiplexed message",
    ),
    "pages without protection": (
        dbc(PAGED, m291=cyclic()),
        PAGES,
        False,
        "expected end-to-end protection (E2eProfile) for extra.Warmth, got none although it decides",
    ),
    "checksum that lies elsewhere than the protection has it": (
        dbc(TWO_PLAIN, m291=cyclic(E2eProfile="P05", E2eDataId=1)),
        {"load_mass_kg": "Plain.Mass"},
        False,
        "expected the checksum of P05 as a signal of bytes 0 to 1 for extra.Plain, got no such signal",
    ),
    "protection without its figures": (
        dbc(TWO_PLAIN, m291=cyclic(E2eProfile="CRC8_COUNTER")),
        {"load_mass_kg": "Plain.Mass"},
        False,
        "expected E2ePolynomial 1..255 (CRC8_COUNTER) for extra.Plain, got none",
    ),
    "counter check that cannot be": (
        dbc(TWO_PLAIN, m291=cyclic(E2eProfile="P01", E2eDataId=1, E2eMaxDeltaCounter=20)),
        {"load_mass_kg": "Plain.Mass"},
        False,
        "[inputs]: expected signals that can be used, got message extra.Plain: expected E2eMaxDeltaCounter",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_stays_refused_says_what_is_expected(name: str, configuration: Configuration) -> None:
    text, bound, fd, words = REFUSED[name]
    bind(configuration, text, bound, fd=fd)
    problems = refused(configuration)
    assert any(words in problem for problem in problems), problems
