"""Mutants of functions that do the same as the function: (file, changed line) -> why no test finds them."""

_FALSE = "Only asked for its truth, and None is as false as False."
_SEVERITY = "The severity is set anew in the same step, by the same column of the row."
_UNUSED = "Triggers of its own making are never fired, and no callback asks for an event."

REASONS: dict[tuple[str, str], str] = {
    (
        "estop.py",
        "self._disagreement_max_ns = round(safety.estop_disagreement_max_s * 1000000001.0)",
    ): "Longer by one part in 10^9: within a nanosecond for the second that a profile may state at most.",
    ("estop.py", "self._heard = None"): _FALSE,
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
    ("state_machine.py", "auto_transitions=None,"): _FALSE,
    ("state_machine.py", "send_event=None,"): _FALSE,
    ("state_machine.py", "without initial=SafetyState.INIT,"): "The state is set before each move.",
    ("state_machine.py", "without auto_transitions=False,"): _UNUSED,
    ("state_machine.py", "without send_event=False,"): _UNUSED,
    ("state_machine.py", "auto_transitions=True,"): _UNUSED,
    ("state_machine.py", "send_event=True,"): _UNUSED,
}
