"""The machine of the storms."""

import pytest

from quorate.core.machine import StateMachine
from quorate.sim.clients.history import History
from quorate.sim.clients.journal import Journal
from quorate.sim.invariants import InvariantBrokenError


def test_it_remembers_returns_positions_and_reports() -> None:
    history = History()
    journal = Journal(1, history)
    assert isinstance(journal, StateMachine)
    assert [journal.apply(b"a"), journal.apply(b"b")] == [0, 1]
    assert journal.commands == history.order == [b"a", b"b"]
    journal.check_complete()


def test_a_snapshot_carries_all() -> None:
    history = History()
    journal, other = Journal(1, history), Journal(2, history)
    journal.apply(b"a")
    journal.apply(b"b")
    snapshot = journal.snapshot()
    journal.apply(b"c")
    other.restore([snapshot[:3], snapshot[3:]])
    assert other.commands == [b"a", b"b"]
    with pytest.raises(InvariantBrokenError, match="node 2 ends with 2 commands of 3"):
        other.check_complete()
    assert other.apply(b"c") == 2


def test_a_machine_that_parts_from_the_others_is_caught() -> None:
    history = History()
    Journal(1, history).apply(b"a")
    with pytest.raises(InvariantBrokenError, match="Same order"):
        Journal(2, history).apply(b"b")
