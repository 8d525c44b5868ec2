"""Copies of the committed profiles with defects put into them."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from firmware_runtime.vehicle.load import Profile, load_profile
from firmware_runtime.vehicle.problems import ConfigurationError, Problem

PROJECT = Path(__file__).parents[2]
Q_TRUCK = PROJECT / "configs" / "q_truck.toml"
E_TRUCK = PROJECT / "configs" / "e_truck.toml"
YARD_TRACTOR = PROJECT / "configs" / "yard_tractor.toml"

PROFILE_FILE = "configs/q_truck.toml"
CALIBRATION_FILE = "configs/q_truck.calibration.toml"
DRIVE_DBC = "dbc/q_truck_drive.dbc"
BODY_DBC = "dbc/yard_body.dbc"


@dataclass(frozen=True)
class Configuration:
    """The committed Q-Truck configuration, copied to a folder of its own."""

    folder: Path

    @property
    def profile(self) -> Path:
        return self.folder / PROFILE_FILE

    def edit(self, file: str, old: str, new: str) -> int:
        """Replace what stands exactly once in a file; the result is the line where `new` begins."""
        path = self.folder / file
        text = path.read_bytes().decode("latin-1")
        assert text.count(old) == 1, f"{file} holds {text.count(old)} times: {old}"
        position = text.index(old)
        path.write_bytes(text.replace(old, new).encode("latin-1"))
        return text.count("\n", 0, position) + 1

    def line(self, file: str, text: str) -> int:
        """Line of the only place where `text` stands in a file."""
        content = (self.folder / file).read_text()
        assert content.count(text) == 1, f"{file} holds {content.count(text)} times: {text}"
        return content.count("\n", 0, content.index(text)) + 1

    def load(self) -> Profile:
        return load_profile(self.profile)

    def problems(self) -> tuple[Problem, ...]:
        """What loading it tells; empty where it loads."""
        try:
            self.load()
        except ConfigurationError as error:
            return error.problems
        return ()

    def problem(self) -> Problem:
        """The one problem that loading it tells."""
        problems = self.problems()
        assert len(problems) == 1, [str(problem) for problem in problems]
        return problems[0]


def copy_configuration(folder: Path) -> Configuration:
    for name in ("configs", "dbc"):
        shutil.copytree(PROJECT / name, folder / name)
    return Configuration(folder)
