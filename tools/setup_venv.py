"""Puts the pinned project into `.venv`; called by tools/setup_venv, with the standard library alone.

A stamp in `.venv` says what is installed. It is written last, so that an interrupted installation is
never taken for a whole one: the mark `incomplete` stays behind and the next run starts afresh.
"""

import hashlib
import json
import os
import sys
from pathlib import Path

STAMP = "installed.json"
INCOMPLETE = "incomplete"
LOG = "install.log"
LOG_LINES_SHOWN = 25
SYSTEM_FOLDERS = ("/usr/bin", "/usr/local/bin")
GAIN_MIN = 1.15
"""Another build of the same Python is taken where it is so many times as fast. Distributions build theirs
with profile and link-time optimisation; one that was compiled by hand often lacks both, and a tick took 1.7
times as long in it."""
WORK = """
import time


class Signal:
    def __init__(self):
        self.value, self.kept = 0.0, {}

    def step(self, now_ns, value):
        self.kept[now_ns & 63] = value
        self.value = max(self.value, abs(value)) if now_ns % 3 else min(self.value, value)
        return self.kept.get(now_ns & 31, self.value)


def took_s(signals=[Signal() for _ in range(8)]):
    begin_s = time.perf_counter()
    for now_ns in range(4000):
        for signal in signals:
            signal.step(now_ns, 0.5 * now_ns)
    return time.perf_counter() - begin_s


print(min(took_s() for _ in range(7)))
"""
"""Of the kind that a tick does: small methods on small objects."""


def describe(root: Path) -> dict[str, str]:
    """All that decides whether an environment still fits, apart from its extras."""
    digest = hashlib.sha256()
    for name in ("pyproject.toml", "tools/constraints.txt"):
        digest.update((root / name).read_bytes())
        digest.update(b"\0")
    return {
        "root": str(root),
        "python": "{}.{}".format(*sys.version_info[:2]),
        "sha256": digest.hexdigest(),
    }


def installed_extras(root: Path) -> set[str] | None:
    """Extras that the stamp vouches for; None where there is no stamp that fits this tree and Python."""
    venv = root / ".venv"
    if (venv / INCOMPLETE).exists():
        return None
    try:
        stamp = json.loads((venv / STAMP).read_text())
        extras = set(stamp.pop("extras"))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return extras if stamp == describe(root) else None


def is_ready(root: Path, extras: set[str]) -> bool:
    present = installed_extras(root)
    return present is not None and extras <= present


def write_stamp(root: Path, extras: set[str]) -> None:
    venv = root / ".venv"
    partial = venv / (STAMP + ".part")
    partial.write_text(json.dumps(describe(root) | {"extras": sorted(extras)}, indent=1) + "\n")
    os.replace(partial, venv / STAMP)
    (venv / INCOMPLETE).unlink()


def say(text: str) -> None:
    print(f"setup: {text}", file=sys.stderr, flush=True)


def works(venv: Path) -> bool:
    """True for an environment of this Python, at this place, with pip, that no run left half done."""
    if (venv / INCOMPLETE).exists() or not (venv / "pyvenv.cfg").exists():
        return False
    import subprocess

    # The script's own first line names the interpreter: a moved environment fails here.
    answer = subprocess.run(
        [venv / "bin" / "python", "-I", "-c", "import pip, sys; print(sys.prefix, *sys.version_info[:2])"],
        capture_output=True,
        text=True,
        check=False,
    )
    scripts_fit = (venv / "bin" / "pip").exists() and str(venv) in (venv / "bin" / "pip").read_text()
    return scripts_fit and answer.stdout.split() == [str(venv), *map(str, sys.version_info[:2])]


def run_logged(command: list[str], venv: Path) -> None:
    """Runs a quiet command; its output goes to the log, and the log's end to the user if it fails."""
    import subprocess

    environment = {
        key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "PYTHONHOME", "PIP_USER")
    }
    environment |= {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_INPUT": "1"}
    with (venv / LOG).open("a") as log:
        log.write(f"$ {' '.join(command)}\n")
        log.flush()
        start = log.tell()
        status = subprocess.run(command, stdout=log, stderr=log, env=environment, check=False).returncode
    if status != 0:
        with (venv / LOG).open() as log:
            log.seek(start)
            for line in log.read().splitlines()[-LOG_LINES_SHOWN:]:
                print(f"    {line}", file=sys.stderr)
        raise SystemExit(f"setup: installation failed (status {status}); the whole log: {venv / LOG}")


def seconds_of(python: str) -> float | None:
    """Time for WORK; None for what is not this version, cannot make environments, or does not run."""
    import subprocess

    same = f"import sys; sys.exit(sys.version_info[:2] != {sys.version_info[:2]})"
    able = "import ensurepip, venv"
    answer = None
    for code in (same, able, WORK):
        try:
            answer = subprocess.run(
                [python, "-I", "-c", code], capture_output=True, text=True, check=False, timeout=30
            )
        except (OSError, subprocess.TimeoutExpired):
            return None
        if answer.returncode != 0:
            return None
    return None if answer is None else float(answer.stdout)


def fastest_python(own: str, folders: tuple[str, ...] = SYSTEM_FOLDERS) -> str:
    """Path of the fastest build of this Python among `own` and the system's; `own` unless much slower."""
    name = "python{}.{}".format(*sys.version_info[:2])
    paths = (Path(folder) / name for folder in folders)
    others = [str(path) for path in paths if path.exists() and not path.samefile(own)]
    own_s = seconds_of(own) if others else None
    if own_s is None:
        return own
    timed = {python: took_s for python in others if (took_s := seconds_of(python)) is not None}
    best = min(timed, key=timed.__getitem__, default=own)
    if best == own or own_s < GAIN_MIN * timed[best]:
        return own
    say(f"{best} is {own_s / timed[best]:.1f} times as fast as {own}: taking it (PYTHON=... names another)")
    return best


def make_environment(venv: Path) -> None:
    """A new, empty environment; the mark goes in first and survives an interruption."""
    import shutil

    if venv.exists():
        say(".venv is unfinished, moved or of another Python: making it anew")
        shutil.rmtree(venv)
    else:
        say("making .venv with Python {}.{}.{}".format(*sys.version_info[:3]))
    venv.mkdir()
    (venv / INCOMPLETE).touch()
    # Whoever named one has chosen.
    python = sys.executable if os.environ.get("PYTHON") else fastest_python(sys.executable)
    run_logged([python, "-I", "-m", "venv", str(venv)], venv)


def install(root: Path, extras: set[str]) -> None:
    import time
    import tomllib

    venv = root / ".venv"
    began_s = time.monotonic()
    # Extras that another command has put in stay: the two commands share one environment.
    extras = extras | (installed_extras(root) or set())
    if not works(venv):
        make_environment(venv)
    (venv / INCOMPLETE).touch()
    (venv / STAMP).unlink(missing_ok=True)
    with (root / "pyproject.toml").open("rb") as file:
        build_requirements = tomllib.load(file)["build-system"]["requires"]
    names = ",".join(sorted(extras))
    say(f"installing the pinned project into .venv (extras: {names}); a minute or two the first time")
    pip = [str(venv / "bin" / "python"), "-I", "-m", "pip", "install", "--progress-bar", "off"]
    pinned = ["-c", str(root / "tools" / "constraints.txt")]
    # The build tool is installed from the same pins, so that no part of the build floats.
    run_logged([*pip, *pinned, *build_requirements], venv)
    run_logged([*pip, *pinned, "--no-build-isolation", "-e", f"{root}[{names}]"], venv)
    write_stamp(root, extras)
    say(f"ready after {time.monotonic() - began_s:.0f} s")


def main(arguments: list[str]) -> int:
    only_ask = arguments[:1] == ["--is-ready"]
    root_text, extras_text = arguments[1:] if only_ask else arguments
    root, extras = Path(root_text), set(extras_text.split(","))
    if only_ask:
        return 0 if is_ready(root, extras) else 1
    import fcntl

    # Two first runs at once: the second waits here and then finds the work done.
    lock = os.open(root, os.O_RDONLY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        say("another run is setting up .venv; waiting for it")
        fcntl.flock(lock, fcntl.LOCK_EX)
    # The environment's Python answers, as its version is part of the stamp; here ours is the same one.
    if not is_ready(root, extras):
        install(root, extras)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        say("interrupted; the next run starts afresh")
        sys.exit(130)
    except OSError as error:
        say(f"cannot set up .venv: {error}")
        sys.exit(2)
    except SystemExit as stop:
        if isinstance(stop.code, str):
            print(stop.code, file=sys.stderr)
            sys.exit(2)
        raise
