"""How ZAB does what any leader of a log does."""

from algorithms.raft.harness import reasons, sends
from algorithms.zab.harness import SYNC_NS, ZabServer, elected, established, follower, notification, zxid
from quorate.algorithms.zab.config import ZabConfig
from quorate.algorithms.zab.duties import ZabDuties
from quorate.algorithms.zab.messages import Ack, Ask, Propose, Removed, SessionEnd
from quorate.core.configuration import Configuration
from quorate.core.events import SpaceChanged
from quorate.core.requests import LeaveJoint


def duties_of(server: ZabServer) -> ZabDuties:
    return ZabDuties(server.state)


def test_it_leads_when_its_epoch_is_established() -> None:
    assert (duties_of(established()).leads, duties_of(established()).obstacle()) == (True, "")
    assert (duties_of(elected()).leads, duties_of(elected()).obstacle()) == (False, "not_ready")


def test_what_it_knows_of_a_peer_is_what_its_session_shows() -> None:
    leader = established(followers=(1,))
    duties = duties_of(leader)
    leader.propose(b"x")
    leader.receive(1, Ack(1, zxid(1, 1)))
    known, stranger = duties.reach(1), duties.reach(2)
    assert known is not None
    assert stranger is not None
    assert (known.match, stranger.match) == (1, -1)
    leader.now += SYNC_NS
    leader.state.now = leader.now
    assert not duties.answers(2)
    assert duties_of(follower()).reach(3) is None


def test_who_weighs_nothing_cannot_lead_and_groups_want_their_voters_named() -> None:
    duties = duties_of(established(config=ZabConfig(quorum_groups="1,2,3", quorum_weights="1=0")))
    assert (duties.unable(1), duties.unable(2), duties.one_step) == ("weighs_nothing", "", False)
    assert duties.unfit(Configuration(1, (), (1, 2, 3, 4))) == "in_no_group"
    assert duties.unfit(Configuration(1, (), (1,))) == "weighs_nothing"
    assert duties.unfit(Configuration(1, (), (2, 3))) == ""
    assert duties_of(established()).one_step


def test_a_full_epoch_is_the_next_leaders_business() -> None:
    leader = established(config=ZabConfig(last_counter=2))
    leader.propose(b"x")
    duties_of(leader).append(1, b"y", 0)
    assert leader.state.leading is None
    assert leader.state.log.last_index == 1


def test_who_is_dismissed_is_told_and_its_session_is_over() -> None:
    leader = established()
    duties_of(leader).dismiss(1)
    assert sends(leader.state.out) == [(1, Removed(1, 0)), (1, SessionEnd(1, "removed"))]
    assert set(leader.state.leading.sessions) == {2}


def test_it_hands_over_only_to_one_that_can_be_told() -> None:
    leader = established(followers=(1, 2))
    duties_of(leader).give_up(1, "why")
    assert leader.state.learning is not None
    other = established(members=(1, 2, 3, 4, 5), followers=(1, 2))
    duties_of(other).give_up(4, "why")
    assert other.state.role.value == "looking"
    server = follower()
    duties_of(server).give_up(None, "why")
    assert server.state.leader == 3


def test_what_somebody_asks_goes_to_the_leader() -> None:
    server = follower()
    duties_of(server).pass_on(1, 7, LeaveJoint())
    assert sends(server.state.out) == [(3, Ask(1, 7, LeaveJoint()))]


# Disks


def test_a_leader_whose_disk_hangs_hands_over_at_once() -> None:
    leader = established()
    leader.propose(b"x")
    leader.receive(1, Ack(1, zxid(1, 1)))
    effects = leader.wait(SYNC_NS)
    assert "disk_hung" in reasons(leader.all_effects)
    assert (2, SessionEnd(1, "leadership_lost", 1)) in sends(leader.all_effects)
    assert effects
    assert leader.state.may_lead is False
    leader.now += 1
    leader.disk()
    assert "disk_recovered" in reasons(leader.all_effects)
    assert leader.state.may_lead


def test_one_that_looks_for_a_leader_takes_its_vote_for_itself_back() -> None:
    server = ZabServer(3, (1, 2, 3), peers=(1, 2))
    server.state.write_probe()
    server.wait(2 * SYNC_NS)
    assert server.state.disk.hung
    assert server.state.vote.sid == 0
    server.receive(1, notification("looking", server.state.round, (0, zxid(0, 0), 3)))
    server.receive(2, notification("looking", server.state.round, (0, zxid(0, 0), 3)))
    server.wait(SYNC_NS)
    assert server.state.leading is None


def test_a_follower_without_room_says_so_drops_the_rest_and_asks_for_it_later() -> None:
    leader, server = established(), follower(1, 3)
    leader.propose(b"x")
    server.step(SpaceChanged(short=True))
    entry = leader.state.log.entry(1)
    assert sends(server.receive(3, Propose(1, entry))) == [(3, Ack(1, zxid(0, 0), full=True))]
    assert not server.receive(3, Propose(1, entry))
    leader.receive(1, Ack(1, zxid(0, 0), full=True))
    leader.propose(b"y", 2)
    assert [to for to, m in sends(leader.all_effects) if isinstance(m, Propose) and m.entry.index == 2] == [2]
    assert sends(server.step(SpaceChanged(short=False))) == [(3, Ack(1, zxid(0, 0)))]
    again = [m.entry.index for to, m in sends(leader.receive(1, Ack(1, zxid(0, 0)))) if isinstance(m, Propose)]
    assert again == [1, 2]
    server.receive(3, Propose(1, entry))
    server.disk()
    assert server.state.durable == 1


def test_nothing_is_taken_that_no_quorum_has_room_for() -> None:
    leader = established()
    for sid in (1, 2):
        leader.receive(sid, Ack(1, zxid(0, 0), full=True))
    assert [effect.reason for effect in leader.propose(b"x")] == ["disk_full"]
    assert leader.raft.status(0).peers[1].mode == "full"
