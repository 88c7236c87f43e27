"""What a server does when the members have changed; what comes of it is in tests/scenarios/test_zab_members.py."""

from algorithms.raft.harness import reasons, sends
from algorithms.zab.harness import ZabServer, established, follower, notification, zxid
from quorate.algorithms.zab.messages import (
    Ack,
    Commit,
    FollowerInfo,
    Inform,
    LeaderInfo,
    Notification,
    ObserverInfo,
    Propose,
    Removed,
)
from quorate.core.configuration import Configuration, Member, encode_configuration
from quorate.core.entry import Entry, EntryKind
from quorate.core.events import Requested
from quorate.core.reconfigure import Promote, Remove
from quorate.core.requests import ChangeMembers


def members(index: int, voters: tuple[int, ...], learners: tuple[int, ...] = ()) -> Entry:
    everybody = tuple(Member(node) for node in sorted({*voters, *learners}))
    data, crc = encode_configuration(Configuration(index, everybody, voters))
    return Entry(index, 1, EntryKind.CONFIGURATION, data, crc)


def test_a_follower_that_votes_no_more_calls_again_as_an_observer_when_that_is_committed() -> None:
    server = follower(1, 3)
    server.receive(3, Propose(1, members(1, (2, 3), (1,))))
    assert server.state.role.value == "following"
    server.disk()
    server.clear()
    server.receive(3, Commit(1, zxid(1, 1)))
    assert server.sent()[-1] == (3, ObserverInfo(2, 1, 1))


def test_an_observer_that_votes_from_now_on_calls_again_before_that_is_committed() -> None:
    server = follower(4, 3, members=(1, 2, 3))
    server.receive(3, Inform(1, members(1, (1, 2, 3), (4,))))
    server.receive(3, Propose(1, members(2, (1, 2, 3, 4))))
    server.disk()
    assert server.sent()[-1] == (3, FollowerInfo(2, 1, 2))


def test_a_leader_tells_one_that_does_not_know_yet_that_it_votes() -> None:
    leader = established()
    leader.step(Requested(1, ChangeMembers((Remove(1),))))
    leader.receive(2, Ack(1, zxid(1, 1)))
    leader.disk()
    leader.clear()
    leader.receive(1, notification("looking", 9, (1, zxid(1, 0), 1)))
    assert leader.sent() == [(1, Removed(1, 1))]
    assert "not_a_member" in reasons(leader.all_effects)
    assert sends(leader.receive(2, ObserverInfo(2, 1))) == [(2, LeaderInfo(2, 1, voter=True))]


def test_where_members_were_never_changed_strangers_may_observe() -> None:
    leader = established()
    assert sends(leader.receive(9, ObserverInfo(1, 0))) == [(9, LeaderInfo(1, 1))]


def test_one_that_was_removed_stops_and_a_newer_leader_is_followed_at_its_word() -> None:
    server = ZabServer(1, (1, 2, 3), peers=(2, 3))
    server.receive(3, Removed(1, 5))
    server.clear()
    assert server.raft.deadline() is not None
    server.time_out()
    assert not server.sent()
    server.receive(3, Notification("leading", 4, server.state.vote, 5, reply=True))
    assert server.state.learning is None
    server.receive(3, notification("leading", 4, (1, zxid(1, 6), 3), config_version=6, reply=True))
    assert server.state.learning is not None
    assert server.state.role.value == "observing"


def test_what_is_the_case_already_is_done() -> None:
    leader = established()
    assert [type(e).__name__ for e in leader.step(Requested(1, ChangeMembers((Promote(1),))))] == ["RequestDone"]
