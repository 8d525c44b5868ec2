"""Between the bus codec's plain numbers and the typed signals: first step after decode, last before encode.

`StateBuilder` makes a VehicleState of decoded values, `CommandValues` makes values to encode of Commands.
Enumerations go through look-up tables made at start-up, and this vehicle's calibration is applied here and
nowhere else, so that everyone between sees the vehicle as it is.
"""

from collections.abc import Callable, Mapping, Sequence
from enum import IntEnum
from operator import attrgetter
from typing import Any

from firmware_runtime.can.binding import SignalBinding
from firmware_runtime.vehicle.bindings import EnumTable, RawTable
from firmware_runtime.vehicle.profile import Calibration
from firmware_runtime.vehicle.signals import INPUT_SPECS, WHEEL_SPEEDS, Commands, SignalSpec, VehicleState


class StateBuilder:
    """Builds the VehicleState of a tick from decoded inputs. Holds no state from tick to tick.

    Given only some of the profile's bindings, as the supervisor is, it names all others unusable, save those
    that a vehicle may lack.
    """

    __slots__ = ("_enums", "_names", "_not_heard", "_scales", "_unbound", "_zeros")

    def __init__(
        self, bindings: Sequence[SignalBinding], enums: Mapping[str, EnumTable], calibration: Calibration
    ) -> None:
        bound = {binding.name for binding in bindings}
        place = {spec.name: index for index, spec in enumerate(INPUT_SPECS)}
        self._names = tuple(binding.name for binding in bindings)
        self._unbound = tuple(
            (place[spec.name], _default(spec)) for spec in INPUT_SPECS if spec.name not in bound
        )
        self._not_heard = frozenset(
            spec.name
            for spec in INPUT_SPECS
            if spec.name not in bound and not (spec.quantity.optional or spec.quantity.cab)
        )
        self._enums = tuple(
            (place[spec.name], enums[spec.name].get, _unknown(spec.enum), spec.name)
            for spec in INPUT_SPECS
            if spec.enum is not None and spec.name in bound
        )
        gain = calibration.brake_gain
        factors = {
            **dict.fromkeys(WHEEL_SPEEDS, calibration.wheel_radius_scale),
            "brake_force_n": 1.0 / gain,
        }
        self._scales = tuple((place[name], factor) for name, factor in factors.items() if factor != 1.0)
        zeros = {
            "steering_front_angle_rad": calibration.steering_front_zero_rad,
            "steering_rear_angle_rad": calibration.steering_rear_zero_rad,
        }
        self._zeros = tuple(
            (place[name], zero) for name, zero in zeros.items() if name in bound and zero != 0.0
        )

    def build(self, values: Sequence[float], reasons: Sequence[int], now_ns: int) -> VehicleState:
        """State of this tick.

        Args:
            values: SI values and raw enumerations, one a binding, in their order.
            reasons: 0 where the value may be trusted, else why not, in the same order.
            now_ns: monotonic time of the tick.
        """
        row: list[Any] = list(values)
        unusable = self._not_heard
        if any(reasons):
            unusable |= {name for name, reason in zip(self._names, reasons, strict=True) if reason}
        for index, default in self._unbound:
            row.insert(index, default)
        for index, member_of, unknown, name in self._enums:
            member = member_of(row[index])
            if member is None:
                member = unknown
                unusable |= {name}
            row[index] = member
        for index, factor in self._scales:
            row[index] *= factor
        for index, zero in self._zeros:
            row[index] -= zero
        row += (now_ns, unusable)
        return VehicleState(*row)


class CommandValues:
    """Turns Commands into the values that the encoder takes, in the order of the output bindings."""

    __slots__ = ("_enums", "_gains", "_read", "_zeros")

    def __init__(
        self, bindings: Sequence[SignalBinding], raws: Mapping[str, RawTable], calibration: Calibration
    ) -> None:
        names = [binding.name for binding in bindings]
        self._read: Callable[[Commands], tuple[Any, ...]] = attrgetter(*names)
        self._enums = tuple((index, raws[name]) for index, name in enumerate(names) if name in raws)
        zeros = {
            "steering_front_angle_rad": calibration.steering_front_zero_rad,
            "steering_rear_angle_rad": calibration.steering_rear_zero_rad,
        }
        self._zeros = tuple(
            (names.index(name), zero) for name, zero in zeros.items() if name in names and zero
        )
        gain = calibration.brake_gain
        self._gains = tuple((index, gain) for index, name in enumerate(names) if name == "brake_force_n")

    def values(self, commands: Commands) -> list[float]:
        """SI values and raw enumerations; nan, which no encoder takes, where the DBC has no word for it."""
        row: list[Any] = list(self._read(commands))
        for index, raws in self._enums:
            row[index] = raws[row[index]]
        for index, zero in self._zeros:
            row[index] += zero
        for index, gain in self._gains:
            row[index] *= gain
        return row


def _unknown(enum: type[IntEnum]) -> IntEnum:
    """What a raw value without a label reads as; every canonical enumeration of an input has this member."""
    return enum["NOT_AVAILABLE"]


def _default(spec: SignalSpec) -> float | IntEnum:
    return spec.quantity.default if spec.enum is None else _unknown(spec.enum)
