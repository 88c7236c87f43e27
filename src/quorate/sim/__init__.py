"""A simulated world with seeded clock, network and disk: the production code, in storms that can be run again.

from quorate.sim import Cluster

cluster = Cluster(nodes=5, seed=1)
leader = cluster.wait_for_leader()
cluster.crash(leader.node)
cluster.wait_for_leader()
"""

from quorate.sim.cluster import Cluster, NeverError, Pending, Reading
from quorate.sim.invariants import InvariantBrokenError
from quorate.sim.node import SimNode

__all__ = ["Cluster", "InvariantBrokenError", "NeverError", "Pending", "Reading", "SimNode"]
