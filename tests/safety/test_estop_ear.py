"""Every frame of the e-stop's channels is judged, wherever a vehicle's DBC has them."""

from dataclasses import replace

import pytest

from firmware_runtime.can.frame import Frame
from firmware_runtime.can.receiver import Receiver
from firmware_runtime.safety import estop_ear
from firmware_runtime.safety.estop_ear import EStopEar
from firmware_runtime.vehicle.load import Profile
from firmware_runtime.vehicle.state_builder import StateBuilder
from tests.bus_vehicle import BusVehicle
from tests.safety.support import profile

MS = 1_000_000


@pytest.fixture(scope="module")
def truck() -> Profile:
    return profile()


@pytest.fixture(scope="module")
def apart(truck: Profile) -> Profile:
    """Its channel B comes in another message: where the interlock of the battery is."""
    inputs = tuple(
        replace(binding, message="BatteryStatus", signal="Interlock")
        if binding.name == "estop_channel_b"
        else binding
        for binding in truck.inputs
    )
    return replace(truck, inputs=inputs)


class Eye:
    """A receiver with an ear, beside a vehicle that says but the messages of the channels."""

    def __init__(self, of: Profile) -> None:
        self.receiver = Receiver(of.databases, of.inputs)
        self.builder = StateBuilder(of.inputs, of.input_enums, of.calibration)
        self.ear = EStopEar(of, self.receiver)
        self.vehicle = BusVehicle()
        self.now_ns = 0

    def frames(self, a: str, b: str, message: str = "EStopStatus", later_ms: int = 1) -> list[Frame]:
        self.now_ns += later_ms * MS
        self.vehicle.set("EStopStatus", ChannelA=a, ChannelB=b)
        self.vehicle.set("BatteryStatus", Interlock=b)
        frames = self.vehicle.frames(self.now_ns)
        number = {"EStopStatus": 0x08FF4021, "BatteryStatus": 2365534451 & 0x1FFF_FFFF}[message]
        return [frame for frame in frames if frame.can_id & 0x1FFF_FFFF == number]

    def hear(self, *frames: Frame) -> bool:
        for frame in frames:
            self.receiver.push(frame)
        return self.ear.hear(self.now_ns)

    def step(self) -> bool:
        sample = self.receiver.sample(self.now_ns)
        return self.ear.step(self.now_ns, self.builder.build(sample.values, sample.reasons, self.now_ns))


@pytest.mark.parametrize("remembered", [1024, 1, 0])
@pytest.mark.requirement("SR-01")
def test_each_frame_of_a_batch_is_judged_also_where_payloads_are_not_remembered(
    truck: Profile, remembered: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(estop_ear, "_MEMO_MAX", remembered)
    eye = Eye(truck)
    for _ in range(40):
        assert not eye.hear(*eye.frames("CLOSED", "CLOSED"))
        assert not eye.step()
        batch = [*eye.frames("OPEN", "OPEN"), *eye.frames("CLOSED", "CLOSED"), *eye.frames("CLOSED", "ERROR")]
        assert eye.hear(*batch)
        assert not eye.hear(), "judged once"
        assert eye.step()
        assert not eye.step()


def test_it_has_heard_nothing_before_a_step_could_use_a_channel(truck: Profile) -> None:
    eye = Eye(truck)
    assert not eye.step()
    assert not eye.ear.heard
    eye.hear(*eye.frames("CLOSED", "CLOSED"))
    eye.step()
    assert eye.ear.heard


@pytest.mark.requirement("SR-01")
def test_a_contradiction_lasts_by_the_times_of_its_frames(truck: Profile) -> None:
    """120 ms of it in one batch that waited; 100 ms are a defect."""
    eye = Eye(truck)
    eye.hear(*eye.frames("CLOSED", "CLOSED"))
    eye.step()
    batch = [frame for _ in range(13) for frame in eye.frames("OPEN", "CLOSED", later_ms=10)]
    assert eye.hear(*batch, *eye.frames("CLOSED", "CLOSED"))
    eye.step()
    assert eye.step(), "a welded contact"


def test_a_stamp_from_the_future_is_now(truck: Profile) -> None:
    eye = Eye(truck)
    eye.hear(*eye.frames("CLOSED", "CLOSED"))
    eye.step()
    ahead = [frame._replace(time_ns=frame.time_ns + 10**12) for frame in eye.frames("OPEN", "CLOSED")]
    assert eye.hear(*ahead)
    for _ in range(11):
        eye.hear(*eye.frames("OPEN", "CLOSED", later_ms=10))
        eye.step()
    eye.hear(*eye.frames("CLOSED", "CLOSED"))
    eye.step()
    assert eye.step(), "a defect after 0.1 s all the same"


@pytest.mark.requirement("SR-01")
def test_channels_of_two_messages_are_judged_together(apart: Profile) -> None:
    eye = Eye(apart)
    assert not eye.hear(*eye.frames("ERROR", "CLOSED", "BatteryStatus")), "A was not heard yet: one is lost"
    assert not eye.hear(*eye.frames("ERROR", "CLOSED")), "one of two"
    assert eye.hear(*eye.frames("ERROR", "ERROR", "BatteryStatus")), "the other one too"
    assert not eye.hear(*eye.frames("CLOSED", "CLOSED", "BatteryStatus"))
    assert not eye.hear(*eye.frames("CLOSED", "CLOSED"))
    batch = [*eye.frames("CLOSED", "OPEN", "BatteryStatus"), *eye.frames("CLOSED", "CLOSED", "BatteryStatus")]
    assert eye.hear(*batch)
    assert eye.step()


def test_the_first_word_of_all_may_be_a_press(apart: Profile) -> None:
    eye = Eye(apart)
    assert eye.hear(*eye.frames("OPEN", "CLOSED"))
    other = Eye(apart)
    assert other.hear(*other.frames("CLOSED", "OPEN", "BatteryStatus"))
