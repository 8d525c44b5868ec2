"""The report's page: complete, escaped, self-contained, and plots that plotly itself accepts."""

import json
import re
from base64 import b64decode
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest
from plotly.offline import get_plotlyjs
from rich.console import Console

from vehicle_hil import summary as summaries
from vehicle_hil.display import DriveDisplay
from vehicle_hil.events import Event
from vehicle_hil.recording import Recording
from vehicle_hil.report.figure import BUCKETS, Figure, Panel, packed, thinned
from vehicle_hil.report.page import Drive, figures_of, render, write_report
from vehicle_hil.report.tables import events_table
from vehicle_hil.result import REALTIME, DriveResult, DriveSetup, Ending

from .synthetic_drive import make_job, make_route, make_setup, ring_points, run, ticks, yard_points

PLOTS = ["map", "cross-track", "speed", "steering", "torque", "timeline", "battery"]
UNIT = re.compile(r"\((s|m|cm|m/s|°|Nm|kN|%|V|kW|°C)\)$")
NASTY = "</script><script>alert('x')</script>&\"<b>"


def driven(out_dir: Path, setup: DriveSetup | None = None, end_after_s: float = 1e9) -> Drive:
    setup = setup or make_setup()
    job = make_job(out_dir)
    with Recording(job, DriveDisplay(Console(quiet=True))) as recording:
        result = run(setup, recording, lateral=lambda s: 0.05 * np.sin(s / 9), end_after_s=end_after_s)
        recording.finish(result)
    summary, stops = summaries.summarise(job, setup, result, recording)
    return Drive(setup, result, recording, summary, stops)


def without_telemetry(out_dir: Path) -> Drive:
    """Killed so early that not even a black box is left."""
    setup, job = make_setup(mode=REALTIME), make_job(out_dir)
    with Recording(job, DriveDisplay(Console(quiet=True))) as recording:
        recording.on_start(setup)
        for truth, _ in ticks(setup):
            recording.on_tick(truth, None, ())
            if truth.time_ns > 8e9:
                break
        recording.on_note(5_000_000_000, "runtime killed (SIGKILL)")
        result = DriveResult(Ending.RUNTIME_LOST, "", 8.0, 8.0, runtime_killed_ns=5_000_000_000)
        recording.finish(result)
    summary, stops = summaries.summarise(job, setup, result, recording)
    return Drive(setup, result, recording, summary, stops)


@pytest.fixture(scope="module")
def drive(tmp_path_factory: pytest.TempPathFactory) -> Drive:
    return driven(tmp_path_factory.mktemp("drive"))


@pytest.fixture(scope="module")
def page(drive: Drive) -> str:
    return render(drive)


def axes(figure: Figure) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, value in figure.layout.items():
        if re.fullmatch(r"[xy]axis\d*", name):
            yield name, value


def own(page: str) -> str:
    """The page without plotly's own text."""
    return page.replace(get_plotlyjs(), "")


def test_plotly_accepts_every_figure(drive: Drive) -> None:
    for figure in figures_of(drive):
        # Names of CSS variables become colours in the page; any colour will do for the schema.
        text = re.sub(r'"--[a-z0-9-]+"', '"#123456"', json.dumps([figure.data, figure.layout]))
        data, layout = json.loads(text)
        drawn: Any = go.Figure(data=data, layout=layout)
        assert len(drawn.data) == len(data)


def test_all_plots_are_there_in_order(drive: Drive, page: str) -> None:
    assert [figure.key for figure in figures_of(drive)] == PLOTS
    assert re.findall(r'<section id="([a-z-]+)">', page) == [*PLOTS, "stops", "events", "conditions"]


def test_every_axis_is_labelled_with_its_unit(drive: Drive) -> None:
    for figure in figures_of(drive):
        for name, axis in axes(figure):
            title = axis["title"]["text"]
            if (figure.key, name) == ("timeline", "yaxis"):
                assert title == "State or event"
            else:
                assert UNIT.search(title), f"{figure.key} {name}: {title!r}"


def test_both_axes_of_the_map_have_one_scale(drive: Drive) -> None:
    layout = figures_of(drive)[0].layout
    assert layout["yaxis"]["scaleanchor"] == "x"
    assert layout["yaxis"]["scaleratio"] == 1


def test_no_legend_lies_over_the_data(drive: Drive) -> None:
    assert all(figure.layout["showlegend"] is False for figure in figures_of(drive))


def test_the_answer_comes_first(page: str) -> None:
    body = own(page)[own(page).index("<body>") :]
    assert body.index("<h1>Arrived</h1>") < body.index('class="cards"') < body.index('id="map"')
    for label in (
        "Stop error",
        "Cross-track error, mean",
        "Energy drawn",
        "Regenerated",
        "Net use",
        "Faults",
    ):
        assert label in body
    assert "kWh/km" in body


def test_the_page_says_under_which_conditions(drive: Drive, page: str) -> None:
    for text in (drive.setup.gnss, drive.setup.identity, "Payload", "lockstep", "seed 1"):
        assert text in page


def test_the_page_names_no_address_of_any_network(page: str) -> None:
    assert re.findall(r"(?:src|href)=[\"'](?!data:)[^\"']*", own(page)) == []
    assert "http" not in own(page).replace('http-equiv="Content-Security-Policy"', "")
    assert "default-src 'none'" in page


def test_the_data_is_small_beside_plotly(drive: Drive) -> None:
    assert len(own(render(drive))) < 400_000


def test_an_hour_of_driving_stays_below_a_megabyte_and_a_half(tmp_path: Path) -> None:
    drive = driven(tmp_path)
    # The same drive fifty times over: 62 minutes at 20 Hz.
    trace = drive.recording.trace
    trace._truth *= 50
    trace._telemetry *= 50
    assert len(trace.truth()["time_s"]) > 70_000
    assert len(own(render(drive))) < 1_500_000


class TagCounter(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.scripts = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.scripts += tag == "script"
        if tag not in ("meta", "link", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_every_element_is_closed(page: str) -> None:
    counter = TagCounter()
    counter.feed(page)
    assert counter.open == []
    assert counter.scripts == 3


def test_text_of_the_user_is_escaped_everywhere(tmp_path: Path) -> None:
    points = yard_points()
    setup = make_setup(
        route=make_route(points, stops=((90.0, NASTY, 1.0),), name=NASTY),
        gnss=NASTY,
        identity=NASTY,
        conditions=((NASTY, NASTY),),
    )
    drive = driven(tmp_path, setup, end_after_s=32.0)
    drive.recording.on_note(1_000_000_000, NASTY)
    page = render(drive)
    counter = TagCounter()
    counter.feed(page)
    assert counter.scripts == 3
    assert "<script>alert" not in page
    assert "<b>" not in own(page).replace("<b>4", "").partition('class="cards"')[0]
    assert "&lt;/script&gt;" in page


def test_a_lap_and_a_front_steered_vehicle_have_a_report_too(tmp_path: Path) -> None:
    setup = make_setup(ring_points())
    drive = driven(tmp_path, setup, end_after_s=20.0)
    page = render(drive)
    assert "a lap" in page
    assert figures_of(drive)[0].data[2]["text"] == ["1"]  # the start is where the end is
    assert "Drove as asked" in page


def test_a_drive_without_telemetry_has_a_report_too(tmp_path: Path) -> None:
    drive = without_telemetry(tmp_path)
    page = render(drive)
    assert "<h1>Did not arrive</h1>" in page
    assert "The runtime was lost at 5.00 s, and the vehicle did not come to a standstill." in page
    assert "runtime killed (SIGKILL)" in page
    assert "NO_RUNTIME" in page
    assert "not made" in page
    names = [trace["name"] for figure in figures_of(drive) for trace in figure.data]
    assert "plan" not in names
    assert "true" in names


def test_of_many_events_the_first_and_the_last_are_in_sight() -> None:
    events = [Event(float(second), "note", f"event {second}") for second in range(1000)]
    in_sight = re.sub(r"<details>.*</details>", "", events_table(events))
    assert re.findall(r"event (\d+)", in_sight) == [str(n) for n in [*range(12), *range(988, 1000)]]
    assert "976 events between, the first 400 of them here" in events_table(events)
    assert "<details>" not in events_table(events[:20])
    assert "None." in events_table([])


def test_files_beside_the_page_are_named_if_they_are_there(tmp_path: Path) -> None:
    drive = driven(tmp_path, end_after_s=3.0)
    write_report(tmp_path / "report.html", drive)
    page = own((tmp_path / "report.html").read_text())
    assert "<code>bus.log</code>" in page
    assert "<code>blackbox.bin</code>" not in page


def test_thinning_keeps_both_ends_and_every_peak() -> None:
    x = np.arange(200_000.0)
    y = np.sin(x / 500)
    y[[777, 123_456]] = 9.0, -7.0
    thin_x, thin_y = thinned(x, y)
    assert len(thin_x) <= 2 * BUCKETS + 2
    assert (thin_x[0], thin_x[-1]) == (0.0, 199_999.0)
    assert (thin_y.max(), thin_y.min()) == (9.0, -7.0)
    assert (np.diff(thin_x) > 0).all()


def test_values_that_are_not_known_are_left_out() -> None:
    panel = Panel("Cross-track error (cm)", 100, span_min=1.0)
    panel.line("true", np.arange(4.0), np.array([np.nan, 1.0, 3.0, np.inf]), "--truth", "%{y} cm")
    assert (panel.low, panel.high) == (1.0, 3.0)
    assert panel.traces[0]["x"] == packed(np.array([1.0, 2.0]))
    empty = Panel("Torque (Nm)", 100, span_min=10.0)
    empty.line("true", np.array([]), np.array([]), "--truth", "%{y} Nm")
    assert empty.axis([0.0, 1.0])["range"] == [0.0, 10.0]


def test_short_series_are_left_as_they_are() -> None:
    x = np.arange(10.0)
    assert thinned(x, x)[0] is x


def test_packed_arrays_are_plotlys_typed_arrays() -> None:
    spec = packed(np.array([[1.0, 2.0], [3.0, 4.5]]))
    assert spec["dtype"] == "f4"
    assert spec["shape"] == "2, 2"
    assert np.frombuffer(b64decode(spec["bdata"]), dtype="<f4").tolist() == [1.0, 2.0, 3.0, 4.5]


def test_a_value_at_rest_does_not_fill_its_plot_with_rounding_errors() -> None:
    panel = Panel("Voltage (V)", 100, span_min=4.0)
    panel.line("voltage", np.arange(3.0), np.array([620.0, 620.0 + 1e-9, 620.0]), "--truth", "%{y} V")
    assert panel.axis([0.0, 1.0])["range"] == pytest.approx([618.0, 622.0])
