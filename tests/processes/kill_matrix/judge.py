"""Holds an outcome against the design's table of failure budgets, written here a second time."""

from tests.processes.kill_matrix.outcome import Outcome

CONTROL_MS = 50.0
"""`control` killed, hung, late: to the supervisor's safe frame."""
SUPERVISOR_MS = 100.0
"""`supervisor` killed, hung: until the actuators have latched by their own timeout."""
GAP_MAX_MS = 20.0
"""Of a message of 10 ms, where nothing has changed: one frame may come a cycle late."""
SPEED_KEPT_MPS = 0.4
LATERAL_MAX_M = 0.4
"""Along the path: what the drive itself leaves of it, and what holding the angle adds."""
STALL_MAX_MS = 10.0
END_MAX_MS = 1000.0
"""A process whose tick failed does not linger."""
MINIMAL_RISK_MPS2, WORST_SHARE = 1.8, 0.7
LATCHED_MPS2 = 3.0
"""The brakes' own fallback is 40 % of their force: 6 m/s² of the empty truck."""
KILLED = "signal 9 (SIGKILL)"

OPEN: dict[tuple[str, str], str] = {}
"""(process, how) that do not meet their budget yet, and why."""


def judge(o: Outcome) -> list[str]:
    """What is not as it must be, in words; empty where all is."""
    wrong: list[str] = []
    if o.stall_ms > STALL_MAX_MS:
        wrong.append(
            f"the machine stalled in each of {o.repeats + 1} runs, this time for {o.stall_ms:.0f} ms"
        )
    if not o.misbehaved or (o.how == "SIGKILL" and o.ended != KILLED):
        wrong.append(f"nothing was done to it: {o.ended}")
    if o.others_ended:
        wrong.append(f"another process ended: {o.others_ended}")
    _ending(o, wrong)
    if o.process == "services":
        _untouched(o, wrong)
        return wrong
    if o.process == "control":
        _within("safe frame", o.safe_ms, CONTROL_MS, wrong)
    elif o.how == "slow":
        reactions = [ms for ms in (o.safe_ms, o.latched_ms) if ms is not None]
        _within("safe frame or latch", min(reactions, default=None), SUPERVISOR_MS, wrong)
    else:
        _within("latch", o.latched_ms, SUPERVISOR_MS, wrong)
    _stop(o, wrong)
    return wrong


def _ending(o: Outcome, wrong: list[str]) -> None:
    if o.how in ("exception", "memory"):
        if o.ended_ms is None or not o.ended.startswith("exit status "):
            wrong.append(f"expected the process to end with a status, got: {o.ended}")
        elif o.ended == "exit status 0":
            wrong.append("expected a status that says that it failed, got 0")
        elif o.ended_ms > END_MAX_MS:
            wrong.append(f"the process ended after {o.ended_ms:.0f} ms, limit {END_MAX_MS:.0f} ms")


def _within(what: str, found_ms: float | None, limit_ms: float, wrong: list[str]) -> None:
    if found_ms is None:
        wrong.append(f"{what}: never")
    elif found_ms > limit_ms:
        wrong.append(f"{what} after {found_ms:.1f} ms, limit {limit_ms:.0f} ms")


def _untouched(o: Outcome, wrong: list[str]) -> None:
    if o.safe_ms is not None:
        wrong.append("the supervisor took over")
    if not o.states_after or not set(o.states_after) <= set(o.states_before):
        wrong.append(f"another state: {o.states_before} became {o.states_after}")
    if o.last_frame_ms is not None:
        wrong.append("the drive bus fell silent")
    if o.gap_after_ms > GAP_MAX_MS:
        wrong.append(f"a message came after {o.gap_after_ms:.1f} ms, limit {GAP_MAX_MS:.0f} ms")
    if o.speed_after_mps < o.speed_mps - SPEED_KEPT_MPS:
        wrong.append(f"{o.speed_after_mps:.2f} m/s, was {o.speed_mps:.2f} m/s")
    if o.lateral_m > LATERAL_MAX_M:
        wrong.append(f"{o.lateral_m:.2f} m beside the path, limit {LATERAL_MAX_M:.2f} m")


def _stop(o: Outcome, wrong: list[str]) -> None:
    if o.speed_after_mps != 0.0:
        wrong.append(f"still {o.speed_after_mps:.2f} m/s")
    if o.lateral_m > LATERAL_MAX_M:
        wrong.append(f"{o.lateral_m:.2f} m beside the path, limit {LATERAL_MAX_M:.2f} m")
    limit_m = stop_bound_m(o)
    if o.stop_m is not None and o.stop_m > limit_m:
        wrong.append(f"stopped in {o.stop_m:.1f} m, limit {limit_m:.1f} m")


def stop_bound_m(o: Outcome) -> float:
    """Reaction, the stop's deceleration at its worst, and a second until it is built up."""
    by_control = o.process == "control" or o.latched_ms is None
    deceleration = WORST_SHARE * MINIMAL_RISK_MPS2 if by_control else LATCHED_MPS2
    return o.speed_mps * (1.0 + SUPERVISOR_MS / 1e3) + o.speed_mps**2 / (2.0 * deceleration)
