"""Nothing switches safety off: no option, no variable of the environment, no flag of a profile."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import get_type_hints

import msgspec
import pytest

from firmware_runtime.vehicle.profile import ProfileData

pytestmark = pytest.mark.requirement("SR-17")

RUNTIME = Path(__file__).parents[2] / "firmware_runtime"
OUTSIDE = {"os", "sys", "argparse", "getopt", "configparser", "socket", "subprocess", "pathlib", "io"}
"""Through these something could be told to the safety part beside its inputs and the checked profile."""

PLACES = {"--link", "--state", "--record", "--cache"}
START = {"--manifest", "--public-key", "--development"}
RUN_OPTIONS = {"--help", "--route", "--distance", "--bus", "--serial", "--watchdog", *PLACES, *START}
"""Written again: what a vehicle's runtime can be told at its start."""


@pytest.mark.parametrize("file", sorted((RUNTIME / "safety").glob("*.py")), ids=lambda file: file.name)
def test_the_safety_part_hears_nothing_but_its_inputs(file: Path) -> None:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    modules = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    modules |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {module.split(".")[0] for module in modules}.isdisjoint(OUTSIDE)
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    assert names.isdisjoint({"open", "input", "eval", "exec", "__import__"})


def test_the_runtime_has_these_options_and_no_other() -> None:
    command = [sys.executable, "-m", "firmware_runtime.executive", "run", "--help"]
    answer = subprocess.run(command, capture_output=True, text=True, check=True)
    options = answer.stdout.split("options:")[1].split("examples:")[0]
    assert set(re.findall(r"--[a-z-]+", options)) == RUN_OPTIONS


@pytest.mark.parametrize("part", ["safety", "can"])
def test_nothing_that_protects_knows_whether_this_is_development(part: str) -> None:
    """`purpose` decides whether the runtime starts, and nothing after that."""
    for file in sorted((RUNTIME / part).rglob("*.py")):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        names = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
        assert "purpose" not in names, file


def flags(struct: type[msgspec.Struct], path: str = "") -> Iterator[str]:
    for name, kind in get_type_hints(struct).items():
        if kind is bool:
            yield f"{path}{name}"
        elif isinstance(kind, type) and issubclass(kind, msgspec.Struct):
            yield from flags(kind, f"{path}{name}.")


def test_a_profile_has_one_flag_and_that_is_the_cab() -> None:
    assert list(flags(ProfileData)) == ["vehicle.cab"]
