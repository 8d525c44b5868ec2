"""What the actuators and people's signs are told in a tick, by all that was decided in it."""

from firmware_runtime.battery.contactors import HighVoltage
from firmware_runtime.drive.blending import ForceSplit
from firmware_runtime.drive.park_brake import HoldRequest
from firmware_runtime.motion.driver import Motion
from firmware_runtime.safety.state_table import EMERGENCY_STATES, MOVING_STATES
from firmware_runtime.vehicle.enums import (
    ContactorRequest,
    OnOffState,
    ParkBrakeRequest,
    ParkBrakeState,
    SafetyState,
)
from firmware_runtime.vehicle.faults import FaultSet
from firmware_runtime.vehicle.permissions import Permissions
from firmware_runtime.vehicle.signals import Commands, VehicleState


def commands_of(
    state: VehicleState,
    safety_state: SafetyState,
    permissions: Permissions,
    standing: bool,
    faults: FaultSet,
    motion: Motion,
    high_voltage: HighVoltage,
    hold: HoldRequest,
    split: ForceSplit,
    proof_n: float,
) -> Commands:
    """proof_n: least force of the service brake that the self-test asks for."""
    moving = safety_state in MOVING_STATES
    # Whatever the state, springs do not close on turning wheels, and the steering holds its angle.
    rolling = moving or not standing
    # After an emergency stop the steering goes last: springs hold and contactors are open before it.
    stopping = safety_state in EMERGENCY_STATES and (
        state.park_brake_state is not ParkBrakeState.APPLIED or high_voltage.request is ContactorRequest.CLOSE
    )
    # Maintenance moves by hold-to-run alone: when the button is let go, nothing drives any more.
    driven = moving and permissions.brake_release and high_voltage.ready
    braking = split.brake_force_n > 0.0 or split.torque_nm < 0.0 or hold.brake_force_n > 0.0
    by_hand = safety_state is SafetyState.MANUAL
    lit = OnOffState.ON if moving or safety_state is SafetyState.READY else OnOffState.OFF
    hazard = safety_state in (
        SafetyState.MRM,
        SafetyState.SAFE_STOP,
        SafetyState.ESTOP,
        SafetyState.FAULT,
    )
    return Commands(
        traction_enable=OnOffState.ON if hold.may_drive and driven else OnOffState.OFF,
        traction_torque_nm=split.torque_nm if driven else 0.0,
        brake_force_n=max(
            split.brake_force_n,
            hold.brake_force_n,
            motion.emergency_brake_n,
            motion.catch_brake_n,
            proof_n,
        ),
        park_brake_request=hold.park_brake if rolling else ParkBrakeRequest.APPLY,
        steering_enable=OnOffState.ON if rolling or stopping else OnOffState.OFF,
        steering_front_angle_rad=motion.front_rad,
        steering_rear_angle_rad=motion.rear_rad,
        contactor_request=high_voltage.request,
        hazard_lights=OnOffState.ON if hazard else OnOffState.OFF,
        beacon=OnOffState.OFF if by_hand else lit,
        brake_lights=OnOffState.ON if braking else OnOffState.OFF,
        head_lights=lit,
        scanner_field_set=motion.scanner_field_set,
        status_safety_state=safety_state,
        status_severity=float(faults.severity),
        status_active_faults=float(min(len(faults.faults), 250)),
        status_route_share=motion.route_share,
        status_speed_limit_mps=motion.cap_mps,
    )
