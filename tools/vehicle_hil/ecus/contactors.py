"""Contactor sequence of the battery: a state machine over request, voltages and current; once a tick.

Contract (body DBC): minus, precharge, link within 5 % of the pack in 2 s, plus, precharge open. A command
missing for 500 ms opens, within 1 s or as soon as the current is below 20 A; so does an OPEN request.
"""

INIT_NS = 200_000_000
"""Self-test after power-up. Assumption."""
STEP_NS = 50_000_000
"""From one contactor's coil to the next: closing time with margin. Assumption."""
PRECHARGE_MAX_NS = 2_000_000_000
PRECHARGE_SHARE = 0.95
OPENING_MAX_NS = 1_000_000_000
OPENING_CURRENT_A = 20.0
FAULT_OPENING_NS = 100_000_000
"""A fault opens after so long, whatever the current; limits are 0 meanwhile (foxBMS 2 does likewise)."""
RECOVERY_NS = 1_000_000_000
"""FAULT ends where its cause has been gone and OPEN been requested for so long. Assumption."""

NO_FAULT = 0
PRECHARGE_FAULT = 1
INTERLOCK_FAULT = 2
TEMPERATURE_FAULT = 3
CELL_VOLTAGE_FAULT = 4


class Contactors:
    """States by label of BatteryStatus.State: INIT, STANDBY, PRECHARGE, CLOSED, OPENING, FAULT."""

    __slots__ = (
        "_closing_plus_ns",
        "_entered_ns",
        "_quiet_since_ns",
        "fault_code",
        "minus",
        "plus",
        "precharge",
        "state",
    )

    def __init__(self) -> None:
        self.state = "INIT"
        self.minus = False
        self.precharge = False
        self.plus = False
        self.fault_code = NO_FAULT
        self._entered_ns: int | None = None
        self._closing_plus_ns: int | None = None
        self._quiet_since_ns: int | None = None

    def step(
        self, now_ns: int, close: bool, fault: int, link_v: float, pack_v: float, current_a: float
    ) -> None:
        """One tick.

        close: True where a live command asks for CLOSE. fault: code of a present cause, 0 for none.
        """
        if self._entered_ns is None:
            self._entered_ns = now_ns
        elapsed_ns = now_ns - self._entered_ns
        if fault != NO_FAULT and self.state not in ("INIT", "FAULT"):
            self._fail(now_ns, fault)
        elif self.state == "INIT":
            if elapsed_ns >= INIT_NS:
                self._enter(now_ns, "STANDBY")
        elif self.state == "STANDBY":
            if close:
                self.minus = True
                self._enter(now_ns, "PRECHARGE")
        elif self.state == "PRECHARGE":
            self._step_precharge(now_ns, elapsed_ns, close, link_v, pack_v)
        elif self.state == "CLOSED":
            if not close:
                self._enter(now_ns, "OPENING")
        elif self.state == "OPENING":
            if abs(current_a) < OPENING_CURRENT_A or elapsed_ns >= OPENING_MAX_NS:
                self._open()
                self._enter(now_ns, "STANDBY")
        else:
            self._step_fault(now_ns, elapsed_ns, close, fault)

    def _step_precharge(
        self, now_ns: int, elapsed_ns: int, close: bool, link_v: float, pack_v: float
    ) -> None:
        if not close:
            self._open()
            self._enter(now_ns, "STANDBY")
        elif self._closing_plus_ns is not None:
            if now_ns - self._closing_plus_ns >= STEP_NS:
                self.precharge = False
                self._enter(now_ns, "CLOSED")
        elif link_v >= PRECHARGE_SHARE * pack_v:
            self.plus = True
            self._closing_plus_ns = now_ns
        elif elapsed_ns >= PRECHARGE_MAX_NS:
            self._fail(now_ns, PRECHARGE_FAULT)
        elif elapsed_ns >= STEP_NS:
            self.precharge = True

    def _step_fault(self, now_ns: int, elapsed_ns: int, close: bool, fault: int) -> None:
        if elapsed_ns >= FAULT_OPENING_NS:
            self._open()
        if close or fault != NO_FAULT:
            self._quiet_since_ns = None
        elif self._quiet_since_ns is None:
            self._quiet_since_ns = now_ns
        elif now_ns - self._quiet_since_ns >= RECOVERY_NS:
            self.fault_code = NO_FAULT
            self._enter(now_ns, "STANDBY")

    def _fail(self, now_ns: int, fault: int) -> None:
        self.fault_code = fault
        self.precharge = False
        self._quiet_since_ns = None
        self._enter(now_ns, "FAULT")

    def _open(self) -> None:
        self.minus = self.precharge = self.plus = False

    def _enter(self, now_ns: int, state: str) -> None:
        self.state = state
        self._entered_ns = now_ns
        self._closing_plus_ns = None
