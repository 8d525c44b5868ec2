"""What the pages say, for a person beside the vehicle: the answer first, then what may move, then figures."""

from firmware_runtime.executive.live.look import ENDED, NEVER, RUNS, SILENT, Look
from firmware_runtime.executive.live.pages import ControlPage, DriveFigures, ProcessFigures, SpreadFigures
from firmware_runtime.executive.live.spread import quantile_ns
from firmware_runtime.executive.processes import PROCESSES
from firmware_runtime.executive.terminal import Style, table

SHARES = (0.5, 0.99, 0.999)


def as_text(seen: Look, style: Style) -> str:
    blocks = [_answer(seen, style), _vehicle(seen, style), _processes(seen, style)]
    blocks += [_loop(seen), _spreads(seen, style), _buses(seen, style)]
    return "\n\n".join(block for block in blocks if block)


def _answer(seen: Look, style: Style) -> str:
    gone = [(process.name, seen.life(process.name)) for process in PROCESSES]
    gone = [(name, life) for name, life in gone if life != RUNS]
    if len(gone) == len(PROCESSES) and all(life == NEVER for _, life in gone):
        return style.red("nothing runs here, and nothing has")
    drive = seen.control.drive if seen.control is not None else None
    words = [style.bold(drive.state) if drive is not None else "no tick yet"]
    if drive is not None:
        words += [f"{_plain(drive.speed_mps, 2)} m/s", _fault_words(drive, style)]
        if drive.latches:
            words.append(style.red("latched: " + ", ".join(drive.latches)))
    supervisor = seen.supervisor
    if supervisor is not None and supervisor.took_over:
        words.append(style.red(f"the supervisor stops the vehicle: {supervisor.took_over}"))
    if supervisor is not None and supervisor.estop:
        words.append(style.red("e-stop latched in the supervisor"))
    watchdog = supervisor.watchdog if supervisor is not None else None
    if watchdog is not None and watchdog.failed:
        words.append(style.red(f"the hardware watchdog did not take {watchdog.failed} signs of life"))
    services = seen.services
    if services is not None:
        words += [style.red(f"services: {error}") for error in services.errors]
    words += [style.red(f"{name}: {_life_words(seen, name)}") for name, _ in gone]
    return ", ".join(words)


def _fault_words(drive: DriveFigures, style: Style) -> str:
    if not drive.fault_count:
        return style.green("no faults")
    plural = "s" if drive.fault_count != 1 else ""
    return style.red(f"{drive.fault_count} fault{plural}, severity {drive.severity}")


def _life_words(seen: Look, name: str) -> str:
    life, figures = seen.life(name), seen.figures(name)
    if figures is None or life in (NEVER, ENDED):
        return life
    ago = f"{(seen.time_ns - figures.time_ns) * 1e-9:.1f} s"
    return f"{SILENT} for {ago}" if life == SILENT else f"{ago} ago"


def _vehicle(seen: Look, style: Style) -> str:
    drive = seen.control.drive if seen.control is not None else None
    if drive is None:
        return ""
    rows = [f"{style.bold('fault')}        {text}" for text in drive.faults]
    if drive.fault_count > len(drive.faults):
        rows.append(f"             and {drive.fault_count - len(drive.faults)} more")
    rows += _permissions(drive)
    if drive.stop != "NONE":
        rows.append(f"stop         {drive.stop.lower().replace('_', ' ')}")
    rows += [
        f"speed        {_plain(drive.speed_mps, 2)} m/s of {_plain(drive.speed_target_mps, 2)} m/s wanted",
        f"route        {drive.route_share:.1%} ({drive.route_distance_m:.1f} m), cross-track "
        f"{_plain(drive.cross_track_m, 3)} m" + (f", next stop {drive.next_stop}" if drive.next_stop else ""),
        f"position     last GNSS fix {drive.fix_age_s:.2f} s old"
        if drive.fix_age_s < 1e6
        else "position     no GNSS fix yet",
        f"battery      {drive.battery_soc:.0%}",
    ]
    return "\n".join(rows)


def _plain(value: float, places: int) -> str:
    """Without the minus of a zero that was rounded."""
    return f"{round(value, places) + 0.0:.{places}f}"


def _permissions(drive: DriveFigures) -> list[str]:
    permitted = drive.permissions
    if permitted is None:
        return []
    parts = {
        "propulsion": permitted.propulsion,
        "brake release": permitted.brake_release,
        "steering": permitted.steering,
        "contactors": permitted.contactors,
    }
    may = [name for name, allowed in parts.items() if allowed]
    must_not = [name for name, allowed in parts.items() if not allowed]
    rows = [f"may          {', '.join(may) or 'nothing'}"]
    if permitted.propulsion:
        rows[0] += f", up to {permitted.speed_cap_mps:g} m/s"
    return [*rows, f"must not     {', '.join(must_not)}"] if must_not else rows


def _processes(seen: Look, style: Style) -> str:
    header = (
        "process",
        "pid",
        "last sign",
        "up for",
        "peak memory",
        "worst garbage",
        "identity",
        "scheduling",
    )
    rows: list[tuple[str, ...]] = []
    for process in PROCESSES:
        figures = seen.figures(process.name)
        if figures is None:
            rows.append((process.name, "", NEVER, "", "", "", "", ""))
        else:
            rows.append(_process_row(seen, process.name, figures))
    right = frozenset({"pid", "last sign", "up for", "peak memory", "worst garbage"})
    return table(header, rows, right, style)


def _process_row(seen: Look, name: str, figures: ProcessFigures) -> tuple[str, ...]:
    garbage = figures.garbage
    return (
        name,
        str(figures.pid),
        _life_words(seen, name),
        _duration((figures.time_ns - figures.began_ns) * 1e-9),
        f"{figures.peak_memory_bytes / 1e6:.0f} MB",
        f"{garbage.worst_ns * 1e-6:.2f} ms" if garbage.collections else "none",
        figures.identity[:12],
        figures.scheduling,
    )


def _duration(seconds: float) -> str:
    minutes, seconds = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    return (
        f"{days} d {hours:02}:{minutes:02}:{seconds:02}" if days else f"{hours:02}:{minutes:02}:{seconds:02}"
    )


def _loop(seen: Look) -> str:
    rows = [_control_loop(seen.control)] if seen.control is not None else []
    if seen.services is not None:
        counts = ", ".join(f"{name} {count}" for name, count in seen.services.counts.items())
        rows.append(f"services     {counts or 'nothing to keep'}")
    return "\n".join(rows)


def _control_loop(page: ControlPage) -> str:
    overruns = page.overruns
    told = f"loop         {page.ticks} ticks of {page.period_ns * 1e-6:g} ms, {page.late_ticks} late, "
    told += f"{page.missed_periods} periods missed, {overruns.count} overruns"
    if overruns.count:
        stages = ", ".join(f"{count} by {stage}" for stage, count in overruns.by_stage.items())
        told += f" (at most {overruns.most_in_a_row} in a row; {stages})"
    return told


def _spreads(seen: Look, style: Style) -> str:
    header = ("process", "how long it takes (µs)", "p50", "p99", "p99.9", "worst", "times")
    rows: list[tuple[str, ...]] = []
    for process in PROCESSES:
        figures = seen.figures(process.name)
        for name, spread in figures.spreads.items() if figures is not None else ():
            rows.append((process.name, name, *_spread_cells(spread)))
    right = frozenset({"p50", "p99", "p99.9", "worst", "times"})
    return table(header, rows, right, style) if rows else ""


def _spread_cells(spread: SpreadFigures) -> tuple[str, ...]:
    quantiles = (quantile_ns(spread.counts, spread.worst_ns, share) for share in SHARES)
    return (*(f"{ns / 1e3:.0f}" for ns in quantiles), f"{spread.worst_ns / 1e3:.0f}", str(sum(spread.counts)))


def _buses(seen: Look, style: Style) -> str:
    header = ("bus", "of", "state", "received", "sent", "not sent", "lost", "errors", "from others")
    rows: list[tuple[str, ...]] = []
    for process in PROCESSES:
        figures = seen.figures(process.name)
        for name, bus in figures.buses.items() if figures is not None else ():
            counts = bus.statistics
            rows.append(
                (
                    name,
                    process.name,
                    bus.state.lower().replace("_", " "),
                    *(str(n) for n in (counts.received, counts.sent, counts.send_drops)),
                    str(counts.kernel_drops),
                    str(counts.error_frames + counts.receive_errors),
                    ", ".join(f"{message} {count}" for message, count in bus.foreign.items()) or "none",
                )
            )
    right = frozenset({"received", "sent", "not sent", "lost", "errors"})
    return table(header, rows, right, style) if rows else ""
