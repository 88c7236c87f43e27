"""By which name another interpreter finds something."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path

import pytest

from quorate.core.errors import ConfigError
from quorate.machines.kv import KeyValueMachine
from quorate.sim.guard.naming import Name, name_of
from sim.guard import machines
from sim.guard.machines import Words


class Outer:
    class Inner(Words):
        pass

    @staticmethod
    def make() -> Words:
        return Words()


def make_words() -> Words:
    return Words()


def test_what_is_at_the_top_of_a_module_has_a_name() -> None:
    assert name_of(Words) == Name("sim.guard.machines", "Words", machines.__file__)
    assert name_of(make_words) == Name(__name__, "make_words", __file__)
    assert name_of(Outer.Inner) == Name(__name__, "Outer.Inner", __file__)
    assert name_of(Outer.make) == Name(__name__, "Outer.make", __file__)


def test_what_others_cannot_find_has_none() -> None:
    class Local(Words):
        pass

    impostor = type("Words", (Words,), {"__module__": "sim.guard.machines"})
    for target in (Local, lambda: Words(), partial(Words), Words().apply, impostor, 3):
        assert name_of(target) is None, target


@pytest.mark.parametrize("target", [Words, KeyValueMachine, Outer.Inner, make_words])
def test_a_name_leads_back(target: object) -> None:
    name = name_of(target)
    assert name is not None
    assert name.load() is target


def test_a_program_is_loaded_from_its_file_without_running_its_main(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "program.py"
    program.write_text("class M: ...\nif __name__ == '__main__':\n    raise SystemExit\n")
    monkeypatch.delitem(sys.modules, "__quorate_main__", raising=False)
    assert Name("__main__", "M", str(program)).load().__name__ == "M"
    monkeypatch.delitem(sys.modules, "__quorate_main__")


def test_a_test_file_that_no_path_leads_to_is_loaded_from_its_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "test_elsewhere.py"
    file.write_text("from dataclasses import dataclass\n@dataclass\nclass M:\n    x: int = 3\n")
    assert Name("deep.folder.test_elsewhere", "M", str(file)).load()().x == 3
    monkeypatch.delitem(sys.modules, "deep.folder.test_elsewhere")


def test_a_file_of_the_same_name_elsewhere_is_not_mistaken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "colorsys.py"
    file.write_text("class M: ...\n")
    monkeypatch.delitem(sys.modules, "colorsys", raising=False)
    assert Name("colorsys", "M", str(file)).load().__name__ == "M"
    monkeypatch.delitem(sys.modules, "colorsys")


def test_what_is_not_there_is_told() -> None:
    with pytest.raises(ConfigError, match=r"sim\.guard\.machines\.Nobody is not in "):
        Name("sim.guard.machines", "Nobody", machines.__file__).load()
    with pytest.raises(ConfigError, match="no_such_module cannot be imported, neither by its name nor from ''"):
        Name("no_such_module", "M").load()
