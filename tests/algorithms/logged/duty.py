"""A leader of no algorithm: what it is asked to do is written down, and what it knows of its peers is what a test says."""

from collections.abc import Collection
from random import Random
from typing import Any

from quorate.algorithms.logged.duties import Duties, Reach, Rules
from quorate.algorithms.logged.keeper import LogKeeper
from quorate.algorithms.logged.pending import Asker
from quorate.core.configuration import Configuration
from quorate.core.durable import Durable, Identity
from quorate.core.effects import Explain
from quorate.core.entry import Entry
from quorate.core.ids import SECOND, Index, Nanos, NodeId
from quorate.core.requests import Request

PATIENCE_NS = SECOND // 2
HERE = Asker(None, 1, 7)
"""Who asks."""


class Keeper(LogKeeper):
    """Node 1 in term 1."""

    def __init__(self, members: tuple[NodeId, ...] = (1, 2, 3), durable: Durable | None = None) -> None:
        super().__init__(Identity("test", 1, 100, 1, members), durable or Durable(), Random(1))
        self.gone: list[NodeId] = []

    @property
    def token(self) -> int:
        return 1

    @property
    def stall_ns(self) -> Nanos:
        return PATIENCE_NS

    def _follow_peers(self, gone: list[NodeId]) -> None:
        self.departed += gone

    def _answer_on(self, node: NodeId, asker: Asker, refused: str, hint: NodeId | None) -> None:
        self.explain("answered", node=node, id=asker.id, refused=refused, hint=hint)


class Table(Duties):
    """Leads unless a test says otherwise. `did`: what it was asked to do."""

    def __init__(self, members: tuple[NodeId, ...] = (1, 2, 3), **rules: Any) -> None:
        keeper = Keeper(members)
        given = {"catch_up_entries": 10, "remove_dead_after_ns": 0, "least_voters": 2, "disk_slow_factor": 8} | rules
        super().__init__(keeper, Rules(PATIENCE_NS, **given))
        self.did: list[tuple[str, Any]] = []
        self.known: dict[NodeId, Reach] = {peer: Reach(0, 0) for peer in keeper.peers}
        self.leading, self.hindrance, self.misfit, self.weak = True, "", "", ""
        keeper.leader, keeper.ready = 1, True

    @property
    def leads(self) -> bool:
        return self.leading

    def reach(self, peer: NodeId) -> Reach | None:
        return self.known.get(peer)

    def unable(self, _peer: NodeId) -> str:
        return self.weak

    def obstacle(self) -> str:
        return self.hindrance

    def unfit(self, _configuration: Configuration) -> str:
        return self.misfit

    @property
    def one_step(self) -> bool:
        return True

    def decides(self, nodes: Collection[NodeId]) -> bool:
        return 2 * len(set(nodes) & self.keeper.voters) > len(self.keeper.voters)

    def append(self, kind: int, data: bytes, crc: int) -> None:
        entry = Entry(self.keeper.log.last_index + 1, 1, kind, data, crc)
        self.keeper.append((entry,))

    def dismiss(self, peer: NodeId) -> None:
        self.did.append(("dismiss", peer))

    def order(self, target: NodeId) -> None:
        self.did.append(("order", target))

    def give_up(self, successor: NodeId | None, why: str) -> None:
        self.did.append(("give_up", successor))
        self.leading = False

    def pass_on(self, incarnation: int, request_id: int, request: Request) -> None:
        self.did.append(("pass_on", request_id))

    # For tests

    def commit(self, index: Index | None = None) -> None:
        """Everything in the log is committed, durable and applied."""
        keeper = self.keeper
        keeper.durable = keeper.log.last_index
        keeper.commit = keeper.log.last_index if index is None else index
        keeper.apply_committed()

    def hears(self, *peers: NodeId, match: Index | None = None, **fields: Any) -> None:
        """These answer now, and have everything."""
        last = self.keeper.log.last_index if match is None else match
        for peer in peers:
            self.known[peer] = Reach(last, self.keeper.now, **fields)

    def take(self) -> list[Any]:
        """What was told since, without the explanations."""
        out, self.keeper.out = self.keeper.out, []
        return [effect for effect in out if not isinstance(effect, Explain)]

    def reasons(self) -> list[str]:
        """What was explained since."""
        out, self.keeper.out = self.keeper.out, []
        return [effect.reason for effect in out if isinstance(effect, Explain)]
