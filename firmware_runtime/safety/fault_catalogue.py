"""The fault catalogue: every fault the runtime can raise is one row, with what it means and what to do.

By subject, each in a file of its own beside its conditions; what the columns mean stands in fault_row.py.
Latching of states is the state machine's business: a stop once begun is not undone by a fault that goes away.
"""

from firmware_runtime.safety.fault_row import FaultRow
from firmware_runtime.safety.faults_actuators import ACTUATORS
from firmware_runtime.safety.faults_battery import BATTERY
from firmware_runtime.safety.faults_buses import BUSES
from firmware_runtime.safety.faults_computer import COMPUTER
from firmware_runtime.safety.faults_ending import ENDING
from firmware_runtime.safety.faults_messages import MESSAGES
from firmware_runtime.safety.faults_motion import MOTION
from firmware_runtime.safety.faults_operator import OPERATOR
from firmware_runtime.safety.faults_position import POSITION

FAULTS: tuple[FaultRow, ...] = (
    *OPERATOR,
    *MESSAGES,
    *BUSES,
    *ACTUATORS,
    *MOTION,
    *POSITION,
    *BATTERY,
    *COMPUTER,
    *ENDING,
)
