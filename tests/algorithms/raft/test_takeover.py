"""What is written so that a survivor goes on alone."""

from algorithms.raft.disk import meta_of
from algorithms.raft.harness import Server, log_of
from quorate.algorithms.raft.messages import RaftHardState
from quorate.algorithms.raft.takeover import last_index, take_over
from quorate.core.durable import Durable, Identity, LogPoint

ME = Identity("new", 2, 22, 5, ())


def test_a_later_term_and_a_configuration_of_one() -> None:
    durable = Durable(RaftHardState(7, 3), entries=log_of(1, 1, 4), commit=1)
    persist = take_over(ME, durable, "host:2")
    (entry,) = persist.entries
    assert (entry.index, entry.term, persist.hard_state, persist.commit) == (4, 8, RaftHardState(8), 1)
    assert entry.intact()


def test_after_a_snapshot_without_a_log() -> None:
    durable = Durable(None, LogPoint(9, 3), (), meta_of(9, 3))
    assert last_index(durable) == 9
    assert take_over(ME, durable, "").entries[0].index == 10
    assert take_over(ME, durable, "").entries[0].term == 4


def test_whoever_starts_on_it_leads_and_commits_everything() -> None:
    durable = Durable(RaftHardState(7, 3), entries=log_of(1, 1, 4), commit=1)
    persist = take_over(ME, durable, "host:2")
    server = Server(2, (), term=8, entries=durable.entries + persist.entries, commit=1)
    server.time_out()
    server.disk()
    assert server.leads
    assert server.state.commit == server.state.log.last_index == 5
