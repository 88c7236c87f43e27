"""Bully, as Garcia-Molina describes it (IEEE Transactions on Computers, 1982), with an optional majority guard.

How to read it: `bully.py` is the door, `election.py` has the election up to the claim, `victory.py` the claim and what others answer. What
Bully shares with the ring, the guard and the heartbeats among it, is in `algorithms/electing`. Each variant is a file of its own:
`successors.py`, `two_phase.py`, `mongodb_v0.py`. The numbers B1 to B23 are those of docs/bully.md.
"""

from quorate.algorithms.bully.bully import SPEC, Bully
from quorate.algorithms.bully.config import BullyConfig

__all__ = ["SPEC", "Bully", "BullyConfig"]
