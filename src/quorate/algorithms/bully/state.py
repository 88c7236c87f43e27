"""What a Bully node knows beyond the shared record."""

from random import Random

from quorate.algorithms.bully.config import BullyConfig
from quorate.algorithms.bully.mongodb_state import MongoState
from quorate.algorithms.electing.epoch import NEVER, Epoch
from quorate.algorithms.electing.messages import ElectionId
from quorate.algorithms.electing.state import Electing
from quorate.core.durable import Durable, Identity
from quorate.core.ids import Nanos, NodeId


class BullyState(Electing):
    """`eid`: of the newest election of its own. `in_line`: its turn among the successors that a leader has named comes when the wait
    is over.
    `would_grant`, `would_refuse`: who has said so of a claim of its own, and for how long they would.
    `halted_by`: who has halted it, for which epoch (two-phase install). `mongo`: what the rules of MongoDB's first protocol keep."""

    settings: BullyConfig

    def __init__(self, identity: Identity, config: BullyConfig, durable: Durable, random: Random) -> None:
        super().__init__(identity, config, durable, random)
        self.settings: BullyConfig = config
        self.elections = 0
        self.eid = ElectionId(self.me, self.boot, 0)
        self.in_line = False
        self.would_grant: set[NodeId] = set()
        self.would_refuse: dict[NodeId, Nanos] = {}
        self.halted_by: tuple[NodeId, Epoch] = (0, NEVER)
        self.mongo = MongoState()

    def next_election(self) -> None:
        """Name a new election; answers to earlier ones are late from now on."""
        self.elections += 1
        self.eid = ElectionId(self.me, self.boot, self.elections)
