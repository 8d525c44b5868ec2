"""Faults of the traction battery and the high voltage, and whether its energy lasts."""

from math import inf

from firmware_runtime.safety.fault_row import (
    AWAKE,
    DRIVEN,
    DRIVERLESS,
    MS,
    OPERATED,
    ClearCondition,
    FaultRow,
    degrades,
    dtc,
    stops,
    warns,
)
from firmware_runtime.safety.monitor_inputs import MonitorInputs
from firmware_runtime.safety.state_table import DRIVE_STATES
from firmware_runtime.vehicle.enums import BatteryState, ContactorRequest, SwitchState
from firmware_runtime.vehicle.enums import SafetyState as S

POWER_DISAGREEMENT_W = 15_000.0
POWER_DISAGREEMENT_SHARE = 0.35
"""Pack against motor: auxiliaries, plus losses of motor, inverter and measurement (assumption)."""
STALL_LOSS_SHARE = 0.05
"""Of traction.power_max_w: what motor and inverter lose at full torque and no speed; it grows with the square
of the torque (assumption: copper losses of the class)."""
LIMIT_EXCESS_W = 10_000.0
LIMIT_EXCESS_SHARE = 0.10
"""Pack power beyond what it permits: auxiliaries that nobody commands, measurement (assumption)."""
COLD_DEGC = 0.0
COLD_VOLTAGE_SHARE = 0.8
"""Below 0 degC cells may sag lower: 2.0 instead of 2.5 V (Lishen LP54173207, a stand-in)."""
STANDARD_GRAVITY_MPS2 = 9.80665
CLIMB_SHARE = 0.01
"""Mean grade that is reckoned with on the way to the next stop (assumption: yards are level, ramps go up and
down again)."""
RESERVE_EMPTY_SOC = 0.03
"""Below it the battery gives nothing any more (assumption: packs of the class cut off there)."""
AUXILIARY_POWER_W = 6_000.0
RESERVE_SPEED_MPS = 1.0
"""Slower than this no mean speed will be: what the auxiliaries take until the next stop (assumption)."""
RESERVE_FACTOR = 1.5
"""Times the energy that is reckoned with (assumption: cold, wind, a detour around an obstacle)."""
J_PER_KWH = 3.6e6


def battery_failed(i: MonitorInputs) -> str:
    s = i.state
    if s.battery_state is BatteryState.FAULT or s.battery_fault_code:
        return f"state {s.battery_state.name}, code {s.battery_fault_code:.0f}"
    return ""


def battery_implausible(i: MonitorInputs) -> str:
    """Power of the pack against the motor's: how a battery shows that is frozen behind good frames."""
    s = i.state
    pack_w = s.battery_voltage_v * s.battery_current_a
    motor_w = s.motor_torque_nm * s.motor_speed_radps
    difference_w = abs(pack_w - motor_w)
    if difference_w <= POWER_DISAGREEMENT_W:
        return ""
    traction = i.profile.traction
    stall_w = STALL_LOSS_SHARE * traction.power_max_w * (s.motor_torque_nm / traction.torque_max_nm) ** 2
    band_w = POWER_DISAGREEMENT_W + stall_w + POWER_DISAGREEMENT_SHARE * max(abs(pack_w), abs(motor_w))
    if difference_w <= band_w or not s.usable(
        "battery_voltage_v", "battery_current_a", "motor_torque_nm", "motor_speed_radps"
    ):
        return ""
    return f"pack {pack_w / 1000:.0f} kW, motor {motor_w / 1000:.0f} kW"


def battery_limit_exceeded(i: MonitorInputs) -> str:
    s = i.state
    pack_w = s.battery_voltage_v * s.battery_current_a
    limit_w = s.battery_discharge_power_max_w if pack_w >= 0.0 else s.battery_charge_power_max_w
    if abs(pack_w) <= limit_w * (1.0 + LIMIT_EXCESS_SHARE) + LIMIT_EXCESS_W:
        return ""
    way = "discharge" if pack_w >= 0.0 else "charge"
    return f"{way} {abs(pack_w) / 1000:.0f} kW, permitted {limit_w / 1000:.0f} kW"


def battery_undervoltage(i: MonitorInputs) -> str:
    s = i.state
    limit_v = i.profile.battery.voltage_min_v
    if s.battery_voltage_v >= limit_v:
        return ""
    if s.battery_cell_temperature_min_degc < COLD_DEGC:
        limit_v *= COLD_VOLTAGE_SHARE
    return f"{s.battery_voltage_v:.0f} V, limit {limit_v:.0f} V" if s.battery_voltage_v < limit_v else ""


def battery_overvoltage(i: MonitorInputs) -> str:
    voltage_v, limit_v = i.state.battery_voltage_v, i.profile.battery.voltage_max_v
    return f"{voltage_v:.0f} V, limit {limit_v:.0f} V" if voltage_v > limit_v else ""


def precharge_overdue(i: MonitorInputs) -> str:
    s = i.state
    if not i.precharge_overdue:
        return ""
    limit_s = i.profile.battery.precharge_time_max_s
    return f"link {s.battery_link_voltage_v:.0f} V of {s.battery_voltage_v:.0f} V after {limit_s:g} s"


def high_voltage_lost(i: MonitorInputs) -> str:
    return "" if _opened_in_stop(i) else i.high_voltage_lost


def _opened_in_stop(i: MonitorInputs) -> bool:
    """By supervisor or battery, on purpose: a battery that opens or has opened does not say CLOSED."""
    return i.safety_state is S.SAFE_STOP and i.state.battery_state is not BatteryState.CLOSED


def contactors_opened(i: MonitorInputs) -> str:
    if _opened_in_stop(i):
        return ""
    s = i.state
    plus, minus = s.battery_contactor_plus, s.battery_contactor_minus
    if (
        plus is SwitchState.CLOSED and minus is SwitchState.CLOSED
    ) or i.contactor_request is not ContactorRequest.CLOSE:
        return ""
    return f"plus {plus.name}, minus {minus.name}"


def contactor_stuck(i: MonitorInputs) -> str:
    s = i.state
    plus, minus = s.battery_contactor_plus, s.battery_contactor_minus
    if i.contactor_request is ContactorRequest.CLOSE or SwitchState.CLOSED not in (plus, minus):
        return ""
    return f"plus {plus.name}, minus {minus.name}"


def battery_temperature(i: MonitorInputs) -> str:
    s, battery = i.state, i.profile.battery
    if s.battery_cell_temperature_min_degc < battery.cell_temperature_min_degc:
        return f"coldest cell {s.battery_cell_temperature_min_degc:.0f} degC"
    if s.battery_cell_temperature_max_degc > battery.cell_temperature_max_degc:
        return f"warmest cell {s.battery_cell_temperature_max_degc:.0f} degC"
    return ""


def battery_isolation(i: MonitorInputs) -> str:
    battery = i.profile.battery
    needed_ohm = battery.isolation_min_ohm_per_v * battery.voltage_max_v
    isolation_ohm = i.state.battery_isolation_ohm
    if isolation_ohm >= needed_ohm:
        return ""
    return f"{isolation_ohm / 1000:.0f} kohm, needs {needed_ohm / 1000:.0f} kohm"


def battery_interlock(i: MonitorInputs) -> str:
    return "" if i.state.battery_interlock is SwitchState.CLOSED else i.state.battery_interlock.name


def battery_low(i: MonitorInputs) -> str:
    soc = i.state.battery_soc
    return f"{soc:.0%}" if soc < i.profile.battery.soc_min else ""


def energy_short(i: MonitorInputs) -> str:
    """What is left against what the way to the next stop of the route takes."""
    s, p = i.state, i.profile
    if i.to_stop_m == inf:
        return ""
    left_j = (
        (s.battery_soc - RESERVE_EMPTY_SOC) * p.battery.capacity_ah * 3600.0 * p.battery.nominal_voltage_v
    )
    mass_kg = p.mass.empty_kg + s.load_mass_kg + p.mass.trailer_max_kg
    force_n = mass_kg * STANDARD_GRAVITY_MPS2 * (p.resistance.rolling_coefficient + CLIMB_SHARE)
    per_metre_j = force_n / p.traction.efficiency + AUXILIARY_POWER_W / RESERVE_SPEED_MPS
    needed_j = RESERVE_FACTOR * per_metre_j * i.to_stop_m
    if left_j >= needed_j:
        return ""
    return (
        f"{max(left_j, 0.0) / J_PER_KWH:.1f} kWh left, {needed_j / J_PER_KWH:.1f} kWh to the stop in "
        f"{i.to_stop_m:.0f} m"
    )


_LIVE = frozenset({S.STANDBY, S.READY, S.SAFE_STOP}) | OPERATED
"""Where the contactors may be closed."""
_CONNECTED = AWAKE - {S.SHUTDOWN}

BATTERY: tuple[FaultRow, ...] = (
    FaultRow(
        identifier="battery_failed",
        text="The battery reports a fault",
        dtc=dtc("P1201-96"),
        spn=516176,
        fmi=12,
        monitors="battery_state, battery_fault_code",
        threshold="state FAULT, or a code other than 0",
        condition=battery_failed,
        severity=stops(AWAKE),
        recovery=False,
        look_at="fault memory of the battery",
    ),
    FaultRow(
        identifier="battery_implausible",
        text="Battery and motor disagree on the power",
        dtc=dtc("P1202-64"),
        spn=516177,
        fmi=2,
        monitors="voltage times current of the pack against torque times speed of the motor",
        threshold=f"{POWER_DISAGREEMENT_W / 1000:g} kW + {POWER_DISAGREEMENT_SHARE:.0%} of the larger + "
        f"{STALL_LOSS_SHARE:.0%} of traction.power_max_w by the square of torque over traction.torque_max_nm",
        condition=battery_implausible,
        debounce_count=50,
        debounce_ns=1500 * MS,
        severity=stops(DRIVEN | {S.SAFE_STOP}),
        recovery=True,
        look_at="the battery's control unit, its current sensor",
    ),
    FaultRow(
        identifier="battery_limit_exceeded",
        text="The battery is loaded beyond what it permits",
        dtc=dtc("P1203-92"),
        spn=516178,
        fmi=0,
        monitors="voltage times current of the pack against its own limits",
        threshold=f"limit + {LIMIT_EXCESS_SHARE:.0%} + {LIMIT_EXCESS_W / 1000:g} kW",
        condition=battery_limit_exceeded,
        debounce_count=30,
        debounce_ns=1000 * MS,
        severity=degrades(DRIVERLESS) | warns({S.MANUAL}),
        recovery=True,
        look_at="inverter limits, auxiliaries; temperature and state of charge of the battery",
    ),
    FaultRow(
        identifier="battery_undervoltage",
        text="The pack's voltage is too low",
        dtc=dtc("P1204-16"),
        spn=516179,
        fmi=1,
        monitors="battery_voltage_v",
        threshold=f"below battery.voltage_min_v, {COLD_VOLTAGE_SHARE:.0%} of it below {COLD_DEGC:g} degC",
        condition=battery_undervoltage,
        debounce_count=10,
        debounce_ns=1000 * MS,
        severity=stops(_LIVE),
        recovery=False,
        look_at="state of charge, a weak cell, the pack's voltage sensor",
    ),
    FaultRow(
        identifier="battery_overvoltage",
        text="The pack's voltage is too high",
        dtc=dtc("P1205-17"),
        spn=516180,
        fmi=0,
        monitors="battery_voltage_v",
        threshold="above battery.voltage_max_v",
        condition=battery_overvoltage,
        debounce_count=10,
        debounce_ns=500 * MS,
        severity=stops(_CONNECTED),
        recovery=False,
        look_at="charger, regeneration limits, the pack's voltage sensor",
    ),
    FaultRow(
        identifier="battery_temperature",
        text="A cell is too cold or too warm",
        dtc=dtc("P1206-98"),
        spn=516181,
        fmi=0,
        monitors="battery_cell_temperature_min_degc, battery_cell_temperature_max_degc",
        threshold="below battery.cell_temperature_min_degc or above battery.cell_temperature_max_degc",
        condition=battery_temperature,
        debounce_count=10,
        debounce_ns=1000 * MS,
        severity=stops(AWAKE),
        recovery=True,
        look_at="battery heating and cooling",
    ),
    FaultRow(
        identifier="battery_isolation",
        text="Isolation of the high voltage is too low",
        dtc=dtc("P1207-1A"),
        spn=516182,
        fmi=1,
        monitors="battery_isolation_ohm",
        threshold="below battery.isolation_min_ohm_per_v (UN R100: 100 ohm/V for DC, secondary) times "
        "battery.voltage_max_v, the working voltage",
        condition=battery_isolation,
        debounce_count=10,
        debounce_ns=1000 * MS,
        severity=stops(_CONNECTED),
        recovery=False,
        look_at="high-voltage cables and plugs, moisture",
    ),
    FaultRow(
        identifier="battery_interlock",
        text="The high-voltage interlock is open",
        dtc=dtc("P1208-94"),
        spn=516183,
        fmi=31,
        monitors="battery_interlock",
        threshold="not CLOSED",
        condition=battery_interlock,
        debounce_count=3,
        debounce_ns=50 * MS,
        severity=stops(AWAKE),
        recovery=False,
        look_at="high-voltage connectors and covers",
    ),
    FaultRow(
        identifier="precharge_overdue",
        text="High voltage does not come up",
        dtc=dtc("P1209-63"),
        spn=516184,
        fmi=7,
        monitors="battery state, contactor feedbacks and link voltage since the contactors were asked for",
        threshold="not ready within battery.precharge_time_max_s (link at battery.link_voltage_share_min)",
        condition=precharge_overdue,
        severity=stops(AWAKE),
        recovery=False,
        look_at="precharge resistor, contactors, service disconnect",
    ),
    # The state machine ends the drive for it by itself, as for a lost link; this gives the stop its name. At
    # standstill it lasts while the battery says that all is closed. Once the contactors have opened in the
    # stop, on purpose, none is there to be lost: what is broken shows as they close, by precharge_overdue.
    FaultRow(
        identifier="high_voltage_lost",
        text="The high voltage is lost while it is needed",
        dtc=dtc("P120E-16"),
        spn=516189,
        fmi=18,
        monitors="battery state, both contactor feedbacks, link voltage against the pack's",
        threshold="not all closed: at once; link below battery.link_voltage_share_min: for 0.25 s "
        "(battery/contactors.py)",
        condition=high_voltage_lost,
        severity=stops(DRIVEN | {S.SAFE_STOP}),
        recovery=False,
        look_at="what it says; fault memory of the battery, main fuse, service disconnect, voltage sensors",
    ),
    FaultRow(
        identifier="contactors_opened",
        text="A contactor is open that is asked to be closed",
        dtc=dtc("P120A-72"),
        spn=516185,
        fmi=7,
        monitors="both contactor feedbacks against the request, while driving; in SAFE_STOP while the "
        "battery says CLOSED",
        threshold="not both CLOSED",
        condition=contactors_opened,
        debounce_count=2,
        debounce_ns=30 * MS,
        severity=stops(DRIVEN | {S.SAFE_STOP}),
        recovery=False,
        look_at="fault memory of the battery; contactor coils and their supply",
    ),
    # Welded: whoever trusts that the high voltage is off may die of it.
    FaultRow(
        identifier="contactor_stuck",
        text="A contactor is closed that is asked to be open",
        dtc=dtc("P120B-73"),
        spn=516186,
        fmi=7,
        monitors="both contactor feedbacks against the request",
        threshold="one CLOSED (the battery opens within 1 s of the request)",
        condition=contactor_stuck,
        debounce_count=50,
        debounce_ns=2500 * MS,
        severity=stops(AWAKE - {S.CHARGING}),
        clear=ClearCondition.BY_ACKNOWLEDGE,
        recovery=False,
        look_at="welded contactors; do not open high-voltage covers before the link is measured dead",
    ),
    FaultRow(
        identifier="battery_low",
        text="The battery is nearly empty",
        dtc=dtc("P120C-84"),
        spn=516187,
        fmi=17,
        monitors="battery_soc",
        threshold="below battery.soc_min",
        condition=battery_low,
        debounce_count=3,
        debounce_ns=1000 * MS,
        severity=degrades(AWAKE - {S.CHARGING}),
        recovery=True,
        look_at="charge or swap the battery",
    ),
    FaultRow(
        identifier="energy_short",
        text="The energy does not last to the next stop with reserve",
        dtc=dtc("P120D-84"),
        spn=516188,
        fmi=18,
        monitors="state of charge and battery.capacity_ah against way, mass and resistance to the route's "
        "next stop",
        threshold=f"above {RESERVE_EMPTY_SOC:.0%} of charge less than {RESERVE_FACTOR:g} times rolling "
        f"resistance, {CLIMB_SHARE:.0%} of mean climb and {AUXILIARY_POWER_W / 1000:g} kW of auxiliaries at "
        f"{RESERVE_SPEED_MPS:g} m/s (assumption)",
        condition=energy_short,
        debounce_count=10,
        debounce_ns=1000 * MS,
        severity=degrades(DRIVE_STATES | {S.READY}),
        recovery=True,
        look_at="charge or swap the battery; plan a nearer stop",
    ),
)
