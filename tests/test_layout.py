"""The top level holds the names of the layout and dot files, nothing else; each folder has its README."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TOP_LEVEL = {"pyproject.toml", "README.md", "firmware_runtime", "dbc", "configs", "tests", "tools"}


@pytest.fixture(scope="module")
def files() -> list[Path]:
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("not a git work tree, or no git: which files belong to the project is not known")
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    return [Path(name) for name in listing.stdout.split("\0") if name]


def test_top_level_holds_only_the_layout(files: list[Path]) -> None:
    top = {path.parts[0] for path in files}
    assert {name for name in top if not name.startswith(".")} <= TOP_LEVEL


def test_each_folder_of_code_has_a_readme(files: list[Path]) -> None:
    folders = {path.parent for path in files if path.parts[0] in ("firmware_runtime", "tools")}
    missing = [str(folder) for folder in sorted(folders) if folder / "README.md" not in files]
    assert missing == []


def test_no_file_records_a_package_registrys_address(files: list[Path]) -> None:
    # Spelt in two parts, as this file is searched too.
    hosts = ["pypi." + "org", "pythonhosted." + "org", "registry.npmjs." + "org", "--index" + "-url"]
    for path in files:
        text = (ROOT / path).read_bytes() if (ROOT / path).is_file() else b""
        found = [host for host in hosts if host.encode() in text]
        assert found == [], path


def test_code_files_stay_small(files: list[Path]) -> None:
    for path in files:
        if path.suffix == ".py" and (ROOT / path).is_file():
            lines = (ROOT / path).read_text().count("\n")
            assert lines <= 450, f"{path} has {lines} lines"
