"""What is found after a crash between any two durable steps, and what waits for which write."""

from collections.abc import Sequence
from zlib import crc32

from algorithms.raft.disk import PretendedMachine, meta_of
from algorithms.raft.harness import acts, log_of, sends
from algorithms.zab.harness import (
    ZabServer,
    deciding,
    established,
    follower,
    promised,
    synced,
    taught,
    zxid,
)
from quorate.algorithms.zab.messages import (
    NO_ACK,
    Ack,
    AckEpoch,
    AckNewLeader,
    Commit,
    LeaderInfo,
    NewLeader,
    Propose,
    Snap,
    SnapChunk,
)
from quorate.core.effects import Apply, LoadSnapshot, Persist, Send
from quorate.core.entry import Entry


def batch(index: int, epoch: int, data: bytes = b"x") -> Entry:
    return Entry(index, epoch, 1, data, crc32(data))


def machine_at(*entries: Entry) -> tuple[bytes, "PretendedMachine"]:
    machine = PretendedMachine()
    for entry in entries:
        machine.apply(entry)
    return machine.snapshot(), machine


def crash_points(server: ZabServer) -> Sequence[ZabServer]:
    """What starts again after each of the writes that wait, one more each time."""
    found = [server.reborn()]
    while server.held:
        server.finish_write()
        found.append(server.reborn())
    return found


def test_crash_after_the_promise_it_is_kept_and_the_same_epoch_gets_no_second_one() -> None:
    server = deciding(1)
    server.receive(3, LeaderInfo(1, 4))
    before, after = crash_points(server)
    assert (before.state.accepted_epoch, after.state.accepted_epoch, after.state.current_epoch) == (0, 4, 0)
    again = deciding(1, disk=server.pretended)
    assert sends(again.receive(3, LeaderInfo(1, 4))) == [(3, AckEpoch(1, NO_ACK, zxid(0, 0)))]


def test_crash_between_log_and_epoch_half_synchronised_start() -> None:
    """ZOOKEEPER-2354: it starts, with a low vote; never does an epoch stand without its history."""
    server = taught(1, epoch=2, accepted=1, entries=(batch(1, 1), batch(2, 2)))
    server.receive(3, NewLeader(1, 2))
    nothing, log_only, both = crash_points(server)
    assert (nothing.state.last, nothing.state.current_epoch) == (zxid(0, 0), 1)
    assert (log_only.state.last, log_only.state.current_epoch) == (zxid(2, 2), 1)
    assert (both.state.last, both.state.current_epoch) == (zxid(2, 2), 2)
    assert log_only.state.vote.epoch == 1


def test_ack_before_disk_a_crash_before_the_ack_counts_nowhere() -> None:
    """ZOOKEEPER-3911, 3023, 4646, 4685, 4785: the acknowledgement leaves after the last write, not before."""
    server = taught(1, entries=(batch(1, 1),))
    server.receive(3, NewLeader(1, 1))
    assert not server.sent()
    server.finish_write()
    assert not server.sent()
    server.finish_write()
    assert [message for _, message in server.sent()] == [AckNewLeader(1, 1)]


def test_f10_an_acknowledgement_waits_for_its_entry() -> None:
    server = follower()
    assert acts(server.receive(3, Propose(1, batch(1, 1)))) == [
        Persist(3, entries=(batch(1, 1),)),
        Send(3, Ack(1, zxid(1, 1))),
    ]
    assert not server.sent()
    server.receive(3, Commit(1, zxid(1, 1)))
    assert not server.applied
    server.disk()
    assert [entry.index for entry in server.applied] == [1]


def test_a_leader_counts_itself_by_its_own_disk_only() -> None:
    leader = established()
    leader.propose(b"x")
    leader.receive(1, Ack(1, zxid(1, 1)))
    assert leader.state.commit == 0
    effects = leader.disk()
    assert [type(effect) for effect in acts(effects)] == [Send, Send, Apply]


def test_crash_while_a_snapshot_replaces_the_log_leaves_the_old_or_the_new() -> None:
    data, _ = machine_at(batch(1, 1), batch(2, 1))
    meta = meta_of(2, 1, data)
    server = deciding(1, accepted=1, entries=log_of(1))
    server.receive(3, LeaderInfo(1, 2))
    server.disk()
    server.receive(3, Snap(1, meta))
    server.finish_write()
    server.receive(3, SnapChunk(1, meta.digest, 0, data, crc32(data)))
    server.finish_write()
    assert LoadSnapshot(meta) in [effect for effect, _ in server.held]
    old, new = crash_points(server)
    assert old.state.last == zxid(1, 2)  # the store takes a published snapshot for its log
    assert new.state.last == zxid(1, 2)
    assert new.state.applied == 2


def test_writer_outlives_session_a_vote_waits_for_the_entry_that_it_names() -> None:
    """ZOOKEEPER-4712: a log writer of the old session was still at work after the next election. Here one queue holds all effects."""
    server = synced(1)
    server.receive(3, Propose(1, batch(1, 1)))
    server.clear()
    server.disconnect(3)
    assert not server.sent()
    server.disk()
    assert {message.vote.zxid for _, message in server.sent() if hasattr(message, "vote")} == {zxid(1, 1)}


def test_promised_is_not_established() -> None:
    leader = promised()
    assert leader.state.leader is None
    assert leader.propose(b"x")[0].reason == "no_leader"
