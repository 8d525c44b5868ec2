"""`firmware-runtime install`: everything in place or nothing, and nothing of others overwritten."""

import contextlib
import fcntl
import io
import os
import shlex
import shutil
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import NamedTuple

import pytest

from firmware_runtime.executive.command import main
from firmware_runtime.executive.deployment import place
from firmware_runtime.executive.deployment.layout import Placed, Release, is_ours, marked
from firmware_runtime.vehicle.configuration_files import profile_files
from firmware_runtime.vehicle.load import load_profile
from firmware_runtime.vehicle.problems import ConfigurationError
from tests.vehicle.support import PROFILE_FILE, Configuration

UNIT = "etc/systemd/system/firmware-runtime-control.service"
CURRENT = "etc/firmware-runtime/current"


@pytest.fixture
def vehicle(tmp_path: Path) -> Path:
    return tmp_path / "vehicle"


class Answer(NamedTuple):
    returncode: int
    stdout: str
    stderr: str


def install(configuration: Configuration, root: Path, *further: str) -> Answer:
    arguments = [
        *("install", PROFILE_FILE, "--prefix", str(root), "--route", "configs/routes/yard_short.csv"),
        *("--command", "/bin/true", "--cores", "3:2:0-1"),
        *("--bus", "drive=socketcan:can0", "--bus", "body=socketcan:can1", *further),
    ]
    out, err = io.StringIO(), io.StringIO()
    with contextlib.chdir(configuration.folder), redirect_stdout(out), redirect_stderr(err):
        try:
            status = main(arguments)
        except SystemExit as end:
            status = end.code if isinstance(end.code, int) else 1
    return Answer(status, out.getvalue(), err.getvalue())


def tree(root: Path) -> dict[str, bytes]:
    """Content of every file below, a link's destination for a link."""
    return {
        path.relative_to(root).as_posix(): path.read_bytes() if path.is_file() else os.readlink(path).encode()
        for path in sorted(root.rglob("*"))
        if path.is_symlink() or path.is_file()
    }


def test_all_that_the_vehicle_needs_is_in_place(configuration: Configuration, vehicle: Path) -> None:
    answer = install(configuration, vehicle)
    assert (answer.returncode, answer.stderr) == (0, "")
    first, *rest = answer.stdout.splitlines()
    assert first.startswith("installed q_truck-")
    assert "sudo systemctl enable --now firmware-runtime.target" in rest
    assert {path for path in tree(vehicle) if "/releases/" not in path} == {
        CURRENT,
        UNIT,
        UNIT.replace("control", "supervisor"),
        UNIT.replace("control", "services"),
        "etc/systemd/system/firmware-runtime.target",
        "etc/sysusers.d/firmware-runtime.conf",
        "etc/udev/rules.d/90-firmware-runtime.rules",
    }
    installed = load_profile(vehicle / CURRENT / "profile" / PROFILE_FILE)
    assert installed.identity == configuration.load().identity
    route = vehicle / CURRENT / "routes" / "yard_short.csv"
    assert route.read_bytes() == (configuration.folder / "configs/routes/yard_short.csv").read_bytes()
    unit = (vehicle / UNIT).read_text()
    assert f"/bin/true run-control /{CURRENT}/profile/{PROFILE_FILE} --route /{CURRENT}/routes/" in unit
    assert str(vehicle) not in unit, "the prefix is where it is written, not where it runs"


def test_the_list_of_what_to_run_next_ends_with_what_lets_the_wheels_turn(
    configuration: Configuration, vehicle: Path
) -> None:
    serial = configuration.load().calibration.serial_number
    assert (
        "sudo -u firmware-runtime /bin/true state commission /var/lib/firmware-runtime"
        f" --vehicle {shlex.quote(serial)}" in install(configuration, vehicle).stdout.splitlines()
    )


@pytest.mark.parametrize("umask", [0o022, 0o027, 0o077])
def test_everybody_can_read_what_is_installed_whatever_the_umask(
    configuration: Configuration, vehicle: Path, umask: int
) -> None:
    """The processes run as a user of their own."""
    before = os.umask(umask)
    try:
        assert install(configuration, vehicle).returncode == 0
    finally:
        os.umask(before)
    # What an earlier one left hidden is mended too.
    for folder in ("etc/firmware-runtime", "etc/firmware-runtime/releases"):
        (vehicle / folder).chmod(0o700)
    assert install(configuration, vehicle).returncode == 0
    for path in (vehicle, *vehicle.rglob("*")):
        if not path.is_symlink():
            assert path.stat().st_mode & 0o777 == (0o755 if path.is_dir() else 0o644), path


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd-analyze here")
def test_installed_units_are_as_systemd_wants_them(configuration: Configuration, vehicle: Path) -> None:
    assert install(configuration, vehicle).returncode == 0
    units = sorted((vehicle / "etc/systemd/system").iterdir())
    answer = subprocess.run(
        ["systemd-analyze", "verify", *units], capture_output=True, text=True, check=False
    )
    assert (answer.returncode, answer.stderr) == (0, "")


def test_a_dry_run_writes_nothing_and_names_everything(configuration: Configuration, vehicle: Path) -> None:
    answer = install(configuration, vehicle, "--dry-run")
    assert answer.returncode == 0
    assert not vehicle.exists()
    assert answer.stdout.startswith("would install q_truck-")
    assert f"new       {vehicle / UNIT}" in answer.stdout
    assert "profile/dbc/q_truck_drive.dbc" in answer.stdout


def test_a_second_time_changes_nothing(configuration: Configuration, vehicle: Path) -> None:
    assert install(configuration, vehicle).returncode == 0
    before = tree(vehicle)
    answer = install(configuration, vehicle)
    assert answer.returncode == 0
    assert "new " not in answer.stdout
    assert "replaced " not in answer.stdout
    assert tree(vehicle) == before


def test_another_configuration_comes_beside_the_old_one(configuration: Configuration, vehicle: Path) -> None:
    assert install(configuration, vehicle).returncode == 0
    old = (vehicle / CURRENT).resolve()
    configuration.edit(PROFILE_FILE, "minimal_risk_time_max_s = 15.0", "minimal_risk_time_max_s = 19.0")
    answer = install(configuration, vehicle)
    assert answer.returncode == 0
    assert f"replaced  {vehicle / CURRENT}" in answer.stdout
    assert (vehicle / CURRENT).resolve() != old
    assert old.is_dir(), "there is a way back"
    assert "TimeoutStopSec=45\n" in (vehicle / UNIT).read_text()


def foreign_unit(root: Path) -> Path:
    path = root / UNIT
    path.parent.mkdir(parents=True)
    path.write_text("[Service]\nExecStart=/bin/mine\n")
    return path


def changed_unit(root: Path) -> Path:
    path = root / UNIT
    path.write_text(path.read_text().replace("Restart=always", "Restart=no"))
    return path


def foreign_current(root: Path) -> Path:
    (root / CURRENT).mkdir(parents=True)
    return root / CURRENT


def linked_unit(root: Path) -> Path:
    path = root / UNIT
    path.parent.mkdir(parents=True)
    path.symlink_to("/dev/null")
    return path


def changed_release(root: Path) -> Path:
    path = (root / CURRENT / "profile" / PROFILE_FILE).resolve()
    path.write_text(path.read_text() + "\n")
    return (root / CURRENT).resolve()


@pytest.mark.parametrize(
    ("disturb", "installed"),
    [
        (foreign_unit, False),
        (linked_unit, False),
        (foreign_current, False),
        (changed_unit, True),
        (changed_release, True),
    ],
)
def test_what_is_not_ours_is_told_and_nothing_is_written(
    disturb: object, installed: bool, configuration: Configuration, vehicle: Path
) -> None:
    if installed:
        assert install(configuration, vehicle).returncode == 0
    assert callable(disturb)
    path = disturb(vehicle)
    before = tree(vehicle)
    for further in (["--dry-run"], []):
        answer = install(configuration, vehicle, *further)
        assert answer.returncode == 2
        assert f"{path}: expected " in answer.stderr
        assert tree(vehicle) == before


@pytest.mark.parametrize(
    ("further", "message"),
    [
        (["--command", "bin/firmware-runtime"], "--command: expected an absolute path outside"),
        (["--command", "/home/me/bin/firmware-runtime"], "--command: expected an absolute path outside"),
        (["--serial", "/etc/passwd"], "--serial: expected a device below /dev"),
        (["--watchdog", "/dev/a b"], "--watchdog: expected a device below /dev"),
        (["--cores", "3:2"], "expected three lists of cores such as 3:2:0-1, got '3:2'"),
        (["--cores", "3:2:"], "expected three lists of cores"),
        (["--cores", "3:2:x"], "expected three lists of cores"),
        (["--bus", "drive=socketcan:can7"], "a second interface"),
        (["--route", "none.csv"], "none.csv"),
        (["--route", "./configs/routes/yard_short.csv"], "expected one route of this name"),
    ],
)
def test_wrong_input_is_told_with_status_2(
    further: list[str], message: str, configuration: Configuration, vehicle: Path
) -> None:
    answer = install(configuration, vehicle, *further)
    assert answer.returncode == 2
    assert message in answer.stderr
    assert not vehicle.exists()


def test_a_route_that_cannot_be_driven_is_not_installed(configuration: Configuration, vehicle: Path) -> None:
    bend = configuration.folder / "bend.csv"
    bend.write_text("x_m,y_m\n0,0\n10,0\n10,1\n0,1\n0,10\n")
    answer = install(configuration, vehicle, "--route", "bend.csv")
    assert answer.returncode == 2
    assert "bend.csv" in answer.stderr
    assert not vehicle.exists()


def test_a_place_that_cannot_be_written_is_told(configuration: Configuration, vehicle: Path) -> None:
    vehicle.write_text("a file")
    answer = install(configuration, vehicle)
    assert answer.returncode == 2
    assert "expected a place that can be written" in answer.stderr


def test_a_signed_configuration_brings_its_manifest_and_the_key(
    configuration: Configuration, vehicle: Path, tmp_path: Path
) -> None:
    configuration.edit(PROFILE_FILE, 'purpose = "development"', 'purpose = "deployment"')
    key, public, manifest = (str(tmp_path / name) for name in ("key.pem", "public.pem", "manifest"))
    route = str(configuration.folder / "configs/routes/yard_short.csv")
    signing = [
        "manifest",
        "sign",
        str(configuration.profile),
        "--route",
        route,
        "--key",
        key,
        "--out",
        manifest,
    ]
    assert main(["manifest", "keygen", "--key", key, "--public-key", public]) == 0
    assert main([*signing, "--out", manifest]) == 0
    refused = install(configuration, vehicle)
    assert refused.returncode == 2
    assert "expected a signed manifest, got none" in refused.stderr
    assert install(configuration, vehicle, "--manifest", manifest).returncode == 2
    assert not vehicle.exists()
    signed = ("--manifest", manifest, "--public-key", public)
    assert install(configuration, vehicle, *signed).returncode == 0
    trusted = vehicle / "etc/firmware-runtime/public_key.pem"
    assert trusted.read_bytes() == Path(public).read_bytes()
    assert (vehicle / CURRENT / "manifest").read_bytes() == Path(manifest).read_bytes()
    options = f"--manifest /{CURRENT}/manifest --public-key /etc/firmware-runtime/public_key.pem\n"
    assert options in (vehicle / UNIT).read_text()
    assert options in (vehicle / UNIT.replace("control", "supervisor")).read_text()
    assert "--manifest" not in (vehicle / UNIT.replace("control", "services")).read_text()
    # Whom to trust is not changed in passing.
    trusted.write_bytes(b"another key")
    assert str(trusted) in install(configuration, vehicle, *signed).stderr
    trusted.unlink()
    configuration.edit(PROFILE_FILE, "soc_min = 0.10", "soc_min = 0.11")
    changed = install(configuration, vehicle, *signed)
    assert changed.returncode == 2
    assert ": profile: expected sha256 " in changed.stderr


def test_an_unsigned_development_profile_says_so_in_its_units(
    configuration: Configuration, vehicle: Path
) -> None:
    assert install(configuration, vehicle).returncode == 0
    assert "--development\n" in (vehicle / UNIT).read_text()


RELEASE = Release("v-1", (Placed("profile/a", b"A"), Placed("routes/b", b"B")), "/p", ())


def test_an_installation_that_was_killed_is_completed_by_the_next(tmp_path: Path) -> None:
    """Cut off after each system call that changes the disk, then done again."""
    calls = 0

    class Killed(Exception):  # noqa: N818
        pass

    def dying(real: object, limit: int) -> object:
        def call(*arguments: object, **named: object) -> object:
            nonlocal calls
            calls += 1
            if calls > limit:
                raise Killed
            assert callable(real)
            return real(*arguments, **named)

        return call

    system = [Placed("etc/a.service", marked("x\n"))]
    limit, finished = 0, False
    while not finished:
        root = tmp_path / str(limit)
        calls = 0
        with pytest.MonkeyPatch.context() as patch:
            for name in ("fsync", "rename", "replace", "symlink"):
                patch.setattr(place.os, name, dying(getattr(os, name), limit))
            try:
                place.carry_out(root, RELEASE, system)
                finished = True
            except Killed:
                pass
        folder = root / "etc/firmware-runtime/releases/v-1"
        # Whole or not there, at every instant.
        assert not folder.exists() or tree(folder) == {"profile/a": b"A", "routes/b": b"B"}
        if (root / CURRENT).is_symlink():
            assert (root / CURRENT / "profile/a").read_bytes() == b"A"
        place.carry_out(root, RELEASE, system)
        assert tree(root / CURRENT) == {"profile/a": b"A", "routes/b": b"B"}
        assert not list(root.rglob("*.part"))
        limit += 1
    assert limit > 10


def test_two_installations_wait_for_each_other(tmp_path: Path) -> None:
    place.carry_out(tmp_path, RELEASE, [])
    opened = os.open(tmp_path / "etc/firmware-runtime", os.O_RDONLY)
    fcntl.flock(opened, fcntl.LOCK_EX)
    code = (
        "from pathlib import Path; from firmware_runtime.executive.deployment import place;"
        "from tests.executive.test_install import RELEASE; print('begins', flush=True);"
        f"place.carry_out(Path({str(tmp_path)!r}), RELEASE._replace(name='v-2'), []); print('done')"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as second:
        assert second.stdout is not None
        assert second.stdout.readline() == "begins\n"
        assert not (tmp_path / "etc/firmware-runtime/releases/v-2").exists()
        os.close(opened)
        assert second.stdout.readline() == "done\n"
    assert (tmp_path / CURRENT).readlink().name == "v-2"


def test_our_mark_holds_only_for_what_we_wrote() -> None:
    assert is_ours(marked("[Unit]\n"))
    assert not is_ours(marked("[Unit]\n") + b"x")
    assert not is_ours(b"[Unit]\n")
    assert not is_ours(b"\xff\xfe")


def test_files_that_change_while_they_are_read_are_found_out(configuration: Configuration) -> None:
    profile = configuration.load()
    configuration.edit(PROFILE_FILE, "soc_min = 0.10", "soc_min = 0.11")
    with pytest.raises(ConfigurationError, match="the files that were loaded a moment ago"):
        profile_files(profile)
