"""Each bus of the profile gets its interface on the command line; every mistake there is told at once."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_runtime.executive.bus_options import BusOption, parse_bus_options
from firmware_runtime.vehicle.problems import ConfigurationError

BUSES = ("drive", "body")


def test_interfaces_come_in_the_profiles_order() -> None:
    texts = ["body=pcan:PCAN_USBBUS1,bitrate=250000", "drive=socketcan:can0"]
    assert parse_bus_options(texts, BUSES) == [
        BusOption("drive", "socketcan", "can0", {}),
        BusOption("body", "pcan", "PCAN_USBBUS1", {"bitrate": 250000}),
    ]


def test_addresses_with_colons_are_channels() -> None:
    (option,) = parse_bus_options(["drive=udp_multicast:ff15::1,port=43113,fd=false"], ["drive"])
    assert (option.channel, option.options) == ("ff15::1", {"port": 43113, "fd": False})


def test_a_bus_that_the_profile_declares_can_fd_is_opened_as_such() -> None:
    drive, body = parse_bus_options(["body=virtual:x,fd=false", "drive=socketcan:can0"], BUSES)
    assert drive.options_on(is_fd=True) == {"fd": True}
    assert drive.options_on(is_fd=False) == {}
    assert body.options_on(is_fd=True) == {"fd": False}, "who says so knows better"


words = st.text("abcxyz0189_.", min_size=1, max_size=8)
values = st.one_of(st.integers(), st.booleans(), st.text("abcxyz.", min_size=1, max_size=8)).filter(
    lambda value: value not in ("true", "false")
)


@given(words, words, words, st.dictionaries(st.text("abc", min_size=1, max_size=5), values, max_size=3))
def test_what_is_written_is_read_back(
    name: str, interface: str, channel: str, options: dict[str, str | int | bool]
) -> None:
    option = BusOption(name, interface, channel, options)
    assert parse_bus_options([str(option)], [name]) == [option]


@pytest.mark.parametrize(
    "text",
    ["drive", "drive=", "drive=can0", "drive=:can0", "drive=socketcan:", "=socketcan:can0", "drive=a:b,c"],
)
def test_a_malformed_option_is_quoted_with_the_form_it_should_have(text: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        parse_bus_options([text], ["drive"])
    assert f'expected NAME=INTERFACE:CHANNEL[,OPTION=VALUE...], got "{text}"' in str(raised.value)


def test_all_mistakes_are_told_at_once() -> None:
    with pytest.raises(ConfigurationError) as raised:
        parse_bus_options(["drvie=socketcan:can0", "body=virtual:x", "body=virtual:y"], BUSES)
    problems = [str(problem) for problem in raised.value.problems]
    assert len(problems) == 3
    assert any('got "drvie" (did you mean "drive"?)' in problem for problem in problems)
    assert any("expected bus body once, got a second interface" in problem for problem in problems)
    assert any("expected --bus drive=INTERFACE:CHANNEL" in problem for problem in problems)
