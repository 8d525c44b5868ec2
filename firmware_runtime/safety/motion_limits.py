"""Scanner, bumper and zone -> the one limit that motion must obey; no word from them is standstill."""

from firmware_runtime.vehicle.enums import ButtonState, ScannerState
from firmware_runtime.vehicle.motion_limit import MotionLimit
from firmware_runtime.vehicle.signals import VehicleState

SIGNALS = ("scanner_stop", "bumper", "zone_speed_limit_mps")

_LOST = MotionLimit(0.0, "no word from the scanner")
_SCANNER = MotionLimit(0.0, "scanner")
_BUMPER = MotionLimit(0.0, "bumper")


def motion_limit(state: VehicleState) -> MotionLimit:
    if not state.usable(*SIGNALS):
        return _LOST
    if state.bumper is not ButtonState.RELEASED:
        return _BUMPER
    if state.scanner_stop is not ScannerState.CLEAR:
        return _SCANNER
    return MotionLimit(state.zone_speed_limit_mps, "zone")
