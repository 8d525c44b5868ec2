"""Compressed air of the brakes: compressor, leak and consumption; part of the brake ECU's step."""

from vehicle_hil.ecus.parameters import BrakeParameters


class Reservoir:
    """One reservoir for service and spring brake. A lumped pressure balance; all rates are assumptions."""

    __slots__ = ("_compressor_on", "_p", "leak_paps", "pressure_pa")

    def __init__(self, parameters: BrakeParameters) -> None:
        self._p = parameters
        self._compressor_on = False
        self.pressure_pa = parameters.pressure_start_pa
        self.leak_paps = parameters.leak_paps
        """Fault hook: a burst hose is a large one."""

    def step(self, dt_s: float, compressor_powered: bool) -> None:
        """compressor_powered: True while high voltage drives it."""
        if self.pressure_pa <= self._p.pressure_cut_in_pa:
            self._compressor_on = True
        elif self.pressure_pa >= self._p.pressure_cut_out_pa:
            self._compressor_on = False
        gain = self._p.compressor_paps if self._compressor_on and compressor_powered else 0.0
        self.pressure_pa = max(0.0, self.pressure_pa + (gain - self.leak_paps) * dt_s)

    def consume(self, drop_pa: float) -> None:
        self.pressure_pa = max(0.0, self.pressure_pa - drop_pa)
