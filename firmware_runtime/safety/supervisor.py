"""The second eye: checks each proposal, and otherwise stops the vehicle along the last accepted stop plan.

Last component of the tick and the only sender on the buses. It hears the buses by itself (a receiver of its
own for the few signals it needs), keeps its own e-stop latch, standstill, odometer and steering geometry, and
imports nothing of motion, battery or drive.
"""

from collections.abc import Callable, Mapping, Sequence

import msgspec

from firmware_runtime.can.frame import Frame
from firmware_runtime.can.packer import EncodeError
from firmware_runtime.can.sender import Sender
from firmware_runtime.safety.actuator_response import Actuator
from firmware_runtime.safety.contactor_hold import ContactorHold
from firmware_runtime.safety.control_watch import ControlWatch
from firmware_runtime.safety.envelope import NO_CONTACTORS, Context, Envelope
from firmware_runtime.safety.envelope_memory import EnvelopeMemory
from firmware_runtime.safety.estop_ear import EStopEar
from firmware_runtime.safety.first_look import MOVING_MPS, FirstLook
from firmware_runtime.safety.fitness import unfit
from firmware_runtime.safety.gross_mass import GrossMass
from firmware_runtime.safety.orderly_end import SUPERVISOR_PATIENCE_NS, OrderlyEnd, springs_hold
from firmware_runtime.safety.own_senses import OwnSenses
from firmware_runtime.safety.state_table import EMERGENCY_STATES, MOVING_STATES, PROPULSION_STATES
from firmware_runtime.safety.stop_driver import StopDriver
from firmware_runtime.safety.supervised import OwnStage
from firmware_runtime.safety.supervisor_report import SupervisorReport
from firmware_runtime.safety.torque_hold import TorqueHold
from firmware_runtime.vehicle.enums import (
    ActuatorStatus,
    ButtonState,
    Configuration,
    ContactorRequest,
    MotionState,
    OnOffState,
    ParkBrakeRequest,
    SafetyState,
)
from firmware_runtime.vehicle.load import Profile
from firmware_runtime.vehicle.proposal import Proposal
from firmware_runtime.vehicle.signals import WHEEL_SPEEDS, Commands, VehicleState
from firmware_runtime.vehicle.state_builder import CommandValues
from firmware_runtime.vehicle.stop_plan import StopPlan

HARD = frozenset({Actuator.STEERING_FRONT, Actuator.STEERING_REAR, Actuator.BRAKE})
"""Where these do not follow, the path is left or the stop is not made: an emergency stop, the shortest one.
Traction that does not follow is stopped along the path."""
ACTUATED = (
    "traction_torque_nm",
    "brake_force_n",
    "steering_front_angle_rad",
    "steering_rear_angle_rad",
)
"""What actuators follow: told to them by these commands' messages, each in its own cycle."""
RECOVERY_NS = 500_000_000
"""After its own stop the supervisor wants good proposals for so long, at standstill (assumption)."""


def mark_nothing(stage: OwnStage) -> None:
    """Nobody supervises the supervisor: in virtual time it has no process."""


class Supervisor:
    def __init__(
        self,
        profile: Profile,
        mark: Callable[[OwnStage], None] = mark_nothing,
        configuration: Configuration = Configuration.NOT_KNOWN,
    ) -> None:
        """mark: told each stage of a step as it ends; the step learns nothing from it.

        configuration: said on the bus, for people; nothing hangs on it.
        """
        self._mark = mark
        self._configuration = configuration
        self._senses = OwnSenses(profile)
        self._sender = Sender(profile.databases, profile.outputs)
        self._values = CommandValues(profile.outputs, profile.output_raws, profile.calibration)
        self._envelope = Envelope(profile.data)
        self._memory = EnvelopeMemory()
        self._estop = EStopEar(profile, self._senses.receiver)
        self._stop = StopDriver(profile.data)
        self._identity = float(profile.identity_word)
        self._mass = GrossMass(profile.data.mass)
        self._contactor_hold = ContactorHold(profile.data.battery)
        self._contactors_may_stay = True
        self._age_max_ns = round(profile.data.safety.proposal_age_max_s * 1e9)
        self._torque = TorqueHold()
        self._actuated = self._sender.identifiers(ACTUATED)
        self._accepted = self._sent = self._gone = Commands()
        """Accepted last; sent last; and what of the accepted ones went out last, the same but for a torque
        that was taken from it."""
        self._accepted_ns = self._gone_ns = self._last_proposal_ns = 0
        self._accepted_state = SafetyState.INIT
        self._plan: StopPlan | None = None
        self._sequence = 0
        self._context: Context | None = None
        """In which a proposal was judged last."""
        self._first_look = FirstLook(self._senses.names)
        self._estop_latch = False
        self._acknowledge_released = False
        self._stopped = False
        """It was in a stop of its own at the end of the last step."""
        self._withheld = False
        self._took_over = ""
        self._hard = False
        """The stop of its own is an emergency stop."""
        self._springs_too = False
        """In it the service brake did not do what it was told; until a proposal is followed again."""
        self._proposed = self._in_charge = False
        """What was accepted last, what went out last was a proposal, and not a stop of its own."""
        self._good_since_ns: int | None = None
        self._control_seen = False
        self._control = ControlWatch(profile.data.loop.tick_ns)
        self._not_following: Mapping[Actuator, str] = {}
        self._profile_identity = profile.identity
        self._rejected = 0
        self._end = OrderlyEnd(SUPERVISOR_PATIENCE_NS)
        self.may_end = False
        """It was asked to end, the vehicle stands and is held, and `control` is gone or had its time."""
        self.parked = False
        """It may end, stands, and its springs hold it: where nothing is heard, nobody knows that."""

    @property
    def report(self) -> SupervisorReport:
        return SupervisorReport(
            self._took_over,
            self._estop_latch,
            self._rejected,
            self._not_following,
            self._profile_identity,
            self._torque.reason,
        )

    @property
    def _stops(self) -> bool:
        """By itself, whatever is proposed."""
        return self._estop_latch or bool(self._took_over)

    def ask_end(self) -> None:
        """This process is to end: what moves is stopped first, until `may_end`."""
        self._end.asked = True

    def hear(self, now_ns: int, frames: Sequence[Frame]) -> bool:
        """Take frames between two steps, as they come; True where one presses an e-stop: step now.

        It is latched here already. A step finds what was heard; the same frames are not given to it again.
        """
        self._senses.push(frames)
        was_latched = self._estop_latch
        self._estop_latch = self._estop.hear(now_ns) or was_latched
        return self._estop_latch and not was_latched

    def withhold(self) -> None:
        """The frames of the last step were old and did not go: the next step says everything at once."""
        self._withheld = True

    @property
    def has_looked(self) -> bool:
        """It has looked since the last step, and heard nothing since."""
        return self._senses.has_seen

    def look(self, now_ns: int) -> None:
        """Look at the vehicle just before a proposal is due, so that the step has less to do when it comes.

        A step looks by itself where nobody did, where frames were heard or some time went since, and where no
        proposal came. Concludes nothing; may be called as often as one likes.
        """
        self._senses.look(now_ns, self._sent)

    def rehearse(self) -> None:
        """Judge and encode once more what was judged and sent last. Changes nothing, and nothing hangs on it.

        A processor that did something else for a tick takes twice as long over this at first (README of
        `tools/bench/loop`): it is to do so now, and not when the next proposal waits.
        """
        if self._context is not None:
            self._envelope.check(self._context)
        self._sender.rehearse(self._values.values(self._sent))

    def step(
        self, now_ns: int, frames: Sequence[Frame], proposal: Proposal | None, arrived: int | None = None
    ) -> list[Frame]:
        """Check one proposal (None where none came) and give the frames of this tick.

        arrived: how many came since the last step, this one and those that nobody reads among them; None:
        this one alone.
        """
        self.hear(now_ns, frames)
        # Only what is proposed is in a hurry: a stop that is under way goes by the present.
        seen = self._senses.take(now_ns, self._sent, anew=proposal is None or self._stops)
        state, standing = seen.state, seen.standing
        self._mark(OwnStage.HEARD)
        if self._first_look.rolls(state, self._senses.speed_mps):
            # No proposal, however good, drives on.
            self._took_over = "begun while the wheels turn"
            self._accepted = self._first_look.commands(state)
        self._accepted = self._first_look.steered(self._accepted, state)
        self._memory.hear(seen.time_ns, state)
        self._latch_estop(now_ns, state, standing)
        self._mass.step(state)
        self._watch_actuators(seen.not_following)
        stopping = self._stops or self._accepted_state in NO_CONTACTORS
        self._contactors_may_stay = self._contactor_hold.step(now_ns, stopping, standing, state)
        arrived = int(proposal is not None) if arrived is None else arrived
        self._judge(now_ns, state, standing, proposal, arrived)
        self._torque.step(standing, self._accepted_state)
        self._mark(OwnStage.JUDGED)
        if self._stops or not self._control_seen:
            # A harder stop may be asked by anyone, at any time.
            asked = proposal is not None and proposal.state in EMERGENCY_STATES
            emergency = self._estop_latch or self._hard or asked
            commands = self._own_stop(now_ns, state, standing, emergency)
        else:
            # A proposal that is late, but not too late: the last one holds on, or torque would jump twice.
            commands = self._torque.without(self._accepted)
        self._last_proposal_ns = now_ns if proposal is not None else self._last_proposal_ns
        alone = now_ns - self._last_proposal_ns > self._age_max_ns
        self.may_end = self._end.step(now_ns, state, standing, alone and springs_hold(state))
        self.parked = self.may_end and standing and springs_hold(state)
        self._heartbeat(commands, state, standing)
        # A stop of its own does not wait for the cycle of its messages.
        at_once = self._withheld or (self._stops and not self._stopped)
        out = self._send(now_ns, state, standing, commands, at_once)
        self._stopped, self._withheld = self._stops, False
        self._mark(OwnStage.ENCODED)
        return out

    def _latch_estop(self, now_ns: int, state: VehicleState, standing: bool) -> None:
        pressed = self._estop.step(now_ns, state)
        acknowledge = state.acknowledge_button is ButtonState.PRESSED and self._acknowledge_released
        # A `control` that wants to move has seen no e-stop: with the latch gone it would drive on by itself.
        at_rest = standing and self._accepted_state not in MOVING_STATES
        if pressed:
            self._estop_latch = True
        elif at_rest and acknowledge:
            self._estop_latch = False
        self._acknowledge_released = (
            state.acknowledge_button is ButtonState.RELEASED and "acknowledge_button" not in state.unusable
        )

    def _judge(
        self, now_ns: int, state: VehicleState, standing: bool, proposal: Proposal | None, arrived: int
    ) -> None:
        """Accept the proposal or take over; a takeover ends only at standstill, by good proposals."""
        unwell = self._control.step(now_ns, standing, proposal, arrived)
        if proposal is None:
            reason = self._missing(now_ns) or unwell
        elif unwell:
            reason = unwell
            self._rejected += 1
        else:
            reason = self._refuse(now_ns, state, standing, proposal)
        if not standing and abs(self._senses.speed_mps) > MOVING_MPS:
            # Looked at in any case: it may make a stop harder that has another reason.
            found = unfit(state)
            self._hard = self._hard or found.hard
            taken = self._torque.takes(self._accepted_state, found.traction)
            reason = reason or ("" if taken else found.traction) or found.other
        reason = reason or self._end.reason_to_stop(standing, self._accepted_state)
        if reason:
            self._good_since_ns = None
            if not self._took_over and self._control_seen:
                self._took_over = reason
            return
        if self._took_over and proposal is not None:
            self._recover(now_ns, standing, proposal)

    def _watch_actuators(self, found: Mapping[Actuator, str]) -> None:
        """Against what was sent last; also in a stop of its own, which may have to become harder."""
        self._not_following = found
        if not self._control_seen:
            return
        for actuator, reason in found.items():
            if actuator is Actuator.TRACTION and self._torque.takes(self._accepted_state, reason):
                continue
            self._took_over = self._took_over or reason
            self._hard = self._hard or actuator in HARD
            self._springs_too = self._springs_too or actuator is Actuator.BRAKE

    def _missing(self, now_ns: int) -> str:
        if self._control_seen and now_ns - self._accepted_ns > self._age_max_ns:
            return "no proposal from control"
        return ""

    def _refuse(self, now_ns: int, state: VehicleState, standing: bool, proposal: Proposal) -> str:
        """Reason to refuse this proposal; accepts it where there is none."""
        self._memory.propose(now_ns, proposal.state, self._senses.speed_mps)
        context = self._context = Context(
            now_ns=now_ns,
            proposal=proposal,
            accepted=self._gone,
            accepted_ns=self._gone_ns,
            last_sequence=self._sequence,
            speed_mps=self._senses.speed_mps,
            standing=standing,
            in_charge=self._in_charge,
            lightest_kg=self._mass.lightest_kg,
            heaviest_kg=self._mass.heaviest_kg,
            park_brake=state.park_brake_state,
            contactors_may_stay=self._contactors_may_stay,
            memory=self._memory,
        )
        reason = self._deaf(proposal) or self._envelope.check(context)
        if reason:
            self._rejected += 1
            return reason
        self._control_seen = True
        self._sequence = proposal.sequence
        self._accepted_ns = now_ns
        self._accepted_state = proposal.state
        if not self._stops:
            self._accepted = proposal.commands
            self._proposed = True
            self._springs_too = False
            if proposal.stop_plan is not None and proposal.state in MOVING_STATES:
                # Elsewhere nobody judged where it leads.
                self._plan = self._anchored(proposal.stop_plan)
        return ""

    def _deaf(self, proposal: Proposal) -> str:
        """Whoever has not heard the e-stop since it began would not hear it pressed either."""
        moves = proposal.state in MOVING_STATES
        return f"e-stop not heard yet: {proposal.state.name}" if moves and not self._estop.heard else ""

    def _anchored(self, plan: StopPlan) -> StopPlan:
        """The plan's distance begins where the vehicle is now, by the supervisor's own odometer."""
        return msgspec.structs.replace(plan, anchor_odometer_m=self._senses.odometer_m)

    def _recover(self, now_ns: int, standing: bool, proposal: Proposal) -> None:
        if not standing or proposal.state in MOVING_STATES:
            self._good_since_ns = None
        elif self._good_since_ns is None:
            self._good_since_ns = now_ns
        elif now_ns - self._good_since_ns >= RECOVERY_NS:
            self._took_over = ""
            self._first_look.angle_awaited = False
            self._hard = False
            self._good_since_ns = None

    def _own_stop(self, now_ns: int, state: VehicleState, standing: bool, emergency: bool) -> Commands:
        """Commands of a stop by the supervisor alone; at rest they are the safe words."""
        last = self._accepted
        self._proposed = self._in_charge = False
        stop = self._stop.step(
            now_ns,
            self._senses.odometer_m,
            self._senses.speed_mps,
            state.usable(*WHEEL_SPEEDS),
            self._mass,
            self._plan,
            (last.steering_front_angle_rad, last.steering_rear_angle_rad),
            emergency,
            standing,
        )
        keep = last.contactor_request if self._contactors_may_stay else ContactorRequest.OPEN
        # Springs do not close on turning wheels, but where the service brake does not come, or says that it
        # has failed: they are the friction that is left, and without them the vehicle rolls for hundreds of
        # metres. A brake that has said so once in this stop is not waited for again. Where it is silent its
        # last word counts.
        if state.brake_status is ActuatorStatus.FAULT:
            self._springs_too = True
        springs = standing or self._springs_too
        self._accepted = commands = Commands(
            brake_force_n=stop.brake_force_n,
            park_brake_request=ParkBrakeRequest.APPLY if springs else last.park_brake_request,
            steering_enable=last.steering_enable,
            steering_front_angle_rad=stop.front_rad,
            steering_rear_angle_rad=stop.rear_rad,
            contactor_request=keep,
            hazard_lights=OnOffState.ON,
            beacon=last.beacon,
            brake_lights=OnOffState.ON,
            head_lights=last.head_lights,
            status_safety_state=self._accepted_state,
            status_severity=last.status_severity,
            status_active_faults=last.status_active_faults,
            status_route_share=last.status_route_share,
        )
        return commands

    def _heartbeat(self, commands: Commands, state: VehicleState, standing: bool) -> None:
        stopping = self._stops
        drives = self._accepted_state in PROPULSION_STATES
        if self._accepted_state is SafetyState.MAINTENANCE:
            # It stands, but for hold-to-run.
            drives = commands.traction_enable is OnOffState.ON
        if drives and not stopping:
            motion = MotionState.DRIVING
        else:
            motion = MotionState.STANDING if standing else MotionState.STOPPING
        latched = ActuatorStatus.LATCHED_STOP
        asks = motion is MotionState.STANDING and (
            state.traction_status is latched
            or state.brake_status is latched
            or state.steering_status is latched
        )
        commands.heartbeat_motion_state = motion
        commands.heartbeat_handshake = 1.0 if asks else 0.0
        commands.heartbeat_control_well = 0.0 if stopping or not self._control_seen else 1.0
        commands.heartbeat_severity = commands.status_severity
        commands.heartbeat_safety_state = commands.status_safety_state
        commands.heartbeat_identity = self._identity
        commands.status_configuration = self._configuration

    def _send(
        self, now_ns: int, state: VehicleState, standing: bool, commands: Commands, at_once: bool
    ) -> list[Frame]:
        """Encode; what cannot be encoded is a stop, not a gap."""
        try:
            frames = self._sender.frames(now_ns, self._values.values(commands), at_once)
        except EncodeError as error:
            self._took_over = self._took_over or f"cannot encode: {error}"
            own = self._own_stop(now_ns, state, standing, self._estop_latch or self._hard)
            # A stop shows people what the last proposal did, and that may be what cannot be encoded.
            own.status_severity = own.status_active_faults = own.status_route_share = 0.0
            self._heartbeat(own, state, standing)
            commands, frames = own, self._sender.frames(now_ns, self._values.values(own), True)
        if not self._actuated.isdisjoint((frame.bus, frame.can_id) for frame in frames):
            self._sent = commands
            if self._gone is not self._accepted:
                # The same once more makes no new step of the next one, which may be late.
                self._gone, self._gone_ns, self._in_charge = self._accepted, now_ns, self._proposed
        return frames
