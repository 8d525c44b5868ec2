"""DBC units to SI, for the simulated vehicle's codec alone; looked up once, when a message is compiled.

Source of the factors: BIPM SI brochure (9th ed., tables 4 and 8); pi exact to float64.
"""

import math

SI_FACTOR: dict[str, float] = {
    "": 1.0,
    "%": 0.01,
    "A": 1.0,
    "N": 1.0,
    "Nm": 1.0,
    "V": 1.0,
    "bar": 1e5,
    "deg": math.pi / 180.0,
    "degC": 1.0,
    "kW": 1e3,
    "kg": 1.0,
    "km/h": 1.0 / 3.6,
    "kOhm": 1e3,
    "kWh": 3.6e6,
    "kohm": 1e3,
    "mV": 1e-3,
    "m/s": 1.0,
    "rad": 1.0,
    "rad/s": 1.0,
    "rpm": 2.0 * math.pi / 60.0,
}
"""SI value = DBC value * factor. Temperatures stay in degC, angles in rad, shares are 0..1."""
