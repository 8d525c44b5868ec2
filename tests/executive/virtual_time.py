"""A clock for shells in tests: it sleeps in no time, and work moves it by hand."""

MS = 1_000_000


class VirtualTime:
    def __init__(self) -> None:
        self.time_ns = 1_000 * MS

    def now_ns(self) -> int:
        return self.time_ns

    def sleep_until(self, deadline_ns: int) -> None:
        self.time_ns = max(self.time_ns, deadline_ns)
