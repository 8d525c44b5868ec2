"""One drive, many endings: it is made once, and at each place a copy of the whole world goes its own way.

The copy is a process forked there: runtime and simulated vehicle to the last bit, without a line of code in
either for it. It meddles, drives on to standstill, and hands back what truly happened.
"""

import multiprocessing
from collections.abc import Mapping, Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import NamedTuple

import numpy as np

from firmware_runtime.motion.route_build import build_route
from firmware_runtime.motion.route_file import read_route_file
from firmware_runtime.vehicle.load import load_profile
from tests.bus_vehicle import ROOT
from tests.drives.rig import Hand, Rig, standing
from vehicle_hil.reference_line import LineTracker, ReferenceLine

SHARED = ROOT.parent / "shared" / "data"
AT_ONCE = 2
"""Copies that live at the same time; each costs memory."""
STOP_MAX_S = 40.0


class Ending(NamedTuple):
    """One copy, from the meddling to standstill; all by the plant's truth."""

    place_m: float
    curvature_1pm: float
    speed_mps: float
    """When it was meddled with."""
    stop_m: float
    stop_s: float
    deviation_m: float
    """Largest distance from the line through the file's points."""
    hardest_mps2: float
    """Largest deceleration, magnitude."""
    cause: str
    """Why the supervisor took over, or empty."""


class Track:
    """A track file as the yard tractor drives it, and the line that its deviation is measured against."""

    def __init__(self, path: Path) -> None:
        points = read_route_file(path)
        self.data = load_profile(ROOT / "configs" / "yard_tractor.toml").data
        self.route = build_route(points, self.data)
        self.line = ReferenceLine(points.x_m, points.y_m, points.closed)

    def bends(self, count: int, apart_m: float = 40.0) -> list[float]:
        """Places of the sharpest curvature, the sharpest first."""
        bends: list[float] = []
        for index in np.argsort(-np.abs(self.route.curvature_1pm)):
            place = float(self.route.distance_m[index])
            if all(abs(place - other) >= apart_m for other in bends):
                bends.append(place)
            if len(bends) == count:
                break
        return bends

    def endings(
        self, places: Sequence[float], hands: Mapping[str, Hand], load_kg: float = 0.0
    ) -> dict[str, list[Ending]]:
        """Drive to each place and let a copy for each hand go on from there."""
        context = multiprocessing.get_context("fork")
        rig = Rig(self.route, vehicle="yard_tractor")
        rig.vehicle.set_load(load_kg)
        rig.start()
        tracker = self.line.tracker()
        found: dict[str, list[Ending]] = {name: [] for name in hands}
        underway: list[tuple[str, Connection]] = []
        for place_m in sorted(places):
            while rig.telemetry.route_distance_m < place_m:
                rig.tick()
                rig.log.clear()
                tracker.locate(rig.truth.x_m, rig.truth.y_m)
            for name, hand in hands.items():
                if len(underway) >= AT_ONCE:
                    _take(underway, found)
                mine, theirs = context.Pipe(duplex=False)
                copy = context.Process(target=self._end, args=(rig, tracker, place_m, hand, theirs))
                copy.start()
                theirs.close()
                underway.append((name, mine))
        while underway:
            _take(underway, found)
        return found

    def _end(self, rig: Rig, tracker: LineTracker, place_m: float, hand: Hand, out: Connection) -> None:
        from_m, speed_mps, from_ns = rig.truth.distance_m, rig.truth.speed_mps, rig.now_ns
        deviation_m = hardest_mps2 = 0.0
        hand(rig)
        while not standing(rig) and rig.now_ns - from_ns < STOP_MAX_S * 1e9:
            rig.tick()
            signed_m, _ = tracker.locate(rig.truth.x_m, rig.truth.y_m)
            deviation_m = max(deviation_m, abs(signed_m))
            hardest_mps2 = max(hardest_mps2, -rig.truth.acceleration_mps2)
        out.send(
            Ending(
                place_m,
                float(np.interp(place_m, self.route.distance_m, self.route.curvature_1pm)),
                speed_mps,
                rig.truth.distance_m - from_m,
                (rig.now_ns - from_ns) * 1e-9,
                deviation_m,
                hardest_mps2,
                rig.onboard.supervisor.report.took_over,
            )
        )
        out.close()


def _take(underway: list[tuple[str, Connection]], found: dict[str, list[Ending]]) -> None:
    name, pipe = underway.pop(0)
    found[name].append(pipe.recv())
    pipe.close()


def table(endings: Sequence[Ending]) -> str:
    """For people: what `pytest -s` shows."""
    lines = ["place m  1/radius  speed m/s  stop m  time s  deviation m"]
    lines += [
        f"{e.place_m:7.0f}  {e.curvature_1pm:+8.3f}  {e.speed_mps:9.2f}  {e.stop_m:6.1f}  {e.stop_s:6.2f}"
        f"  {e.deviation_m:11.3f}"
        for e in endings
    ]
    worst = max(endings, key=lambda e: e.deviation_m)
    return "\n".join([*lines, f"worst {worst.deviation_m:.3f} m at {worst.place_m:.0f} m"])
