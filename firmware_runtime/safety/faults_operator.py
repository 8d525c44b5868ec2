"""Faults of what people and surroundings tell: e-stop chain, bumper, control centre, driver in the cab."""

from firmware_runtime.safety.estop import CHANNELS, VERDICTS, Verdict
from firmware_runtime.safety.fault_row import (
    AWAKE,
    MS,
    ROLLING,
    FaultRow,
    dtc,
    stops,
    stops_at_once,
    warns,
)
from firmware_runtime.safety.monitor_inputs import MonitorInputs
from firmware_runtime.vehicle.enums import ButtonState, OnOffState, SwitchState
from firmware_runtime.vehicle.enums import SafetyState as S


def estop_channel_lost(i: MonitorInputs) -> str:
    return _channels(i, Verdict.ONE_LOST)


def estop_channels_disagree(i: MonitorInputs) -> str:
    return _channels(i, Verdict.CONTRADICTION)


def _channels(i: MonitorInputs, verdict: Verdict) -> str:
    """The pair in words where it means this, by the e-stop's own truth table."""
    a, b = CHANNELS
    s = i.state
    pair = (
        s.estop_channel_a if s.usable(a) else SwitchState.NOT_AVAILABLE,
        s.estop_channel_b if s.usable(b) else SwitchState.NOT_AVAILABLE,
    )
    return f"A {pair[0].name}, B {pair[1].name}" if VERDICTS[pair] is verdict else ""


def bumper_pressed(i: MonitorInputs) -> str:
    return "" if i.state.bumper is ButtonState.RELEASED else i.state.bumper.name


def link_lost(i: MonitorInputs) -> str:
    return "" if i.state.link_alive is OnOffState.ON else f"link {i.state.link_alive.name}"


def driver_unheard(i: MonitorInputs) -> str:
    return ", ".join(name for name in ("cab_brake", "cab_steering_rad") if not i.state.usable(name))


OPERATOR: tuple[FaultRow, ...] = (
    FaultRow(
        identifier="estop_channel_lost",
        text="One of the two e-stop channels is lost",
        dtc=dtc("B1101-29"),
        spn=516146,
        fmi=2,
        monitors="estop_channel_a, estop_channel_b",
        threshold="one CLOSED, the other tells nothing (ERROR, not available, unusable); safety/estop.py",
        condition=estop_channel_lost,
        debounce_count=2,
        debounce_ns=10 * MS,
        severity=stops(AWAKE),
        recovery=False,
        look_at="wiring and contact of the channel that tells nothing",
    ),
    # The open contact counts as pressed at once; this names what would otherwise look like a press.
    FaultRow(
        identifier="estop_channels_disagree",
        text="The two e-stop channels contradict each other",
        dtc=dtc("B1102-64"),
        spn=516147,
        fmi=2,
        monitors="estop_channel_a, estop_channel_b",
        threshold="one OPEN, one CLOSED (safety/estop.py; a defect from safety.estop_disagreement_max_s on)",
        condition=estop_channels_disagree,
        debounce_count=3,
        debounce_ns=100 * MS,
        severity=stops(AWAKE),
        recovery=False,
        look_at="e-stop chain: contacts and wiring of both channels",
    ),
    FaultRow(
        identifier="bumper_pressed",
        text="The safety bumper is pressed or broken",
        dtc=dtc("B1201-9A"),
        spn=516148,
        fmi=31,
        monitors="bumper",
        threshold="not RELEASED",
        condition=bumper_pressed,
        severity=stops_at_once(AWAKE),
        # The vehicle may stand against a wall, or against somebody: a person moves it off.
        recovery=True,
        look_at="bumper, then the surroundings",
    ),
    # The state machine reads the link itself and stops for it; this gives the stop its name.
    FaultRow(
        identifier="link_lost",
        text="The link to the control centre is lost",
        dtc=dtc("U1301-87"),
        spn=516149,
        fmi=19,
        monitors="link_alive, as the radio gateway sees it",
        threshold="not ON",
        condition=link_lost,
        severity=warns(AWAKE) | stops(ROLLING | {S.SAFE_STOP}),
        recovery=True,
        look_at="radio gateway and its antenna, coverage at that place, the control centre",
    ),
    # Drive-by-wire: nobody else stops this vehicle, and nothing that the driver does reaches wheels or brake.
    # An accelerator that is lost asks for nothing; it is message_lost or signal_unusable, and no more.
    FaultRow(
        identifier="driver_unheard",
        text="The brake pedal or the steering wheel in the cab is not heard",
        dtc=dtc("B1301-87"),
        spn=516150,
        fmi=2,
        monitors="cab_brake, cab_steering_rad; a vehicle without a cab has neither",
        threshold="unusable while driven by hand",
        condition=driver_unheard,
        debounce_count=3,
        debounce_ns=50 * MS,
        severity=stops_at_once({S.MANUAL, S.FAULT}),
        recovery=False,
        lists_names=True,
        look_at="pedal and wheel sensors in the cab, the body ECU and its bus connector",
    ),
)
