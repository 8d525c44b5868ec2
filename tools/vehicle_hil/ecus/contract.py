"""The latch of every actuator ECU, as the DBC files' head comment states it; first thing in its step.

An ECU starts latched and latches whenever a valid RuntimeHeartbeat or its own command is missing for
50 ms. It clears only at standstill, after the heartbeat said STANDING with Handshake 1 for 200 ms without
a gap while its own command was alive. A gap is the heartbeat's GenMsgTimeoutTime without one, or any
heartbeat that says something else.
"""

from vehicle_hil.codec.network import Network

MISSING_NS = 50_000_000
HANDSHAKE_NS = 200_000_000
NEVER_NS = -(1 << 62)


class ActuatorLatch:
    """Hears the heartbeat, watches both deadlines, holds the latch."""

    __slots__ = (
        "_asked_since_ns",
        "_command_ns",
        "_driving",
        "_gap_ns",
        "_heartbeat",
        "_heartbeat_ns",
        "_standing",
        "cause",
        "latched",
        "motion_state",
    )

    def __init__(self, network: Network) -> None:
        self._heartbeat = network.receiver("RuntimeHeartbeat", ("MotionState", "Handshake"))
        self._gap_ns = self._heartbeat.layout.timeout_ns
        self._standing = network.code("RuntimeHeartbeat", "MotionState", "STANDING")
        self._driving = network.code("RuntimeHeartbeat", "MotionState", "DRIVING")
        self._heartbeat_ns = NEVER_NS
        self._command_ns = NEVER_NS
        self._asked_since_ns: int | None = None
        self.motion_state = self._standing
        self.latched = True
        self.cause = "boot"
        """Why it latched last: `boot`, `RuntimeHeartbeat missing` or `command missing`."""

    @property
    def propulsion_permitted(self) -> bool:
        """True where the heartbeat says DRIVING."""
        return self.motion_state == self._driving

    def on_heartbeat(self, now_ns: int, data: bytes) -> None:
        values = self._heartbeat.take(data)
        if values is None:
            return
        self.motion_state = int(values[0])
        self._heartbeat_ns = now_ns
        if self.motion_state != self._standing or values[1] != 1.0:
            self._asked_since_ns = None
        elif self._asked_since_ns is None:
            self._asked_since_ns = now_ns

    def on_command(self, now_ns: int) -> None:
        """The ECU took a valid command of its own."""
        self._command_ns = now_ns

    def step(self, now_ns: int, standstill: bool) -> bool:
        """The latch after this tick. standstill: as the ECU itself senses it."""
        if now_ns - self._heartbeat_ns >= MISSING_NS:
            self._latch("RuntimeHeartbeat missing")
        elif now_ns - self._command_ns >= MISSING_NS:
            self._latch("command missing")
        elif self.latched:
            if now_ns - self._heartbeat_ns >= self._gap_ns:
                self._asked_since_ns = None
            asked_ns = self._asked_since_ns
            if standstill and asked_ns is not None and now_ns - asked_ns >= HANDSHAKE_NS:
                self.latched = False
        return self.latched

    def _latch(self, cause: str) -> None:
        if not self.latched:
            self.latched = True
            self.cause = cause
        self._asked_since_ns = None
