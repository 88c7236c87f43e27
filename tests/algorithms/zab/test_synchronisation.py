"""DIFF, TRUNC, SNAP: ZooKeeper's LearnerHandlerTest, translated to counters without gaps."""

import pytest

from algorithms.raft.disk import meta_of
from algorithms.raft.harness import sends
from algorithms.zab.harness import elected, hello, log_of, promised, zxid
from quorate.algorithms.logged.log import Log
from quorate.algorithms.zab.config import ZabConfig
from quorate.algorithms.zab.messages import AckEpoch, Diff, NewLeader, Ping, Pong, Propose, Snap, SnapReply, Trunc, Zxid
from quorate.algorithms.zab.session import Stage
from quorate.algorithms.zab.synchronisation import place_to_begin
from quorate.core.durable import LogPoint

WHOLE = Log(LogPoint(0, 0), log_of(1, 1, 2, 2))


@pytest.mark.parametrize(
    ("log", "last", "committed", "place"),
    [
        (WHOLE, zxid(2, 4), 0, (Diff, zxid(2, 4))),
        (WHOLE, zxid(1, 2), 0, (Diff, zxid(1, 2))),
        (WHOLE, zxid(0, 0), 0, (Diff, zxid(0, 0))),
        (WHOLE, zxid(1, 4), 0, (Trunc, zxid(1, 2))),
        (WHOLE, zxid(2, 7), 0, (Trunc, zxid(2, 4))),
        (WHOLE, zxid(3, 9), 0, (Trunc, zxid(2, 4))),
        (Log(LogPoint(1, 1), log_of(2, 4, start=1)), zxid(3, 3), 0, None),
        (Log(LogPoint(0, 0), log_of(1, 2, 4)), zxid(3, 3), 1, (Trunc, zxid(1, 1))),
        (Log(LogPoint(2, 1), log_of(1, 1, start=2)), zxid(1, 1), 1, None),
        (Log(LogPoint(2, 1), log_of(1, 1, start=2)), zxid(1, 2), 0, (Diff, zxid(1, 2))),
        (Log(LogPoint(5, 9), ()), zxid(9, 7), 0, (Trunc, zxid(9, 5))),
        (Log(), zxid(0, 0), 0, (Diff, zxid(0, 0))),
        (Log(), zxid(3, 2), 0, (Trunc, zxid(0, 0))),
        (Log(LogPoint(0, 0), log_of(70_000, 70_000)), zxid(70_000, 1), 0, (Diff, zxid(70_000, 1))),
    ],
)
def test_s1_to_s5_where_to_begin(log: Log, last: Zxid, committed: int, place: tuple[type, Zxid] | None) -> None:
    """Empty log, peer above, equal, at zero, compacted, inside, between two entries of one epoch and of two, and large epochs."""
    assert place_to_begin(log, last, committed) == place


def test_s1_who_asks_for_another_start_gets_the_last_certain_one() -> None:
    assert place_to_begin(WHOLE, zxid(2, 4), 2, want_snapshot=True) == (Trunc, zxid(1, 2))
    compacted = Log(LogPoint(3, 2), log_of(2, start=3))
    assert place_to_begin(compacted, zxid(2, 4), 2, want_snapshot=True) is None


def test_l5_the_history_comes_entry_by_entry_and_then_the_new_leader() -> None:
    leader = elected(accepted=2, entries=log_of(1, 1, 2, 2))
    hello(leader, 1, 2)
    leader.disk()
    effects = leader.receive(1, AckEpoch(1, 1, zxid(1, 2)))
    messages = [message for _, message in sends(effects)]
    assert [type(message) for message in messages] == [Diff, Propose, Propose, NewLeader]
    assert leader.state.leading.sessions[1].synced_to == 4


def test_l6_who_comes_after_the_epoch_is_chosen_is_brought_in_line_at_once() -> None:
    leader = promised(followers=(1,))
    hello(leader, 2)
    leader.receive(2, AckEpoch(1, 0, zxid(0, 0)))
    assert [type(message).__name__ for _, message in leader.sent()] == ["LeaderInfo", "Diff", "NewLeader"]


def test_a_long_history_is_sent_in_windows() -> None:
    """So that a learner that is far behind does not burst the link."""
    entries = tuple([entry.__class__(entry.index, entry.term, 1, b"x" * 60, 0) for entry in log_of(1, 1, 1, 1, 1)])
    leader = elected(accepted=1, entries=entries, config=ZabConfig(inflight_bytes=130))
    hello(leader, 1, 1)
    leader.disk()
    shown = [type(message).__name__ for _, message in sends(leader.receive(1, AckEpoch(1, 0, zxid(0, 0))))]
    assert shown == ["Diff", "Propose", "Propose", "Ping"]
    assert leader.state.leading.sessions[1].stage is Stage.HISTORY
    rest = [message for _, message in sends(leader.receive(1, Pong(1, leader.state.leading.round)))]
    assert [type(message) for message in rest] == [Propose, Propose, Ping]
    rest = [message for _, message in sends(leader.receive(1, Pong(1, leader.state.leading.round)))]
    assert [type(message) for message in rest] == [Propose, NewLeader]
    assert Ping is not None


def test_s1_what_is_compacted_comes_as_a_snapshot_and_then_what_follows_it() -> None:
    meta = meta_of(3, 1)
    leader = elected(accepted=1, start=LogPoint(2, 1), entries=log_of(1, 1, start=2), snapshot=meta, commit=3)
    hello(leader, 1, 1)
    leader.disk()
    effects = leader.receive(1, AckEpoch(1, 0, zxid(0, 0)))
    assert sends(effects) == [(1, Snap(1, meta))]
    assert leader.state.leading.sessions[1].stage is Stage.SNAPSHOT
    messages = [message for _, message in sends(leader.receive(1, SnapReply(1, meta.digest, "done")))]
    assert [type(message) for message in messages] == [Propose, NewLeader]
    assert messages[0].entry.index == 4


def test_a_damaged_snapshot_is_offered_again() -> None:
    meta = meta_of(3, 1)
    leader = elected(accepted=1, start=LogPoint(3, 1), snapshot=meta, commit=3)
    hello(leader, 1, 1)
    leader.disk()
    leader.receive(1, AckEpoch(1, 0, zxid(0, 0)))
    assert sends(leader.receive(1, SnapReply(1, meta.digest, "damaged"))) == [(1, Snap(1, meta))]
    assert not sends(leader.receive(1, SnapReply(1, "another", "done")))
