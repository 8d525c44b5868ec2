"""A configuration is what was signed, or its difference is named; what is not signed is not deployed."""

import os
import stat
from pathlib import Path
from typing import NamedTuple

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from firmware_runtime.executive.command import main
from firmware_runtime.executive.deployment import signing
from firmware_runtime.executive.deployment.permission import Rights, no_manifest, permit, require_signed
from firmware_runtime.vehicle.problems import Problem
from tests.vehicle.support import (
    BODY_DBC,
    CALIBRATION_FILE,
    DRIVE_DBC,
    PROFILE_FILE,
    Configuration,
)

ROUTE = "configs/routes/yard_short.csv"
ALL = Rights(True, True)


class Signed(NamedTuple):
    """A configuration with its manifest and the keys of who signed it."""

    configuration: Configuration
    folder: Path

    @property
    def manifest(self) -> Path:
        return self.folder / "manifest"

    @property
    def key(self) -> Path:
        return self.folder / "key.pem"

    @property
    def public(self) -> Path:
        return self.folder / "key.pub.pem"

    @property
    def route(self) -> Path:
        return self.configuration.folder / ROUTE

    def problems(self) -> list[str]:
        found = require_signed(self.configuration.load(), [self.route], self.manifest, self.public)
        return [str(problem) for problem in found]

    def verify(self) -> int:
        named = [
            "--manifest",
            str(self.manifest),
            "--public-key",
            str(self.public),
            "--route",
            str(self.route),
        ]
        return main(["manifest", "verify", str(self.configuration.profile), *named])


@pytest.fixture
def signed(configuration: Configuration, tmp_path: Path) -> Signed:
    it = Signed(configuration, tmp_path)
    assert main(["manifest", "keygen", "--key", str(it.key), "--public-key", str(it.public)]) == 0
    assert sign(it) == 0
    return it


def sign(it: Signed, key: Path | None = None) -> int:
    where = ["--key", str(key or it.key), "--out", str(it.manifest), "--route", str(it.route)]
    return main(["manifest", "sign", str(it.configuration.profile), *where])


def test_what_was_signed_is_verified(signed: Signed, capsys: pytest.CaptureFixture[str]) -> None:
    assert signed.problems() == []
    assert signed.verify() == 0
    assert "q_truck QT-0001" in capsys.readouterr().out
    assert stat.S_IMODE(signed.key.stat().st_mode) == 0o600


EDITS = [
    (PROFILE_FILE, "soc_min = 0.10", "soc_min = 0.11", "profile"),
    (CALIBRATION_FILE, "brake_gain = 1.0", "brake_gain = 1.1", "calibration"),
    (DRIVE_DBC, 'VERSION "', 'VERSION "x', "bus drive"),
    (BODY_DBC, 'VERSION "', 'VERSION "x', "bus body"),
    (ROUTE, "x_m", "x_m", "route yard_short.csv"),
]


@pytest.mark.parametrize(("file", "old", "new", "role"), EDITS, ids=[row[3] for row in EDITS])
def test_a_difference_names_its_file(
    file: str, old: str, new: str, role: str, signed: Signed, capsys: pytest.CaptureFixture[str]
) -> None:
    path = signed.configuration.folder / file
    content = path.read_bytes()
    path.write_bytes(content.replace(old.encode(), new.encode(), 1) + b"\n")
    (told,) = signed.problems()
    assert told.startswith(f"{signed.manifest}: {role}: expected sha256 ")
    assert told.endswith(os.path.normpath(file))
    assert signed.verify() == 1
    answer = capsys.readouterr().out
    assert "not the configuration that was signed: 1 differ" in answer
    assert told in answer


def test_a_part_of_the_signed_route_is_no_deployment(
    signed: Signed, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["run-control", str(signed.configuration.profile), "--route", str(signed.route)]
    command += ["--manifest", str(signed.manifest), "--public-key", str(signed.public)]
    link = tmp_path / "link"
    link.mkdir()
    assert main([*command, "--link", str(link), "--distance", "50"]) == 2
    said = capsys.readouterr().err
    assert "--distance: expected the whole of the signed route, got its first 50 m" in said
    assert list(link.iterdir()) == [], "before a link is touched"


def test_all_differences_are_told_at_once(signed: Signed) -> None:
    for file in (CALIBRATION_FILE, DRIVE_DBC):
        path = signed.configuration.folder / file
        path.write_bytes(path.read_bytes() + b"\n")
    assert [text.split(": ")[1] for text in signed.problems()] == ["calibration", "bus drive"]


def test_another_code_is_another_configuration(signed: Signed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("firmware_runtime.vehicle.manifest.code_digest", lambda: "0" * 64)
    assert any(": code: expected the runtime " in text for text in signed.problems())


def test_a_route_that_was_not_signed_is_not_driven(signed: Signed) -> None:
    other = signed.folder / "other.csv"
    other.write_bytes(signed.route.read_bytes())
    found = require_signed(signed.configuration.load(), [other], signed.manifest, signed.public)
    assert [problem.key for problem in found] == ["route other.csv"]


def test_the_supervisor_drives_no_route_and_needs_none(signed: Signed) -> None:
    assert require_signed(signed.configuration.load(), [], signed.manifest, signed.public) == ()


def test_every_changed_byte_of_a_manifest_is_found_out(signed: Signed) -> None:
    content = signed.manifest.read_bytes()
    key = signing.read_public_key(signed.public)
    assert signing.signed_text(content, key) == content[: content.rindex(b"ed25519 ")]
    names = content.rindex(b"ed25519 ") + len(b"ed25519 ")
    for place in range(len(content)):
        if names <= place < names + 16:
            continue  # The key's name is for people; trusted is the key.
        changed = bytearray(content)
        changed[place] ^= 1
        with pytest.raises(signing.SignatureRefused):
            signing.signed_text(bytes(changed), key)
    for cut in (0, 1, len(content) // 2, len(content) - 1):
        with pytest.raises(signing.SignatureRefused):
            signing.signed_text(content[:cut], key)


def test_another_key_is_refused(signed: Signed) -> None:
    other = signed.folder / "other.pem"
    signing.make_keys(other, signed.folder / "other.pub.pem")
    assert sign(signed, other) == 0
    (told,) = signed.problems()
    assert "expected a signature of this text by key" in told
    assert signed.verify() == 1


def test_a_signature_of_something_else_is_none_of_a_manifest(signed: Signed) -> None:
    """The key signed these very bytes, but not as a manifest."""
    text = signed.manifest.read_bytes().rpartition(b"ed25519 ")[0]
    key = signing.read_private_key(signed.key)
    name = signing.key_name(key.public_key())
    signed.manifest.write_bytes(text + f"ed25519 {name} {key.sign(text).hex()}\n".encode())
    assert "expected a signature of this text" in signed.problems()[0]


@pytest.mark.parametrize("text", [b"\n", b"{}\n", b'{"format": 2}\n'])
def test_a_signed_text_that_is_no_manifest_is_refused(text: bytes, signed: Signed) -> None:
    signed.manifest.write_bytes(signing.sign(text, signing.read_private_key(signed.key)))
    (told,) = signed.problems()
    assert "expected a manifest that can be read" in told


def test_a_manifest_of_a_later_format_is_refused(signed: Signed) -> None:
    text = signed.manifest.read_bytes().rpartition(b"ed25519 ")[0].replace(b'"format": 1', b'"format": 2')
    signed.manifest.write_bytes(signing.sign(text, signing.read_private_key(signed.key)))
    assert "format 2, expected 1" in signed.problems()[0]


def test_a_manifest_that_contradicts_itself_is_refused(signed: Signed) -> None:
    text = signed.manifest.read_bytes().rpartition(b"ed25519 ")[0]
    at = text.index(b'"identity": "') + len(b'"identity": "')
    text = text[:at] + b"0" * 64 + text[at + 64 :]
    signed.manifest.write_bytes(signing.sign(text, signing.read_private_key(signed.key)))
    assert ": identity: expected 0000000000000000..." in signed.problems()[0]


def test_a_manifest_of_more_than_this_profile_is_refused(signed: Signed) -> None:
    text = signed.manifest.read_bytes().rpartition(b"ed25519 ")[0].replace(b"bus body", b"bus third")
    signed.manifest.write_bytes(signing.sign(text, signing.read_private_key(signed.key)))
    assert [told.split(": ")[1] for told in signed.problems()] == ["bus body", "bus third"]


def test_files_that_are_no_keys_are_told_with_status_2(
    signed: Signed, capsys: pytest.CaptureFixture[str]
) -> None:
    other = ec.generate_private_key(ec.SECP256R1())
    private = {
        "other kind": other.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
        "passphrase": Ed25519PrivateKey.generate().private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret")
        ),
        "text": b"no key",
    }
    for content in private.values():
        wrong = signed.folder / "wrong.pem"
        wrong.write_bytes(content)
        assert sign(signed, wrong) == 2
        assert "expected an Ed25519 private key (PEM, without a passphrase)" in capsys.readouterr().err
    for content in (
        other.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        b"none",
    ):
        signed.public.write_bytes(content)
        assert signed.verify() == 2
        assert "expected an Ed25519 public key (PEM)" in capsys.readouterr().err
        assert len(signed.problems()) == 1
    signed.public.unlink()
    assert signed.verify() == 2


def test_a_key_is_never_overwritten(signed: Signed, capsys: pytest.CaptureFixture[str]) -> None:
    before = signed.key.read_bytes()
    assert main(["manifest", "keygen", "--key", str(signed.key), "--public-key", str(signed.public)]) == 2
    assert "expected a new file that can be written" in capsys.readouterr().err
    assert signed.key.read_bytes() == before


def test_a_manifest_that_cannot_be_written_or_read_is_told(signed: Signed) -> None:
    assert sign(signed._replace(folder=signed.folder / "none"), signed.key) == 2
    signed.manifest.unlink()
    assert signed.verify() == 2
    assert "No such file" in signed.problems()[0]


def test_routes_that_are_not_named_are_said_to_be_not_looked_at(
    signed: Signed, capsys: pytest.CaptureFixture[str]
) -> None:
    named = ["--manifest", str(signed.manifest), "--public-key", str(signed.public)]
    assert main(["manifest", "verify", str(signed.configuration.profile), *named]) == 0
    assert "not looked at, as no --route names them: yard_short.csv" in capsys.readouterr().out


UNSIGNED = (Problem("m", None, "", "a signature", "none"),)
DEPLOYED, DEVELOPED = "deployment", "development"
STARTS = [
    # purpose, --development, rights, unsigned -> starts, told as development on the bus
    (DEPLOYED, False, ALL, (), True, False),
    (DEPLOYED, False, ALL, UNSIGNED, False, False),
    (DEPLOYED, False, Rights(False, True), (), False, False),
    (DEPLOYED, False, Rights(True, False), (), False, False),
    (DEPLOYED, True, ALL, (), False, True),
    (DEPLOYED, True, Rights(False, False), UNSIGNED, False, True),
    (DEVELOPED, False, ALL, (), True, True),
    (DEVELOPED, False, ALL, UNSIGNED, False, True),
    (DEVELOPED, False, Rights(False, True), (), False, True),
    (DEVELOPED, True, Rights(False, False), UNSIGNED, True, True),
    (DEVELOPED, True, ALL, (), True, True),
]


@pytest.mark.parametrize(("purpose", "asked", "rights", "unsigned", "starts", "told"), STARTS)
def test_only_what_is_signed_and_has_its_rights_starts_or_says_that_it_is_development(
    purpose: str,
    asked: bool,
    rights: Rights,
    unsigned: tuple[Problem, ...],
    starts: bool,
    told: bool,
    configuration: Configuration,
) -> None:
    configuration.edit(PROFILE_FILE, 'purpose = "development"', f'purpose = "{purpose}"')
    start = permit(configuration.load(), asked, rights, unsigned)
    assert (start.problems == (), start.development) == (starts, told)


def test_every_reason_is_told(configuration: Configuration) -> None:
    configuration.edit(PROFILE_FILE, 'purpose = "development"', "")
    profile = configuration.load()
    start = permit(profile, True, Rights(False, False), no_manifest(profile))
    told = " ".join(map(str, start.problems))
    assert len(start.problems) == 4
    for words in ('"deployment"', "a signed manifest", "real-time priority", "to lock memory"):
        assert words in told


def test_a_profile_that_says_nothing_is_a_deployment_profile(configuration: Configuration) -> None:
    configuration.edit(PROFILE_FILE, 'purpose = "development"', "")
    assert configuration.load().data.purpose == "deployment"


def test_there_are_two_purposes(configuration: Configuration) -> None:
    line = configuration.edit(PROFILE_FILE, 'purpose = "development"', 'purpose = "demo"')
    problem = configuration.problem()
    assert (problem.line, problem.key, problem.got) == (line, "purpose", '"demo"')
    assert problem.expected == '"deployment" or "development"'


def test_committed_profiles_have_assumed_figures_and_are_not_for_deployment(
    configuration: Configuration,
) -> None:
    for path in sorted((configuration.folder / "configs").glob("*.toml")):
        if not path.name.endswith(".calibration.toml"):
            assert 'purpose = "development"' in path.read_text(), path
