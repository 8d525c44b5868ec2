"""The safety requirements of the concept in the project's README, as data: identifier, hazard, text.

Tests name the ones that they prove with `@pytest.mark.requirement("SR-01")`; `tools/requirements` prints
which tests those are. Nothing here runs on a vehicle. An identifier is never given to another requirement.
"""

from dataclasses import dataclass

HAZARDS = {
    "H1": "sets off, or goes on, although nobody asked for it",
    "H2": "does not stop when it must",
    "H3": "leaves its path, driving or stopping",
    "H4": "drives or steers too fast or too hard",
    "H5": "rolls away",
    "H6": "electric shock, fire, or power lost in mid-drive",
    "H7": "the protection itself is wrong, switched off, or cannot be accounted for",
}


@dataclass(frozen=True, slots=True)
class Requirement:
    identifier: str
    """`SR-` and two digits."""
    hazard: str
    """Key of `HAZARDS`: the one that it is first of all against."""
    text: str
    """One sentence that a test can fail."""


REQUIREMENTS = (
    Requirement(
        "SR-01",
        "H2",
        "An e-stop contact that opens, both channels lost, or a disagreement that lasts is an e-stop: "
        "no torque and the whole service brake on the bus within 20 ms of the frame.",
    ),
    Requirement(
        "SR-02",
        "H2",
        "Supervisor and controller judge the e-stop each for itself, and one of the two is enough.",
    ),
    Requirement(
        "SR-03",
        "H1",
        "An e-stop is latched: left only released, at standstill and by a new press of acknowledge; "
        "pressing it again or letting it go clears nothing.",
    ),
    Requirement(
        "SR-04",
        "H1",
        "Nothing drives without a new press of run: not after a stop, an e-stop, a boot or lost "
        "power, nor by a button that is held or broken.",
    ),
    Requirement(
        "SR-05",
        "H1",
        "The latches for e-stop, immediate fault and minimal-risk stop are independent: one "
        "acknowledge clears one, and only at standstill with its cause gone.",
    ),
    Requirement(
        "SR-06",
        "H1",
        "What the state machine keeps over a loss of power is its latches, all of them and nothing "
        "else; a record that is damaged is refused, never read as released.",
    ),
    Requirement(
        "SR-07",
        "H7",
        "Each acknowledge that took effect is recorded with its source, what it cleared, what had set "
        "the latch, and the states around it.",
    ),
    Requirement(
        "SR-08",
        "H2",
        "Severity 3, and a lost link, high voltage or mode, end a drive in the same tick; the stop is "
        "bounded in time and goes on although its cause goes.",
    ),
    Requirement(
        "SR-09",
        "H7",
        "Every reachable configuration of the shipped state machine keeps every invariant with every "
        "input, and each mistake of one edit in its table is found.",
    ),
    Requirement(
        "SR-10",
        "H3",
        "Without `control` the supervisor stops the vehicle along the last accepted plan, by friction "
        "alone, 50 ms after the last proposal and within 0.5 m of the path.",
    ),
    Requirement(
        "SR-11",
        "H2",
        "Without the supervisor each ECU (here: the simulated ones) latches within 100 ms, takes "
        "torque away, brakes and holds the steering angle, until standstill and a handshake.",
    ),
    Requirement(
        "SR-12",
        "H2",
        "A required message that is late, lost, miscounted, corrupted, or whose value freezes ends "
        "the drive, and the report names it.",
    ),
    Requirement(
        "SR-13",
        "H2",
        "A frame with a wrong length, CRC, counter or data identifier changes neither a value nor its age.",
    ),
    Requirement(
        "SR-14",
        "H2",
        "A foreign sender of a message of ours, or a needed bus that is off, stops the vehicle, and "
        "only a person lets it drive again.",
    ),
    Requirement(
        "SR-15",
        "H4",
        "No proposal reaches a bus that is old, out of order, not a number, beyond the envelope, or "
        "that propels in a state that must not: it is a stop.",
    ),
    Requirement(
        "SR-16",
        "H4",
        "The hard bounds of the envelope are in the code: a profile may tighten them, and one that "
        "loosens them is refused at start-up and without effect on the envelope.",
    ),
    Requirement(
        "SR-17",
        "H7",
        "Nothing switches safety off: the safety part reads no environment and no option, a profile "
        "cannot leave out a monitor, and no time limit of it is zero.",
    ),
    Requirement(
        "SR-18",
        "H5",
        "Rolling back, and moving where the vehicle is held, are found from the wheels alone and are "
        "a fault.",
    ),
    Requirement(
        "SR-19",
        "H3",
        "A position that is lost, uncertain across the path, or that jumps ends the drive on the path.",
    ),
    Requirement(
        "SR-20",
        "H3",
        "Steering, traction or brake that is lost, failed, or does not do what it was told is a supervisor's "
        "stop, within 100 ms (force off its band: 200 ms); in MANUAL traction takes the torque alone.",
    ),
    Requirement(
        "SR-21",
        "H6",
        "Without high voltage or while plugged in nothing drives; interlock, isolation, voltage and "
        "contactor faults end a drive.",
    ),
    Requirement(
        "SR-22",
        "H6",
        "Contactors stay closed in a stop until the vehicle stands and the current is low, or its "
        "time is up.",
    ),
    Requirement(
        "SR-23",
        "H5",
        "On a hill, empty or laden, it stands, stays and sets off with at most 0.3 m of rolling back; "
        "at standstill the spring brake or enough service brake holds.",
    ),
    Requirement(
        "SR-24",
        "H5",
        "Standstill is every wheel and the motor below the limit for its whole time; one that moves "
        "is motion. With wheels or motor lost, or one of the five repeating itself, the rest must say so "
        "five times as long.",
    ),
    Requirement(
        "SR-25",
        "H4",
        "A minimal-risk stop is never harder than 4 m/s², whatever load, grade or who brakes; an "
        "emergency stop is the whole service brake, and the spring brake does not close on turning "
        "wheels.",
    ),
    Requirement(
        "SR-26",
        "H2",
        "Scanner, bumper and zone limit the speed, the strictest wins, and no word from them is standstill.",
    ),
    Requirement(
        "SR-27",
        "H2",
        "With each proposal that moves comes a stop plan longer than the stop on the worst grade with "
        "the load and worn brakes; none, one shorter than that with sound brakes, or one that leads where it "
        "must not is refused.",
    ),
    Requirement(
        "SR-28",
        "H1",
        "REMOTE and recovery move only while a button is held that was let go before, slowly, and "
        "recovery only where every active fault permits it.",
    ),
    Requirement(
        "SR-29",
        "H7",
        "Each fault of the catalogue is raised exactly at its threshold and debounce, with the "
        "severity of the state, and a healthy vehicle raises none.",
    ),
    Requirement(
        "SR-30",
        "H7",
        "The black box replays a drive to the same bytes; a changed input or output, and a damaged "
        "record, are found.",
    ),
)

IDENTIFIERS = frozenset(requirement.identifier for requirement in REQUIREMENTS)
