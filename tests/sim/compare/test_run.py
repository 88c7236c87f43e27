"""Every trial of every entrant."""

from __future__ import annotations

from functools import partial

import pytest

from quorate.sim.compare import run
from quorate.sim.compare.entrants import Entrant
from quorate.sim.compare.results import Setting, encode
from quorate.sim.compare.run import Task, TrialFailedError, collect, compare, perform, tasks
from quorate.sim.compare.stage import Observation, Stage
from quorate.sim.compare.trials.table import TRIALS, Trial
from sim.compare.biggest import in_catalog

RAFT = Entrant("raft", "raft")


def test_what_is_to_be_done() -> None:
    setting = Setting(nodes=5, sizes=(3, 5, 9), seeds=12)
    todo = tasks(setting, [RAFT])
    assert len(todo) == len(set(map(repr, todo)))
    assert {task.trial for task in todo if task.nodes == 5} == set(TRIALS)
    assert {task.trial for task in todo if task.nodes == 9} == {name for name, trial in TRIALS.items() if trial.sized}
    assert sum(task.trial == "dies" and task.nodes == 5 for task in todo) == 12
    assert sum(task.trial == "dies" and task.nodes == 9 for task in todo) == 10
    assert todo[0].nodes == 9


def test_an_algorithm_that_only_elects_takes_no_writes() -> None:
    with in_catalog() as name:
        todo = tasks(Setting(seeds=1), [Entrant(name, name)])
        assert {task.trial for task in todo} == set(TRIALS) - {"alone", "together", "fresh"}


def test_the_order_in_which_runs_end_does_not_matter() -> None:
    setting = Setting(nodes=3, sizes=(3, 4), seeds=2)
    outcomes = [perform(task) for task in tasks(setting, [RAFT]) if task.trial in ("cold", "dies")]
    found = collect(setting, [RAFT], outcomes)
    assert encode(collect(setting, [RAFT], outcomes[::-1])) == encode(found)
    assert [(cell.trial, cell.nodes) for cell in found.cells] == [("cold", 3), ("dies", 3), ("dies", 4)]
    assert [len(cell.values["dies_time"]) for cell in found.cells[1:]] == [2, 2]


def test_two_processes_find_what_one_finds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "TRIALS", {name: TRIALS[name] for name in ("cold", "rest", "paused")})
    setting = Setting(nodes=3, sizes=(), seeds=3)
    heard: list[tuple[int, int]] = []
    with in_catalog() as name:
        entrants = [RAFT, Entrant(name, name)]
        found = [
            encode(compare(setting, entrants, workers, lambda done, total: heard.append((done, total))))
            for workers in (1, 2)
        ]
    assert found[0] == found[1]
    total = 3 * 3 * len(entrants)
    assert heard[:3] == [(1, total), (2, total), (3, total)]
    assert heard[total - 1] == (total, total)


def test_a_trial_that_fails_names_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(stage: Stage) -> Observation:
        raise ValueError("no good")

    monkeypatch.setitem(TRIALS, "cold", Trial(broken))
    with pytest.raises(TrialFailedError, match=r"^raft, trial 'cold', 3 nodes, seed 4: ValueError: no good"):
        perform(Task(RAFT, "cold", 3, 4))
    assert partial(perform, Task(RAFT, "rest", 3, 4))().observation.values["rest_messages"]
