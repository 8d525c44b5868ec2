"""A generation's file comes back as it was, and any damage of it is found."""

import hashlib

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from firmware_runtime.executive.persistence.generation import Generation, Refused, Stamp, Why, seal, unseal
from firmware_runtime.executive.persistence.items import FILE_MAX_BYTES

CONTENTS = st.dictionaries(st.text(max_size=8), st.integers() | st.text(max_size=30) | st.none(), max_size=6)


def generation(content: bytes = b'{"latched":true}', form: int = 1) -> Generation:
    return Generation(form, "events", 17, "QT-0042", Stamp(1, 2, "boot"), msgspec.Raw(content))


SEALED = seal(generation())


@given(
    content=CONTENTS,
    number=st.integers(0, 2**53),
    vehicle=st.text(max_size=20),
    record=st.sampled_from(("events", "running")),
)
def test_what_is_sealed_comes_back(
    content: dict[str, object], number: int, vehicle: str, record: str
) -> None:
    raw = msgspec.Raw(msgspec.json.encode(content))
    sealed = seal(Generation(1, record, number, vehicle, Stamp(3, 4, "b"), raw))
    back = unseal(sealed, record, vehicle)
    assert isinstance(back, Generation)
    assert (back.number, back.vehicle, back.stamp) == (number, vehicle, Stamp(3, 4, "b"))
    assert msgspec.json.decode(back.content) == content


@given(at=st.integers(0, len(SEALED) - 1), turned=st.integers(1, 255))
def test_any_changed_byte_is_found(at: int, turned: int) -> None:
    spoilt = SEALED[:at] + bytes([SEALED[at] ^ turned]) + SEALED[at + 1 :]
    refused = unseal(spoilt, "events", "QT-0042")
    assert isinstance(refused, Refused)
    assert refused.why is Why.DAMAGED


def test_each_single_bit_and_each_length_is_found() -> None:
    for at in range(len(SEALED)):
        for bit in range(8):
            spoilt = bytearray(SEALED)
            spoilt[at] ^= 1 << bit
            assert isinstance(unseal(bytes(spoilt), "events", None), Refused), (at, bit)
        assert isinstance(unseal(SEALED[:at], "events", None), Refused), at


@given(cut=st.integers(0, len(SEALED)), rest=st.binary(max_size=len(SEALED)))
def test_any_other_ending_is_found(cut: int, rest: bytes) -> None:
    spoilt = SEALED[:cut] + rest
    if spoilt != SEALED:
        assert isinstance(unseal(spoilt, "events", None), Refused)


@given(start=st.integers(0, len(SEALED) - 1), length=st.integers(1, 512))
def test_any_zeroed_block_is_found(start: int, length: int) -> None:
    end = min(start + length, len(SEALED))
    assert isinstance(unseal(SEALED[:start] + bytes(end - start) + SEALED[end:], "events", None), Refused)


def test_damage_says_what_was_expected_and_what_came() -> None:
    for data, words in (
        (b"", "expected to begin with 'firmware-runtime-state sha256=', came b''"),
        (SEALED[:40], "expected 64 digits of a checksum, the file ends after 40 bytes"),
        (SEALED[:-2], f"the checksum of {len(SEALED) - 97} bytes is "),
        (b"x" * (FILE_MAX_BYTES + 1), f"expected at most {FILE_MAX_BYTES} bytes, came more"),
    ):
        refused = unseal(data, "events", None)
        assert isinstance(refused, Refused)
        assert words in refused.words


def test_another_version_is_told_from_damage() -> None:
    refused = unseal(seal(generation(form=2)), "events", None)
    assert refused == Refused(Why.VERSION, "expected format 1, came 2")


def test_another_vehicle_and_another_record_are_refused() -> None:
    assert unseal(SEALED, "events", "QT-7") == Refused(Why.FOREIGN, "expected vehicle 'QT-7', came 'QT-0042'")
    refused = unseal(SEALED, "running", None)
    assert refused == Refused(Why.DAMAGED, "expected record 'running', came 'events'")


def test_fields_that_do_not_fit_are_damage_even_under_a_right_checksum() -> None:
    body = b'{"format": 1, "record": "events"}'
    sealed = b"firmware-runtime-state sha256=" + hashlib.sha256(body).hexdigest().encode() + b"\n" + body
    refused = unseal(sealed, "events", None)
    assert isinstance(refused, Refused)
    assert "the checksum is right, the fields are not" in refused.words


def test_a_technician_can_check_the_sum_without_this_program() -> None:
    head, body = SEALED.split(b"\n", 1)
    assert head == b"firmware-runtime-state sha256=" + hashlib.sha256(body).hexdigest().encode()
    assert b'\n "number": 17,\n' in body, "laid out for people"
