"""The report as a person sees it, in a real browser on a desktop and on a phone."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from vehicle_hil.report.page import write_report

from .chromium import Chromium, find_chromium
from .test_report import PLOTS, UNIT, driven, without_telemetry

SIZES = {"desktop": (1280, 800), "phone": (390, 844)}

# Everything that sticks out of the window, and everything whose text is cut off.
OUTSIDE = """[...document.querySelectorAll('main *')].filter((e) => {
  const box = e.getBoundingClientRect();
  return box.width > 0 && (box.right > innerWidth + 1 || box.left < -1)
    && !e.closest('defs, clipPath, .hoverlayer, .draglayer, .overplot, .plot');
}).map((e) => e.tagName + '.' + e.className)"""
CUT_OFF = """[...document.querySelectorAll('.cards b, .cards span, h1, h2, th, td, dd, .legend li, button')]
  .filter((e) => e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).display !== 'inline')
  .map((e) => e.textContent)"""
# Text of a plot (ticks, axis titles, labels) outside the plot's own picture.
TEXT_OUTSIDE = """[...document.querySelectorAll('.js-plotly-plot')].flatMap((plot) => {
  const frame = plot.getBoundingClientRect();
  return [...plot.querySelectorAll('text')].filter((t) => {
    const box = t.getBoundingClientRect();
    return box.width > 0 && (box.left < frame.left - 1 || box.right > frame.right + 1
      || box.top < frame.top - 1 || box.bottom > frame.bottom + 1);
  }).map((t) => plot.id + ': ' + t.textContent);
})"""
AXIS_TITLES = """Object.fromEntries([...document.querySelectorAll('.js-plotly-plot')].map((plot) => [
  plot.id.replace('plot-', ''),
  [...plot.querySelectorAll('.infolayer [class*=title] text, .infolayer text[class*=title]')]
    .map((t) => t.textContent)]))"""
LINES_DRAWN = """Object.fromEntries([...document.querySelectorAll('.js-plotly-plot')].map((plot) => [
  plot.id.replace('plot-', ''),
  plot.querySelectorAll('.scatterlayer .trace path, .barlayer .point path').length]))"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Chromium]:
    executable = find_chromium()
    if executable is None:
        pytest.skip("no chromium is installed (Debian package: chromium)")
    with Chromium(executable) as chromium:
        yield chromium


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("report")
    paths = {"arrived": folder / "arrived.html", "killed": folder / "killed.html"}
    write_report(paths["arrived"], driven(folder))
    write_report(paths["killed"], without_telemetry(folder))
    return paths


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", ["arrived", "killed"])
def test_page_is_whole_quiet_and_within_the_window(
    browser: Chromium, pages: dict[str, Path], name: str, size: str, tmp_path: Path
) -> None:
    browser.show(pages[name], *SIZES[size])
    browser.screenshot(tmp_path / f"{name}-{size}.png")
    assert browser.problems == []
    assert browser.requests == [pages[name].as_uri()]
    assert browser.evaluate("document.documentElement.scrollWidth") == SIZES[size][0]
    assert browser.evaluate(OUTSIDE) == []
    assert browser.evaluate(CUT_OFF) == []
    assert browser.evaluate(TEXT_OUTSIDE) == []
    first = "document.querySelector('h1').getBoundingClientRect()"
    assert browser.evaluate(f"{first}.bottom") < SIZES[size][1] / 2


@pytest.mark.parametrize("size", SIZES)
def test_every_plot_is_drawn_and_every_axis_shows_its_title(
    browser: Chromium, pages: dict[str, Path], size: str
) -> None:
    browser.show(pages["arrived"], *SIZES[size])
    titles: dict[str, list[str]] = browser.evaluate(AXIS_TITLES)
    drawn: dict[str, Any] = browser.evaluate(LINES_DRAWN)
    assert list(titles) == PLOTS
    for name in PLOTS:
        assert drawn[name] > 0, name
        assert len(titles[name]) >= 2, name
        labelled = [title for title in titles[name] if UNIT.search(title) or title == "State or event"]
        assert labelled == titles[name]


def test_dark_scheme_has_light_text_on_dark_plots(browser: Chromium, pages: dict[str, Path]) -> None:
    browser.show(pages["arrived"], *SIZES["desktop"], dark=True)
    assert browser.problems == []
    fill = "getComputedStyle(document.querySelector('#plot-speed .xtick text')).fill"
    background = "getComputedStyle(document.querySelector('#speed')).backgroundColor"
    assert brightness(browser.evaluate(fill)) > 120
    assert brightness(browser.evaluate(background)) < 60


def test_zoom_over_time_is_shared(browser: Chromium, pages: dict[str, Path]) -> None:
    browser.show(pages["arrived"], *SIZES["desktop"])
    browser.evaluate(
        "Plotly.relayout('plot-steering', {'xaxis.range[0]': 10, 'xaxis.range[1]': 20})"
        ".then(() => new Promise((done) => setTimeout(done, 300)))"
    )
    shown = "document.getElementById('plot-{}')._fullLayout.xaxis.range.map(Math.round)"
    assert browser.evaluate(shown.format("battery")) == [10, 20]
    assert browser.evaluate(shown.format("timeline")) == [10, 20]
    assert browser.evaluate(shown.format("speed")) != [10, 20]


def test_the_maps_path_can_be_coloured_by_speed(browser: Chromium, pages: dict[str, Path]) -> None:
    browser.show(pages["arrived"], *SIZES["phone"])
    assert browser.evaluate("document.querySelector('#map .high').textContent").endswith(" cm")
    browser.evaluate("document.querySelector('[data-colour=speed]').click()")
    assert browser.evaluate("document.querySelector('#map .high').textContent").endswith(" m/s")
    assert browser.problems == []


def test_turning_the_phone_draws_anew(browser: Chromium, pages: dict[str, Path]) -> None:
    browser.show(pages["arrived"], *SIZES["phone"])
    browser.call(
        "Emulation.setDeviceMetricsOverride", width=844, height=390, deviceScaleFactor=2, mobile=True
    )
    browser.evaluate("new Promise((done) => setTimeout(done, 800))")
    width = browser.evaluate("document.getElementById('plot-speed').querySelector('.main-svg').clientWidth")
    assert 700 < width <= 844
    assert browser.evaluate("document.documentElement.scrollWidth") == 844


def brightness(colour: str) -> float:
    return sum(float(part) for part in re.findall(r"[\d.]+", colour)[:3]) / 3
