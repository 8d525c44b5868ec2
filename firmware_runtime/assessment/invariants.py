"""What every single step of the safety machine must keep, as data: identifier, text, predicate."""

from collections.abc import Callable
from dataclasses import dataclass

from firmware_runtime.assessment import predicates as judge
from firmware_runtime.assessment.predicates import Step
from firmware_runtime.vehicle.enums import SafetyState as S


@dataclass(frozen=True, slots=True)
class Invariant:
    identifier: str
    text: str
    holds: Callable[[Step], bool]


INVARIANTS: tuple[Invariant, ...] = (
    Invariant("estop-wins", "e-stop always wins", judge.estop_wins),
    Invariant("estop-shows", "an e-stop latch is ESTOP, whatever else is latched", judge.estop_latch_shows),
    Invariant(
        "immediate-wins", "severity 4 latches, and is FAULT unless ESTOP or recovery", judge.immediate_wins
    ),
    Invariant(
        "severity-3-stops",
        "severity 3 stops a drive without a driver, or its beginning",
        judge.severity_3_stops,
    ),
    Invariant(
        "ready-barred",
        "what a fault bars from READY does not become ready, and does not set off",
        judge.barred_is_not_ready,
    ),
    Invariant("torque", "no propulsive torque outside drive states", judge.torque_only_in_drive_states),
    Invariant(
        "recovery", "recovery only by hold-to-run, permitted, at 0.3 m/s at most", judge.recovery_is_held
    ),
    Invariant(
        "severity-3-drives",
        "severity 3 never drives by itself (MANUAL: severity 4)",
        judge.severity_3_does_not_drive,
    ),
    Invariant(
        "edge",
        "drive only from READY on a rising edge of run, standing, link alive",
        judge.drive_starts_by_an_edge,
    ),
    Invariant(
        "person",
        "MANUAL only by a turn of the key in READY, or a cab override",
        judge.manual_starts_by_a_person,
    ),
    Invariant("cab", "MANUAL only where there is a cab", judge.manual_needs_a_cab),
    Invariant("buttons", "a button that is held counts as held until released", judge.buttons_are_edges),
    Invariant(
        "latch-cleared",
        "a latch is cleared by acknowledge edge, standstill and cause gone, in its own state, one at a time",
        judge.latch_cleared_by_acknowledge,
    ),
    Invariant(
        "latched-left",
        "a latched state is left by acknowledge alone (MAINTENANCE, SHUTDOWN, harder states keep the latch)",
        judge.latched_state_is_left,
    ),
    Invariant(
        "latch-held",
        "MRM, SAFE_STOP, FAULT and ESTOP hold their latches",
        judge.latched_state_holds_its_latch,
    ),
    Invariant("latch-shown", "STANDBY, READY and CHARGING have no latch", judge.latch_is_shown_at_once),
    Invariant("estop-clears-nothing", "pressing e-stop clears nothing", judge.pressing_estop_clears_nothing),
    Invariant(
        "latch-blocks", "a latch blocks READY and every drive without a driver", judge.latch_blocks_drive
    ),
    Invariant(
        "mrm-returns",
        "MRM returns only by cab override, its latch kept",
        judge.minimal_risk_returns_only_by_override,
    ),
    Invariant("mrm-ends", "MRM ends at the standstill", judge.minimal_risk_ends_standing),
    Invariant("mrm-bounded", "MRM is bounded", judge.budget_ends(S.MRM, lambda f: f.minimal_risk_time_max_s)),
    Invariant(
        "degraded-bounded",
        "DEGRADED is bounded",
        judge.budget_ends(S.DEGRADED, lambda f: f.degraded_time_max_s),
    ),
    Invariant(
        "self-test-bounded",
        "SELF_TEST is bounded",
        judge.budget_ends(S.SELF_TEST, lambda f: f.self_test_time_max_s),
    ),
    Invariant(
        "time", "a state's time goes on while it lasts, and begins when it is entered", judge.time_goes_on
    ),
    Invariant("stop-harder", "a stop becomes harder by a worse cause, never softer", judge.stop_never_softer),
    Invariant("stop-cause", "a stop is comfortable for a spent time budget alone", judge.stop_fits_its_cause),
    Invariant(
        "stop-commanded",
        "what must stand and moves is stopped; ESTOP and FAULT as emergency",
        judge.what_must_stand_is_stopped,
    ),
    Invariant("nothing-moves", "nothing moves in states that stand", judge.nothing_moves),
    Invariant(
        "high-voltage",
        "no drive while plugged in or without high voltage",
        judge.no_drive_without_high_voltage,
    ),
    Invariant(
        "contactors-close",
        "contactors close in STANDBY, where nothing is latched, and for a recovery drive",
        judge.contactors_close_for_a_reason,
    ),
    Invariant(
        "contactors-stay", "contactors that may close may stay closed", judge.closing_contactors_may_stay
    ),
    Invariant(
        "contactors-open",
        "contactors open in INIT, SELF_TEST, ESTOP, FAULT, CHARGING and SHUTDOWN",
        judge.contactors_open_in_the_end,
    ),
    Invariant(
        "driver", "the driver keeps steering and brake in MANUAL", judge.driver_keeps_steering_and_brake
    ),
    Invariant(
        "modes", "mode changes only through READY (cab override excepted)", judge.mode_changes_through_ready
    ),
    Invariant(
        "in-mode",
        "no drive without its mode, a live link and, in REMOTE, the dead-man",
        judge.drives_in_its_mode,
    ),
    Invariant("not-up", "no upgrade while moving", judge.not_up_while_moving),
    Invariant("degrades", "severity 2 does not drive in AUTO", judge.degrades),
    Invariant("caps", "DEGRADED, REMOTE, and MANUAL with severity 3 have their speed caps", judge.caps),
    Invariant(
        "people",
        "MAINTENANCE and SHUTDOWN begin at a standstill and keep every latch",
        judge.people_states_keep_latches,
    ),
    Invariant(
        "maintained",
        "MAINTENANCE is left by the key, to STANDBY or the state of a latch",
        judge.maintenance_is_left,
    ),
    Invariant("off", "SHUTDOWN lasts until the power comes again", judge.off_is_off),
    Invariant(
        "self-test",
        "the self-test leads to STANDBY, or the state of a latch that remains",
        judge.self_test_leads_on,
    ),
)
