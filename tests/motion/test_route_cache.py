"""A fitted route that is kept is the same bit by bit, and never that of another file, profile or code."""

import shutil
import subprocess
import sys
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest

from firmware_runtime.can.entry_store import packed as sealed
from firmware_runtime.motion import route_cache
from firmware_runtime.motion.route_build import build_route
from firmware_runtime.motion.route_cache import MAGIC, RouteCache, identity_of, packed, unpacked
from firmware_runtime.motion.route_error import RouteError
from firmware_runtime.motion.route_file import read_route_file
from firmware_runtime.vehicle.load import Profile, load_profile
from firmware_runtime.vehicle.route import Route

ROOT = Path(__file__).parents[2]
ROUTES = sorted((ROOT / "configs" / "routes").glob("*.csv"))
YARD = ROOT / "configs" / "routes" / "yard.csv"


@pytest.fixture(scope="module")
def truck() -> Profile:
    return load_profile(ROOT / "configs" / "q_truck.toml")


def same(one: Route, other: Route) -> bool:
    """To the last bit and type."""
    for field in fields(Route):
        a, b = getattr(one, field.name), getattr(other, field.name)
        if isinstance(a, np.ndarray):
            if a.dtype != b.dtype or a.tobytes() != b.tobytes() or a.flags.writeable != b.flags.writeable:
                return False
        elif (type(a), repr(a)) != (type(b), repr(b)):
            return False
    return True


def figures(kept: RouteCache) -> tuple[int, int, int, int]:
    return kept.hits, kept.misses, kept.broken, kept.unwritable


@pytest.mark.parametrize("path", ROUTES, ids=lambda path: path.stem)
def test_what_comes_back_is_what_was_fitted(path: Path, tmp_path: Path, truck: Profile) -> None:
    fresh = build_route(read_route_file(path), truck.data)
    assert same(RouteCache(tmp_path).load(path, truck), fresh)
    kept = RouteCache(tmp_path)
    assert same(kept.load(path, truck), fresh)
    assert figures(kept) == (1, 0, 0, 0)


def test_another_file_name_profile_or_length_is_another_route(tmp_path: Path, truck: Profile) -> None:
    kept = RouteCache(tmp_path / "cache")
    changed, renamed = tmp_path / "yard.csv", tmp_path / "other.csv"
    changed.write_bytes(YARD.read_bytes() + b"\n")
    shutil.copy(YARD, renamed)
    other = replace(truck, identity="0" * 64)
    whole = kept.load(YARD, truck)
    for path, profile, distance_m in (
        (changed, truck, None),
        (renamed, truck, None),
        (YARD, other, None),
        (YARD, truck, 100.0),
        (YARD, truck, 101.0),
    ):
        kept.load(path, profile, distance_max_m=distance_m)
    assert figures(kept) == (0, 6, 0, 0)
    assert kept.load(YARD, truck, distance_max_m=100.0).length_m < whole.length_m
    assert kept.hits == 1


def test_another_format_or_numpy_is_another_entry(monkeypatch: pytest.MonkeyPatch, truck: Profile) -> None:
    now = identity_of(b"x", "yard", truck, None)
    monkeypatch.setattr(route_cache, "FORMAT_VERSION", route_cache.FORMAT_VERSION + 1)
    later = identity_of(b"x", "yard", truck, None)
    monkeypatch.setattr(route_cache.np, "__version__", "99.0")
    assert len({now, later, identity_of(b"x", "yard", truck, None)}) == 3


@pytest.mark.parametrize("body", [b"", b"\x91\x01", b"no route", None], ids=str)
def test_a_whole_entry_that_holds_no_route_is_made_anew(
    body: bytes | None, tmp_path: Path, truck: Profile
) -> None:
    kept = RouteCache(tmp_path)
    fresh = kept.load(YARD, truck)
    (entry,) = tmp_path.iterdir()
    identity = identity_of(YARD.read_bytes(), "yard", truck, None)
    uneven = packed(replace(fresh, x_m=fresh.x_m[:-1]))
    entry.write_bytes(sealed(uneven if body is None else body, MAGIC, identity))
    assert same(kept.load(YARD, truck), fresh)
    assert figures(kept) == (0, 2, 1, 0)
    kept.load(YARD, truck)
    assert kept.hits == 1


def test_a_torn_entry_is_made_anew(tmp_path: Path, truck: Profile) -> None:
    kept = RouteCache(tmp_path)
    fresh = kept.load(YARD, truck)
    (entry,) = tmp_path.iterdir()
    entry.write_bytes(entry.read_bytes()[:-1])
    assert same(kept.load(YARD, truck), fresh)
    assert figures(kept) == (0, 2, 1, 0)


def test_what_is_no_array_is_no_route(truck: Profile) -> None:
    fresh = build_route(read_route_file(YARD), truck.data)
    body = packed(fresh)
    assert unpacked(body) is not None
    assert unpacked(body[:-1]) is None


def test_a_route_that_is_refused_is_refused_each_time_and_not_kept(tmp_path: Path, truck: Profile) -> None:
    bad = tmp_path / "bad.csv"
    bad.write_text("x_m,y_m\n0,0\n")
    kept = RouteCache(tmp_path / "cache")
    for path in (bad, tmp_path / "none.csv", tmp_path):
        for _ in range(2):
            with pytest.raises(RouteError):
                kept.load(path, truck)
    assert not (tmp_path / "cache").exists()


def test_a_file_that_changes_while_it_is_read_is_not_kept_as_what_it_was(
    tmp_path: Path, truck: Profile, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "yard.csv"
    shutil.copy(YARD, path)
    contents = iter([YARD.read_bytes(), b"changed"])
    monkeypatch.setattr(route_cache, "_content", lambda path: next(contents))
    kept = RouteCache(tmp_path / "cache")
    kept.load(path, truck)
    assert not (tmp_path / "cache").exists()


def test_a_warm_start_fits_nothing(tmp_path: Path, truck: Profile) -> None:
    RouteCache(tmp_path).load(YARD, truck)
    program = f"""
import sys
from pathlib import Path
from firmware_runtime.motion.route_cache import RouteCache
from firmware_runtime.vehicle.load import load_profile
cache = RouteCache(Path({str(tmp_path)!r}))
cache.load(Path({str(YARD)!r}), load_profile({str(ROOT / "configs" / "q_truck.toml")!r}))
print(cache.hits, [name for name in sys.modules if "route_fit" in name or "route_build" in name])
"""
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "1 []", told.stdout
