"""What the envelope remembers of people and of `control`'s state, tick by tick."""

import pytest

from firmware_runtime.safety.envelope_memory import EnvelopeMemory
from firmware_runtime.vehicle.enums import ButtonState, PlugState, SafetyState
from tests.vehicle_state import vehicle_state

MS = 1_000_000
HELD = {"dead_man": ButtonState.PRESSED}
OUT = {"charge_plug": PlugState.UNPLUGGED}


def test_a_button_that_nobody_held_was_held_at_no_time() -> None:
    memory = EnvelopeMemory()
    assert (memory.dead_man_ns, memory.unplugged_ns) == (0, 0)
    memory.hear(7 * MS, vehicle_state(dead_man=ButtonState.RELEASED, charge_plug=PlugState.PLUGGED))
    assert (memory.dead_man_ns, memory.unplugged_ns) == (0, 0)


def test_the_last_time_counts_at_which_it_was_heard_so() -> None:
    memory = EnvelopeMemory()
    memory.hear(7 * MS, vehicle_state(**HELD, **OUT))
    assert (memory.dead_man_ns, memory.unplugged_ns) == (7 * MS, 7 * MS)
    memory.hear(8 * MS, vehicle_state(dead_man=ButtonState.RELEASED, **OUT))
    assert (memory.dead_man_ns, memory.unplugged_ns) == (7 * MS, 8 * MS)
    memory.hear(9 * MS, vehicle_state(**HELD, charge_plug=PlugState.PLUGGED))
    assert (memory.dead_man_ns, memory.unplugged_ns) == (9 * MS, 8 * MS)


@pytest.mark.parametrize(("lost", "held_ns", "out_ns"), [("dead_man", 0, 7 * MS), ("charge_plug", 7 * MS, 0)])
def test_what_must_not_be_trusted_was_not_heard(lost: str, held_ns: int, out_ns: int) -> None:
    memory = EnvelopeMemory()
    memory.hear(7 * MS, vehicle_state(**HELD, **OUT, unusable=frozenset({lost})))
    assert (memory.dead_man_ns, memory.unplugged_ns) == (held_ns, out_ns)


def test_a_state_begins_once_and_with_the_speed_of_then() -> None:
    memory = EnvelopeMemory()
    memory.propose(5 * MS, SafetyState.AUTO, 3.0)
    memory.propose(6 * MS, SafetyState.AUTO, 2.5)
    assert (memory.state_ns, memory.state_speed_mps) == (5 * MS, 3.0)
    memory.propose(7 * MS, SafetyState.DEGRADED, 2.0)
    assert (memory.state_ns, memory.state_speed_mps) == (7 * MS, 2.0)
    memory.propose(8 * MS, SafetyState.AUTO, 1.0)
    assert (memory.state_ns, memory.state_speed_mps) == (8 * MS, 1.0)
