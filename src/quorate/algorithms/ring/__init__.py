"""Election on a ring: every node talks to the next one only. Chang and Roberts, LeLann, Hirschberg and Sinclair, and the textbook's lap.

How to read it: `ring.py` is the door through which every event comes in, `state.py` the record. `hops.py` gets an envelope to the next
node that lives; `campaign.py` begins an election, each variant has a file of its own for how it goes on, and `claims.py` makes a leader
of whoever won. `monitor.py` is the other way to notice a silent leader. What it shares with Bully is in `algorithms/electing`.
"""

from quorate.algorithms.ring.config import RingConfig
from quorate.algorithms.ring.ring import SPEC, RingElection

__all__ = ["SPEC", "RingConfig", "RingElection"]
