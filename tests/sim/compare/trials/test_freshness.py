"""One node has what nobody else has."""

from __future__ import annotations

import pytest

from quorate.core.ids import MILLISECOND
from quorate.sim.cluster import NeverError
from quorate.sim.compare.entrants import Entrant
from quorate.sim.compare.stage import Stage
from quorate.sim.compare.trials import freshness
from quorate.sim.compare.trials.freshness import freshest_survives


def passed_over(name: str, seeds: range) -> list[object]:
    return [freshest_survives(Stage(Entrant(name, name), 5, seed)).values["fresh_passed"] for seed in seeds]


def test_who_compares_logs_before_it_votes_elects_the_freshest() -> None:
    assert passed_over("zab", range(6)) == [0] * 6


def test_a_majority_that_lacks_it_may_elect_another() -> None:
    assert set(passed_over("raft", range(6))) == {0, 1}


def test_the_time_runs_from_the_loss_on() -> None:
    seen = freshest_survives(Stage(Entrant("zab", "zab"), 5, 1))
    took = seen.values["fresh_time"]
    assert took is not None
    assert 400 * MILLISECOND < took < 1000 * MILLISECOND


def test_a_trial_in_which_nobody_is_ahead_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(freshness, "TOLD_ONE", 1000)
    with pytest.raises(NeverError, match="has nothing that others lack"):
        freshest_survives(Stage(Entrant("zab", "zab"), 5, 1))
