"""Route files: four formats read, and every defect told with file, line, expectation and what came."""

from collections.abc import Callable
from math import hypot
from pathlib import Path

import numpy as np
import pytest

from firmware_runtime.motion.geodesy import LocalFrame
from firmware_runtime.motion.route_file import RouteError, RoutePoints, read_route_file

DATA = Path("../shared/data")
JUMP_MAX_M = 100.0

Write = Callable[[str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def to_file(text: str) -> Path:
        path = tmp_path / "r.csv"
        path.write_text(text, encoding="utf-8")
        return path

    return to_file


def refused(path: Path) -> list[str]:
    """The problems as lines of text, without the folder."""
    with pytest.raises(RouteError) as caught:
        read_route_file(path)
    return [str(problem).replace(str(path), path.name) for problem in caught.value.problems]


def places(points: RoutePoints) -> list[tuple[float, float]]:
    return list(zip(points.x_m.tolist(), points.y_m.tolist(), strict=True))


def test_metres_with_all_columns_and_comments(write: Write) -> None:
    points = read_route_file(
        write(
            "# name: quay\n# datum_latitude_deg: 53.5\n# datum_longitude_deg: 9.9\n# datum_height_m: 40\n"
            "# anything else: is left alone\n\n"
            "x_m, y_m, speed_mps, stop, dwell_s\n"
            "0,0,,,\n10,0,2.5,,\n20,1,2.5,pick-up,8\n30,1,,set-down,\n40,1,,,\n"
        )
    )
    assert (points.name, points.closed) == ("quay", False)
    assert (points.datum_latitude_deg, points.datum_longitude_deg, points.datum_height_m) == (53.5, 9.9, 40)
    assert places(points) == [(0, 0), (10, 0), (20, 1), (30, 1), (40, 1)]
    assert points.line.tolist() == [8, 9, 10, 11, 12]
    assert points.speed_limit_mps.tolist() == [np.inf, 2.5, 2.5, np.inf, np.inf]
    assert [(stop.index, stop.name, stop.dwell_s) for stop in points.stops] == [
        (2, "pick-up", 8.0),
        (3, "set-down", 0.0),
    ]


def test_metres_need_no_more_than_x_and_y_and_are_named_after_the_file(write: Write) -> None:
    points = read_route_file(write("x_m,y_m\n0,0\n1,1\n"))
    assert points.name == "r"
    assert np.all(np.isinf(points.speed_limit_mps))
    assert abs(points.datum_latitude_deg) > 1, "a datum in metres is assumed, at some plausible place"


def test_columns_may_stand_in_any_order_after_the_first_two(write: Write) -> None:
    points = read_route_file(write("x_m,y_m,dwell_s,stop\n0,0,,\n5,0,3,gate\n9,0,,\n"))
    assert [(stop.name, stop.dwell_s) for stop in points.stops] == [("gate", 3.0)]


def test_degrees_become_metres_around_the_first_point_or_the_given_datum(write: Write) -> None:
    rows = "latitude_deg,longitude_deg,stop\n53.5,9.9,\n53.5003,9.9,\n53.5003,9.9004,gate\n53.5,9.9004,\n"
    points = read_route_file(write(rows))
    assert places(points)[0] == (0.0, 0.0)
    assert places(points)[1] == pytest.approx((0.0, 33.39), abs=0.01)
    assert places(points)[2] == pytest.approx((26.54, 33.39), abs=0.01)
    given = read_route_file(write("# datum_latitude_deg: 53.5003\n# datum_longitude_deg: 9.9\n" + rows))
    assert places(given)[1] == pytest.approx((0.0, 0.0), abs=1e-6)
    assert given.datum_latitude_deg == 53.5003


def test_a_centre_line_is_closed_and_does_not_repeat_its_first_point(write: Write) -> None:
    header = "# x_m,y_m,w_tr_right_m,w_tr_left_m\n"
    square = "0,0,5,5\n50,0,5,5\n50,50,5,5\n0,50,5,5\n"
    for text in (header + square, header + square + "0,0,5,5\n"):
        points = read_route_file(write(text))
        assert points.closed
        assert len(points.x_m) == len(points.line) == len(points.speed_limit_mps) == 4


def test_an_rtk_drive_is_white_space_separated_without_header(write: Write) -> None:
    points = read_route_file(
        write(
            "456250.0  30.44478  114.47186  21.0  0.01 0.009 0.019\n"
            "456251.0  30.44488  114.47186  22.0  0.01 0.010 0.010\n"
        )
    )
    assert (points.datum_latitude_deg, points.datum_longitude_deg, points.datum_height_m) == (
        30.44478,
        114.47186,
        21.0,
    )
    assert places(points)[1] == pytest.approx((0.0, 11.09), abs=0.01)
    assert not points.closed


DEFECTS = [
    ("", ["r.csv: expected a route: ", "got no points"]),
    ("east,north\n1,2\n", ["r.csv:1: expected a route: CSV with the header x_m,y_m", 'got "east,north"']),
    ("1 2 3\n", ["r.csv:1:", 'got "1 2 3"']),
    ("x_m,y_m\n0,0\n1,wide\n", ['r.csv:3: y_m: expected a number from -1000000 to 1000000, got "wide"']),
    ("x_m,y_m\n0,0\n1,\n", ["r.csv:3: y_m: expected a number", "got nothing"]),
    ("x_m,y_m\n0,0\nnan,1\n", ["r.csv:3: x_m: expected a number", "got nan"]),
    ("x_m,y_m\n0,0\n1,inf\n", ["r.csv:3: y_m:", "got inf"]),
    ("x_m,y_m\n0,0\n1,2,3\n", ["r.csv:3: expected 2 values (x_m, y_m), got 3"]),
    ("x_m,y_m,sped_mps\n0,0,\n", ["r.csv:1: header:", '"sped_mps" (did you mean "speed_mps"?)']),
    ("x_m,y_m,stop,stop\n0,0,,\n", ["r.csv:1: header: expected the column stop once, got it 2 times"]),
    ("x_m,y_m\n0,0\n", ["r.csv:2: expected at least 2 points, got 1"]),
    ("x_m,y_m\n", ["r.csv: expected at least 2 points, got 0"]),
    ("# x_m,y_m,w_tr_right_m,w_tr_left_m\n0,0,5,5\n9,0,5,5\n", ["r.csv:3: expected at least 3 points"]),
    ("x_m,y_m\n0,0\n0,250\n", ["r.csv:3: expected a point within 100 m of the one of line 2", "250.0 m"]),
    (
        "# x_m,y_m,w_tr_right_m,w_tr_left_m\n0,0,5,5\n90,0,5,5\n170,0,5,5\n",
        ["r.csv:2: expected a point within 100 m of the one of line 4, got a jump of 170.0 m"],
    ),
    (
        "latitude_deg,longitude_deg\n95,10\n53,190\n",
        ["r.csv:2: latitude_deg: expected a number from -90 to 90, got 95", "r.csv:3: longitude_deg: "],
    ),
    ("x_m,y_m,speed_mps\n0,0,\n1,0,0\n", ["r.csv:3: speed_mps: expected a number from 0.1 to 50, got 0"]),
    ("x_m,y_m,stop,dwell_s\n0,0,,\n9,0,a,-1\n", ["r.csv:3: dwell_s: expected a number from 0 to 86400"]),
    ("x_m,y_m,stop,dwell_s\n0,0,,\n9,0,,5\n", ["r.csv:3: dwell_s: expected nothing where there is no stop"]),
    ("x_m,y_m,stop\n0,0,gate\n9,0,\n", ["r.csv:2: stop: expected stops behind the first point"]),
    ("x_m,y_m,stop\n0,0,\n9,0,a\n9.4,0,b\n20,0,\n", ["r.csv:4: stop: expected 1 m between stops", "0.40 m"]),
    ("x_m,y_m,stop\n0,0,\n9,0,a\n9.4,0,\n", ["r.csv:4: stop: expected 1 m between stops"]),
    ("# datum_latitude_deg: 53\nx_m,y_m\n0,0\n9,0\n", ["r.csv:1:", "got no datum_longitude_deg"]),
    ("# datum_latitude_deg: north\nx_m,y_m\n0,0\n9,0\n", ['r.csv:1: datum_latitude_deg:', 'got "north"']),
    ("# datum_hight_m: 4\nx_m,y_m\n0,0\n9,0\n", ["r.csv:1:", '(did you mean "datum_height_m"?)']),
]  # fmt: skip


@pytest.mark.parametrize(("text", "told"), DEFECTS)
def test_a_defect_is_told_with_its_line_what_was_expected_and_what_came(
    write: Write, text: str, told: list[str]
) -> None:
    message = "\n".join(refused(write(text)))
    for part in told:
        assert part in message


def test_all_defects_of_a_file_are_told_at_once(write: Write) -> None:
    text = "# datum_latitude_deg: 91\nx_m,y_m,speed_mps,stop,dwell_s\n"
    text += "0,0,,,\n1,x,,,\n2,0,fast,,\n3\n4,0,,,7\n300,0,,,\n"
    lines = refused(write(text))
    assert [line.split(" ")[0] for line in lines] == [f"r.csv:{line}:" for line in (1, 1, 4, 5, 6, 7, 8)]


def test_a_file_full_of_defects_shows_the_first_and_counts_the_rest(write: Write) -> None:
    path = write("x_m,y_m\n" + "a,b\n" * 100)
    with pytest.raises(RouteError) as caught:
        read_route_file(path)
    assert len(caught.value.problems) == 200
    assert len(str(caught.value).splitlines()) == 21
    assert str(caught.value).endswith("and 180 more problems of the same route")


def test_a_file_that_is_missing_or_not_text(tmp_path: Path) -> None:
    assert refused(tmp_path / "none.csv") == [
        "none.csv: expected a file that can be read, got No such file or directory"
    ]
    (tmp_path / "binary.csv").write_bytes(b"x_m,y_m\n\xff\xfe")
    assert refused(tmp_path / "binary.csv") == [
        "binary.csv: expected text in UTF-8, got byte 0xff at offset 8"
    ]


def test_no_good_point_at_all_is_told_without_a_datum(write: Write) -> None:
    assert len(refused(write("latitude_deg,longitude_deg\na,b\nc,d\n"))) == 4


def test_a_cut_keeps_whole_points_up_to_the_distance_and_opens_a_lap(write: Write) -> None:
    rows = "".join(f"{x},0,,{'gate' if x in (20, 80) else ''}\n" for x in range(0, 100, 10))
    points = read_route_file(write("x_m,y_m,speed_mps,stop\n" + rows), distance_max_m=45)
    assert points.x_m.tolist() == [0, 10, 20, 30, 40, 50], "the first point beyond is the end"
    assert [stop.index for stop in points.stops] == [2]
    whole = read_route_file(write("x_m,y_m,speed_mps,stop\n" + rows), distance_max_m=1e6)
    assert len(whole.x_m) == 10
    lap = "# x_m,y_m,w_tr_right_m,w_tr_left_m\n0,0,5,5\n50,0,5,5\n50,50,5,5\n0,50,5,5\n"
    assert not read_route_file(write(lap), distance_max_m=100).closed
    assert read_route_file(write(lap), distance_max_m=200).closed


TRACKS = {"Norisring": 460, "Oschersleben": 739, "Shanghai": 1090, "Spielberg": 864, "YasMarina": 1110}


@pytest.mark.parametrize(("track", "count"), TRACKS.items())
def test_real_centre_lines(track: str, count: int) -> None:
    path = DATA / "tracks" / f"{track}.csv"
    if not path.exists():
        pytest.skip(f"{path} is not here")
    points = read_route_file(path)
    assert points.closed
    assert len(points.x_m) == count
    steps = np.hypot(np.diff(points.x_m, append=points.x_m[0]), np.diff(points.y_m, append=points.y_m[0]))
    assert 4 < steps.min() <= steps.max() < 6


def test_real_rtk_drive() -> None:
    path = DATA / "gnss" / "rtk_drive.txt"
    if not path.exists():
        pytest.skip(f"{path} is not here")
    points = read_route_file(path)
    assert len(points.x_m) == 3413
    first = LocalFrame(points.datum_latitude_deg, points.datum_longitude_deg, points.datum_height_m)
    assert first.to_local(30.4447858054, 114.4718661162, 21.095) == (0.0, 0.0, 0.0)
    steps = np.hypot(np.diff(points.x_m), np.diff(points.y_m))
    assert steps.sum() == pytest.approx(27_980, abs=20)
    part = read_route_file(path, distance_max_m=2000)
    assert hypot(*places(part)[-1]) > 1000
