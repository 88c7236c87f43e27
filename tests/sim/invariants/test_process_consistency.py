"""Process Consistency."""

import pytest

from quorate.core.durable import Durable
from quorate.core.effects import Effect
from quorate.sim.invariants import InvariantBrokenError, ProcessConsistency
from sim.stage import HISTORIES, Puppet, Stage, entries


def spreading(terms: str = "11") -> Stage:
    """Node 1 has this log, and spreads it for term 2."""
    stage = Stage(ProcessConsistency, histories=HISTORIES)
    stage.one.store(entries=entries(terms))
    stage.one.step(role="leading", term=2, spreads=2)
    return stage


def take_over(puppet: Puppet, *effects: Effect) -> None:
    puppet.step(*effects, role="following", term=2)


def test_a_prefix_and_what_the_leader_adds() -> None:
    stage = spreading()
    take_over(stage.two, stage.two.persist(entries=entries("1")))
    stage.one.write(entries=entries("22", first=3))
    stage.two.write(entries=entries("1", first=2))
    stage.two.write(entries=entries("2", first=3))


def test_an_entry_that_is_not_the_leaders_when_the_history_is_taken_over() -> None:
    stage = spreading()
    stage.two.store(entries=entries("111"))
    with pytest.raises(
        InvariantBrokenError, match=r"node 2 .* term 2, and has an entry of term 1 at index 3, .* has None"
    ):
        take_over(stage.two)


def test_an_entry_that_is_not_the_leaders_after_that() -> None:
    stage = spreading()
    take_over(stage.two, stage.two.persist(entries=entries("11")))
    stage.one.write(entries=entries("2", first=3))
    with pytest.raises(InvariantBrokenError, match=r"node 2 .* an entry of term 1 at index 3, where that leader has 2"):
        stage.two.write(entries=entries("1", first=3))


def test_a_follower_adds_nothing_of_its_own() -> None:
    stage = spreading()
    take_over(stage.two, stage.two.persist(entries=entries("11")))
    with pytest.raises(InvariantBrokenError, match=r"node 2 .* an entry of term 2 at index 3"):
        stage.two.write(entries=entries("2", first=3))


def test_a_history_that_nobody_spread() -> None:
    stage = Stage(ProcessConsistency, histories=HISTORIES)
    with pytest.raises(InvariantBrokenError, match="node 2 has taken over a history for term 2, which nobody spread"):
        take_over(stage.two)


def test_a_log_that_is_ahead_of_its_term_after_a_crash_is_compared_when_it_is_taken_over() -> None:
    stage = spreading()
    stage.two.restart(Durable(entries=entries("111")))
    with pytest.raises(InvariantBrokenError, match="has an entry of term 1 at index 3"):
        take_over(stage.two)


def test_the_same_node_may_begin_again_if_its_first_process_left_nothing() -> None:
    stage = spreading()
    stage.one.restart(Durable(entries=entries("11")))
    stage.one.term = 1
    stage.one.step(role="leading", term=2, spreads=2)
    stage.one.write(entries=entries("2", first=3))
