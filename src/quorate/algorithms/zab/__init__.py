"""ZAB, the atomic broadcast of ZooKeeper (Junqueira, Reed and Serafini, DSN 2011), in the form that ZooKeeper runs, with its known holes
closed; docs/zab.md has the whole of it.

How to read it: `zab.py` is the door through which every event comes in. `state.py` is what every server has, `leading.py` and
`learning.py` what a role adds and takes along when it ends. Then one file a phase: `election.py`, `discovery.py`, `synchronisation.py` (the
leader's side) with `taking_over.py` (the learner's), `broadcast.py` with `learner.py`; and `reads.py`, `proposals.py`, `snapshots.py`,
`liveness.py`.
"""

from quorate.algorithms.zab.config import ZabConfig
from quorate.algorithms.zab.zab import SPEC, Zab

__all__ = ["SPEC", "Zab", "ZabConfig"]
