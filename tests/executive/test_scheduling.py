"""Before its loop a process asks for real-time scheduling, and says plainly whether it got it."""

import gc
import os
import signal
import subprocess
import sys
import time

import pytest

from firmware_runtime.executive import scheduling

ASK = (
    "import os; from firmware_runtime.executive.scheduling import prepare_for_ticks;"
    "print(prepare_for_ticks(10_000_000).words); print(os.sched_getscheduler(0) == os.SCHED_FIFO);"
    "print(next(line.split()[1] for line in open('/proc/self/status') if line.startswith('VmLck')));"
    "links = [os.path.join('/proc/self/fd', name) for name in os.listdir('/proc/self/fd')];"
    "print('/dev/cpu_dma_latency' in [os.readlink(link) for link in links if os.path.lexists(link)])"
)


RUN_AWAY = """
import time
from firmware_runtime.executive.scheduling import prepare_for_ticks
scheduling = prepare_for_ticks(10_000_000).words
print(scheduling, flush=True)
# As a loop that sleeps each tick, for longer than the limit in all.
for _ in range(35):
    begin_s = time.perf_counter()
    while time.perf_counter() - begin_s < 0.02:
        pass
    time.sleep(0.001)
print("still there", flush=True)
while scheduling.startswith("SCHED_FIFO"):
    pass
"""


@pytest.mark.skipif(not hasattr(os, "sched_setscheduler"), reason="this system has no SCHED_FIFO")
def test_a_real_time_process_that_hangs_in_a_loop_is_ended_before_it_costs_others_their_core() -> None:
    """0.5 s; at 0.95 s the kernel would hold back all real-time processes. One that sleeps goes on."""
    process = subprocess.Popen([sys.executable, "-c", RUN_AWAY], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    first, second = process.stdout.readline(), process.stdout.readline()
    begin_s = time.monotonic()
    status = process.wait(10)
    process.stdout.close()
    assert second == "still there\n"
    if not first.startswith("SCHED_FIFO"):
        pytest.skip(f"no real-time scheduling here: {first}")
    assert status == -signal.SIGXCPU
    # Processor time; a little more by the clock where something more urgent runs.
    assert time.monotonic() - begin_s < 0.95


@pytest.mark.skipif(not hasattr(os, "sched_setscheduler"), reason="this system has no SCHED_FIFO")
def test_what_it_says_is_what_it_got() -> None:
    """In a process of its own: this one must stay as it is."""
    answer = subprocess.run([sys.executable, "-c", ASK], capture_output=True, text=True, check=True)
    words, is_fifo, locked_kb, holds_awake = answer.stdout.splitlines()
    assert words.startswith("SCHED_FIFO 45, " if is_fifo == "True" else "normal scheduling (")
    assert ("memory not locked" in words) == (locked_kb == "0")
    assert ("cores kept awake" in words) == (holds_awake == "True")
    assert ("cores may sleep deeply" in words) == (holds_awake == "False")


def test_a_process_that_may_run_on_several_cores_says_that_it_is_not_pinned() -> None:
    cores = sorted(os.sched_getaffinity(0))
    for some in ([cores[-1]], cores):
        pinned = f"import os; os.sched_setaffinity(0, {some});"
        answer = subprocess.run(
            [sys.executable, "-c", pinned + ASK], capture_output=True, text=True, check=True
        )
        words = answer.stdout.splitlines()[0]
        assert words.endswith(f", core {some[0]}") == (len(some) == 1)
        assert (", not pinned (cores " in words) == (len(some) > 1)


def test_without_the_right_it_goes_on_and_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "sched_setscheduler", refuse, raising=False)
    monkeypatch.setattr(scheduling.locked_memory, "lock", lambda: False)
    monkeypatch.setattr(scheduling.AWAKE_CORES, "hold", lambda: False)
    before = sys.getswitchinterval()
    try:
        got = scheduling.prepare_for_ticks(10_000_000)
        assert "CAP_SYS_NICE" in got.words
        assert not got.rights.realtime
        assert sys.getswitchinterval() == pytest.approx(0.0005)
    finally:
        sys.setswitchinterval(before)
        gc.unfreeze()


@pytest.mark.parametrize(("tick_ms", "interval_s"), [(10, 0.0005), (5, 0.00025), (2, 0.0001), (1, 0.00005)])
def test_another_thread_keeps_the_interpreter_for_a_twentieth_of_a_tick_at_most(
    tick_ms: int, interval_s: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(os, "sched_setscheduler", raising=False)
    monkeypatch.setattr(scheduling.locked_memory, "lock", lambda: False)
    monkeypatch.setattr(scheduling.AWAKE_CORES, "hold", lambda: False)
    before = sys.getswitchinterval()
    try:
        scheduling.prepare_for_ticks(tick_ms * 1_000_000)
        assert sys.getswitchinterval() == pytest.approx(interval_s, abs=1e-6)
    finally:
        sys.setswitchinterval(before)
        gc.unfreeze()


def test_a_system_without_it_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "sched_setscheduler", raising=False)
    monkeypatch.setattr(scheduling.locked_memory, "lock", lambda: False)
    monkeypatch.setattr(scheduling.AWAKE_CORES, "hold", lambda: False)
    before = sys.getswitchinterval()
    try:
        got = scheduling.prepare_for_ticks(10_000_000)
        assert "no SCHED_FIFO" in got.words
        assert not got.rights.realtime
    finally:
        sys.setswitchinterval(before)
        gc.unfreeze()
