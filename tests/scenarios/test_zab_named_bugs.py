"""What went wrong in ZooKeeper, and is not told by a conversation of its own tests: by the names in docs/zab.md.

The other names are in test_zab_conversations.py, test_zab_crashes.py, test_zab_election.py and test_zab_broadcast.py.
"""

from zlib import crc32

from hypothesis import given
from hypothesis import strategies as st

from algorithms.raft.disk import PretendedMachine, meta_of
from algorithms.raft.harness import log_of, sends
from algorithms.zab.harness import ZabServer, deciding, elected, established, hello, taught, zxid
from quorate.algorithms.logged.log import Log
from quorate.algorithms.zab.config import ZabConfig
from quorate.algorithms.zab.messages import (
    AckEpoch,
    AckNewLeader,
    Diff,
    LeaderInfo,
    NewLeader,
    Propose,
    Snap,
    SnapChunk,
    Trunc,
    UpToDate,
    Zxid,
)
from quorate.algorithms.zab.synchronisation import place_to_begin
from quorate.core.durable import LogPoint
from quorate.core.entry import Entry


def batch(index: int, epoch: int, data: bytes = b"x") -> Entry:
    return Entry(index, epoch, 1, data, crc32(data))


def shown(server: ZabServer, sid: int, epoch: int, last: Zxid, session: int) -> list[object]:
    """What an established leader sends one that comes."""
    hello(server, sid, epoch, session=session)
    return [message for _, message in sends(server.receive(sid, AckEpoch(session, epoch, last)))]


def test_lost_trunc_what_was_to_be_cut_is_still_there_when_the_leader_is_lost() -> None:
    """ZOOKEEPER-5094: memory was cut, the disk was not, and the next DIFF went on from what memory had."""
    server = deciding(1, accepted=1, entries=(batch(1, 1), batch(2, 1), batch(3, 1)), commit=1)
    server.receive(3, LeaderInfo(1, 2))
    server.disk()
    server.receive(3, Trunc(1, zxid(1, 2)))
    server.receive(3, Propose(1, batch(3, 2)))
    effects = server.disconnect(3)
    assert (server.state.last, server.pretended.last) == (zxid(1, 3), 3)
    assert sends(effects)[0][1].vote.zxid == zxid(1, 3)


def test_lost_snapshot_log_and_disk_are_replaced_together() -> None:
    """ZOOKEEPER-3642: memory had the snapshot, the disk had not, and the next DIFF went on from what memory had."""
    machine = PretendedMachine()
    machine.apply(batch(1, 1))
    machine.apply(batch(2, 1))
    data = machine.snapshot()
    meta = meta_of(2, 1, data)
    server = deciding(1, accepted=1, entries=log_of(1))
    server.receive(3, LeaderInfo(1, 2))
    server.disk()
    server.receive(3, Snap(1, meta))
    server.disk()
    server.receive(3, SnapChunk(1, meta.digest, 0, data, crc32(data)))
    server.disk()
    server.disconnect(3)
    assert server.state.last == zxid(1, 2)
    assert (server.pretended.start, server.pretended.entries) == (LogPoint(2, 1), [])
    assert server.reborn().state.last == zxid(1, 2)


def test_epoch_before_log_no_crash_leaves_an_epoch_without_its_history() -> None:
    """ZOOKEEPER-4643: the vote was high, the log short, and what was committed was truncated to fit it."""
    server = taught(1, epoch=2, accepted=1, entries=(batch(1, 1), batch(2, 1)))
    server.receive(3, NewLeader(1, 2))
    while server.held:
        found = server.reborn().state
        assert found.current_epoch < 2 or found.last == zxid(1, 2)
        server.finish_write()
    assert server.reborn().state.current_epoch == 2


def test_epoch_memory_first_an_epoch_that_was_not_written_was_told_to_nobody() -> None:
    """ZOOKEEPER-2307: raised in memory, and the write failed. Here a node whose write fails stops, and has said nothing yet."""
    leader = elected()
    hello(leader, 1)
    assert leader.state.accepted_epoch == 1
    assert not leader.sent()
    assert leader.reborn().state.accepted_epoch == 0
    learner = deciding(1)
    learner.receive(3, LeaderInfo(1, 4))
    assert not learner.sent()
    assert learner.reborn().state.accepted_epoch == 0
    learner.disk()
    assert learner.sent() == [(3, AckEpoch(1, 0, zxid(0, 0)))]
    assert learner.reborn().state.accepted_epoch == 4


def test_hole_in_window_a_history_that_broke_off_is_sent_again_from_what_the_learner_says() -> None:
    """ZOOKEEPER-4925, 2418: the leader's window had a gap, and handed it on."""
    leader = established(followers=(2,), accepted=1, entries=(batch(1, 1), batch(2, 1), batch(3, 1)))
    for session in (1, 2):
        messages = shown(leader, 1, 1, zxid(1, 1), session)
        assert messages == [
            Diff(session, zxid(1, 1)),
            Propose(session, batch(2, 1)),
            Propose(session, batch(3, 1)),
            NewLeader(session, 2),
        ]
        leader.disconnect(1)
        leader.connect(1)


def test_missed_proposal_a_learner_gets_what_is_proposed_between_newleader_and_its_answer() -> None:
    """The paper's quorum, read as those that have acknowledged NEWLEADER."""
    leader = established(followers=(2,))
    assert shown(leader, 1, 1, zxid(0, 0), 1)[-1] == NewLeader(1, 1)
    sent = [(to, message.entry.index) for to, message in sends(leader.propose(b"x")) if isinstance(message, Propose)]
    assert sent == [(2, 1), (1, 1)]


def test_stale_uptodate_it_names_what_is_committed_and_not_what_was_sent() -> None:
    """COMMIT-LD with the wrong zxid: the learner would have applied what nobody had committed."""
    leader = established(followers=(2,))
    leader.propose(b"x")
    leader.disk()
    assert [type(message) for message in shown(leader, 1, 1, zxid(0, 0), 1)] == [Diff, Propose, NewLeader]
    leader.disconnect(2)
    leader.sent()
    leader.receive(1, AckNewLeader(1, 1))
    told = [message for _, message in leader.sent() if isinstance(message, UpToDate)]
    assert told == [UpToDate(1, zxid(0, 0))]


def test_roll_over_a_leader_steps_down_before_its_counter_would_overflow() -> None:
    """ZOOKEEPER-1277: the entry that does not fit any more is refused, and its caller told that it is not in the log."""
    leader = established(config=ZabConfig(last_counter=3))
    assert leader.propose(b"1", 1)
    assert leader.propose(b"2", 2)
    effects = leader.propose(b"3", 3)
    assert leader.state.role.value == "looking"
    assert leader.state.log.last_index == 2
    assert [effect.sequence for effect in effects if type(effect).__name__ == "Rejected"] == [3]


# wrong_window


class History:
    """What servers may have in their logs: each epoch has one leader, which begins with all of somebody's log and only adds to it."""

    def __init__(self, draw: st.DrawFn) -> None:
        self.logs: list[tuple[int, ...]] = [()]
        for epoch in range(1, draw(st.integers(1, 4)) + 1):
            base = draw(st.sampled_from(self.logs))
            self.logs += [base + (epoch,) * count for count in range(1, draw(st.integers(1, 3)) + 1)]


@st.composite
def meetings(draw: st.DrawFn) -> tuple[tuple[int, ...], tuple[int, ...], int, int]:
    """The epochs of a leader's log and of a learner's, how much of both is committed, and what the leader has compacted of that."""
    history = History(draw)
    leader, learner = draw(st.sampled_from(history.logs)), draw(st.sampled_from(history.logs))
    alike = sum(leader[: n + 1] == learner[: n + 1] for n in range(min(len(leader), len(learner))))
    committed = draw(st.integers(0, alike))
    return leader, learner, committed, draw(st.integers(0, len(leader)))


@given(meetings(), st.booleans())
def test_wrong_window_what_both_have_stays_and_what_differs_goes(
    meeting: tuple[tuple[int, ...], tuple[int, ...], int, int], want_snapshot: bool
) -> None:
    """ZOOKEEPER-3526, 4352, 2846: whoever was matched with the wrong bounds kept what is not the leader's, or lost what was committed."""
    ours, theirs, committed, start = meeting
    log = Log(LogPoint(start, ours[start - 1] if start else 0), log_of(*ours[start:], start=start))
    last = zxid(theirs[-1] if theirs else 0, len(theirs))
    place = place_to_begin(log, last, committed, want_snapshot=want_snapshot)
    if place is None:
        assert committed < start, "the leader has what both know to be committed, and can go on from there"
        return
    kind, where = place
    assert start <= where.index <= len(ours)
    assert where.index >= committed
    assert log.term_at(where.index) == where.epoch
    if where.index <= len(theirs) and (theirs[where.index - 1] if where.index else 0) == where.epoch:
        assert theirs[: where.index] == ours[: where.index]
        assert kind is Trunc or where == last
    else:
        assert (kind, want_snapshot) == (Trunc, False), "it says so, and asks for another start"
