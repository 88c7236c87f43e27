"""What a node says of itself."""

from algorithms.raft.disk import meta_of
from algorithms.zab.harness import ZabServer, deciding, elected, established, follower, hello, log_of, zxid
from quorate.algorithms.zab.messages import Ack, AckEpoch, LeaderInfo, Snap
from quorate.core.algorithm import EntryView, SnapshotWork
from quorate.core.durable import LogPoint


def test_status_of_a_leader_and_of_a_follower() -> None:
    leader = established()
    leader.propose(b"x")
    leader.disk()
    leader.receive(1, Ack(1, zxid(1, 1)))
    status = leader.raft.status(leader.now)
    assert (status.algorithm, status.role, status.term, status.leader, status.ready) == ("zab", "leading", 1, 3, True)
    assert (status.commit, status.applied, status.why) == (1, 1, "")
    assert [(sid, peer.match, peer.mode) for sid, peer in status.peers.items()] == [(1, 1, "active"), (2, 0, "active")]
    status = follower().raft.status(0)
    assert (status.role, status.term, status.leader, status.peers) == ("following", 1, 3, {})


def test_a_leader_is_one_whose_epoch_is_established() -> None:
    status = elected().raft.status(0)
    assert (status.role, status.leader) == ("leading", None)
    assert "waiting for a quorum of nodes to promise" in status.why


def test_snapshots_on_their_way_are_shown() -> None:
    meta = meta_of(3, 1, b"12345")
    server = deciding()
    server.receive(3, LeaderInfo(1, 2))
    server.receive(3, Snap(1, meta))
    assert server.raft.status(0).snapshot_work == SnapshotWork("receiving", 3, 0, 5)
    leader = elected(accepted=1, start=LogPoint(3, 1), snapshot=meta, commit=3)
    hello(leader, 1, 1)
    leader.disk()
    leader.receive(1, AckEpoch(1, 0, zxid(0, 0)))
    assert leader.raft.status(0).peers[1].snapshot == SnapshotWork("sending", 3, 0, 5)


def test_inspection_shows_everything() -> None:
    server = ZabServer(1, accepted=2, current=1, entries=log_of(1), commit=1)
    inspection = server.raft.inspect()
    assert (inspection.role, inspection.term, inspection.leader, inspection.voted_for) == ("looking", 1, None, None)
    assert inspection.log == (EntryView(1, 1, 0, 0),)
    assert (inspection.details["accepted_epoch"], inspection.details["phase"]) == (2, "election")
    assert established().raft.inspect().details["leads"]
