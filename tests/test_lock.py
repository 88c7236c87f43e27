"""The lock pins everything the project asks for, and is what the tests run with."""

import re
import tomllib
from importlib import metadata
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tidy.source import ROOT

REMEDY = "Run: make lock"


def pins_of(lock: str) -> dict[str, Requirement]:
    """The pinned packages of a lock by canonical name, with their markers."""
    text = re.sub(r"\\\n\s*--hash=\S+", "", lock)
    requirements = [
        Requirement(line.strip()) for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")
    ]
    return {canonicalize_name(requirement.name): requirement for requirement in requirements}


def asked_for(pyproject: dict[str, Any]) -> list[Requirement]:
    """Every direct dependency: to run, to build, and of every group."""
    groups = [entry for group in pyproject["dependency-groups"].values() for entry in group if isinstance(entry, str)]
    return [
        Requirement(text)
        for text in (*pyproject["project"]["dependencies"], *pyproject["build-system"]["requires"], *groups)
    ]


def unmet(asked: list[Requirement], pins: dict[str, Requirement]) -> list[str]:
    """Requirements that the lock does not name, or pins to a version that does not satisfy them."""
    findings = []
    for requirement in asked:
        pin = pins.get(canonicalize_name(requirement.name))
        if pin is None:
            findings.append(f"{requirement} is not in the lock. {REMEDY}")
        elif not requirement.specifier.contains(version_of(pin), prereleases=True):
            findings.append(f"{requirement} is locked at {version_of(pin)}. {REMEDY}")
    return findings


def version_of(pin: Requirement) -> str:
    (specifier,) = pin.specifier
    assert specifier.operator == "==", f"{pin} is not pinned to one version. {REMEDY}"
    return specifier.version


LOCK = (ROOT / "requirements.lock").read_text()
PINS = pins_of(LOCK)


def test_the_lock_has_every_direct_dependency() -> None:
    assert not unmet(asked_for(tomllib.loads((ROOT / "pyproject.toml").read_text())), PINS)


def test_a_dependency_that_is_not_locked_is_caught() -> None:
    pins = pins_of(
        "# made\naiohttp==3.14.5 \\\n    --hash=sha256:00 \\\n    --hash=sha256:11\n    # via quorate\nrich==15.0.0 ; sys_platform == 'x'\n"
    )
    assert set(pins) == {"aiohttp", "rich"}
    assert not unmet([Requirement("AioHTTP>=3.11,<4"), Requirement("rich")], pins)
    assert unmet([Requirement("aiohttp<3.14"), Requirement("typer")], pins) == [
        f"aiohttp<3.14 is locked at 3.14.5. {REMEDY}",
        f"typer is not in the lock. {REMEDY}",
    ]


def test_every_pin_has_a_hash() -> None:
    for name, entry in re.findall(
        r"^([A-Za-z0-9._-]+)==(.*?)(?=^[A-Za-z0-9]|\Z)", LOCK, flags=re.MULTILINE | re.DOTALL
    ):
        assert "--hash=sha256:" in entry, f"{name} has no hash. {REMEDY}"


def test_what_is_installed_is_what_is_locked() -> None:
    for name, pin in PINS.items():
        if pin.marker is None or pin.marker.evaluate():
            assert metadata.version(name) == version_of(pin), f"{name} differs from the lock. Run: make test"


def test_what_the_pins_need_is_pinned_too() -> None:
    """Nothing is left for the installer to choose."""
    for name, pin in PINS.items():
        if pin.marker is None or pin.marker.evaluate():
            needed = [Requirement(text) for text in metadata.requires(name) or ()]
            here = [one for one in needed if one.marker is None or one.marker.evaluate({"extra": ""})]
            assert not unmet(here, PINS), name
