"""Durable before it is said."""

import pytest

from quorate.core.durable import LogPoint
from quorate.core.events import Persisted
from quorate.core.message import Message
from quorate.sim.invariants import InvariantBrokenError, PersistBeforeSend
from sim.stage import GRANTS, HISTORIES, Ballot, Epochs, Grant, Said, Stage, entries


def test_what_is_on_the_disk_may_be_said() -> None:
    stage = Stage(PersistBeforeSend, grants=GRANTS)
    stage.one.store(hard_state=Ballot(71))
    stage.one.send(Grant(71, 1))
    stage.one.send(Grant(62, 2))


def test_a_write_that_has_ended_counts_before_the_node_has_stepped_by_it() -> None:
    stage = Stage(PersistBeforeSend, grants=GRANTS)
    stage.one.write(hard_state=Ballot(71))
    stage.observer.stored(1, Persisted(stage.one.position))
    stage.one.send(Grant(71, 1))


def test_what_is_under_way_may_not() -> None:
    stage = Stage(PersistBeforeSend, grants=GRANTS)
    stage.one.store(hard_state=Ballot(62))
    stage.one.write(hard_state=Ballot(71))
    stage.observer.stored(1, OSError("no"))
    with pytest.raises(InvariantBrokenError, match=r"node 1 sends Grant.*, and its disk has promised 62"):
        stage.one.send(Grant(71, 1))


def test_a_history_is_vouched_for_when_it_is_on_the_disk() -> None:
    stage = Stage(PersistBeforeSend, histories=HISTORIES)
    stage.one.store(entries=entries("12"), hard_state=Epochs(3, 2))
    stage.one.send(Said(promised=3, term=2, last=LogPoint(2, 2)))
    stage.one.send(Message())
    stage.one.write(entries=entries("3", first=3), hard_state=Epochs(3, 3))
    stage.observer.stored(1, Persisted(stage.one.position))
    stage.one.send(Said(term=3, last=LogPoint(3, 3)))


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (Said(promised=4), "its disk has promised 3 and taken over 2"),
        (Said(term=3), "its disk has promised 3 and taken over 2"),
        (Said(last=LogPoint(3, 3)), "index 3 is not so on its disk"),
        (Said(last=LogPoint(2, 1)), "index 2 is not so on its disk"),
    ],
)
def test_what_is_under_way_or_another_is_not_vouched_for(said: Said, words: str) -> None:
    stage = Stage(PersistBeforeSend, histories=HISTORIES)
    stage.one.store(entries=entries("12"), hard_state=Epochs(3, 2))
    stage.one.write(entries=entries("3", first=3), hard_state=Epochs(4, 3))
    with pytest.raises(InvariantBrokenError, match=words):
        stage.one.send(said)
