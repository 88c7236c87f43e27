"""The simulated cluster as a test sees it: the production store, codec and driver in a world that can be broken."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from quorate.core.errors import ConfigError, ReadFailedError
from quorate.core.outcome import Applied, NotApplied, Unknown
from quorate.runtime.limits import Limits
from quorate.sim import Cluster, MachineBrokenError
from quorate.sim.cluster import NeverError
from quorate.sim.invariants import for_algorithm
from quorate.sim.storms.faults import Rot
from quorate.sim.storms.nemesis import Nemesis


class Counter:
    """A user's machine."""

    def __init__(self) -> None:
        self.value = 0

    def apply(self, command: bytes) -> int:
        self.value += int(command)
        return self.value

    def snapshot(self) -> bytes:
        return str(self.value).encode()

    def restore(self, chunks: Iterable[bytes]) -> None:
        self.value = int(b"".join(chunks))


def test_writes_and_reads_on_any_node() -> None:
    cluster = Cluster(nodes=3, seed=1)
    cluster.wait_for_leader()
    for node in cluster.nodes:
        outcome = cluster.apply(node, f"from {node}".encode())
        assert isinstance(outcome, Applied)
    read = cluster.read(2, lambda journal: list(journal.commands))
    cluster.run_until(lambda: read.done)
    assert read.value == [b"from 1", b"from 2", b"from 3"]
    cluster.wait_for_convergence()
    assert {tuple(node.machine.commands) for node in cluster.nodes.values()} == {tuple(read.value)}


def test_a_users_own_machine() -> None:
    cluster = Cluster(Counter)
    cluster.wait_for_leader()
    assert cluster.apply(1, b"5", b"7") == Applied(results=[5, 12], index=2)


def test_a_users_own_machine_is_under_guard_unless_that_is_declined() -> None:
    class Forgetful(Counter):
        def restore(self, chunks: Iterable[bytes]) -> None:
            self.value = 0

    guarded = Cluster(Forgetful)
    guarded.wait_for_leader()
    with pytest.raises(MachineBrokenError, match="rule 'restore': Forgetful"):
        guarded.apply(1, *[b"1"] * 20)
    alone = Cluster(Forgetful, guard=None)
    alone.wait_for_leader()
    assert alone.apply(1, *[b"1"] * 20) == Applied(results=list(range(1, 21)), index=2)


def test_a_query_must_leave_the_machine_as_it_is() -> None:
    cluster = Cluster(Counter)
    cluster.wait_for_leader()
    assert isinstance(cluster.nodes[1].machine, Counter)
    cluster.read(1, lambda counter: setattr(counter, "value", 9))
    with pytest.raises(MachineBrokenError, match="rule 'query'"):
        cluster.run(1)


def test_a_new_leader_takes_over_and_the_old_one_catches_up() -> None:
    cluster = Cluster(nodes=5, seed=2)
    old = cluster.wait_for_leader()
    cluster.crash(old.node)
    new = cluster.wait_for_leader()
    assert new is not old
    assert isinstance(cluster.apply(new.node, b"x"), Applied)
    cluster.restart(old.node)
    cluster.wait_for_convergence()
    assert old.machine.commands == [b"x"]


def test_a_minority_serves_nobody_and_a_healed_cluster_everybody() -> None:
    cluster = Cluster(nodes=5, seed=3)
    leader = cluster.wait_for_leader()
    other = leader.node % 5 + 1
    cluster.cut([leader.node, other])
    write = cluster.propose(leader.node, [b"minority"], timeout=2)
    read = cluster.read(other, lambda journal: list(journal.commands), timeout=2)
    cluster.run(3)
    assert isinstance(write.outcome, Unknown | NotApplied)
    assert isinstance(read.answer, ReadFailedError)
    cluster.heal()
    cluster.wait_for_convergence()
    assert isinstance(cluster.apply(other, b"all"), Applied)


def test_a_cut_may_be_one_way_and_between_some() -> None:
    cluster = Cluster(nodes=3)
    cluster.cut([1], [2], both_ways=False)
    cuts = {pair for pair in [(1, 2), (2, 1), (1, 3)] if cluster.network.is_cut(*pair)}
    assert cuts == {(1, 2)}


def test_what_never_happens_is_described() -> None:
    cluster = Cluster(nodes=3, seed=4)
    for node in (1, 2):
        cluster.crash(node)
    cluster.nodes[3].pause()
    with pytest.raises(NeverError, match=r"seed 4, .*1 down; 2 down; 3 follower .*paused"):
        cluster.run_until(lambda: cluster.leader() is not None, within=2)
    with pytest.raises(NeverError):
        cluster.wait_for_leader(within=1)


def test_mend_ends_every_fault() -> None:
    cluster = Cluster(nodes=3, seed=5)
    cluster.wait_for_leader()
    cluster.crash(1)
    cluster.nodes[2].pause()
    cluster.nodes[3].stall_disk()
    cluster.cut([3])
    cluster.run(1)
    cluster.mend()
    cluster.wait_for_convergence()


def test_s_s2_a_node_far_behind_is_given_a_snapshot() -> None:
    cluster = Cluster(nodes=3, seed=6, options={"log_tail_entries": 2}, limits=Limits(snapshot_entries=5))
    leader = cluster.wait_for_leader()
    late = leader.node % 3 + 1
    cluster.crash(late)
    for number in range(12):
        assert isinstance(cluster.apply(leader.node, str(number).encode()), Applied)
    cluster.restart(late)
    cluster.wait_for_convergence()
    assert cluster.observer.moments.counts["snapshot_installed"] == 1
    assert len(cluster.nodes[late].machine.commands) == 12


def test_settings_that_do_not_fit_are_refused_by_name() -> None:
    with pytest.raises(ConfigError, match="no_such_option"):
        Cluster(nodes=3, options={"no_such_option": 1})
    with pytest.raises(ConfigError, match="there is no algorithm"):
        Cluster(nodes=3, algorithm="guessing")


def test_s_x1_every_step_is_checked() -> None:
    cluster = Cluster(nodes=3)
    cluster.wait_for_leader()
    assert [type(invariant) for invariant in cluster.observer.invariants] == list(for_algorithm(cluster.spec))
    assert cluster.observer.tally.steps > 10
    assert cluster.observer.moments.counts["elected"] == 1


def test_followers_are_the_others() -> None:
    cluster = Cluster(nodes=3)
    leader = cluster.wait_for_leader()
    assert {node.node for node in cluster.followers()} == {1, 2, 3} - {leader.node}


def test_who_decides_is_what_the_settings_say() -> None:
    cluster = Cluster(nodes=3, algorithm="zab", options={"quorum_weights": "1=3"})
    cluster.crash(2)
    cluster.crash(3)
    assert cluster.wait_for_leader().node == 1
    assert isinstance(cluster.apply(1, b"x"), Applied)
    cluster.restart(2)
    cluster.restart(3)
    cluster.wait_for_convergence()
    cluster.crash(1)
    with pytest.raises(NeverError):
        cluster.wait_for_leader(within=5)


def test_disks_rot_only_where_others_can_decide() -> None:
    cluster = Cluster(nodes=3, algorithm="zab", options={"quorum_weights": "1=2"})
    cluster.wait_for_leader()
    for number in range(5):
        assert isinstance(cluster.apply(1, b"%d" % number), Applied)
    at = cluster.now + 1
    Nemesis(cluster).plan([Rot(at, 1, "log", 300, 1), Rot(at + 1, 3, "log", 300, 1)])
    cluster.run(0.1)
    assert [bool(node.rotten) for node in cluster.nodes.values()] == [False, False, True]
