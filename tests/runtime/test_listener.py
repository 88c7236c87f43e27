"""What a driver tells whoever listens, and when."""

from __future__ import annotations

from quorate.core.effects import Explain, LeaderChanged, Persist
from quorate.core.errors import InvariantError
from quorate.runtime.listener import Listener
from runtime.fakes import Ear, Hello, ScriptedAlgorithm, Table


def test_an_ear_is_a_listener() -> None:
    listener: Listener = Ear()
    listener.explained(Explain("because"))


def test_news_of_leaders_is_told_in_order() -> None:
    table = Table(ScriptedAlgorithm(LeaderChanged(2, 1))).start()
    table.say(LeaderChanged(None, 2), LeaderChanged(1, 2), LeaderChanged(1, 2, ready=True))
    assert table.ear.changes == [
        LeaderChanged(2, 1),
        LeaderChanged(None, 2),
        LeaderChanged(1, 2),
        LeaderChanged(1, 2, ready=True),
    ]
    assert table.driver.leader == 1


def test_news_of_a_leader_waits_for_the_disk_and_its_loss_does_not() -> None:
    table = Table().start()
    table.say(Persist(1), LeaderChanged(1, 2))
    assert (table.ear.changes, table.driver.leader) == ([], None)
    table.world.writes.finish()
    table.say(Persist(2), LeaderChanged(None, 2))
    assert table.ear.changes == [LeaderChanged(1, 2), LeaderChanged(None, 2)]


def test_explanations_are_told_at_once() -> None:
    table = Table().start()
    table.say(Persist(1), Explain("because", {"term": 3}))
    assert table.ear.explanations == [Explain("because", {"term": 3})]


def test_a_failure_is_told_once_when_everybody_is_answered() -> None:
    table = Table().start()
    caller = table.propose(b"a")
    told: list[int] = []
    table.ear.failed = lambda error: told.append(len(caller.told))  # type: ignore[method-assign]
    table.driver.fail(InvariantError("first"))
    table.driver.fail(InvariantError("second"))
    assert told == [1]


def test_steps_are_recorded_with_their_effects() -> None:
    table = Table().start()
    table.say(Explain("because"))
    assert [type(record.event).__name__ for record in table.ear.records] == ["NoneType", "Received"]
    assert table.ear.records[1].effects == (Explain("because"),)
    assert table.ear.records[1].node == 1
    assert table.ear.records[1].event is not None
    assert table.ear.records[1].event.message == Hello()  # type: ignore[union-attr]
