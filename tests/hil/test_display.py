"""The display shows what matters, seldom enough to cost nothing."""

import io
from pathlib import Path

from rich.console import Console

from vehicle_hil.display import CHECK_EVERY, LIVE_PERIOD_S, DriveDisplay, View, line, panel
from vehicle_hil.recording import Recording

from .synthetic_drive import make_job, make_setup, run

VIEW = View(
    title="Q-Truck on yard (lockstep)",
    share=0.43,
    progress_m=620.0,
    length_m=1440.0,
    speed_mps=5.21,
    state="AUTO",
    soc=0.873,
    cross_track_m=-0.012,
    next_stop="pick-up",
    faults=("message_lost: drive.BrakeFeedback",),
    virtual_s=123.0,
    wall_s=4.1,
)


class Wall:
    """A wall clock that runs a hundred times slower than the vehicle, counting how often it is asked."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self.asked = 0

    def __call__(self) -> float:
        self.asked += 1
        self.now_s += CHECK_EVERY * 0.01 / 100
        return self.now_s


def drive(tmp_path: Path, console: Console, wall: Wall) -> None:
    with Recording(make_job(tmp_path), DriveDisplay(console, wall)) as recording:
        run(make_setup(), recording)


def rendered(width: int) -> str:
    out = io.StringIO()
    Console(file=out, width=width).print(panel(VIEW))
    return out.getvalue()


def test_panel_shows_share_speed_state_charge_error_time_and_pace() -> None:
    text = rendered(100)
    for part in ("43%", "620 of 1,440 m", "5.2 m/s", "AUTO", "87.3%", "-0.012 m", "2 min 03 s", "30.0 x"):
        assert part in text
    assert "Next stop: pick-up" in text
    assert "message_lost: drive.BrakeFeedback" in text


def test_a_pipe_gets_plain_lines_and_few(tmp_path: Path) -> None:
    out = io.StringIO()
    drive(tmp_path, Console(file=out, width=100), Wall())
    lines = out.getvalue().splitlines()
    assert lines[0].startswith("Q-Truck on test yard (lockstep)")
    # 74 s of vehicle time at 100 times real time are less than one period of the lines.
    assert len(lines) == 1
    assert "\x1b" not in out.getvalue()


def test_a_long_drive_gets_a_line_every_few_seconds(tmp_path: Path) -> None:
    out, wall = io.StringIO(), Wall()
    display = DriveDisplay(Console(file=out, width=100), lambda: 100 * wall())
    with Recording(make_job(tmp_path), display) as recording:
        run(make_setup(), recording)
    lines = out.getvalue().splitlines()
    assert 12 <= len(lines) <= 16
    assert "state AUTO" in lines[5]


def test_a_terminal_is_drawn_at_most_five_times_a_second(tmp_path: Path) -> None:
    out, wall = io.StringIO(), Wall()
    drive(tmp_path, Console(file=out, width=100, force_terminal=True), wall)
    drawn = out.getvalue().count("real time")
    assert 1 <= drawn <= wall.now_s / LIVE_PERIOD_S + 2
    assert wall.asked < 7500 / CHECK_EVERY + 5


def test_notes_are_shown_at_once(tmp_path: Path) -> None:
    out = io.StringIO()
    display = DriveDisplay(Console(file=out, width=100))
    display.note(12_340_000_000, "runtime killed (SIGKILL) [at once]")
    assert out.getvalue() == "   12.34 s  runtime killed (SIGKILL) [at once]\n"


def test_what_the_runtime_does_not_tell_is_not_made_up() -> None:
    silent = View(**{name: getattr(VIEW, name) for name in View.__slots__} | {"faults": None, "state": ""})
    assert "faults" not in line(silent)
    assert "state -" in line(silent)
