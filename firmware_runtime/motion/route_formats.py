"""The formats of route files as tables: columns, permitted values, and how a format is recognised."""

from typing import NamedTuple

from firmware_runtime.vehicle.bounds import Range

Row = tuple[int, str]
"""Line number from 1, and its text without surrounding space."""


class Column(NamedTuple):
    name: str
    limits: Range | None
    """None for a text."""
    required: bool = True
    """A headed file may leave other columns out, and their cells empty."""


class Format(NamedTuple):
    shown: str
    """For messages."""
    columns: tuple[Column, ...]
    header: str
    """First line's beginning without spaces; empty for a file of numbers alone, known by their count."""
    separator: str
    """Empty for white space."""
    closed: bool = False
    headed: bool = False
    """Columns stand in the order of the header, with optional ones left out at will."""


_LATITUDE = Column("latitude_deg", Range(-90, 90))
_LONGITUDE = Column("longitude_deg", Range(-180, 180))
_PLANE = (Column("x_m", Range(-1e6, 1e6)), Column("y_m", Range(-1e6, 1e6)))
_OPTIONAL = (
    Column("speed_mps", Range(0.1, 50), required=False),
    Column("stop", None, required=False),
    Column("dwell_s", Range(0, 86400), required=False),
)
_WIDTH = Range(0, 1000)
_DEVIATION = Range(0, 1000)

FORMATS = (
    Format("CSV with the header x_m,y_m", (*_PLANE, *_OPTIONAL), "x_m,y_m", ",", headed=True),
    Format(
        "CSV with the header latitude_deg,longitude_deg",
        (_LATITUDE, _LONGITUDE, *_OPTIONAL),
        "latitude_deg,longitude_deg",
        ",",
        headed=True,
    ),
    Format(
        "a race-track centre line with the header # x_m,y_m,w_tr_right_m,w_tr_left_m",
        (*_PLANE, Column("w_tr_right_m", _WIDTH), Column("w_tr_left_m", _WIDTH)),
        "#x_m,y_m,w_tr_right_m,w_tr_left_m",
        ",",
        closed=True,
    ),
    Format(
        "an RTK drive of seven columns: seconds, latitude, longitude, height, three standard deviations",
        (
            Column("seconds", Range(0, 1e10)),
            _LATITUDE,
            _LONGITUDE,
            Column("height_m", Range(-1000, 10000)),
            Column("north_deviation_m", _DEVIATION),
            Column("east_deviation_m", _DEVIATION),
            Column("height_deviation_m", _DEVIATION),
        ),
        "",
        "",
    ),
)

COMMENTS = {
    "datum_latitude_deg": _LATITUDE._replace(name="datum_latitude_deg"),
    "datum_longitude_deg": _LONGITUDE._replace(name="datum_longitude_deg"),
    "datum_height_m": Column("datum_height_m", Range(-1000, 10000)),
}
"""Keys of `# key: value` lines that place a file in metres on the earth."""

DEFAULT_DATUM = (53.505, 9.935, 45.0)
"""For files in metres that name none: a container terminal in Hamburg (assumption)."""

JUMP_MAX_M = 100.0
"""Between neighbouring points: further apart, a part of the file is missing (assumption)."""

STOP_SPACING_MIN_M = 1.0
"""Between stops, and from the ends: less cannot be driven as a stop of its own (assumption)."""


def detect(rows: list[Row]) -> tuple[Row, Format | None]:
    """The line that tells the format, and the format; None where no format is known."""
    for line, text in rows:
        squeezed = text.replace(" ", "").replace("\t", "")
        for form in FORMATS:
            if form.header and squeezed.startswith(form.header):
                return (line, text), form
        if text.startswith("#"):
            continue
        unheaded = [form for form in FORMATS if not form.header and len(text.split()) == len(form.columns)]
        return (line, text), unheaded[0] if unheaded and "," not in text else None
    return (0, ""), None
