"""What every node that keeps a log has: effects in order, and what a write vouches for."""

import pytest

from algorithms.logged.duty import Keeper
from quorate.algorithms.logged.pending import Asker
from quorate.core.configuration import Configuration, Member, encode_configuration
from quorate.core.durable import Durable, LogPoint
from quorate.core.effects import Apply, ConfigurationChanged, LeaderChanged, Persist, RequestDone, RequestRefused
from quorate.core.entry import Entry, EntryKind
from quorate.core.errors import InvariantError


def entry(index: int, term: int = 1) -> Entry:
    return Entry(index, term, EntryKind.NOOP, b"", 0)


def members(index: int, *voters: int) -> Entry:
    data, crc = encode_configuration(Configuration(index, tuple(map(Member, voters)), voters))
    return Entry(index, 1, EntryKind.CONFIGURATION, data, crc)


def test_a_write_vouches_for_the_entries_that_it_wrote_as_long_as_they_are_there() -> None:
    keeper = Keeper()
    keeper.append((entry(1), entry(2)))
    first = keeper.write(None, (entry(1), entry(2)))
    keeper.truncate_from(2)
    keeper.written(first)
    assert (keeper.durable, keeper.written_to) == (1, first)
    assert isinstance(keeper.out[-1], Persist)


def test_what_is_committed_is_handed_out_once_and_never_dropped() -> None:
    keeper = Keeper(durable=Durable(entries=(entry(1), entry(2), entry(3)), commit=1))
    keeper.commit = 2
    keeper.apply_committed()
    keeper.apply_committed()
    assert keeper.out == [Apply((entry(1), entry(2)))]
    with pytest.raises(InvariantError, match="committed data would be lost"):
        keeper.truncate_from(2)


def test_a_configuration_acts_at_once_and_goes_with_its_entry() -> None:
    keeper = Keeper()
    keeper.append((members(1, 1, 2),))
    assert (keeper.voters, keeper.unsettled, keeper.peers, keeper.departed) == ({1, 2}, True, (2, 3), [])
    keeper.truncate_from(1)
    assert (keeper.voters, keeper.unsettled) == ({1, 2, 3}, False)
    keeper.append((members(1, 1, 2),))
    keeper.commit = keeper.durable = 1
    keeper.apply_committed()
    assert (keeper.peers, keeper.departed, keeper.unsettled) == ((2,), [3], False)
    told = [effect for effect in keeper.out if isinstance(effect, ConfigurationChanged)]
    assert [(change.configuration.index, change.committed) for change in told] == [
        (1, False),
        (0, True),
        (1, False),
        (1, True),
    ]


def test_it_is_removed_when_that_is_committed_or_when_it_is_told() -> None:
    keeper = Keeper()
    assert not keeper.removed
    keeper.append((members(1, 2, 3),))
    assert not keeper.removed
    keeper.commit = keeper.durable = 1
    assert keeper.removed
    other = Keeper()
    other.removed_at = 5
    assert other.removed


def test_a_leader_is_announced_once_and_askers_are_answered_where_they_are() -> None:
    keeper = Keeper()
    keeper.announce_leader(2)
    keeper.announce_leader(2)
    keeper.answer(Asker(None, 1, 7))
    keeper.answer(Asker(None, 1, 8), "busy")
    keeper.answer(Asker(3, 1, 9), "busy")
    assert keeper.out[:3] == [LeaderChanged(2, 1), RequestDone(7), RequestRefused(8, "busy", 2)]
    assert keeper.out[3].fields == {"node": 3, "id": 9, "refused": "busy", "hint": 2}


def test_a_snapshot_replaces_everything() -> None:
    keeper = Keeper(durable=Durable(entries=(entry(1),)))
    position = keeper.write(None, (entry(1),))
    keeper.reset_log(LogPoint(9, 2))
    keeper.written(position)
    assert (keeper.durable, keeper.commit, keeper.applied) == (9, 9, 9)
