"""Figures to build a machine with that belongs to no vehicle: budgets and speeds as chosen, the rest lowest.

Other budgets change when something happens, not what: each state asks for its own budgets alone.
"""

from typing import Annotated, Any, TypeVar, get_args, get_origin, get_type_hints

from firmware_runtime.vehicle.profile import Limits, Range, Safety

_Table = TypeVar("_Table", Safety, Limits)


def lowest(table: type[_Table], **chosen: float) -> _Table:
    """A profile's table with the chosen fields, and every other one at the low end of its range."""
    values: dict[str, Any] = {}
    for name, hint in get_type_hints(table, include_extras=True).items():
        if get_origin(hint) is Annotated:
            values[name] = next(bound.low for bound in get_args(hint)[1:] if isinstance(bound, Range))
    return table(**{**values, **chosen})


SAFETY = lowest(
    Safety,
    self_test_time_max_s=8.0,
    comfortable_time_max_s=14.0,
    minimal_risk_time_max_s=15.0,
    degraded_time_max_s=120.0,
    degraded_speed_mps=2.0,
)
LIMITS = lowest(Limits, speed_max_mps=8.33)


def times_to_try(safety: Safety = SAFETY) -> tuple[int, ...]:
    """Times in ns since a state was entered: a tick, and each budget's last moment and the one after it."""
    budgets_s = (
        safety.self_test_time_max_s,
        safety.comfortable_time_max_s,
        safety.minimal_risk_time_max_s,
        safety.degraded_time_max_s,
    )
    budgets_ns = {round(budget_s * 1e9) for budget_s in budgets_s}
    return tuple(sorted({TICK_NS, *budgets_ns, *(budget_ns + 1 for budget_ns in budgets_ns)}))


TICK_NS = 10_000_000
