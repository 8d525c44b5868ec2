"""Mutants of functions that do the same as the function: (file, changed line) -> why no test finds them."""

_FALSE = "Only asked for its truth, and None is as false as False."
_SEVERITY = "The severity is set anew in the same step, by the same column of the row."
_NANOSECOND = (
    "Longer by one part in 10^9: less than a nanosecond, and rounded away, for any time below half a second."
)
_KEYS = "Only the keys are read."
_BEGUN = "Set by the first reading, which equals nothing before it."
_NO_CURRENT = "Without current no limit that a battery can tell is exceeded, whichever is looked at."
_TO_THE_BIT = (
    "Differs for a measurement on the edge to the last bit: no excess either, and the band narrows later."
)
_UNUSED = "Triggers of its own making are never fired, and no callback asks for an event."
_BEFORE_READ = "Set in each step, before it is read."
_SECOND = "Compared from the second sample on: how a plan begins is another check."
_AS_LONG = "A plan whose lists differ in length was refused before (`defect`)."
_NO_COMMAND = "Equal to no command, as None is."
_DECODED = "A payload that is not remembered is decoded anew, to the same."
_ROWS = "One row a binding, by the receiver's own word: both are as long."
_ASSUMED = "Differs at 0.3 m/s to the last bit alone, and that figure is assumed."
_START = "One nanosecond after the machine's start."
_FIRST_STEP = "Every message is due in the first step."
_TIME = "Nothing that the supervisor or its ear asks reads the time in the state."

REASONS: dict[tuple[str, str], str] = {
    ("estop.py", "self.heard = None"): _FALSE,
    ("estop.py", "self._defect = None"): _FALSE,
    (
        "permits.py",
        "return config.hold_armed and inputs.dead_man_pressed and powered(None, inputs) "
        "and may_recover(inputs)",
    ): "`powered` looks at the inputs alone.",
    ("fault_monitor.py", "severity = None"): _SEVERITY,
    ("fault_monitor.py", "memory.active = ActiveFault(row.identifier, detail, None, now_ns)"): _SEVERITY,
    (
        "fault_monitor.py",
        '"active": None if (memory.active is None) and False else msgspec.to_builtins(memory.active),',
    ): "None in plain values is None.",
    (
        "fault_monitor.py",
        'row = rows.get(memory.row.identifier, {"active": None, "changed_ns": 1, "observed": 0})',
    ): "With nothing observed that time is set by the first observation, before it is looked at.",
    ("actuator_response.py", "if asked_nm > 0.0:"): "With nothing asked both bands are from 0 to 0.",
    ("fault_row.py", 'code, _, failure_type = text.rpartition("-")'): "A code has one dash.",
    (
        "fault_row.py",
        'return Dtc("PCBU".rindex(code[0]) << 22 | int(code[1:], 16) << 8 | int(failure_type, 16))',
    ): "Each letter is there once.",
    (
        "faults_battery.py",
        "if difference_w < POWER_DISAGREEMENT_W:",
    ): "The band that is looked at next is at least as wide.",
    (
        "faults_battery.py",
        "limit_w = s.battery_discharge_power_max_w if pack_w > 0.0 else s.battery_charge_power_max_w",
    ): _NO_CURRENT,
    (
        "faults_battery.py",
        "limit_w = s.battery_discharge_power_max_w if pack_w >= 1.0 else s.battery_charge_power_max_w",
    ): _NO_CURRENT,
    ("faults_battery.py", 'way = "discharge" if pack_w > 0.0 else "charge"'): _NO_CURRENT,
    ("faults_battery.py", 'way = "discharge" if pack_w >= 1.0 else "charge"'): _NO_CURRENT,
    (
        "faults_battery.py",
        "if s.battery_voltage_v > limit_v:",
    ): "At the limit it goes on to compare with the same limit, or with a lower one.",
    (
        "faults_battery.py",
        "per_metre_j = force_n / p.traction.efficiency + AUXILIARY_POWER_W * RESERVE_SPEED_MPS",
    ): "The speed is 1 m/s.",
    (
        "faults_battery.py",
        'f"{max(left_j, 1.0) / J_PER_KWH:.1f} kWh left, {needed_j / J_PER_KWH:.1f} kWh to the stop in "',
    ): "One joule is printed as 0.0 kWh.",
    (
        "limit_watch.py",
        'self._falling_since_ns: int | None = ""',
    ): "The first limit is above a permitted speed of 0, and that sets it.",
    ("frozen.py", "self._speed_since_ns = [1] * len(SPEEDS)"): _BEGUN,
    ("frozen.py", "self._since_ns = [1] * len(RESTS)"): _BEGUN,
    ("frozen.py", "self._cause_low = [1.0] * len(RESTS)"): _BEGUN,
    ("frozen.py", "self._cause_high = [1.0] * len(RESTS)"): _BEGUN,
    (
        "bus_watch.py",
        'text, _ = self._foreign.get(key, (event.text or f"{bus} 0x{event.can_id:X}", 1))',
    ): "The time is set anew in the next line.",
    (
        "response_band.py",
        "self._high += min(quick * up, furthest) if up >= 0.0 else max(slow * up, -least)",
    ): "Where it is already, neither moves it.",
    (
        "response_band.py",
        "self._low += max(quick * down, -furthest) if down <= 0.0 else min(slow * down, least)",
    ): "Where it is already, neither moves it.",
    ("limit_watch.py", "self._last_ns = 1"): "In the first step nothing is falling yet.",
    ("message_findings.py", 'distrusted[self._messages[row]] = ""'): _KEYS,
    ("motion_watch.py", "self._held = None"): _FALSE,
    ("motion_watch.py", "along_mps = speed_mps / direction"): "The direction is 1 or -1.",
    ("response_band.py", "if measured >= self._high + tolerance:"): _TO_THE_BIT,
    ("response_band.py", "if measured <= self._low - tolerance:"): _TO_THE_BIT,
    ("response_band.py", "youngest_ns = now_ns - round(self._model.dead_min_s * 1000000001.0)"): _NANOSECOND,
    ("response_band.py", "oldest_ns = now_ns - round(self._model.dead_max_s * 1000000001.0)"): _NANOSECOND,
    (
        "state_table.py",
        "return frozenset(None)",
    ): "Called while the table is built: the table's tests would not even begin.",
    (
        "envelope.py",
        "kept_nm = abs(old_nm) if new_nm * old_nm >= 0.0 else 0.0",
    ): "Where one of the two is zero, nothing is kept, or nothing grows.",
    ("state_machine.py", "auto_transitions=None,"): _FALSE,
    ("state_machine.py", "send_event=None,"): _FALSE,
    ("state_machine.py", "without initial=SafetyState.INIT,"): "The state is set before each move.",
    ("state_machine.py", "without auto_transitions=False,"): _UNUSED,
    ("state_machine.py", "without send_event=False,"): _UNUSED,
    ("state_machine.py", "auto_transitions=True,"): _UNUSED,
    ("state_machine.py", "send_event=True,"): _UNUSED,
    ("control_watch.py", "self._wrong = None"): _FALSE,
    (
        "own_watch.py",
        "self._begun_ns = 1",
    ): "A step that was not begun is out of order, however long it took.",
    ("supervisor.py", "self._contactors_may_stay = None"): _BEFORE_READ,
    ("supervisor.py", "self._contactors_may_stay = False"): _BEFORE_READ,
    (
        "supervisor.py",
        "self._age_max_ns = round(profile.data.safety.proposal_age_max_s * 1000000001.0)",
    ): _NANOSECOND,
    ("supervisor.py", "self._accepted_ns = self._gone_ns = self._last_proposal_ns = 1"): _START,
    ("own_senses.py", "self.speed_mps = None"): _BEFORE_READ,
    ("own_senses.py", "self.speed_mps = 1.0"): _BEFORE_READ,
    ("first_look.py", "self._looked = None"): _FALSE,
    ("envelope_memory.py", "self.state_ns = None"): _BEFORE_READ,
    ("envelope_memory.py", "self.state_ns = 1"): _BEFORE_READ,
    ("envelope_memory.py", "self.state_speed_mps = None"): _BEFORE_READ,
    ("envelope_memory.py", "self.state_speed_mps = 1.0"): _BEFORE_READ,
    ("envelope_memory.py", "self._state: SafetyState = None"): "Neither is a state that is proposed.",
    ("bus_watch.py", "self.renewed: tuple[str, ...] = None"): _BEFORE_READ,
    ("bus_watch.py", "self.released: tuple[str, ...] = None"): _BEFORE_READ,
    ("fitness.py", 'return Unfit(traction, "", False) if (traction) or True else FIT'): (
        "Without a reason it equals `FIT`."
    ),
    ("estop_ear.py", "pressed = None"): _FALSE,
    ("estop_ear.py", "for row, binding in dict(zip(layout.row_index, bindings, strict=None)).items()"): _ROWS,
    ("estop_ear.py", "for row, binding in dict(zip(layout.row_index, bindings, )).items()"): _ROWS,
    (
        "estop_ear.py",
        "for row, binding in dict(zip(layout.row_index, bindings, strict=False)).items()",
    ): _ROWS,
    ("estop_ear.py", "for row, verdict in zip(self._row_of, self._store.verdicts(), strict=None)"): _ROWS,
    ("estop_ear.py", "for row, verdict in zip(self._row_of, self._store.verdicts(), )"): _ROWS,
    ("estop_ear.py", "for row, verdict in zip(self._row_of, self._store.verdicts(), strict=False)"): _ROWS,
    ("estop_ear.py", "state = None"): _DECODED,
    ("estop_ear.py", "state = self._known.get(None)"): _DECODED,
    ("estop_ear.py", "if len(self._known) <= _MEMO_MAX:"): _DECODED,
    ("estop_ear.py", "self._known[key] = None"): _DECODED,
    ("estop_ear.py", "return self._builder.build(values.tolist(), reasons, None)"): _TIME,
    ("estop_ear.py", "return self._builder.build(values.tolist(), reasons, 1)"): _TIME,
    ("fault_monitor.py", "self.acknowledged: tuple[str, ...] = None"): _BEFORE_READ,
    ("plan_checks.py", "ahead_m, last_1pm, last_front, last_rear = 0.0, 1.0, 0.0, 0.0"): _SECOND,
    ("plan_checks.py", "ahead_m, last_1pm, last_front, last_rear = 0.0, 0.0, 1.0, 0.0"): _SECOND,
    ("plan_checks.py", "ahead_m, last_1pm, last_front, last_rear = 0.0, 0.0, 0.0, 1.0"): _SECOND,
    (
        "plan_checks.py",
        "for curvature_1pm, crab_rad in zip(plan.curvature_1pm, plan.crab_rad, strict=None):",
    ): _AS_LONG,
    (
        "plan_checks.py",
        "for curvature_1pm, crab_rad in zip(plan.curvature_1pm, plan.crab_rad, strict=False):",
    ): _AS_LONG,
    ("plan_checks.py", "for curvature_1pm, crab_rad in zip(plan.curvature_1pm, plan.crab_rad, ):"): _AS_LONG,
    (
        "plan_checks.py",
        "left = square - 2.0 * braking_mps2 * (ahead_m - free_m) if ahead_m >= free_m else square",
    ): "Where braking just begins nothing is taken yet.",
    ("response_band.py", 'self._told: tuple[float, float] | None = ""'): _NO_COMMAND,
    ("response_band.py", 'self._told = ""'): _NO_COMMAND,
    (
        "response_band.py",
        "self._told = None",
    ): "The same command once more acts as long as its first: the memory alone is longer.",
    (
        "stop_driver.py",
        "return step_ns / 1000000001.0",
    ): "Longer by one part in 10^9.",
    ("host_watch.py", "self._knew_temperature = None"): _FALSE,
    ("host_watch.py", "self._knew_disk = None"): _FALSE,
    ("supervisor.py", "self._acknowledge_released = None"): _BEFORE_READ,
    ("supervisor.py", "self._acknowledge_released = True"): _BEFORE_READ,
    ("supervisor.py", "self._estop_latch = None"): _FALSE,
    ("supervisor.py", "self._stopped = None"): _FALSE,
    ("supervisor.py", "self._stopped = True"): _FIRST_STEP,
    ("supervisor.py", "self._withheld = None"): _FALSE,
    ("supervisor.py", "self._withheld = True"): _FIRST_STEP,
    ("supervisor.py", "if not standing and abs(self._senses.speed_mps) >= MOVING_MPS:"): _ASSUMED,
    ("supervisor.py", "self._hard = None"): _FALSE,
    (
        "supervisor.py",
        'self._good_since_ns: int | None = ""',
    ): "A reason to stop sets it to None before it is read.",
    ("supervisor.py", "self._springs_too = None"): _FALSE,
    ("supervisor.py", "self._proposed = self._in_charge = None"): _FALSE,
    ("supervisor.py", "self._first_look.angle_awaited = None"): _FALSE,
    ("supervisor.py", "self._control_seen = None"): _FALSE,
    (
        "own_senses.py",
        "state = self._builder.build(sample.values, sample.reasons, None)",
    ): _TIME,
}
