"""The word to the kernel how late a core may wake up; whether it was said is told by what is held open."""

from pathlib import Path

from firmware_runtime.executive.awake_cores import AwakeCores


def test_it_says_zero_microseconds_as_the_kernel_reads_it(tmp_path: Path) -> None:
    """A whole number of 32 bits, in the byte order of the machine."""
    device = tmp_path / "cpu_dma_latency"
    device.touch()
    cores = AwakeCores(str(device))
    assert cores.hold()
    assert device.read_bytes() == b"\0\0\0\0"
    device.unlink()
    assert cores.hold(), "it is held still, and not asked for again"
    assert not device.exists()


def test_where_there_is_no_such_device_it_says_so(tmp_path: Path) -> None:
    assert not AwakeCores(str(tmp_path / "cpu_dma_latency")).hold()


def test_a_device_that_takes_no_such_word_is_not_held() -> None:
    assert not AwakeCores("/dev/full").hold()
