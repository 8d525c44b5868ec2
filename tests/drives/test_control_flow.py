"""The real tick passes its stages in the order that the supervisor knows; one that does not is a stop."""

from typing import Any

import pytest

from firmware_runtime.controller import Controller
from firmware_runtime.vehicle.control_flow import ControlStage
from firmware_runtime.vehicle.faults import NO_FAULTS, FaultSet
from firmware_runtime.vehicle.proposal import Proposal
from tests.drives.rig import Rig, standing
from tests.motion.lines import route_of

STRAIGHT = route_of([(80, 0, 0)])


class Careless(Controller):
    """Looks at no monitor any more."""

    def _watch(self, *_: Any, **__: Any) -> FaultSet:
        return NO_FAULTS


class Looping(Controller):
    """Loops through a stage once more than it should."""

    def _split(self, *given: Any, **named: Any) -> Any:
        self._passed(ControlStage.POWERED)
        return super()._split(*given, **named)


class Stuck(Controller):
    """Says again what the last tick came to."""

    _first: Proposal | None = None

    def step(self, *given: Any, **named: Any) -> Proposal:
        proposal = super().step(*given, **named)
        self._first = self._first or proposal
        return Proposal(
            proposal.sequence,
            proposal.time_ns,
            proposal.state,
            self._first.commands,
            proposal.stop_plan,
            self._first.flow,
        )


@pytest.mark.requirement("SR-10")
@pytest.mark.parametrize("kind", [Careless, Looping, Stuck])
def test_a_control_that_goes_another_way_through_its_tick_is_stopped_in_that_tick(
    kind: type[Controller],
) -> None:
    rig = Rig(STRAIGHT)
    rig.drive_to(15.0)
    assert rig.onboard.supervisor.report.took_over == ""
    rig.onboard.controller.__class__ = kind
    if kind is Stuck:
        rig.tick()
    rig.tick()
    assert rig.onboard.supervisor.report.took_over.startswith("flow of control: ")
    rig.run(standing, 20)
    assert abs(rig.truth.y_m) < 0.3
