"""The e-stop as one eye hears it: every accepted frame is judged, not the last of a batch alone.

A press of one frame between two released ones, in one batch, is a press. Both eyes have an ear of their own,
on their own receiver.
"""

from firmware_runtime.can.layout import bind
from firmware_runtime.can.receiver import Receiver
from firmware_runtime.can.store import SignalStore
from firmware_runtime.can.verdict import Unusable
from firmware_runtime.safety.estop import CHANNELS, EStopReader
from firmware_runtime.vehicle.load import Profile
from firmware_runtime.vehicle.signals import VehicleState
from firmware_runtime.vehicle.state_builder import StateBuilder

_MEMO_MAX = 1024
"""Payloads that are remembered; four words by fifteen counts are 240, further ones are decoded anew."""


class EStopEar:
    def __init__(self, profile: Profile, receiver: Receiver) -> None:
        """receiver: of the same profile, with both channels among its bindings."""
        bindings = tuple(binding for binding in profile.inputs if binding.name in CHANNELS)
        layout = bind(profile.databases, bindings)
        self._store = SignalStore(layout)
        self._builder = StateBuilder(bindings, profile.input_enums, profile.calibration)
        self._row_of = layout.row_index
        self._latest: list[bytes | None] = [None] * len(layout.rows)
        """Payload of each row; one row where one message carries both channels."""
        self._kept = [
            (row, receiver.keep(binding.name))
            for row, binding in dict(zip(layout.row_index, bindings, strict=True)).items()
        ]
        self._known: dict[tuple[bytes | None, ...], VehicleState] = {}
        self._reader = EStopReader(profile.data.safety)

    @property
    def heard(self) -> bool:
        """A channel has told something since this process began."""
        return self._reader.heard

    def hear(self, now_ns: int) -> bool:
        """After frames were pushed: True where one of them presses. The next `step` knows it too."""
        pressed = False
        for row, kept in self._kept:
            for time_ns, payload in kept:
                self._latest[row] = payload
                pressed = self._reader.see(min(time_ns, now_ns), self._told()) or pressed
            kept.clear()
        return pressed

    def step(self, now_ns: int, state: VehicleState) -> bool:
        """Once a tick: True while the e-stop counts as pressed, or where a frame since the last step did."""
        return self._reader.step(now_ns, state)

    def _told(self) -> VehicleState:
        """Both channels by the latest payloads; nothing else in it is usable."""
        key = tuple(self._latest)
        state = self._known.get(key)
        if state is None:
            state = self._decoded()
            if len(self._known) < _MEMO_MAX:
                self._known[key] = state
        return state

    def _decoded(self) -> VehicleState:
        for row, payload in enumerate(self._latest):
            if payload is not None:
                self._store.payloads[self._store.payload_index[row]] = payload
        values, _ = self._store.decode()
        reasons = [
            Unusable.NEVER_RECEIVED if self._latest[row] is None else verdict
            for row, verdict in zip(self._row_of, self._store.verdicts(), strict=True)
        ]
        return self._builder.build(values.tolist(), reasons, 0)
