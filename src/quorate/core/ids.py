"""Names for the numbers of consensus. All are plain integers, so that the hot path stays plain arithmetic."""

from typing import TypeAlias

NodeId: TypeAlias = int
"""A member of the cluster, 1 or above. Ids are totally ordered: Bully, ring and ZAB compare them."""

Term: TypeAlias = int
"""Raft's term, ZAB's epoch: a logical clock, 0 before the first election."""

Index: TypeAlias = int
"""Position in the log. The first entry has index 1; 0 stands before it."""

Nanos: TypeAlias = int
"""Time in nanoseconds on the node's own monotonic clock; only differences mean anything."""

Position: TypeAlias = int
"""Sequence number of a `Persist` on one node, rising from 1 in each process."""

LinkIncarnation: TypeAlias = int
"""Number of a connection to one peer, counted by this process; rises with each `PeerConnected`."""

MILLISECOND: Nanos = 1_000_000
SECOND: Nanos = 1_000_000_000
