"""Holds what happened against what was expected."""

from tests.drives.fault_matrix.expectations import (
    ARC_RAD,
    CAPS_MPS,
    EMERGENCY_MPS2,
    EXPECTATIONS,
    MINIMAL_RISK_MAX_MPS2,
    MINIMAL_RISK_MPS2,
    OVER_MPS,
    ROUNDING_S,
    SPEED_KEPT_MPS,
    WORST_SHARE,
    Expect,
    Reaction,
)
from tests.drives.fault_matrix.expectations_by_hand import manual, remote
from tests.drives.fault_matrix.outcome import Outcome

DRIVES_ON = (Reaction.TOLD, Reaction.SLOWER, Reaction.LOWER, Reaction.NO_TORQUE)


def expected(outcome: Outcome) -> Expect:
    began = outcome.began_in
    if began in ("REMOTE", "MANUAL"):
        return (remote if began == "REMOTE" else manual)(outcome.identifier)
    row = EXPECTATIONS[outcome.identifier]
    if isinstance(row, Expect):
        return row
    return row[began == "DEGRADED"]


def stop_bound_m(expect: Expect, speed_mps: float) -> float:
    """Longest permitted way from the cause to standstill."""
    if expect.stop_mps2:
        deceleration = expect.stop_mps2
        further_m = speed_mps
    elif expect.reaction is Reaction.EMERGENCY:
        deceleration = EMERGENCY_MPS2
        further_m = 0.5 * speed_mps
    else:
        deceleration = WORST_SHARE * MINIMAL_RISK_MPS2
        further_m = speed_mps
    way_m = speed_mps * expect.braking_s + speed_mps**2 / (2.0 * deceleration)
    return way_m + further_m + expect.stop_extra_m


def judge(outcome: Outcome) -> list[str]:
    """What is not as expected, in words; empty where all is."""
    expect, wrong = expected(outcome), list[str]()
    drives_on = expect.reaction in DRIVES_ON
    _times(outcome, expect, drives_on, wrong)
    if drives_on:
        _drive_on(outcome, expect, wrong)
    else:
        _stop(outcome, expect, wrong)
    if outcome.named_after != expect.stays_named:
        wrong.append("still named when the cause has gone" if outcome.named_after else "forgotten")
    return wrong


def _times(o: Outcome, expect: Expect, drives_on: bool, wrong: list[str]) -> None:
    limits = [("named", o.fault_s, expect.named_s), ("safe frame", o.frame_s, expect.within_s)]
    if not drives_on and o.speed_mps > 0.0:
        limits.append(("braking", o.braking_s, expect.braking_s))
    for words, found_s, limit_s in limits:
        if found_s is None:
            wrong.append(f"{words}: never")
        elif found_s > limit_s + ROUNDING_S:
            wrong.append(f"{words} after {found_s:.2f} s, limit {limit_s:.2f} s")


def _drive_on(o: Outcome, expect: Expect, wrong: list[str]) -> None:
    goal = "DEGRADED" if expect.reaction is Reaction.SLOWER else o.began_in
    passed = (o.began_in,) if goal == o.began_in else (o.began_in, goal)
    if o.states != passed:
        wrong.append(f"states {' > '.join(o.states)}, expected {' > '.join(passed)}")
    if o.took_over:
        wrong.append(f"supervisor stopped: {o.took_over}")
    least_mps = o.speed_mps
    if expect.reaction in (Reaction.SLOWER, Reaction.LOWER):
        cap_mps = expect.cap_factor * CAPS_MPS[goal]
        least_mps = min(o.speed_mps, cap_mps)
        if o.speed_after_mps > cap_mps + OVER_MPS[goal]:
            wrong.append(f"still {o.speed_after_mps:.2f} m/s")
    if expect.reaction is Reaction.NO_TORQUE:
        least_mps = 0.0
        if o.torque_after_nm > 0.0:
            wrong.append(f"still {o.torque_after_nm:.0f} Nm")
    if expect.stands:
        least_mps = 0.0
        if o.speed_after_mps > 0.0:
            wrong.append(f"still {o.speed_after_mps:.2f} m/s, expected standstill")
    if expect.brakes_gone:
        return
    if o.speed_after_mps < least_mps - SPEED_KEPT_MPS:
        wrong.append(f"{o.speed_after_mps:.2f} m/s only")
    if o.not_obeyed:
        wrong.append(f"the driver: {o.not_obeyed}")


def _stop(o: Outcome, expect: Expect, wrong: list[str]) -> None:
    if o.stop_m is None:
        wrong.append("did not stop")
    elif o.stop_m > stop_bound_m(expect, o.speed_mps):
        wrong.append(f"stopped in {o.stop_m:.1f} m, limit {stop_bound_m(expect, o.speed_mps):.1f} m")
    if expect.reaction is Reaction.MINIMAL_RISK and "ESTOP" not in o.states:
        if o.hardest_mps2 > MINIMAL_RISK_MAX_MPS2:
            wrong.append(f"braked with {o.hardest_mps2:.1f} m/s², limit {MINIMAL_RISK_MAX_MPS2:g} m/s²")
        if "MRM" not in o.states and o.began_in != "MANUAL":
            wrong.append("never MRM")
    if o.began_in in ("REMOTE", "MANUAL") and o.arc_left_rad > ARC_RAD:
        wrong.append(f"left the arc by {o.arc_left_rad:.3f} rad, limit {ARC_RAD:g} rad")
    if o.end_state not in expect.ends:
        wrong.append(f"ended in {o.end_state}, expected {' or '.join(expect.ends)}")
    if o.latch != "held":
        wrong.append(f"latch: {o.latch or 'none'}")
    if o.after != expect.after:
        wrong.append(f"{o.after} after acknowledge, expected {expect.after}")
