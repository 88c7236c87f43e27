"""Raft as a whole, on a table."""

from algorithms.raft.table import Table
from quorate.core.effects import LeaderChanged


def test_a_cluster_elects_replicates_and_applies() -> None:
    table = Table.of(3)
    leader = table.elect(1)
    assert leader.state.ready
    leader.propose(b"one")
    table.settle()
    for node in (1, 2, 3):
        server = table[node]
        assert [entry.data for entry in server.applied] == [b"", b"one"]
        assert server.state.leader == 1
        assert [e for e in server.all_effects if isinstance(e, LeaderChanged)][-1].leader == 1
