"""Which worker of pytest-xdist runs what: a file stays with one, and all that go by the wall clock with one.

What the tests of a file share (a whole drive) is made once. Tests by the clock take turns in any case
(`tests/turns.py`); a second worker that had some of them too would only wait.
"""

from xdist.scheduler import LoadFileScheduling

from tests.turns import BY_THE_CLOCK

ONE_AFTER_THE_OTHER = "by the clock"


class SharingOut(LoadFileScheduling):
    def _split_scope(self, nodeid: str) -> str:
        return ONE_AFTER_THE_OTHER if nodeid.startswith(BY_THE_CLOCK) else super()._split_scope(nodeid)
