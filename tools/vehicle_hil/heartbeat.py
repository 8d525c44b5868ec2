"""The runtime's safety state as it stands on the bus; what there is to show while it runs in another process.

Read with cantools by the profile's binding of `heartbeat_safety_state`, so neither the runtime's encoder
nor its telemetry is asked.
"""

from collections.abc import Sequence
from pathlib import Path

import cantools
from cantools.database.can import Database

from firmware_runtime.vehicle.profile import ProfileData
from vehicle_hil.result import BusFrame

BINDING = "heartbeat_safety_state"


class HeartbeatState:
    """Remembers the last frame that carries the state; decodes only when asked."""

    def __init__(self, profile: ProfileData, profile_path: Path) -> None:
        bus, message, signal = profile.outputs[BINDING].split(".")
        database = cantools.database.load_file(profile_path.parent / profile.buses[bus].dbc)
        if not isinstance(database, Database):
            raise TypeError(f"{profile.buses[bus].dbc}: expected a CAN database")
        self._message = database.get_message_by_name(message)
        self._signal = signal
        self._bus = bus
        self._can_id = self._message.frame_id | (0x8000_0000 if self._message.is_extended_frame else 0)
        self._data = b""

    def hear(self, frames: Sequence[BusFrame]) -> None:
        for _, bus, can_id, data in frames:
            if can_id == self._can_id and bus == self._bus:
                self._data = data

    @property
    def state(self) -> str:
        """Name of the state in the DBC's value table; empty before the first frame."""
        if not self._data:
            return ""
        values = self._message.decode(self._data, allow_truncated=True)
        return str(values.get(self._signal, "")) if isinstance(values, dict) else ""
