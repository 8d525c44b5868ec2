"""What the pack permits by temperature and state of charge: two tables and their interpolation; each tick.

Temperature edges: large-format LFP cell, charge 0..60 degC, discharge -35..60 degC (Lishen LP54173207,
used as a stand-in). The shares between the edges, and those by state of charge, are assumptions.
"""

from bisect import bisect_right

Table = tuple[tuple[float, float], ...]

DISCHARGE_BY_TEMPERATURE: Table = (
    (-35.0, 0.15),
    (-20.0, 0.35),
    (0.0, 0.7),
    (10.0, 1.0),
    (45.0, 1.0),
    (55.0, 0.5),
    (60.0, 0.0),
)
CHARGE_BY_TEMPERATURE: Table = (
    (0.0, 0.0),
    (5.0, 0.2),
    (10.0, 0.5),
    (20.0, 1.0),
    (45.0, 1.0),
    (55.0, 0.5),
    (60.0, 0.0),
)
DISCHARGE_BY_SOC: Table = ((0.03, 0.0), (0.15, 1.0))
CHARGE_BY_SOC: Table = ((0.90, 1.0), (0.98, 0.2), (1.0, 0.0))


def share(table: Table, at: float) -> float:
    """Linear between the rows, constant beyond them; below -35 degC discharge is 0."""
    index = bisect_right(table, (at, float("inf")))
    if index == 0:
        return table[0][1]
    if index == len(table):
        return table[-1][1]
    (x0, y0), (x1, y1) = table[index - 1], table[index]
    return y0 + (y1 - y0) * (at - x0) / (x1 - x0)


def power_shares(soc: float, cell_min_degc: float, cell_max_degc: float) -> tuple[float, float]:
    """Shares 0..1 of the nominal discharge and charge power. The worse end of the cells decides."""
    discharge = min(
        share(DISCHARGE_BY_TEMPERATURE, cell_min_degc), share(DISCHARGE_BY_TEMPERATURE, cell_max_degc)
    )
    charge = min(share(CHARGE_BY_TEMPERATURE, cell_min_degc), share(CHARGE_BY_TEMPERATURE, cell_max_degc))
    if cell_min_degc < DISCHARGE_BY_TEMPERATURE[0][0]:
        discharge = 0.0
    return discharge * share(DISCHARGE_BY_SOC, soc), charge * share(CHARGE_BY_SOC, soc)
