"""The plots over time and distance: cross-track error, speed, steering, torque and brake, battery."""

from typing import Any

import numpy as np

from vehicle_hil.events import GNSS, Span
from vehicle_hil.metrics import DriveMetrics
from vehicle_hil.report.figure import Figure, LegendEntry, Panel, stacked, traces_of
from vehicle_hil.result import DriveSetup, FloatArray

TIME, DISTANCE = "Time (s)", "Distance along the route (m)"
TRUTH, REQUEST, LIMIT = "--truth", "--request", "--limit"
SECOND, SECOND_REQUEST, BAD, NO_FIX = "--second", "--second-request", "--bad", "--band"

Columns = dict[str, FloatArray]


def cross_track(
    truth: Columns, telemetry: Columns, setup: DriveSetup, metrics: DriveMetrics, spans: list[Span]
) -> Figure:
    """Signed error over distance: true, and as the runtime saw it; bands where there was no GNSS fix."""
    panel = Panel("Cross-track error (cm)", 260, 2.0, {"zeroline": True})
    legend = [LegendEntry("true", TRUTH)]
    if len(telemetry["time_s"]):
        x, y = telemetry["route_distance_m"], telemetry["cross_track_m"] * 100
        panel.line("as the runtime saw it", x, y, REQUEST, "%{y:+.1f} cm", width=1)
        legend.append(LegendEntry("as the runtime saw it", REQUEST))
    panel.line("true", truth["progress_m"], truth["cross_track_m"] * 100, TRUTH, "%{y:+.1f} cm")
    worst = metrics.worst
    if worst is not None:
        panel.traces.append(_mark("largest", worst.progress_m, worst.cross_track_m * 100, "%{y:+.1f} cm"))
        legend.append(LegendEntry(f"largest, at {worst.progress_m:,.0f} m", BAD, "mark"))
    bands = [_distance_band(span, truth) for span in spans if span.kind == GNSS]
    if bands:
        legend.append(LegendEntry("no GNSS fix", NO_FIX, "band"))
    hint = (
        "How far the vehicle's reference point truly was from the line through the route file's points."
        " Above zero is left of it."
    )
    layout = stacked([panel], DISTANCE, _distance_range(truth, setup), bands)
    return Figure("cross-track", "Cross-track error", hint, panel.traces, layout, tuple(legend), "distance")


def speed(truth: Columns, telemetry: Columns, setup: DriveSetup) -> Figure:
    """Speed over distance against the plan and the limit."""
    route, panel = setup.route, Panel("Speed (m/s)", 260, 1.0, {"rangemode": "tozero"})
    limit = np.minimum(route.speed_limit_mps, setup.profile.limits.speed_max_mps)
    panel.line("limit", route.distance_m, limit, LIMIT, "%{y:.2f} m/s", dash="dot")
    legend = [LegendEntry("limit of route and vehicle", LIMIT, "dot")]
    if len(telemetry["time_s"]):
        x = telemetry["route_distance_m"]
        panel.line("plan", x, telemetry["speed_plan_mps"], REQUEST, "%{y:.2f} m/s", "dash")
        legend.append(LegendEntry("plan", REQUEST, "dash"))
    panel.line("true", truth["progress_m"], truth["speed_mps"], TRUTH, "%{y:.2f} m/s")
    legend.append(LegendEntry("true", TRUTH))
    hint = (
        "The plan is the runtime's speed profile, held down by curves, steering rate, stops and comfort;"
        " the true speed should follow it smoothly."
    )
    layout = stacked([panel], DISTANCE, _distance_range(truth, setup))
    return Figure("speed", "Speed against plan", hint, panel.traces, layout, tuple(legend), "distance")


def steering(truth: Columns, telemetry: Columns, setup: DriveSetup) -> Figure:
    """Requested and true steering angles of the axles that steer."""
    panel = Panel("Steering angle (°)", 240, 2.0, {"zeroline": True})
    axles = [("front", "front_angle_rad", "steering_front_request_rad", TRUTH, REQUEST)]
    if setup.profile.geometry.rear_steer_ratio > 0:
        rear = ("rear", "rear_angle_rad", "steering_rear_request_rad", SECOND, SECOND_REQUEST)
        axles.append(rear)
    legend: list[LegendEntry] = []
    for axle, true, request, colour, request_colour in axles:
        if len(telemetry["time_s"]):
            name, asked = f"{axle} requested", np.degrees(telemetry[request])
            panel.line(name, telemetry["time_s"], asked, request_colour, "%{y:+.2f}°", "dash")
            legend.append(LegendEntry(name, request_colour, "dash"))
        name, turned = f"{axle} true", np.degrees(truth[true])
        panel.line(name, truth["time_s"], turned, colour, "%{y:+.2f}°")
        legend.append(LegendEntry(name, colour))
    hint = "Angles of the wheels, left is positive. The true angle lags the request as the actuator does."
    layout = stacked([panel], TIME, _time_range(truth))
    return Figure("steering", "Steering", hint, panel.traces, layout, tuple(legend), "time")


def torque_and_brake(truth: Columns, telemetry: Columns) -> Figure:
    """Motor torque and friction brake, requested and true."""
    torque = Panel("Torque (Nm)", 170, 20.0, {"zeroline": True})
    brake = Panel("Brake force (kN)", 130, 2.0, {"rangemode": "tozero"})
    legend = (LegendEntry("true", TRUTH),)
    if len(telemetry["time_s"]):
        time_s, asked = telemetry["time_s"], telemetry["torque_request_nm"]
        torque.line("torque requested", time_s, asked, REQUEST, "%{y:,.0f} Nm", "dash")
        asked = telemetry["brake_request_n"] / 1000
        brake.line("brake requested", time_s, asked, REQUEST, "%{y:.1f} kN", "dash")
        legend = (LegendEntry("requested", REQUEST, "dash"), *legend)
    time_s = truth["time_s"]
    torque.line("torque true", time_s, truth["motor_torque_nm"], TRUTH, "%{y:,.0f} Nm")
    brake.line("brake true", time_s, truth["brake_force_n"] / 1000, TRUTH, "%{y:.1f} kN")
    panels = [torque, brake]
    hint = (
        "At the motor shaft: above zero drives, below zero regenerates. The friction brake takes over where"
        " regeneration ends and holds at stops."
    )
    layout = stacked(panels, TIME, _time_range(truth))
    return Figure("torque", "Torque and brake", hint, traces_of(panels), layout, legend, "time")


def battery(truth: Columns) -> Figure:
    """State of charge, voltage, power and temperature of the pack."""
    power_kw = truth["pack_voltage_v"] * truth["pack_current_a"] / 1000
    rows = (
        ("Charge (%)", "charge", truth["soc"] * 100, "%{y:.2f} %", 0.2, {}),
        ("Voltage (V)", "voltage", truth["pack_voltage_v"], "%{y:.1f} V", 4.0, {}),
        ("Power (kW)", "power", power_kw, "%{y:.1f} kW", 4.0, {"zeroline": True}),
        ("Temp. (°C)", "cell temperature", truth["cell_temperature_degc"], "%{y:.2f} °C", 0.4, {}),
    )
    panels: list[Panel] = []
    for title, name, values, hover, span_min, axis in rows:
        panel = Panel(title, 112, span_min, {"nticks": 4, **axis})
        panel.line(name, truth["time_s"], values, TRUTH, hover)
        panels.append(panel)
    hint = "Pack of the simulated vehicle. Power above zero is drawn, below zero regenerated."
    layout = stacked(panels, TIME, _time_range(truth))
    return Figure("battery", "Battery", hint, traces_of(panels), layout, (), "time")


def _time_range(truth: Columns) -> tuple[float, float]:
    return 0.0, float(truth["time_s"].max(initial=0.1))


def _distance_range(truth: Columns, setup: DriveSetup) -> tuple[float, float]:
    """What was driven, with a little room so that nothing lies on the frame."""
    driven_m = float(truth["progress_m"].max(initial=1.0))
    return 0.0, min(driven_m * 1.01, max(driven_m, setup.route.length_m) + 2.0)


def _mark(name: str, x: float, y: float, hover: str) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "markers",
        "name": name,
        "x": [x],
        "y": [y],
        "marker": {"symbol": "circle-open", "size": 11, "color": BAD, "line": {"width": 2}},
        "hovertemplate": f"{name} {hover}<extra></extra>",
    }


def _distance_band(span: Span, truth: Columns) -> dict[str, Any]:
    x0, x1 = np.interp([span.start_s, span.end_s], truth["time_s"], truth["progress_m"])
    return {
        "type": "rect",
        "xref": "x",
        "yref": "paper",
        "x0": float(x0),
        "x1": float(x1),
        "y0": 0,
        "y1": 1,
        "fillcolor": NO_FIX,
        "line": {"width": 0},
        "layer": "below",
    }
