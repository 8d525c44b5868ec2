"""The requirement's state table as cases: from this state, told this, it must go there.

Written from the requirement, not from the table; shared by the tests and by the row mutator.
"""

from typing import Any

from firmware_runtime.vehicle.enums import ModeKey, Severity, StopKind
from tests.safety.cases import (
    AUTO,
    CALM,
    COMFORTABLE_S,
    DEGRADE,
    DEGRADED_S,
    DRIVERLESS,
    IMMEDIATE,
    KEY_LOST,
    MAINTENANCE,
    MANUAL,
    MINIMAL_RISK,
    MINIMAL_RISK_S,
    OFF,
    REMOTE,
    SELF_TEST_S,
    STANDING,
    STATES,
    TICK_S,
    WAITING,
    WARN,
    Case,
    S,
    Told,
)


def _stays(state: S, told: Told, **more: Any) -> Case:
    return Case(state, told, state, **more)


RUN: Told = {"run_pressed": True}
ACKNOWLEDGE: Told = {"acknowledge_pressed": True}
MOVING: Told = {"standing": False}
DRIVE_ENDS: tuple[Told, ...] = (
    {"severity": MINIMAL_RISK},
    {"link_alive": False},
    {"high_voltage_ready": False},
    {"plugged": True},
    {"mode": OFF},
    {"mode": MAINTENANCE},
    {"mode": MANUAL},
    {"mode": KEY_LOST},
)
"""`severity 3, link or high voltage lost, plug, mode change`; the other drive's mode comes on top."""


def _calm() -> list[Case]:
    return [_stays(state, {}) for state in STATES if state is not S.INIT] + [
        _stays(state, {}, elapsed_s=1e6)
        for state in STATES
        if state not in (S.INIT, S.SELF_TEST, S.DEGRADED, S.MRM)
    ]


def _priorities() -> list[Case]:
    cases: list[Case] = []
    for state in STATES:
        if state in (S.ESTOP, S.SHUTDOWN):
            cases += [_stays(state, {"estop_pressed": True}), _stays(state, {"severity": IMMEDIATE})]
            continue
        worst: Told = {"estop_pressed": True, "severity": IMMEDIATE}
        everything: Told = {**worst, **RUN, **ACKNOWLEDGE, "shutdown_requested": True, "cab_override": True}
        cases += [
            Case(state, {"estop_pressed": True}, S.ESTOP),
            Case(state, worst, S.ESTOP),
            Case(state, {**worst, "standing": True}, S.ESTOP),
            Case(state, everything, S.ESTOP),
            Case(state, {**everything, "mode": MAINTENANCE, "standing": True}, S.ESTOP),
        ]
        if state is not S.MAINTENANCE:
            cases += [
                Case(state, {"severity": IMMEDIATE}, S.FAULT),
                Case(state, {**everything, "estop_pressed": False}, S.FAULT)
                if state is not S.FAULT
                else _stays(state, {"severity": IMMEDIATE, **ACKNOWLEDGE}),
            ]
    for state in WAITING:
        cases.append(Case(state, {"severity": MINIMAL_RISK}, S.FAULT))
        cases.append(
            Case(state, {"severity": MINIMAL_RISK, "shutdown_requested": True, "mode": MAINTENANCE}, S.FAULT)
        )
    for state in (S.MANUAL, S.MRM, S.SAFE_STOP, S.ESTOP, S.FAULT, S.MAINTENANCE, S.SHUTDOWN):
        cases.append(_stays(state, {"severity": MINIMAL_RISK}))
    for state in (S.STANDBY, S.READY, S.CHARGING, S.SAFE_STOP, S.FAULT, S.MAINTENANCE, S.MANUAL, S.MRM):
        cases.append(_stays(state, {"severity": DEGRADE}))
        cases.append(_stays(state, {"severity": WARN}))
    cases.append(_stays(S.SELF_TEST, {"severity": DEGRADE}))
    return cases


def _boot() -> list[Case]:
    passed: Told = {"self_test_passed": True}
    immediate: Told = {"immediate_latch": True}
    stopped: Told = {"minimal_risk_latch": True}
    both: Told = {**immediate, **stopped}
    return [
        Case(S.INIT, {}, S.SELF_TEST),
        Case(S.INIT, passed, S.SELF_TEST),
        Case(S.INIT, MOVING, S.SELF_TEST),
        Case(S.INIT, {}, S.SELF_TEST, memory=both),
        Case(S.INIT, {}, S.ESTOP, memory={"estop_latch": True}),
        Case(S.SELF_TEST, passed, S.STANDBY),
        Case(S.SELF_TEST, {**passed, "severity": DEGRADE}, S.STANDBY),
        Case(S.SELF_TEST, passed, S.STANDBY, elapsed_s=SELF_TEST_S + TICK_S),
        Case(S.SELF_TEST, passed, S.FAULT, memory=immediate),
        Case(S.SELF_TEST, passed, S.SAFE_STOP, memory=stopped),
        Case(S.SELF_TEST, passed, S.FAULT, memory=both),
        Case(S.SELF_TEST, passed, S.SAFE_STOP, memory=stopped, elapsed_s=SELF_TEST_S + TICK_S),
        _stays(S.SELF_TEST, {**passed, **MOVING}),
        _stays(S.SELF_TEST, {**passed, **MOVING}, memory=immediate),
        _stays(S.SELF_TEST, {**passed, **MOVING}, memory=stopped),
        _stays(S.SELF_TEST, {}, memory=immediate),
        _stays(S.SELF_TEST, {}, memory=stopped),
        _stays(S.SELF_TEST, {}, elapsed_s=SELF_TEST_S),
        Case(S.SELF_TEST, {}, S.FAULT, elapsed_s=SELF_TEST_S + TICK_S),
        Case(S.SELF_TEST, MOVING, S.FAULT, elapsed_s=SELF_TEST_S + TICK_S),
    ]


def _waiting() -> list[Case]:
    powered: Told = {"high_voltage_ready": True}
    return [
        *(Case(S.STANDBY, {**powered, "mode": mode}, S.READY) for mode in (AUTO, REMOTE, MANUAL)),
        *(_stays(S.STANDBY, {**powered, "mode": mode}) for mode in (OFF, KEY_LOST)),
        _stays(S.STANDBY, {**powered, "mode": MANUAL}, cab=False),
        Case(S.STANDBY, {**powered, "mode": REMOTE}, S.READY, cab=False),
        *(
            _stays(S.STANDBY, powered, memory={latch: True})
            for latch in ("immediate_latch", "minimal_risk_latch")
        ),
        _stays(S.STANDBY, {**powered, "ready_barred": True}),
        Case(S.STANDBY, {**powered, "ready_barred": True, "plugged": True}, S.CHARGING),
        Case(S.READY, {"ready_barred": True}, S.STANDBY),
        *(
            Case(S.READY, {**RUN, "ready_barred": True, "severity": severity}, S.STANDBY)
            for severity in (WARN, DEGRADE)
        ),
        _stays(S.STANDBY, {**RUN, **ACKNOWLEDGE}),
        Case(S.STANDBY, {"plugged": True}, S.CHARGING),
        Case(S.STANDBY, {**powered, "plugged": True}, S.CHARGING),
        _stays(S.CHARGING, {**RUN, **ACKNOWLEDGE}),
        _stays(S.CHARGING, {"plugged": False, **MOVING}),
        Case(S.CHARGING, {"plugged": False}, S.STANDBY),
        Case(S.READY, {"plugged": True}, S.STANDBY),
        Case(S.READY, {"high_voltage_ready": False}, S.STANDBY),
        *(Case(S.READY, {"mode": mode}, S.STANDBY) for mode in (OFF, KEY_LOST)),
        Case(S.READY, {"mode": MANUAL}, S.STANDBY, cab=False),
        *(_stays(S.READY, {"mode": mode}, cab=False) for mode in (AUTO, REMOTE)),
        *(
            Case(S.READY, {**RUN, lost: value, "severity": severity}, S.STANDBY)
            for severity in (Severity.OK, DEGRADE)
            for lost, value in (("plugged", True), ("high_voltage_ready", False), ("mode", OFF))
        ),
    ]


def _starting() -> list[Case]:
    remote: Told = {**RUN, "mode": REMOTE, "dead_man_pressed": True}
    refusals: tuple[Told, ...] = (
        MOVING,
        {"link_alive": False},
        {"cab_override": True},
        {"run_pressed": False},
    )
    return [
        Case(S.READY, RUN, S.AUTO),
        Case(S.READY, {**RUN, "severity": WARN}, S.AUTO),
        Case(S.READY, {**RUN, "severity": DEGRADE}, S.DEGRADED),
        Case(S.READY, {**RUN, "dead_man_pressed": True}, S.AUTO),
        Case(S.READY, remote, S.REMOTE),
        Case(S.READY, {**remote, "severity": WARN}, S.REMOTE),
        _stays(S.READY, {**remote, "severity": DEGRADE}),
        _stays(S.READY, {**remote, "dead_man_pressed": False}),
        *(_stays(S.READY, {**RUN, **refusal}) for refusal in refusals),
        *(_stays(S.READY, {**RUN, "severity": DEGRADE, **refusal}) for refusal in refusals),
        *(_stays(S.READY, {**remote, **refusal}) for refusal in refusals),
        *(_stays(S.READY, told, memory={"run_released": False}) for told in (RUN, remote)),
        _stays(S.READY, {**RUN, "severity": DEGRADE}, memory={"run_released": False}),
        Case(S.READY, {"mode": MANUAL}, S.MANUAL),
        Case(S.READY, {"mode": MANUAL, **RUN}, S.MANUAL),
        Case(S.READY, {"mode": MANUAL, "link_alive": False, "severity": DEGRADE}, S.MANUAL),
        _stays(S.READY, {"mode": MANUAL, **MOVING}),
        _stays(S.READY, {"mode": MANUAL}, memory={"manual_key_released": False}),
        _stays(S.READY, {"mode": MANUAL, **RUN}, memory={"manual_key_released": False}),
        Case(S.READY, {"mode": MANUAL, "plugged": True}, S.STANDBY),
    ]


def _driving() -> list[Case]:
    cases: list[Case] = []
    for state in DRIVERLESS:
        ends = [*DRIVE_ENDS, {"mode": AUTO if state is S.REMOTE else REMOTE}]
        if state is S.REMOTE:
            ends.append({"dead_man_pressed": False})
        finished: Told = {"mission_done": True, "standing": True}
        for end in ends:
            for also in ({}, {"standing": True}, finished, {"cab_override": True}):
                cases.append(Case(state, {**end, **also}, S.MRM, stop=StopKind.MINIMAL_RISK))
        cases += [
            Case(state, finished, S.READY),
            Case(state, {**finished, "severity": DEGRADE}, S.READY),
            Case(state, {**finished, "cab_override": True}, S.READY),
            _stays(state, {"mission_done": True, "severity": CALM[state].get("severity", Severity.OK)}),
            Case(state, {"cab_override": True}, S.MANUAL),
            Case(state, {"cab_override": True, "standing": True}, S.MANUAL),
            Case(state, {"cab_override": True, "severity": DEGRADE}, S.MANUAL),
            _stays(state, {"cab_override": True}, cab=False),
            _stays(state, {**RUN, **ACKNOWLEDGE, "shutdown_requested": True}),
        ]
    overdue = DEGRADED_S + TICK_S
    return [
        *cases,
        Case(S.AUTO, {"severity": DEGRADE}, S.DEGRADED),
        Case(S.AUTO, {"severity": DEGRADE, "standing": True}, S.DEGRADED),
        _stays(S.AUTO, {"severity": WARN}),
        _stays(S.AUTO, {"standing": True}),
        _stays(S.REMOTE, {"severity": DEGRADE}),
        _stays(S.REMOTE, {"severity": DEGRADE, "standing": True}),
        *(_stays(S.DEGRADED, {"severity": severity}) for severity in (Severity.OK, WARN)),
        _stays(S.DEGRADED, {"standing": True}),
        *(
            Case(S.DEGRADED, {"standing": True, "severity": severity}, S.AUTO)
            for severity in (Severity.OK, WARN)
        ),
        _stays(S.DEGRADED, {}, elapsed_s=DEGRADED_S),
        Case(S.DEGRADED, {}, S.MRM, stop=StopKind.COMFORTABLE, elapsed_s=overdue),
        Case(S.DEGRADED, {"severity": WARN}, S.MRM, stop=StopKind.COMFORTABLE, elapsed_s=overdue),
        Case(S.DEGRADED, {"standing": True}, S.MRM, stop=StopKind.COMFORTABLE, elapsed_s=overdue),
        Case(S.DEGRADED, {"standing": True, "severity": WARN}, S.AUTO, elapsed_s=overdue),
        Case(S.DEGRADED, {"standing": True, "mission_done": True}, S.READY, elapsed_s=overdue),
        Case(S.DEGRADED, {"cab_override": True}, S.MANUAL, elapsed_s=overdue),
        Case(S.DEGRADED, {"standing": True, "cab_override": True, "severity": WARN}, S.MANUAL),
        Case(S.DEGRADED, {"standing": True, "mission_done": True, "severity": WARN}, S.READY),
        *(Case(S.DEGRADED, end, S.MRM, stop=StopKind.MINIMAL_RISK, elapsed_s=overdue) for end in DRIVE_ENDS),
        *(
            Case(S.DEGRADED, {**end, "standing": True, "severity": end.get("severity", WARN)}, S.MRM)
            for end in DRIVE_ENDS
        ),
        Case(S.AUTO, {"severity": DEGRADE, "link_alive": False}, S.MRM, stop=StopKind.MINIMAL_RISK),
        Case(S.AUTO, {"severity": DEGRADE, "mode": OFF}, S.MRM, stop=StopKind.MINIMAL_RISK),
    ]


def _by_hand() -> list[Case]:
    still: Told = {"standing": True}
    stopped: Told = {"minimal_risk_latch": True}
    lost: tuple[Told, ...] = ({"high_voltage_ready": False}, {"plugged": True}, {"link_alive": False})
    return [
        *(_stays(S.MANUAL, told) for told in lost),
        *(_stays(S.MANUAL, {**told, **still}) for told in lost),
        *(_stays(S.MANUAL, {"mode": mode}) for mode in ModeKey),
        *(_stays(S.MANUAL, {"mode": mode}, memory=stopped) for mode in ModeKey),
        *(_stays(S.MANUAL, {**still, "mode": mode}) for mode in (MANUAL, KEY_LOST)),
        *(_stays(S.MANUAL, {**still, "mode": mode}, memory=stopped) for mode in (MANUAL, KEY_LOST)),
        *(Case(S.MANUAL, {**still, "mode": mode}, S.READY) for mode in (OFF, AUTO, REMOTE, MAINTENANCE)),
        *(
            Case(S.MANUAL, {**still, "mode": mode}, S.SAFE_STOP, memory=stopped)
            for mode in (OFF, AUTO, REMOTE, MAINTENANCE)
        ),
        _stays(S.MANUAL, {**still, **RUN, **ACKNOWLEDGE, "shutdown_requested": True, "cab_override": True}),
        _stays(S.MANUAL, {**still, "mission_done": True}),
    ]


def _stopping() -> list[Case]:
    comfortable: Told = {"stop": StopKind.COMFORTABLE}
    short: Told = {"stop_overdue": True}
    overdue = MINIMAL_RISK_S + TICK_S
    return [
        Case(S.MRM, {"standing": True}, S.SAFE_STOP),
        Case(S.MRM, {"standing": True}, S.SAFE_STOP, memory=comfortable),
        Case(S.MRM, {"standing": True, "cab_override": True}, S.SAFE_STOP),
        Case(S.MRM, {"standing": True, "severity": MINIMAL_RISK}, S.SAFE_STOP, elapsed_s=overdue),
        _stays(S.MRM, {}, elapsed_s=MINIMAL_RISK_S),
        Case(S.MRM, {}, S.ESTOP, elapsed_s=overdue),
        Case(S.MRM, {"cab_override": True}, S.ESTOP, elapsed_s=overdue),
        _stays(S.MRM, {}, memory=comfortable, stop=StopKind.COMFORTABLE, elapsed_s=COMFORTABLE_S),
        *(
            _stays(S.MRM, also, memory=comfortable, stop=StopKind.MINIMAL_RISK, elapsed_s=late_s)
            for also in ({}, {"cab_override": True}, {"standing": True})
            for late_s in (COMFORTABLE_S + TICK_S, overdue)
        ),
        *(
            _stays(S.MRM, {**short, **also}, memory=comfortable, stop=StopKind.MINIMAL_RISK)
            for also in ({}, {"cab_override": True}, {"standing": True})
        ),
        _stays(S.MRM, short, stop=StopKind.MINIMAL_RISK),
        Case(S.DEGRADED, short, S.MRM, stop=StopKind.COMFORTABLE, elapsed_s=DEGRADED_S + TICK_S),
        _stays(S.AUTO, short),
        Case(S.MRM, {"cab_override": True}, S.MANUAL),
        Case(S.MRM, {"cab_override": True}, S.MANUAL, memory=comfortable),
        Case(S.MRM, {"cab_override": True, "severity": MINIMAL_RISK}, S.MANUAL),
        _stays(S.MRM, {"cab_override": True}, cab=False),
        _stays(S.MRM, {**RUN, **ACKNOWLEDGE, "mission_done": True, "shutdown_requested": True}),
        _stays(S.MRM, {}, stop=StopKind.MINIMAL_RISK),
        _stays(S.MRM, {}, memory=comfortable, stop=StopKind.COMFORTABLE),
        _stays(S.MRM, {"severity": DEGRADE}, memory=comfortable, stop=StopKind.COMFORTABLE),
        *(
            _stays(S.MRM, {**end, **also}, memory=comfortable, stop=StopKind.MINIMAL_RISK)
            for end in (*DRIVE_ENDS, {"mode": REMOTE})
            for also in ({}, {"standing": True}, {"cab_override": True})
        ),
        _stays(
            S.MRM,
            {"severity": MINIMAL_RISK},
            memory=comfortable,
            stop=StopKind.MINIMAL_RISK,
            elapsed_s=overdue,
        ),
        *(_stays(S.MRM, end, stop=StopKind.MINIMAL_RISK) for end in DRIVE_ENDS),
    ]


def _latched() -> list[Case]:
    ways = {S.SAFE_STOP: (S.STANDBY, "minimal_risk"), S.FAULT: (S.SELF_TEST, "immediate")}
    unheld: Told = {"acknowledge_released": False}
    both: Told = {"immediate_latch": True, "minimal_risk_latch": True}
    stopped: Told = {"minimal_risk_latch": True}
    cases: list[Case] = []
    for state, (target, latch) in ways.items():
        cases += [
            Case(state, ACKNOWLEDGE, target, clears=latch),
            Case(state, {**ACKNOWLEDGE, "severity": DEGRADE}, target, clears=latch),
            _stays(state, {**ACKNOWLEDGE, "severity": MINIMAL_RISK}),
            _stays(state, {**ACKNOWLEDGE, **MOVING}),
            _stays(state, ACKNOWLEDGE, memory=unheld),
            _stays(state, {**RUN, "mission_done": True, "cab_override": True, "self_test_passed": True}),
            _stays(state, {"plugged": True}),
        ]
    acknowledged: Told = dict(ACKNOWLEDGE)
    return [
        *cases,
        Case(S.FAULT, ACKNOWLEDGE, S.SELF_TEST, memory=stopped, clears="immediate"),
        Case(S.ESTOP, acknowledged, S.STANDBY, clears="estop"),
        Case(S.ESTOP, {**acknowledged, "severity": MINIMAL_RISK}, S.STANDBY, clears="estop"),
        Case(S.ESTOP, acknowledged, S.FAULT, memory={"immediate_latch": True}, clears="estop"),
        Case(S.ESTOP, acknowledged, S.SAFE_STOP, memory=stopped, clears="estop"),
        Case(S.ESTOP, acknowledged, S.FAULT, memory=both, clears="estop"),
        *(
            _stays(S.ESTOP, told, memory=memory)
            for memory in ({}, {"immediate_latch": True}, stopped, both)
            for told in (
                {},
                {**acknowledged, "estop_pressed": True},
                {**acknowledged, **MOVING},
                {"estop_pressed": True},
            )
        ),
        *(
            _stays(S.ESTOP, acknowledged, memory={**unheld, **memory})
            for memory in ({}, {"immediate_latch": True}, stopped)
        ),
        _stays(S.ESTOP, {"mode": MAINTENANCE}),
        _stays(S.ESTOP, {**RUN, "plugged": True, "self_test_passed": True}),
    ]


def _people() -> list[Case]:
    off: Told = {"shutdown_requested": True}
    key: Told = {"mode": MAINTENANCE}
    immediate: Told = {"immediate_latch": True}
    stopped: Told = {"minimal_risk_latch": True}
    cases: list[Case] = []
    for state in STANDING:
        cases += [
            Case(state, off, S.SHUTDOWN),
            Case(state, {**off, **ACKNOWLEDGE, **RUN, **key}, S.SHUTDOWN),
            Case(state, {**off, "mode": OFF}, S.SHUTDOWN),
            _stays(state, {**off, **MOVING}),
        ]
        if state not in (S.ESTOP, S.MAINTENANCE):
            cases += [
                Case(state, key, S.MAINTENANCE),
                Case(state, {**key, **ACKNOWLEDGE, **RUN}, S.MAINTENANCE),
                Case(state, {**key, "plugged": state is not S.CHARGING}, S.MAINTENANCE),
            ]
    cases += [_stays(state, {**key, **MOVING}) for state in (S.STANDBY, S.SAFE_STOP, S.FAULT, S.CHARGING)]
    cases.append(Case(S.READY, {**key, **MOVING}, S.STANDBY))
    cases += [
        Case(S.SAFE_STOP, {**key, "severity": MINIMAL_RISK}, S.MAINTENANCE),
        Case(S.FAULT, {**key, "severity": IMMEDIATE}, S.MAINTENANCE),
    ]
    keys_out = (OFF, AUTO, REMOTE, MANUAL)
    for mode in keys_out:
        out: Told = {"mode": mode}
        cases += [
            Case(S.MAINTENANCE, out, S.STANDBY),
            Case(S.MAINTENANCE, out, S.FAULT, memory=immediate),
            Case(S.MAINTENANCE, out, S.SAFE_STOP, memory=stopped),
            Case(S.MAINTENANCE, out, S.FAULT, memory={**immediate, **stopped}),
            _stays(S.MAINTENANCE, {**out, **MOVING}),
            _stays(S.MAINTENANCE, {**out, **MOVING}, memory={**immediate, **stopped}),
            _stays(S.MAINTENANCE, {**out, **MOVING}, memory=stopped),
            Case(S.MAINTENANCE, {**out, **off}, S.SHUTDOWN, memory={**immediate, **stopped}),
            Case(S.MAINTENANCE, {**out, **off}, S.SHUTDOWN, memory=stopped),
            Case(S.MAINTENANCE, {**out, **off}, S.SHUTDOWN),
        ]
    may: Told = {"recovery_permitted": True}
    return [
        *cases,
        *(_stays(S.MAINTENANCE, {"mode": KEY_LOST}, memory=memory) for memory in ({}, immediate, stopped)),
        *(_stays(S.MAINTENANCE, {}, memory=memory) for memory in (immediate, stopped)),
        _stays(S.MAINTENANCE, {**RUN, **ACKNOWLEDGE, "plugged": True}, memory=immediate),
        _stays(S.MAINTENANCE, {"severity": IMMEDIATE}),
        _stays(S.MAINTENANCE, {"severity": IMMEDIATE, **MOVING, **may}),
        _stays(S.MAINTENANCE, {"severity": MINIMAL_RISK, **MOVING}),
        Case(S.MAINTENANCE, {"severity": IMMEDIATE, **MOVING}, S.FAULT),
        Case(S.MAINTENANCE, {"severity": IMMEDIATE, "mode": OFF}, S.FAULT),
        *(
            _stays(S.SHUTDOWN, told)
            for told in (RUN, ACKNOWLEDGE, key, off, {"plugged": True}, {"self_test_passed": True}, MOVING)
        ),
    ]


_ALL: tuple[Case, ...] = (
    *_calm(),
    *_priorities(),
    *_boot(),
    *_waiting(),
    *_starting(),
    *_driving(),
    *_by_hand(),
    *_stopping(),
    *_latched(),
    *_people(),
)
CASES = tuple(sorted(_ALL, key=lambda case: not case.cab))
"""Those of a vehicle without a cab last."""
