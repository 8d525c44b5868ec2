"""How each fault is caused: by what buses carry, by the plant, by the computer; never by setting the fault.

A row is a cause that a broken truck, yard or computer could have, and its end. Where a cause must be renewed
each tick, `each` does it.
"""

from firmware_runtime.can.bus_events import BusState, EventKind, Origin
from firmware_runtime.safety.state_report import Restored, StateReport
from tests.drives.fault_matrix.causes import (
    MOTOR_RADPS_PER_MPS,
    PERIOD_NS,
    STEERING_COMMAND,
    Injection,
    Place,
    all_speeds_say,
    all_speeds_true,
    both,
    computer,
    event,
    fall_silent,
    fill_air,
    found_at_boot,
    freeze_wheel,
    hang,
    limited_and_loaded,
    lose_air,
    measure_again,
    mend_and_free,
    mend_on_the_flat,
    nothing,
    oil_on_a_hill,
    other_supervisor,
    part,
    part_and_release,
    release_both,
    repeat_position,
    says,
    sender,
    slow_receiver,
    state,
    tell_of_the_computer,
    unlimited,
    wear_and_limit,
    wear_on_a_hill,
    weld_and_press,
    well_receiver,
)

INJECTIONS: dict[str, Injection] = {
    "estop_channel_lost": says("channel B of the e-stop says ERROR", "EStopStatus", ChannelB=2.0),
    "estop_channels_disagree": Injection(
        "channel A opens, B stays closed",
        lambda w: w.vehicle.body.estop(True, False),
        release_both,
    ),
    "bumper_pressed": Injection(
        "bumper pressed",
        lambda w: w.vehicle.body.set_bumper(True),
        lambda w: w.vehicle.body.set_bumper(False),
    ),
    "link_lost": Injection(
        "radio gateway says that the link is off",
        lambda w: w.vehicle.body.set_link(False),
        lambda w: w.vehicle.body.set_link(True),
    ),
    "driver_unheard": sender("wheel and pedals of the cab stay away", "CabInputs", "muted"),
    "message_lost": sender("MotionLimits stays away", "MotionLimits", "muted"),
    "message_corrupt": sender("each BatteryStatus has a wrong checksum", "BatteryStatus", "corrupt_crc"),
    "message_miscounted": sender("the counter of BatteryPack stands", "BatteryPack", "freeze_counter"),
    "signal_unusable": says("mode key says 5, which means nothing", "OperatorInputs", ModeKey=5.0),
    "foreign_sender": Injection(
        "one SteeringCommand of another node",
        event(
            "drive",
            EventKind.FOREIGN_SENDER,
            int(Origin.REMOTE),
            STEERING_COMMAND,
            "drive.SteeringCommand (0xCFF0327) of supervisor, sent by another node",
        ),
        nothing,
    ),
    "bus_off": Injection(
        "body bus off: nothing comes or goes",
        both(lambda w: w.cut.add("body"), state("body", BusState.BUS_OFF)),
        both(lambda w: w.cut.discard("body"), state("body", BusState.ERROR_ACTIVE)),
    ),
    "bus_given_up": Injection(
        "five attempts to restart the body bus in vain",
        both(state("body", BusState.BUS_OFF), event("body", EventKind.RECOVERY_GIVEN_UP, 5)),
        state("body", BusState.ERROR_ACTIVE),
    ),
    "bus_disturbed": Injection(
        "CAN controller of the drive bus error-passive",
        state("drive", BusState.ERROR_PASSIVE),
        state("drive", BusState.ERROR_ACTIVE),
    ),
    "frames_lost": Injection(
        "one overflow of a receive queue", event("body", EventKind.OVERFLOW, 4), nothing
    ),
    "frames_lost_on_and_on": Injection(
        "an overflow of a receive queue in each tick",
        nothing,
        nothing,
        each=event("drive", EventKind.OVERFLOW, 1),
    ),
    "traction_failed": part("inverter fails and says so", "inverter", "failed", True, False),
    "brakes_failed": part("service brake fails, the ECU says so", "brakes", "failed", True, False),
    "steering_failed": part("steering fails and says so", "steering", "failed", True, False),
    "steering_implausible": part(
        "steering seizes, and says that all is well", "steering", "stuck", True, False
    ),
    "traction_implausible": says(
        "motor gives 3000 Nm whatever is asked", "TractionFeedback", MotorTorque=3000.0
    ),
    "brake_implausible": says("brake gives 60 kN that nobody asked for", "BrakeFeedback", Force=60e3),
    "park_brake_stuck": says(
        "park brake does not open", "BrakeFeedback", Place.SETTING_OFF, ParkBrakeState=1.0
    ),
    "park_brake_closed_in_motion": says("park brake says APPLIED", "BrakeFeedback", ParkBrakeState=1.0),
    "reservoir_low": Injection("air at 4.4 bar, the compressor does not keep up", lose_air, fill_air),
    "supply_low": says("24 V supply at 19 V", "BodyStatus", SupplyVoltage=19.0),
    "speed_implausible": Injection(
        "resolver shows half the motor's speed",
        nothing,
        lambda w: w.says_true("TractionFeedback", "MotorSpeed"),
        each=lambda w: w.says("TractionFeedback", MotorSpeed=0.5 * w.truth.speed_mps * MOTOR_RADPS_PER_MPS),
    ),
    "wheel_implausible": says("front left wheel sensor dead: 0 m/s", "WheelSpeedsFront", Left=0.0),
    "gnss_speed_implausible": Injection("receiver shows half the speed", slow_receiver, well_receiver),
    "value_frozen": Injection(
        "rear left wheel speed stands at its last value",
        freeze_wheel,
        lambda w: w.says_true("WheelSpeedsRear", "Left"),
    ),
    "gnss_frozen": Injection("receiver repeats its last position", repeat_position, measure_again),
    "unintended_motion": Injection(
        "wheels and motor turn though the truck must stand",
        lambda w: all_speeds_say(w, 0.3),
        all_speeds_true,
        place=Place.READY,
    ),
    "rolled_back": Injection(
        "on 5 % of climb without torque, linings at a twentieth",
        wear_on_a_hill,
        mend_on_the_flat,
        place=Place.SETTING_OFF,
    ),
    "hold_left": Injection(
        "on 8 % of climb, oil on the linings and in the spring brakes",
        oil_on_a_hill,
        mend_on_the_flat,
        place=Place.HELD,
        until_named=True,
    ),
    "limit_not_obeyed": Injection(
        "a zone of a quarter of the speed, linings at a fiftieth, no regeneration",
        wear_and_limit,
        mend_and_free,
    ),
    "localisation_lost": Injection(
        "every position is 3.6 m off",
        lambda w: setattr(w.vehicle.gnss, "offset_m", (3.0, -2.0)),
        lambda w: setattr(w.vehicle.gnss, "offset_m", (0.0, 0.0)),
    ),
    "localisation_uncertain": Injection(
        "no position from the receiver",
        lambda w: setattr(w.vehicle.gnss, "forced", "silent"),
        lambda w: setattr(w.vehicle.gnss, "forced", None),
        until_named=True,
    ),
    "route_left": Injection(
        "truck stands a metre beside its route",
        nothing,
        lambda w: setattr(w.vehicle.plant.kinematics, "y_m", w.vehicle.plant.kinematics.y_m - 1.0),
        place=Place.ASIDE,
    ),
    "battery_failed": says("battery reports fault code 7", "BatteryStatus", FaultCode=7.0),
    "battery_implausible": says("pack current stands at 150 A", "BatteryPack", Current=150.0),
    "battery_limit_exceeded": Injection(
        "20 kW drawn where the pack permits 2 kW", limited_and_loaded, unlimited, until_named=True
    ),
    "battery_undervoltage": says("pack voltage 470 V", "BatteryPack", Voltage=470.0),
    "battery_overvoltage": says("pack voltage 702 V", "BatteryPack", Voltage=702.0),
    "battery_temperature": says("warmest cell 62 degC", "BatteryTemperatures", CellMax=62.0),
    "battery_isolation": part("isolation falls to 60 kohm", "battery", "isolation_ohm", 60e3, 5e6),
    "battery_interlock": part("a high-voltage cover opens", "battery", "interlock_closed", False, True),
    "precharge_overdue": says(
        "high voltage does not come up: link at 100 V",
        "BatteryStatus",
        Place.BOOT,
        LinkVoltage=100.0,
        State=2.0,
    ),
    "high_voltage_lost": says(
        "link at 400 V, contactors closed: the main fuse", "BatteryStatus", LinkVoltage=400.0
    ),
    "contactors_opened": says("contactor plus drops out", "BatteryStatus", ContactorPlus=0.0),
    "contactor_stuck": Injection(
        "contactor plus welds, and the e-stop asks it to open", weld_and_press, part_and_release
    ),
    "battery_low": says("state of charge 9 %", "BatteryPack", StateOfCharge=0.09),
    "energy_short": says("state of charge 3.1 %", "BatteryPack", StateOfCharge=0.031),
    "self_test_overdue": Injection(
        "steering fails before the self-test",
        lambda w: setattr(w.vehicle.steering, "failed", True),
        lambda w: setattr(w.vehicle.steering, "failed", False),
        place=Place.BOOT,
    ),
    "supervisor_took_over": Injection(
        "control hangs for 60 ms", lambda w: setattr(w, "hang_ticks", 6), nothing
    ),
    "configuration_mismatch": Injection(
        "supervisor restarted from another installation", other_supervisor, nothing
    ),
    "deadline_overrun": computer(
        "one cycle of 12 ms",
        until_named=True,
        period_ns=PERIOD_NS,
        cycle_ns=12_000_000,
        slowest_stage="motion",
        slowest_stage_ns=9_000_000,
    ),
    "deadline_overrun_in_a_row": computer(
        "cycles of 13 ms",
        period_ns=PERIOD_NS,
        cycle_ns=13_000_000,
        slowest_stage="motion",
        slowest_stage_ns=9_000_000,
    ),
    "deadline_worst": computer(
        "a cycle of 60 ms",
        period_ns=PERIOD_NS,
        cycle_ns=60_000_000,
        slowest_stage="localisation",
        slowest_stage_ns=55_000_000,
    ),
    "clock_wrong": Injection("process stopped for 150 ms", hang, nothing),
    "clock_stepped": Injection(
        "wall clock set by an hour", event("drive", EventKind.CLOCK_STEP, 3_600_000_000_000), nothing
    ),
    "computer_warm": computer("computer at 90 degC", temperature_degc=90.0),
    "computer_hot": computer("computer at 101 degC", temperature_degc=101.0),
    "disk_full": computer("2 % of the disk free", disk_free_share=0.02),
    "computer_unwatched": Injection(
        "thermal zones and disk of the computer fall silent", fall_silent, tell_of_the_computer
    ),
    "recorder_failed": computer("disk gives an I/O error", recorder_error="blackbox.bin: Input/output error"),
    "end_asked": computer("SIGTERM to control", end_asked=True),
    "power_lost_in_motion": found_at_boot(
        "power was lost while moving", Restored(False, False, True, power_lost="power lost while moving")
    ),
    "state_not_known": found_at_boot(
        "the state's folder is empty", Restored(True, True, True, not_known="latches")
    ),
    "state_not_written": computer(
        "the disk of the state is full", state=StateReport(error="events: No space left on device")
    ),
}

NOT_INJECTED: dict[str, str] = {
    "message_distrusted": "needs a message whose DBC states an end-to-end window (E2eWindow*); no DBC of the "
    "simulated vehicles does. tests/safety/fault_cases*.py have the row, tests/can/test_protection_window.py "
    "the window.",
    "actuator_pending": "stops nothing: it keeps a truck in STANDBY whose ECU is latched or off. "
    "tests/drives/test_dead_brake.py has one.",
    "reservoir_filling": "stops nothing: it keeps a truck with little air in STANDBY. "
    "tests/drives/test_low_air.py boots one.",
}
"""Rows whose cause the simulated truck cannot have, and why."""

NOT_IN_A_DRIVE_STATE: dict[str, str] = {
    "unintended_motion": "looked at only where the truck must stand: caused in READY",
    "precharge_overdue": "contactors are closed before READY, none is precharged in a drive: caused at boot",
    "self_test_overdue": "exists in SELF_TEST alone: caused at boot",
    "power_lost_in_motion": "told in the first tick alone: caused at boot",
    "state_not_known": "told in the first tick alone: caused at boot",
}
"""Rows that no drive state can have, and where they are caused instead."""
