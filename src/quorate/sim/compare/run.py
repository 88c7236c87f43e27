"""Every trial of every entrant, on all cores."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from quorate.core.errors import QuorateError
from quorate.sim.compare.entrants import Entrant
from quorate.sim.compare.results import Cell, Comparison, Setting, Strip
from quorate.sim.compare.stage import Count, Observation, Stage, Value
from quorate.sim.compare.trials.table import TRIALS
from quorate.sim.storms.pool import spread

CHUNK = 2
"""Trials a process takes at once: the longest last seconds."""


class TrialFailedError(QuorateError):
    """A trial ended in an error: a rule was broken, or a calm cluster does not work."""


class Task(msgspec.Struct, frozen=True):
    """One run of one trial."""

    entrant: Entrant
    trial: str
    nodes: int
    seed: int


class Outcome(msgspec.Struct, frozen=True):
    """What became of a task."""

    task: Task
    observation: Observation


def tasks(setting: Setting, entrants: Sequence[Entrant]) -> list[Task]:
    """Everything to do, the biggest clusters first: they take longest, and nobody should have to wait for one at the end."""
    sizes = sorted({setting.nodes, *setting.sizes}, reverse=True)
    return [
        Task(entrant, name, nodes, seed)
        for nodes in sizes
        for entrant in entrants
        for name, trial in TRIALS.items()
        if (nodes == setting.nodes or trial.sized) and (entrant.keeps_log or not trial.logs_only)
        for seed in setting.seeds_for(nodes)
    ]


def perform(task: Task) -> Outcome:
    """One run. Raises `TrialFailedError`, which names the task."""
    try:
        stage = Stage(task.entrant, task.nodes, task.seed)
        return Outcome(task, TRIALS[task.trial].run(stage))
    except Exception as error:
        raise TrialFailedError(
            f"{task.entrant.label}, trial {task.trial!r}, {task.nodes} nodes, seed {task.seed}: "
            f"{type(error).__name__}: {error}; a storm of the same algorithm should tell more"
        ) from error


def compare(
    setting: Setting,
    entrants: Sequence[Entrant],
    workers: int = 0,
    told: Callable[[int, int], object] = lambda _done, _total: None,
) -> Comparison:
    """Measure. `told(done, total)` hears of each trial that ends. The result depends on nothing but the setting and the entrants."""
    todo = tasks(setting, entrants)
    outcomes = []
    for outcome in spread(perform, todo, workers, chunk=CHUNK):
        outcomes.append(outcome)
        told(len(outcomes), len(todo))
    return collect(setting, entrants, outcomes)


def collect(setting: Setting, entrants: Sequence[Entrant], outcomes: Sequence[Outcome]) -> Comparison:
    """Put together what came in any order."""
    groups: dict[tuple[str, str, int], list[Outcome]] = {}
    for outcome in sorted(outcomes, key=lambda outcome: outcome.task.seed):
        task = outcome.task
        groups.setdefault((task.entrant.label, task.trial, task.nodes), []).append(outcome)
    order = {entrant.label: place for place, entrant in enumerate(entrants)}
    trials = {name: place for place, name in enumerate(TRIALS)}
    keys = sorted(groups, key=lambda key: (order[key[0]], trials[key[1]], key[2]))
    cells, strips = [], []
    for key in keys:
        seen = [outcome.observation for outcome in groups[key]]
        cells.append(Cell(*key, _values(seen), _kinds(seen)))
        timeline = seen[0].timeline
        if timeline is not None:
            strips.append(Strip(key[0], key[1], timeline))
    return Comparison(setting, tuple(entrants), tuple(cells), tuple(strips))


def _values(seen: Sequence[Observation]) -> dict[str, list[Value]]:
    return {name: [one.values[name] for one in seen] for name in seen[0].values}


def _kinds(seen: Sequence[Observation]) -> dict[str, list[Count]]:
    kinds = sorted({kind for one in seen for kind in one.kinds})
    return {kind: [one.kinds.get(kind, 0) for one in seen] for kind in kinds}
