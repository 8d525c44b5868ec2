"""What one sees while the vehicle drives: a live panel on a terminal, else a plain line now and then.

Called every tick, it looks at the wall clock every CHECK_EVERY ticks and draws at most five times a
second, so that watching a drive does not slow it down.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from firmware_runtime.vehicle.telemetry import Telemetry
from vehicle_hil.recording import Recording
from vehicle_hil.result import DriveSetup
from vehicle_hil.summary import clock
from vehicle_hil.truth import Truth

CHECK_EVERY = 8
LIVE_PERIOD_S = 0.2
LINE_PERIOD_S = 5.0


@dataclass(frozen=True, slots=True)
class View:
    """What the display shows of one tick; None where the runtime's word is not to be had."""

    title: str
    share: float
    progress_m: float
    length_m: float
    speed_mps: float
    state: str
    soc: float
    cross_track_m: float
    next_stop: str | None
    faults: tuple[str, ...] | None
    virtual_s: float
    wall_s: float


class DriveDisplay:
    """Live panel or plain lines, as the console can."""

    def __init__(self, console: Console, wall: Callable[[], float] = time.monotonic) -> None:
        self._console = console
        self._wall = wall
        self._live: Live | None = None
        self._period_s = LIVE_PERIOD_S if console.is_terminal else LINE_PERIOD_S
        self._ticks = 0
        self._title = ""
        self._length_m = 1.0
        self._begin_s = 0.0
        self._due_s = 0.0

    def start(self, setup: DriveSetup) -> None:
        self._title = f"{setup.profile.vehicle.title} on {setup.route.name} ({setup.mode})"
        self._length_m = setup.route.length_m
        self._begin_s = self._wall()
        if self._console.is_terminal:
            self._live = Live(console=self._console, auto_refresh=False, transient=True)
            self._live.start()
        else:
            self._console.print(Text(f"{self._title}, {self._length_m:,.0f} m"), soft_wrap=True)
            self._due_s = self._begin_s + LINE_PERIOD_S

    def tick(self, recording: Recording, truth: Truth, telemetry: Telemetry | None) -> None:
        self._ticks += 1
        if self._ticks % CHECK_EVERY:
            return
        now_s = self._wall()
        if now_s < self._due_s:
            return
        self._due_s = now_s + self._period_s
        view = self._view(recording, truth, telemetry, now_s - self._begin_s)
        if self._live is not None:
            self._live.update(panel(view), refresh=True)
        else:
            self._console.print(Text(line(view)), soft_wrap=True)

    def note(self, time_ns: int, text: str) -> None:
        self._console.print(Text(f"{time_ns / 1e9:8.2f} s  {text}"), soft_wrap=True)

    def stop(self) -> None:
        if self._live is not None:
            self._live.stop()
            self._live = None

    def _view(self, recording: Recording, truth: Truth, telemetry: Telemetry | None, wall_s: float) -> View:
        metrics = recording.metrics
        progress_m = metrics.progress_m if metrics is not None else 0.0
        return View(
            title=self._title,
            share=min(max(progress_m / self._length_m, 0.0), 1.0),
            progress_m=progress_m,
            length_m=self._length_m,
            speed_mps=truth.speed_mps,
            state=recording.state,
            soc=truth.soc,
            cross_track_m=metrics.cross_track_m if metrics is not None else 0.0,
            next_stop=telemetry.next_stop if telemetry is not None else None,
            faults=telemetry.faults if telemetry is not None else None,
            virtual_s=truth.time_ns / 1e9,
            wall_s=wall_s,
        )


def panel(view: View) -> Group:
    """The live panel: route share, then the present values, then stop and faults."""
    head = Table.grid(padding=(0, 1), expand=True)
    head.add_column(ratio=1)
    head.add_column(justify="right", no_wrap=True)
    head.add_row(
        ProgressBar(total=1.0, completed=view.share, complete_style="cyan", finished_style="green"),
        Text(f"{view.share:4.0%}  {view.progress_m:,.0f} of {view.length_m:,.0f} m"),
    )
    values = Table.grid(padding=(0, 3))
    for _ in _values(view):
        values.add_column(no_wrap=True)
    values.add_row(*(Text(label, style="dim") for label, _ in _values(view)))
    values.add_row(*(Text(text, style="bold") for _, text in _values(view)))
    foot = Text()
    if view.next_stop:
        foot.append(f"Next stop: {view.next_stop}   ")
    if view.faults:
        foot.append("Faults: " + "; ".join(view.faults), style="bold red")
    elif view.faults is not None:
        foot.append("No faults", style="dim")
    return Group(Text(view.title, style="bold"), head, values, foot)


def line(view: View) -> str:
    """One plain line for logs and pipes."""
    values = ", ".join(f"{label.lower()} {text}" for label, text in _values(view))
    faults = f", faults: {'; '.join(view.faults)}" if view.faults else ""
    return f"{view.share:4.0%}  {values}{faults}"


def _values(view: View) -> list[tuple[str, str]]:
    factor = view.virtual_s / view.wall_s if view.wall_s > 0 else 0.0
    return [
        ("Speed", f"{view.speed_mps:.1f} m/s"),
        ("State", view.state or "-"),
        ("Charge", f"{view.soc:.1%}"),
        ("Cross-track", f"{view.cross_track_m:+.3f} m"),
        ("Driven", clock(view.virtual_s)),
        ("Pace", f"{factor:.1f} x real time"),
    ]
