"""Every fault of the catalogue, written again by hand: what just does not raise it, what does, how it acts.

Nothing here is read from the catalogue: changing a limit, a debounce, a severity or a clear condition takes
two deliberate edits.
"""

from tests.safety.fault_cases_ending import ENDING
from tests.safety.fault_cases_inside import INSIDE
from tests.safety.fault_cases_motion import MOTION
from tests.safety.fault_cases_outside import OUTSIDE
from tests.safety.fault_examples import Case

CASES: tuple[Case, ...] = (*OUTSIDE, *MOTION, *INSIDE, *ENDING)
