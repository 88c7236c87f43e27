"""Fresh interpreters, each with its own hash seed."""

from __future__ import annotations

from pathlib import Path

import pytest

from quorate.core.errors import ConfigError
from quorate.sim.guard import interpreters
from quorate.sim.guard.interpreters import Task, compare_interpreters, run
from quorate.sim.guard.naming import Name, name_of
from quorate.sim.guard.rules import MachineBrokenError, Rule
from sim.guard import machines

WORDS = [b"one", b"two", b"", b"three", b"four", b"five"]


def name(machine: type[machines.Words]) -> Name:
    found = name_of(machine)
    assert found is not None
    return found


def test_a_task_gives_results_and_states() -> None:
    answer = run(Task(name(machines.Words), WORDS[:3]))
    assert [text for _, text in answer.results] == ["1", "2", "CommandError('an empty word')"]
    assert answer.states == {1: b'["one"]', 2: b'["one", "two"]', 3: b'["one", "two"]'}


def test_of_many_commands_some_states_are_looked_at_and_the_last() -> None:
    answer = run(Task(name(machines.Words), [b"w"] * 205))
    assert len(answer.states) == 11
    assert max(answer.states) == 205


def test_whatever_the_hash_seed_the_same() -> None:
    compare_interpreters(name(machines.Words), WORDS, (1, 2))


def test_a_result_in_the_order_of_a_set_is_found() -> None:
    with pytest.raises(
        MachineBrokenError, match=r"HashOrdered: apply of b'.*gives two results, under PYTHONHASHSEED=1 and "
    ) as caught:
        compare_interpreters(name(machines.HashOrdered), WORDS, (1, 2, 3))
    assert caught.value.rule is Rule.HASH_ORDER
    assert caught.value.place.position in range(1, 6)
    assert caught.value.results is not None
    assert sorted(caught.value.results[0].strip("'").split()) == sorted(caught.value.results[1].strip("'").split())


def test_a_state_in_the_order_of_hashes_is_found() -> None:
    with pytest.raises(MachineBrokenError, match="two snapshots, under PYTHONHASHSEED=1 and 2"):
        compare_interpreters(name(machines.HashOrderedState), WORDS, (1, 2))


def test_what_a_machine_prints_disturbs_nothing(tmp_path: Path) -> None:
    file = tmp_path / "printing.py"
    file.write_text(
        "class M:\n"
        "    def apply(self, command):\n        print(command)\n"
        "    def snapshot(self):\n        print('taken')\n        return b''\n"
        "    def restore(self, chunks): ...\n"
    )
    compare_interpreters(Name("printing", "M", str(file)), WORDS, (1, 2))


def test_a_module_that_cannot_be_imported_alone_is_told(tmp_path: Path) -> None:
    file = tmp_path / "needy.py"
    file.write_text("raise RuntimeError('not without my friends')\n")
    with pytest.raises(
        ConfigError, match=r"M of .*needy.py does not run in a fresh interpreter: RuntimeError: not without my friends"
    ):
        compare_interpreters(Name("needy", "M", str(file)), WORDS, (1,))


def test_an_interpreter_that_does_not_end_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "stuck.py"
    file.write_text("import threading\nthreading.Event().wait()\n")
    monkeypatch.setattr(interpreters, "TIMEOUT_S", 0.3)
    with pytest.raises(ConfigError, match=r"was not done after 0\.3 s"):
        compare_interpreters(Name("stuck", "M", str(file)), WORDS, (1,))
