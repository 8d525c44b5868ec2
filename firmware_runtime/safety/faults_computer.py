"""Faults of this computer and of the two eyes in it: self-test, supervisor, deadlines, clocks, heat, disk."""

from firmware_runtime.safety.bus_watch import HOLD_NS
from firmware_runtime.safety.clock_watch import GAP_MAX_NS
from firmware_runtime.safety.fault_row import (
    AWAKE,
    EVERYWHERE,
    MS,
    ClearCondition,
    FaultRow,
    degrades,
    dtc,
    stops,
    warns,
)
from firmware_runtime.safety.monitor_inputs import MonitorInputs
from firmware_runtime.vehicle.enums import SafetyState as S

OVERRUNS_IN_A_ROW = 5
OVERRUNS_NS = 35 * MS
"""By then 50 ms of outputs came late (assumption: what the actuators' own timeouts bear): the fifth cycle at
10 ms each, begun up to 5 ms early or late, and as long at a faster loop."""
CYCLE_WORST_NS = 50_000_000
"""One cycle so long, and the actuators have latched: they miss their command for 50 ms (drive DBC)."""
TEMPERATURE_WARN_DEGC = 85.0
TEMPERATURE_MAX_DEGC = 100.0
"""Computers of the class slow themselves down from about 100 degC on; then ticks come late (assumption)."""
SILENT_NS = 10_000_000_000
"""Ten readings, and longer than services takes to be begun again (assumption)."""
DISK_FREE_MIN_SHARE = 0.05
"""Below it the black box of a day may not fit any more (assumption)."""


def self_test_overdue(i: MonitorInputs) -> str:
    if i.in_state_ns <= i.profile.safety.self_test_time_max_s * 1e9:
        return ""
    return ", ".join(i.self_test_missing) or "nothing is missing any more"


def supervisor_took_over(i: MonitorInputs) -> str:
    return i.supervisor_took_over


def configuration_mismatch(i: MonitorInputs) -> str:
    if i.supervisor_identity in ("", i.identity):
        return ""
    return f"control {i.identity[:8]}, supervisor {i.supervisor_identity[:8]}"


def deadline_overrun(i: MonitorInputs) -> str:
    host = i.host
    return f"{_cycle(i)}, period {host.period_ns * 1e-6:g} ms" if host.cycle_ns > host.period_ns else ""


def deadline_worst(i: MonitorInputs) -> str:
    return _cycle(i) if i.host.cycle_ns > CYCLE_WORST_NS else ""


def _cycle(i: MonitorInputs) -> str:
    host = i.host
    return (
        f"{host.cycle_ns * 1e-6:.1f} ms, of which {host.slowest_stage_ns * 1e-6:.1f} ms {host.slowest_stage}"
    )


def clock_wrong(i: MonitorInputs) -> str:
    return i.found.clock


def clock_stepped(i: MonitorInputs) -> str:
    return ", ".join(i.found.buses.clock_steps)


def computer_warm(i: MonitorInputs) -> str:
    return _warmer(i, TEMPERATURE_WARN_DEGC)


def computer_hot(i: MonitorInputs) -> str:
    return _warmer(i, TEMPERATURE_MAX_DEGC)


def _warmer(i: MonitorInputs, limit_degc: float) -> str:
    degc = i.host.temperature_degc
    return "" if degc is None or degc <= limit_degc else f"{degc:.0f} degC, limit {limit_degc:g} degC"


def disk_full(i: MonitorInputs) -> str:
    share = i.host.disk_free_share
    return "" if share is None or share >= DISK_FREE_MIN_SHARE else f"{share:.1%} free"


def computer_unwatched(i: MonitorInputs) -> str:
    return ", ".join(i.found.host_silent)


def recorder_failed(i: MonitorInputs) -> str:
    return i.host.recorder_error


COMPUTER: tuple[FaultRow, ...] = (
    # The machine has a row of its own for this; here it is told what was missing, until somebody has read it.
    FaultRow(
        identifier="self_test_overdue",
        text="The self-test did not pass in time",
        dtc=dtc("U1302-92"),
        spn=516206,
        fmi=31,
        monitors="what the self-test waits for: actuators, park brake, standstill, every signal; with the "
        "key at AUTO a position",
        threshold="safety.self_test_time_max_s in SELF_TEST",
        condition=self_test_overdue,
        severity=stops({S.SELF_TEST}),
        clear=ClearCondition.BY_ACKNOWLEDGE,
        recovery=True,
        look_at="what it names, from the first to the last",
    ),
    FaultRow(
        identifier="supervisor_took_over",
        text="The supervisor stopped the vehicle",
        dtc=dtc("U1303-94"),
        spn=516207,
        fmi=31,
        monitors="the supervisor's report",
        threshold="a stop of its own in force",
        condition=supervisor_took_over,
        severity=stops(EVERYWHERE),
        recovery=True,
        look_at="the reason it names; black box of the seconds before",
    ),
    FaultRow(
        identifier="configuration_mismatch",
        text="Control and supervisor run on different configurations",
        dtc=dtc("U1304-56"),
        spn=516208,
        fmi=13,
        monitors="identity of profile, calibration, DBCs and code: the supervisor's, as it reports it, "
        "against control's; while both live in one process with one profile, nothing can differ",
        threshold="not the same",
        condition=configuration_mismatch,
        severity=stops(EVERYWHERE),
        clear=ClearCondition.BY_POWER_CYCLE,
        recovery=False,
        look_at="install one version and one profile for both, then start the runtime anew",
    ),
    FaultRow(
        identifier="deadline_overrun",
        text="A cycle ended after the next one's moment",
        dtc=dtc("U1305-92"),
        spn=516209,
        fmi=16,
        monitors="each cycle of the loop, from its moment to its end; its slowest stage",
        threshold="one period of the loop",
        condition=deadline_overrun,
        severity=warns(EVERYWHERE),
        recovery=True,
        look_at="the stage it names; load of the computer, its real-time priority",
    ),
    FaultRow(
        identifier="deadline_overrun_in_a_row",
        text="Cycles end late one after the other",
        dtc=dtc("U1306-92"),
        spn=516210,
        fmi=16,
        monitors="each cycle of the loop, from its moment to its end; its slowest stage",
        threshold="one period of the loop, in each of the cycles of the debounce",
        condition=deadline_overrun,
        debounce_count=OVERRUNS_IN_A_ROW,
        debounce_ns=OVERRUNS_NS,
        severity=warns(EVERYWHERE - AWAKE) | degrades(AWAKE),
        recovery=False,
        look_at="the stage it names; load of the computer, its real-time priority",
    ),
    FaultRow(
        identifier="deadline_worst",
        text="A cycle took so long that the actuators' timeouts ran out",
        dtc=dtc("U1307-92"),
        spn=516211,
        fmi=0,
        monitors="each cycle of the loop, from its moment to its end; its slowest stage",
        threshold=f"{CYCLE_WORST_NS / MS:g} ms",
        condition=deadline_worst,
        severity=warns(EVERYWHERE - AWAKE) | stops(AWAKE),
        recovery=False,
        look_at="the stage it names; load of the computer, its real-time priority",
    ),
    FaultRow(
        identifier="clock_wrong",
        text="The tick's clock does not run evenly",
        dtc=dtc("U1308-92"),
        spn=516212,
        fmi=2,
        monitors="monotonic time from tick to tick",
        threshold=f"not rising, or more than {GAP_MAX_NS / MS:g} ms; told for a second",
        condition=clock_wrong,
        severity=warns(EVERYWHERE - AWAKE) | stops(AWAKE),
        recovery=False,
        look_at="whether the computer was suspended or its process stopped; its clock source",
    ),
    FaultRow(
        identifier="clock_stepped",
        text="The wall clock was set",
        dtc=dtc("U1309-92"),
        spn=516213,
        fmi=2,
        monitors="wall clock of received frames against the monotonic clock",
        threshold=f"a step; told for {HOLD_NS * 1e-9:g} s",
        condition=clock_stepped,
        severity=warns(EVERYWHERE),
        recovery=True,
        look_at="who sets the computer's clock while it drives (NTP should slew it)",
    ),
    FaultRow(
        identifier="computer_warm",
        text="The computer gets warm",
        dtc=dtc("U130A-98"),
        spn=516214,
        fmi=15,
        monitors="warmest thermal zone of the computer, where it has any (computer_unwatched)",
        threshold=f"{TEMPERATURE_WARN_DEGC:g} degC",
        condition=computer_warm,
        debounce_count=3,
        debounce_ns=1000 * MS,
        severity=warns(EVERYWHERE),
        recovery=True,
        look_at="fan, air filter, sun on the housing",
    ),
    FaultRow(
        identifier="computer_hot",
        text="The computer is too hot",
        dtc=dtc("U130B-98"),
        spn=516215,
        fmi=0,
        monitors="warmest thermal zone of the computer, where it has any",
        threshold=f"{TEMPERATURE_MAX_DEGC:g} degC",
        condition=computer_hot,
        debounce_count=3,
        debounce_ns=1000 * MS,
        severity=warns(EVERYWHERE - AWAKE) | degrades(AWAKE),
        recovery=True,
        look_at="fan, air filter, sun on the housing",
    ),
    FaultRow(
        identifier="disk_full",
        text="The disk of the black box is nearly full",
        dtc=dtc("U130C-92"),
        spn=516216,
        fmi=17,
        monitors="free share of the file system that the black box is written to",
        threshold=f"below {DISK_FREE_MIN_SHARE:.0%}",
        condition=disk_full,
        debounce_count=3,
        debounce_ns=1000 * MS,
        severity=warns(EVERYWHERE),
        recovery=True,
        look_at="fetch old black boxes and delete them",
    ),
    # Absence is a fault: nobody would be told of heat or a full disk any more.
    FaultRow(
        identifier="computer_unwatched",
        text="The computer does not tell its temperature or its free disk any more",
        dtc=dtc("U1312-87"),
        spn=516222,
        fmi=19,
        monitors="temperature and free share of the disk, each once it has been told since the start",
        threshold="not told",
        condition=computer_unwatched,
        debounce_count=3,
        debounce_ns=SILENT_NS,
        severity=warns(EVERYWHERE),
        recovery=True,
        lists_names=True,
        look_at="thermal zones of the computer; whether services runs, and where it writes to",
    ),
    FaultRow(
        identifier="recorder_failed",
        text="The black box is not written any more",
        dtc=dtc("U130D-44"),
        spn=516217,
        fmi=12,
        monitors="the recorder's thread",
        threshold="any error of the disk",
        condition=recorder_failed,
        severity=warns(EVERYWHERE),
        clear=ClearCondition.BY_POWER_CYCLE,
        recovery=True,
        look_at="the disk: full, read-only or broken",
    ),
)
