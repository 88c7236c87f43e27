"""Every trial there is, with any algorithm."""

from __future__ import annotations

import pytest

from quorate.sim.compare.entrants import Entrant
from quorate.sim.compare.measures import MEASURES
from quorate.sim.compare.stage import Stage
from quorate.sim.compare.trials.table import TRIALS
from sim.compare.biggest import in_catalog


@pytest.mark.parametrize("name", TRIALS)
def test_a_trial_sees_all_its_measures_and_only_those(name: str) -> None:
    seen = TRIALS[name].run(Stage(Entrant("raft", "raft"), 3, 1))
    assert set(seen.values) == {measure.name for measure in MEASURES.values() if measure.trial == name}
    assert all(value is not None and value >= 0 for value in seen.values.values())


@pytest.mark.parametrize("name", [name for name, trial in TRIALS.items() if not trial.logs_only])
def test_an_algorithm_that_only_elects_is_measured_as_far_as_it_goes(name: str) -> None:
    with in_catalog() as biggest:
        seen = TRIALS[name].run(Stage(Entrant(biggest, biggest), 3, 1))
    wanted = {measure.name for measure in MEASURES.values() if measure.trial == name and not measure.logs_only}
    assert set(seen.values) == wanted
    assert all(value is not None and value >= 0 for value in seen.values.values())
