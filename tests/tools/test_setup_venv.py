"""The two commands set themselves up where there is Python >= 3.11 alone, and say why where they cannot."""

import fcntl
import json
import os
import re
import shutil
import subprocess
import sys
import time
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import setup_venv

ROOT = Path(__file__).parents[2]
REAL_PYTHON = Path(sys.executable).resolve()

LACKS_VENV = "import sys; sys.modules['ensurepip'] = None"
IS_OLD = "import sys; sys.version_info = (3, 9, 2, 'final', 0)"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A project tree with just what set-up reads, and an empty PATH folder beside it."""
    root = tmp_path / "project"
    (root / "tools").mkdir(parents=True)
    for name in ("pyproject.toml", "tools/constraints.txt", "tools/setup_venv", "tools/setup_venv.py"):
        shutil.copy(ROOT / name, root / name)
    bin_folder = tmp_path / "bin"
    bin_folder.mkdir()
    dirname = shutil.which("dirname")
    assert dirname is not None
    (bin_folder / "dirname").symlink_to(dirname)
    return root


def put_python(tree: Path, name: str, first: str) -> None:
    """A real interpreter under `name` that runs `first` before the code given to it by -c."""
    wrapper = tree.parent / "bin" / name
    wrapper.write_text(
        "#!/bin/sh\n"
        f'if [ "$2" = -c ]; then exec {REAL_PYTHON} -I -c "{first}\n$3"; fi\n'
        f'echo "set up by {name}"\n'
    )
    wrapper.chmod(0o755)


def run_setup(tree: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [tree / "tools" / "setup_venv", "harness"],
        env={"PATH": str(tree.parent / "bin"), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_without_any_python_it_says_what_it_needs(tree: Path) -> None:
    answer = run_setup(tree)
    assert answer.returncode == 2
    assert "expected Python 3.11 or newer; found: no python3." in answer.stderr
    assert "apt-get install python3 python3-venv" in answer.stderr
    assert not (tree / ".venv").exists()


def test_an_old_python_is_named_with_its_version(tree: Path) -> None:
    put_python(tree, "python3", IS_OLD)
    answer = run_setup(tree)
    assert answer.returncode == 2
    assert "found: python3 is 3.9.2." in answer.stderr


def test_where_venv_is_missing_it_names_the_package_that_brings_it(tree: Path) -> None:
    put_python(tree, "python3", LACKS_VENV)
    answer = run_setup(tree)
    version = "{}.{}".format(*sys.version_info[:2])
    assert answer.returncode == 2
    assert "apt-get install python3-venv" in answer.stderr
    assert f"python{version}-venv" in answer.stderr


def test_it_passes_over_pythons_that_do_not_serve(tree: Path) -> None:
    put_python(tree, "python3", IS_OLD)
    put_python(tree, "python3.13", LACKS_VENV)
    put_python(tree, "python3.12", "")
    answer = run_setup(tree)
    assert (answer.returncode, answer.stdout) == (0, "set up by python3.12\n")


def test_a_named_python_goes_before_all_others(tree: Path) -> None:
    put_python(tree, "python3", "")
    put_python(tree, "mine", "")
    assert run_setup(tree, PYTHON="mine").stdout == "set up by mine\n"
    missing = run_setup(tree, PYTHON="/nowhere/python3")
    assert missing.returncode == 2
    assert "/nowhere/python3 does not run" in missing.stderr


def stamp(tree: Path, *extras: str) -> None:
    (tree / ".venv").mkdir(exist_ok=True)
    (tree / ".venv" / setup_venv.INCOMPLETE).touch()
    setup_venv.write_stamp(tree, set(extras))


def test_a_stamped_environment_is_ready_for_its_extras_only(tree: Path) -> None:
    assert not setup_venv.is_ready(tree, {"harness"})
    stamp(tree, "harness", "dev")
    assert setup_venv.is_ready(tree, {"harness"})
    assert setup_venv.is_ready(tree, {"harness", "dev"})
    assert not setup_venv.is_ready(tree, {"harness", "technician"})


@pytest.mark.parametrize("name", ["pyproject.toml", "tools/constraints.txt"])
def test_a_changed_pin_makes_it_install_again(tree: Path, name: str) -> None:
    stamp(tree, "harness")
    (tree / name).write_text((tree / name).read_text() + "# changed\n")
    assert not setup_venv.is_ready(tree, {"harness"})


def test_an_interrupted_installation_is_not_taken_for_a_whole_one(tree: Path) -> None:
    stamp(tree, "harness")
    (tree / ".venv" / setup_venv.INCOMPLETE).touch()
    assert not setup_venv.is_ready(tree, {"harness"})
    assert not setup_venv.works(tree / ".venv")


def test_a_moved_tree_and_another_python_are_not_ready(tree: Path) -> None:
    stamp(tree, "harness")
    stamp_file = tree / ".venv" / setup_venv.STAMP
    good = json.loads(stamp_file.read_text())
    for key, other in (("root", "/elsewhere"), ("python", "3.10")):
        stamp_file.write_text(json.dumps(good | {key: other}))
        assert not setup_venv.is_ready(tree, {"harness"})
    stamp_file.write_text("not json")
    assert not setup_venv.is_ready(tree, {"harness"})


def test_the_ready_case_starts_nothing_but_the_environments_python(tree: Path) -> None:
    """With no other Python in reach it still answers, and silently."""
    (tree / ".venv" / "bin").mkdir(parents=True)
    (tree / ".venv" / "bin" / "python").symlink_to(REAL_PYTHON)
    stamp(tree, "harness")
    answer = run_setup(tree)
    assert (answer.returncode, answer.stdout, answer.stderr) == (0, "", "")


def test_a_second_first_run_waits_for_the_one_before_it(tree: Path) -> None:
    (tree / ".venv").mkdir()
    lock = os.open(tree, os.O_RDONLY)
    fcntl.flock(lock, fcntl.LOCK_EX)
    with subprocess.Popen(
        [REAL_PYTHON, "-I", tree / "tools" / "setup_venv.py", tree, "harness"],
        stderr=subprocess.PIPE,
        text=True,
    ) as second:
        assert second.stderr is not None
        assert "another run is setting up" in second.stderr.readline()
        stamp(tree, "harness")
        os.close(lock)
        assert second.wait(timeout=20) == 0
        assert second.stderr.read() == ""


def test_a_failed_step_shows_the_end_of_its_log(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tree / ".venv").mkdir()
    with pytest.raises(SystemExit, match=r"installation failed \(status 3\).*install\.log"):
        setup_venv.run_logged(["sh", "-c", "echo no such version; exit 3"], tree / ".venv")
    assert "    no such version" in capsys.readouterr().err
    assert "no such version" in (tree / ".venv" / setup_venv.LOG).read_text()


def pins() -> dict[str, str]:
    lines = (ROOT / "tools" / "constraints.txt").read_text().splitlines()
    pairs = [line.split("==") for line in lines if line and not line.startswith("#")]
    return {canonicalize_name(name): version for name, version in pairs}


def test_constraints_hold_names_and_versions_and_nothing_else() -> None:
    for line in (ROOT / "tools" / "constraints.txt").read_text().splitlines():
        assert re.fullmatch(r"(#.*|[A-Za-z0-9_.-]+==[0-9][A-Za-z0-9.]*)?", line), line
        assert "://" not in line


def test_every_package_that_an_installation_brings_is_pinned_and_is_that_version() -> None:
    pinned = pins()
    todo = [Requirement(f"firmware-runtime[{extra}]") for extra in ("harness", "technician", "dev")]
    seen: set[str] = set()
    while todo:
        wanted = todo.pop()
        if str(wanted) in seen:
            continue
        seen.add(str(wanted))
        name = canonicalize_name(wanted.name)
        if name != "firmware-runtime":
            assert metadata.version(name) == pinned.get(name), name
        for text in metadata.requires(name) or []:
            needed = Requirement(text)
            extras = wanted.extras or {""}
            if needed.marker is None or any(needed.marker.evaluate({"extra": extra}) for extra in extras):
                todo.append(needed)
    assert len(seen) > 20


def test_no_step_leaves_the_fast_path_slow() -> None:
    """The ready check imports nothing heavy: each start of tools/drive would pay for it."""
    code = "import setup_venv, sys; print(*sorted(sys.modules))"
    answer = subprocess.run(
        [REAL_PYTHON, "-S", "-c", code],
        env={"PYTHONPATH": str(ROOT / "tools")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert not {"subprocess", "shutil", "tomllib", "venv", "pip"} & set(answer.stdout.split())


def test_stamp_is_written_last_and_at_once(tree: Path) -> None:
    stamp(tree, "harness")
    names = {path.name for path in (tree / ".venv").iterdir()}
    assert names == {setup_venv.STAMP}
    assert time.time() - (tree / ".venv" / setup_venv.STAMP).stat().st_mtime < 60


def put_timed(folder: Path, seconds: str, status: int = 0) -> Path:
    """A Python of our version that says it took so long for the work."""
    folder.mkdir(exist_ok=True)
    python = folder / "python{}.{}".format(*sys.version_info[:2])
    python.write_text(f'#!/bin/sh\ncase "$3" in *took_s*) echo {seconds};; *) exit {status};; esac\n')
    python.chmod(0o755)
    return python


def test_a_much_faster_build_of_the_same_python_is_taken(tmp_path: Path) -> None:
    own = str(put_timed(tmp_path / "own", "0.100"))
    fast = put_timed(tmp_path / "fast", "0.050")
    put_timed(tmp_path / "medium", "0.070")
    folders = tuple(str(tmp_path / name) for name in ("medium", "fast", "nowhere"))
    assert setup_venv.fastest_python(own, folders) == str(fast)


@pytest.mark.parametrize(("seconds", "status"), [("0.095", 0), ("0.200", 0), ("0.010", 1)], ids=str)
def test_one_that_is_hardly_faster_or_does_not_serve_is_not(
    tmp_path: Path, seconds: str, status: int
) -> None:
    own = str(put_timed(tmp_path / "own", "0.100"))
    put_timed(tmp_path / "other", seconds, status)
    assert setup_venv.fastest_python(own, (str(tmp_path / "other"), str(tmp_path / "own"))) == own


def test_the_work_that_is_timed_runs() -> None:
    took_s = setup_venv.seconds_of(sys.executable)
    assert took_s is not None
    assert took_s > 0.0
    assert setup_venv.seconds_of("/nowhere/python3") is None
