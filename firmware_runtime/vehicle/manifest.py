"""What a configuration is made of, file by file with its digest: the text that is signed; start-up only.

The identity says that something differs; the manifest says which file.
"""

import hashlib
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import msgspec

from firmware_runtime.vehicle.configuration_files import ConfigurationFile
from firmware_runtime.vehicle.identity import code_digest, identity_with_routes
from firmware_runtime.vehicle.load import Profile
from firmware_runtime.vehicle.problems import Problem, quoted

FORMAT = 1
_ROUTE = "route "


class ManifestFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    role: str
    """See ConfigurationFile.role."""
    name: str
    """Of the file without its folder, for people."""
    sha256: str
    """Of its bytes, 64 hex digits."""


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    format: int
    vehicle: str
    serial_number: str
    identity: str
    """Over all of it: profile, calibration, DBCs, code, routes (`identity_with_routes`)."""
    code: str
    """Digest of the runtime's own modules."""
    files: tuple[ManifestFile, ...]

    @property
    def routes(self) -> dict[str, str]:
        """File name of each route -> its digest."""
        routes = (file for file in self.files if file.role.startswith(_ROUTE))
        return {file.role.removeprefix(_ROUTE): file.sha256 for file in routes}


class Difference(NamedTuple):
    """One thing that is not as the manifest says."""

    what: str
    expected: str
    got: str

    def problem(self, manifest: str) -> Problem:
        return Problem(manifest, None, self.what, self.expected, self.got)


def make_manifest(
    profile: Profile, files: Iterable[ConfigurationFile], routes: Iterable[ConfigurationFile]
) -> Manifest:
    """files: of the profile (`profile_files`); routes: `route_files`."""
    listed = [ManifestFile(file.role, file.path.name, digest(file.content)) for file in (*files, *routes)]
    manifest = Manifest(
        format=FORMAT,
        vehicle=profile.data.vehicle.name,
        serial_number=profile.calibration.serial_number,
        identity="",
        code=code_digest(),
        files=tuple(listed),
    )
    whole = identity_with_routes(profile.identity, manifest.routes)
    return msgspec.structs.replace(manifest, identity=whole)


def as_text(manifest: Manifest) -> bytes:
    """JSON that people can read; the same manifest gives the same bytes."""
    return msgspec.json.format(msgspec.json.encode(manifest), indent=1) + b"\n"


def read_text(text: bytes) -> Manifest:
    """Raises ValueError with what is wrong."""
    manifest = msgspec.json.decode(text, type=Manifest)
    if manifest.format != FORMAT:
        raise ValueError(f"format {manifest.format}, expected {FORMAT}")
    return manifest


def differences(
    manifest: Manifest,
    profile: Profile,
    files: Sequence[ConfigurationFile],
    routes: Sequence[ConfigurationFile],
) -> tuple[Difference, ...]:
    """All that is not as the manifest says; empty where everything is.

    Every file of the profile must be named and no other but routes; of the routes only those that are given
    are looked at, since the supervisor drives none.
    """
    found: list[Difference] = []
    named = {file.role: file for file in manifest.files}
    for file in (*files, *routes):
        entry, got = named.get(file.role), digest(file.content)
        if entry is None:
            found.append(Difference(file.role, "a file that the manifest names", str(file.path)))
        elif entry.sha256 != got:
            told = f"{got[:16]}... in {file.path}"
            found.append(Difference(file.role, f"sha256 {entry.sha256[:16]}...", told))
    roles = {file.role for file in files}
    for role, entry in named.items():
        if role not in roles and not role.startswith(_ROUTE):
            found.append(Difference(role, f"{quoted(entry.name)} in this profile", "nothing"))
    if manifest.code != code_digest():
        got = f"{code_digest()[:16]}..."
        found.append(Difference("code", f"the runtime {manifest.code[:16]}...", got))
    # What is left cannot be seen file by file: two roles of one name, or a manifest that contradicts itself.
    whole = identity_with_routes(profile.identity, manifest.routes)
    if not found and manifest.identity != whole:
        found.append(Difference("identity", f"{manifest.identity[:16]}...", f"{whole[:16]}..."))
    return tuple(found)


def digest(content: bytes) -> str:
    """SHA-256, 64 hex digits."""
    return hashlib.sha256(content).hexdigest()
