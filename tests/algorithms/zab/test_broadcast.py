"""The leader's side of broadcast."""

from algorithms.raft.harness import acts, reasons, sends
from algorithms.zab.harness import elected, established, hello, log_of, promised, zxid
from quorate.algorithms.zab.messages import (
    Ack,
    AckEpoch,
    AckNewLeader,
    Commit,
    Diff,
    Inform,
    LeaderInfo,
    NewLeader,
    ObserverInfo,
    Propose,
    UpToDate,
)
from quorate.core.effects import Apply, LeaderChanged, Persist, Send


def test_l9_an_entry_is_sent_and_then_written() -> None:
    leader = established()
    effects = leader.propose(b"x")
    entry = leader.state.log.entry(1)
    assert acts(effects) == [Send(1, Propose(1, entry)), Send(2, Propose(1, entry)), Persist(3, entries=(entry,))]


def test_l8_a_quorum_that_took_the_history_over_commits_all_of_it() -> None:
    leader = promised(accepted=1, entries=log_of(1, 1))
    assert leader.state.commit == 0
    effects = leader.receive(1, AckNewLeader(1, 2))
    assert acts(effects) == [
        Apply(log_of(1, 1)),
        LeaderChanged(3, 2, ready=True),
        Send(1, UpToDate(1, zxid(1, 2))),
    ]
    assert leader.state.vote.epoch == 2
    assert sends(leader.receive(2, AckNewLeader(1, 2))) == [(2, UpToDate(1, zxid(1, 2)))]


def test_l8_the_leader_counts_itself_by_its_own_disk_only() -> None:
    leader = elected()
    hello(leader, 1)
    leader.disk()
    leader.receive(1, AckEpoch(1, 0, zxid(0, 0)))
    assert not leader.receive(1, AckNewLeader(1, 1))
    leader.disk()
    assert leader.leads


def test_l11_commits_are_cumulative() -> None:
    leader = established()
    for sequence in (1, 2, 3):
        leader.propose(b"x", sequence)
    leader.disk()
    assert sends(leader.receive(2, Ack(1, zxid(1, 3)))) == [(1, Commit(1, zxid(1, 3))), (2, Commit(1, zxid(1, 3)))]
    assert not acts(leader.receive(1, Ack(1, zxid(1, 2))))
    assert leader.state.leading.uncommitted_bytes == 0


def test_l10_an_acknowledgement_of_what_was_not_sent_is_an_alarm() -> None:
    leader = established()
    assert reasons(leader.receive(1, Ack(1, zxid(1, 5)))) == ["ack_beyond_log"]


def test_l11_an_observer_is_informed_of_what_is_committed() -> None:
    leader = established()
    assert sends(leader.receive(9, ObserverInfo(1, 0))) == [(9, LeaderInfo(1, 1))]
    leader.propose(b"old")
    leader.disk()
    assert sends(leader.receive(9, AckEpoch(1, 0, zxid(0, 0)))) == [(9, Diff(1, zxid(0, 0))), (9, NewLeader(1, 1))]
    effects = leader.receive(1, Ack(1, zxid(1, 1)))
    assert (9, Inform(1, leader.state.log.entry(1))) in sends(effects)
    assert sends(leader.receive(9, AckNewLeader(1, 1))) == [(9, UpToDate(1, zxid(1, 1)))]


def test_an_observer_that_has_more_than_is_committed_is_told_when_it_is() -> None:
    """It was a voter once."""
    leader = established()
    leader.propose(b"x")
    leader.disk()
    leader.receive(9, ObserverInfo(1, 0))
    leader.receive(9, AckEpoch(1, 1, zxid(1, 1)))
    assert (9, Commit(1, zxid(1, 1))) in sends(leader.receive(1, Ack(1, zxid(1, 1))))
