"""The two front doors: what users import, lazily."""

from __future__ import annotations

import importlib
import subprocess
import sys

import pytest


@pytest.mark.parametrize("package", ["quorate", "quorate.sim"])
def test_every_public_name_leads_to_something(package: str) -> None:
    door = importlib.import_module(package)
    assert sorted(door.__all__) == sorted({*door._HOME, *(["__version__"] if package == "quorate" else [])})
    for name in door.__all__:
        found = getattr(door, name)
        home = door._HOME.get(name)
        assert home is None or found is getattr(importlib.import_module(home), name)
    assert set(door.__all__) <= set(dir(door))


@pytest.mark.parametrize("package", ["quorate", "quorate.sim"])
def test_no_other_name_does(package: str) -> None:
    door = importlib.import_module(package)
    with pytest.raises(AttributeError, match=f"module '{package}' has no attribute 'Nobody'"):
        _ = door.Nobody


def test_a_door_that_nobody_goes_through_costs_nothing() -> None:
    program = "import sys; import quorate.sim; print([name for name in ('asyncio', 'msgspec', 'rich') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
