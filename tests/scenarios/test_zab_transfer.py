"""Leadership of a ZAB group is handed over: to one that could not win by its id, without an election, and without losing anything."""

from algorithms.raft.harness import acts, reasons, sends
from algorithms.zab.harness import SYNC_NS, ZabServer, ZabStage, elected, established, follower, zxid
from quorate.algorithms.zab.messages import Ack, FollowerInfo, Pong, SessionEnd
from quorate.core.effects import Rejected, RequestDone, RequestRefused
from quorate.core.events import PeerUnreachable, Requested
from quorate.core.ids import MILLISECOND, NodeId
from quorate.core.reconfigure import Update
from quorate.core.requests import ChangeMembers, TransferLeadership


def stage_of(count: int = 3, observers: int = 0) -> ZabStage:
    stage = ZabStage(count + observers, voters=count)
    stage.run_until(lambda: bool(stage.leaders) and stage.followers_of(stage.leaders[0]) == count + observers)
    return stage


def transfer(stage: ZabStage, at: NodeId, to: NodeId | None = None) -> None:
    stage.touch(at, lambda server: server.step(Requested(1, TransferLeadership(to))))


def test_the_one_with_the_lowest_id_takes_over_within_milliseconds() -> None:
    stage = stage_of(5, observers=1)
    began = stage.now
    transfer(stage, 5, 1)
    stage.run_until(lambda: stage.leaders == [1] and stage.followers_of(1) == 6)
    assert stage.now - began < 20 * MILLISECOND
    assert RequestDone(1) in stage[5].told


def test_whoever_asks_is_told_by_the_old_leader() -> None:
    stage = stage_of()
    transfer(stage, 1, 2)
    stage.run_until(lambda: RequestDone(1) in stage[1].told)
    assert stage.leaders == [2]


def test_a_target_that_lacks_entries_gets_them_first_and_nothing_new_is_taken() -> None:
    leader = established()
    leader.propose(b"x")
    assert not [m for _, m in sends(leader.step(Requested(1, TransferLeadership(1)))) if isinstance(m, SessionEnd)]
    assert acts(leader.propose(b"y", 2)) == [Rejected(2, "transferring", 3)]
    effects = leader.receive(1, Ack(1, zxid(1, 1)))
    ends = [(to, m) for to, m in sends(effects) if isinstance(m, SessionEnd)]
    assert ends == [(1, SessionEnd(1, "leadership_lost", 1)), (2, SessionEnd(1, "leadership_lost", 1))]
    assert leader.state.learning is not None
    assert leader.state.learning.leader == 1


def test_a_target_that_does_not_catch_up_lets_the_leader_go_on() -> None:
    leader = established()
    leader.propose(b"x")
    leader.disk()
    leader.receive(2, Ack(1, zxid(1, 1)))
    leader.step(Requested(1, TransferLeadership(1)))
    leader.clear()
    for _ in range(6):
        leader.wait(SYNC_NS // 5)
        for sid in (1, 2):
            if leader.state.leading is not None and sid in leader.state.leading.sessions:
                leader.receive(sid, Pong(1, leader.state.leading.round))
    assert RequestRefused(1, "timeout", 3) in leader.told
    assert leader.leads


def test_refusals() -> None:
    leader = established()
    for to, reason in ((3, "leads_already"), (9, "not_a_voter")):
        assert leader.step(Requested(to, TransferLeadership(to))) == [RequestRefused(to, reason, 3)]
    assert leader.step(Requested(5, TransferLeadership(None, only_from=1))) == [RequestRefused(5, "leads_not", 3)]
    assert elected().step(Requested(6, TransferLeadership(1))) == [RequestRefused(6, "no_leader", None)]
    leader.propose(b"x")
    leader.step(Requested(7, TransferLeadership(1)))
    assert RequestRefused(7, "target_silent", 3) in leader.step(PeerUnreachable(1))


def test_one_that_is_named_leads_at_once_and_takes_up_those_that_called_before_it_knew() -> None:
    server = follower(1, members=(1, 2, 3))
    assert not server.receive(2, FollowerInfo(1, 1, handed_over=True))
    effects = server.receive(3, SessionEnd(1, "leadership_lost", 1))
    assert "transfer_accepted" in reasons(effects)
    assert server.state.leading is not None
    assert server.state.leading.connected == {2}


def test_one_that_is_named_and_has_taken_nothing_over_yet_declines() -> None:
    server = ZabServer(1, (1, 2, 3), peers=(2, 3))
    server.receive(3, SessionEnd(1, "leadership_lost", 1))
    assert server.state.leading is None


def test_those_that_wait_for_a_successor_in_vain_elect() -> None:
    stage = stage_of()
    stage.cut(1)
    stage[3].step(Requested(1, TransferLeadership(1)))
    stage.run_until(lambda: bool(stage.leaders) and stage.leaders != [1])


def test_a_caller_whom_nobody_sent_on_is_refused_by_a_follower() -> None:
    server = follower()
    assert sends(server.receive(2, FollowerInfo(5, 1))) == [(2, SessionEnd(5, "not_leading"))]


def test_priority_decides_between_those_that_have_the_same() -> None:
    stage = stage_of()
    stage.touch(3, lambda server: server.step(Requested(2, ChangeMembers((Update(1, priority=5),)))))
    stage.run_until(lambda: stage.settled(1))
    stage.kill(3)
    stage.run_until(lambda: stage.leaders == [1])


def test_one_that_does_not_follow_yet_has_not_everything_though_there_is_nothing() -> None:
    leader = established(followers=(1,))
    leader.step(Requested(1, TransferLeadership(2)))
    assert leader.leads
    assert leader.state.transfer is not None
