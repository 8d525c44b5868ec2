"""People who drive: at the remote desk or the technician's pendant (RemoteDemand), in the cab (CabInputs).

They do what the methods here say, between ticks, and hold it until told otherwise; at first, nothing.
"""

from vehicle_hil.codec.network import Network
from vehicle_hil.codec.protection import Outbox


class RemoteDriver:
    """Output: RemoteDemand. The dead-man is a button of `Body`."""

    def __init__(self, network: Network) -> None:
        self.sender = network.sender("RemoteDemand", ("Speed", "SteeringAngle"))
        self._speed_mps = 0.0
        self._steering_rad = 0.0

    def ask(self, speed_mps: float, steering_rad: float = 0.0) -> None:
        """Speed, forward positive, and single-track angle of the front axle, left positive."""
        self._speed_mps = speed_mps
        self._steering_rad = steering_rad

    def report(self, now_ns: int, out: Outbox) -> None:
        if self.sender.due(now_ns):
            self.sender.send((self._speed_mps, self._steering_rad), out)


class CabDriver:
    """Output: CabInputs. Only in a vehicle with a cab."""

    def __init__(self, network: Network) -> None:
        self.sender = network.sender("CabInputs", ("Override", "Accelerator", "Brake", "SteeringAngle"))
        self._override = False
        self._accelerator = 0.0
        self._brake = 0.0
        self._steering_rad = 0.0

    def hold(self, accelerator: float = 0.0, brake: float = 0.0, steering_rad: float = 0.0) -> None:
        """Pedals as shares of their way, 0 to 1; the wheel as single-track angle of the front axle."""
        self._accelerator = accelerator
        self._brake = brake
        self._steering_rad = steering_rad

    def take_over(self, moves: bool = True) -> None:
        """Moves wheel or pedal so far that he means to take over."""
        self._override = moves

    def report(self, now_ns: int, out: Outbox) -> None:
        if self.sender.due(now_ns):
            values = (self._override, self._accelerator, self._brake, self._steering_rad)
            self.sender.send(values, out)
