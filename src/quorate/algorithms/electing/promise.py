"""What is durable: one promise."""

from quorate.algorithms.electing.epoch import NEVER, Epoch
from quorate.core.durable import HardState


class Promise(HardState, frozen=True):
    """`promised`: the highest epoch that this node has claimed, granted or followed; it never falls. `losses`: how many leaderships it has
    lost in a row, none of which lasted; 0 in files that are older than it.

    The start counter that goes into every message is not here: `Identity.incarnation` counts starts, and is durable before the
    algorithm is built, so before the first message too."""

    promised: Epoch = NEVER
    losses: int = 0
