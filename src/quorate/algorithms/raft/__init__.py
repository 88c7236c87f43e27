"""Raft, as Ongaro and Ousterhout describe it (USENIX ATC 2014; Ongaro's dissertation, 2014), with PreVote, CheckQuorum and ReadIndex.

How to read it: `raft.py` is the door through which every event comes in. `state.py` is the state, all of it, and the few
ways in which effects leave. Each concern is one file of functions of that state, both sides of its messages together:
`election.py`, `replication.py`, `commit.py`, `reads.py`, `proposals.py`, `snapshots.py`.
"""

from quorate.algorithms.raft.config import RaftConfig
from quorate.algorithms.raft.raft import SPEC, Raft

__all__ = ["SPEC", "Raft", "RaftConfig"]
