"""A Raft cluster as a Hypothesis state machine: it looks for the shortest story that breaks a property.

Any message under way may arrive, in any order, twice or never; writes complete late; processes crash and come back; links break; clocks
go their own ways. What must hold is in raft_invariants.py, and is checked at every step of every node.
"""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from properties.raft_cluster import Cluster
from quorate.core.ids import MILLISECOND

pick = st.integers(0, 59)
node = st.integers(1, 3)
most = st.sampled_from([1, 2, 10])


class RaftMachine(RuleBasedStateMachine):
    """Three nodes. Rules are what may happen."""

    @initialize(seed=st.integers(0, 3), leader=node)
    def elect(self, seed: int, leader: int) -> None:
        self.cluster = Cluster(3, seed)
        self.cluster.time_out(leader)
        self.exchange(20)

    @rule(count=st.integers(1, 20))
    def exchange(self, count: int) -> None:
        """A while without trouble: writes complete, and the oldest messages arrive in order."""
        for _ in range(count):
            for each in self.cluster.members:
                self.cluster.finish_write(each, 10)
            self.cluster.deliver(0)

    @rule(choice=pick)
    def deliver(self, choice: int) -> None:
        self.cluster.deliver(choice)

    @rule(choice=pick)
    def deliver_and_keep(self, choice: int) -> None:
        self.cluster.deliver(choice, keep=True)

    @rule(choice=pick)
    def lose(self, choice: int) -> None:
        self.cluster.lose(choice)

    @rule(at=node)
    def time_out(self, at: int) -> None:
        self.cluster.time_out(at)

    @rule(at=node, milliseconds=st.integers(1, 120))
    def pass_time(self, at: int, milliseconds: int) -> None:
        self.cluster.pass_time(at, milliseconds * MILLISECOND)

    @rule(at=node, most=most)
    def finish_write(self, at: int, most: int) -> None:
        self.cluster.finish_write(at, most)

    @rule(at=node, size=st.sampled_from([4, 60]))
    def propose(self, at: int, size: int) -> None:
        self.cluster.propose(at, size)

    @rule(at=node)
    def propose_again(self, at: int) -> None:
        self.cluster.propose_again(at)

    @rule(at=node)
    def read(self, at: int) -> None:
        self.cluster.read(at)

    @rule(at=node)
    def take_snapshot(self, at: int) -> None:
        self.cluster.take_snapshot(at)

    @rule(at=node)
    def crash(self, at: int) -> None:
        self.cluster.crash(at)

    @rule(at=node)
    def restart(self, at: int) -> None:
        self.cluster.restart(at)

    @rule(first=node, second=node)
    def renew_link(self, first: int, second: int) -> None:
        self.cluster.renew_link(first, second)

    @rule(first=node, second=node)
    def break_link(self, first: int, second: int) -> None:
        self.cluster.break_link(first, second)

    @rule(at=node, peer=node)
    def suspect(self, at: int, peer: int) -> None:
        self.cluster.suspect(at, peer)

    def teardown(self) -> None:
        """Whatever happened, it ends well."""
        if hasattr(self, "cluster"):
            self.cluster.heal()


TestRaft = RaftMachine.TestCase
TestRaft.settings = settings(max_examples=50, stateful_step_count=50)
