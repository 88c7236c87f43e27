"""The directed nemesis: what is drawn, and that it brings about what it is for."""

from __future__ import annotations

import gc

import msgspec
import pytest

from quorate.algorithms.catalog import DEFAULT, find
from quorate.algorithms.logged.quorum import quorum_value
from quorate.algorithms.raft import commit
from quorate.algorithms.raft.state import RaftState
from quorate.core.ids import MILLISECOND, Index, Term
from quorate.sim.moments import moments_of
from quorate.sim.storms.faults import Replay
from quorate.sim.storms.plan import Plan, draw_plan
from quorate.sim.storms.run import run_plan
from quorate.sim.storms.scripts import Direction, draw_direction
from quorate.sim.storms.triggers import Trigger

SPEC = find(DEFAULT)
SEEDS = range(300)


def drawn(seed: int, nodes: int = 5, *, datagrams: bool = False) -> Direction:
    return draw_direction(seed, nodes, SPEC, 500 * MILLISECOND, datagrams=datagrams)


def opening(trigger: Trigger) -> tuple[str, ...]:
    return tuple(step.moment for step in trigger.steps)


FIGURE_8 = ("elected", "elected", "older_term_on_quorum")
OVERTAKEN = ("first_commit_of_term", "elected", "first_commit_of_term")


def scripted(moments: tuple[str, ...]) -> list[Plan]:
    """The first few plans that have that script."""
    plans = (draw_plan(seed) for seed in range(1000))
    return [plan for plan in plans if any(opening(trigger) == moments for trigger in plan.triggers)][:25]


def test_a_seed_has_its_triggers_whatever_else_is_drawn_and_seeds_differ() -> None:
    assert drawn(5) == drawn(5)
    assert len({msgspec.json.encode(drawn(seed)) for seed in range(50)}) > 40


def test_triggers_have_numbers_of_their_own_and_moments_that_there_are() -> None:
    for seed in SEEDS:
        triggers = drawn(seed).triggers
        assert [trigger.number for trigger in triggers] == list(range(1, len(triggers) + 1))
        assert all(step.moment in moments_of(SPEC) for trigger in triggers for step in trigger.steps)


def test_every_script_is_drawn_and_some_seeds_have_none() -> None:
    seen = {opening(trigger) for seed in SEEDS for trigger in drawn(seed).triggers}
    assert {FIGURE_8, OVERTAKEN, ("first_commit_of_term", "snapshot_installed")} <= seen
    assert sum(not drawn(seed).triggers for seed in SEEDS) > 20


def test_an_algorithm_that_only_elects_gets_triggers_of_elections_only() -> None:
    electing = msgspec.structs.replace(SPEC, keeps_log=False)
    for seed in SEEDS:
        for trigger in draw_direction(seed, 5, electing, 500 * MILLISECOND).triggers:
            assert set(opening(trigger)) <= {
                "elected",
                "leader_by_one_vote",
                "voted",
                "two_leaders",
                "stepped_down",
            }


def test_a_single_node_has_no_script_and_links_have_no_replay() -> None:
    for seed in SEEDS:
        assert all(len(trigger.steps) == 1 for trigger in drawn(seed, nodes=1).triggers)
        faults = [fault for trigger in drawn(seed).triggers for step in trigger.steps for fault in step.faults]
        assert not any(isinstance(fault, Replay) for fault in faults)


def count_replicas(raft: RaftState) -> bool:
    """The famous mistake: an entry of an earlier term counts as committed as soon as a majority has it."""
    held = {peer: progress.match for peer, progress in raft.progress.items()} | {raft.me: raft.durable}
    index = quorum_value(raft.voters, held)
    if index <= raft.commit:
        return False
    raft.commit = index
    return True


def first_bite(plans: list[Plan]) -> str:
    """What the first of these storms that fails says."""
    for plan in plans:
        failure = run_plan(plan).failure
        gc.collect()
        if failure:
            return failure
    return "nothing was found"


def test_figure_8_happens_and_shows_a_commit_by_counting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("quorate.algorithms.raft.replication.advance_commit", count_replicas)
    monkeypatch.setattr(commit, "advance_commit", count_replicas)
    assert "Leader Completeness" in first_bite(scripted(FIGURE_8))


def test_the_overtaken_leader_shows_votes_for_the_longer_log(monkeypatch: pytest.MonkeyPatch) -> None:
    def longer(raft: RaftState, last_index: Index, _last_term: Term) -> bool:
        return last_index >= raft.log.last_index

    monkeypatch.setattr(RaftState, "log_is_current", longer)
    assert "Leader Completeness" in first_bite(scripted(OVERTAKEN))
