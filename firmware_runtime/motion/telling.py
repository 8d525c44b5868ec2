"""What one tick tells of itself, for black box, status and trouble codes; nothing in the tick reads it."""

from firmware_runtime.motion.driver import Motion
from firmware_runtime.vehicle.enums import SafetyState, StopKind
from firmware_runtime.vehicle.faults import FaultSet
from firmware_runtime.vehicle.pose import Pose
from firmware_runtime.vehicle.signals import Commands, VehicleState
from firmware_runtime.vehicle.telemetry import Telemetry


def tell(
    now_ns: int,
    safety_state: SafetyState,
    stop: StopKind,
    faults: FaultSet,
    state: VehicleState,
    pose: Pose,
    motion: Motion,
    commands: Commands,
    acknowledged: str,
) -> Telemetry:
    """acknowledged: what a person cleared in this tick, in words, or empty."""
    return Telemetry(
        time_ns=now_ns,
        state=safety_state,
        stop=stop,
        severity=faults.severity,
        faults=tuple(f"{fault.identifier}: {fault.detail}" for fault in faults.faults),
        arrived=motion.arrived,
        route_distance_m=motion.route_distance_m,
        route_share=motion.route_share,
        cross_track_m=motion.cross_track_m,
        speed_plan_mps=motion.plan_mps,
        speed_target_mps=motion.target_mps,
        speed_mps=pose.speed_mps,
        x_m=pose.x_m,
        y_m=pose.y_m,
        heading_rad=pose.heading_rad,
        lateral_std_m=pose.lateral_std_m,
        fix_age_s=(now_ns - pose.measured_ns) * 1e-9,
        torque_request_nm=commands.traction_torque_nm,
        brake_request_n=commands.brake_force_n,
        steering_front_request_rad=commands.steering_front_angle_rad,
        steering_rear_request_rad=commands.steering_rear_angle_rad,
        battery_soc=state.battery_soc,
        battery_power_w=state.battery_voltage_v * state.battery_current_a,
        next_stop=motion.next_stop,
        acknowledgement=acknowledged,
    )
