"""The ring's messages: an envelope that goes from neighbour to neighbour, its answer, and what may be inside.

Heartbeats, resignations and the like go straight to their receiver; they are those of `quorate.algorithms.electing`.
"""

from typing import TypeAlias, get_args

import msgspec

from quorate.algorithms.electing.epoch import Epoch
from quorate.algorithms.electing.messages import ElectionId, Word
from quorate.algorithms.electing.rank import Rank
from quorate.core.ids import NodeId


class _Body(msgspec.Struct, frozen=True, array_like=True, tag=True, gc=False):
    pass


class Election(_Body, frozen=True, gc=False):
    """Chang-Roberts: the rank of the node that set it out, the highest on its way so far."""

    rank: Rank


class Elected(_Body, frozen=True, gc=False):
    """`epoch` begins, led by its node. `rank`: the leader's. `grants`: with the guard, who has promised it on its way."""

    epoch: Epoch
    rank: Rank
    grants: tuple[NodeId, ...] = ()


class Visit(msgspec.Struct, frozen=True, order=True, array_like=True, gc=False):
    """One that a Collect has visited: its rank, and which process of it that was."""

    rank: Rank
    boot: int


class Collect(_Body, frozen=True, gc=False):
    """Lap ring, first lap: whom it has visited, in that order. The first is the initiator."""

    visits: tuple[Visit, ...]


class Coordinator(_Body, frozen=True, gc=False):
    """Lap ring, second lap: `chosen` was the highest of `visits`. Without the guard its node leads `epoch` from now on; with it, it is
    nominated, and sends an Install."""

    epoch: Epoch
    chosen: Visit
    visits: tuple[Visit, ...]


class Install(_Body, frozen=True, gc=False):
    """Lap ring with the guard: the nominee gathers grants for `epoch`, as with Elected."""

    epoch: Epoch
    rank: Rank
    grants: tuple[NodeId, ...] = ()


class Token(_Body, frozen=True, gc=False):
    """LeLann: the rank of one that set out to be elected."""

    rank: Rank


class Probe(_Body, frozen=True, gc=False):
    """Hirschberg-Sinclair: is there a higher rank within `2**phase` hops? `hop`: how many it has made. `knew`: the highest epoch that the
    candidate knew of when its election began."""

    rank: Rank
    phase: int
    hop: int
    knew: Epoch


class Reply(_Body, frozen=True, gc=False):
    """Hirschberg-Sinclair: there is none in that direction. It travels back to where the probe set out."""

    rank: Rank
    phase: int


class Pulse(_Body, frozen=True, gc=False):
    """With `monitor = "predecessor"`, from every node to the next one and no further: it lives, and follows the leader of `epoch`, of that
    `rank` and `boot`; None: it knows none."""

    epoch: Epoch
    rank: Rank | None
    boot: int


Body: TypeAlias = Election | Elected | Collect | Coordinator | Install | Token | Probe | Reply | Pulse


class Ring(Word, frozen=True):
    """The envelope. `ring_version`: of the order of the ring; any other is dropped. `eid`: of the
    election that it belongs to, and so of the node that set it out. `max_seen`: the highest epoch known to any node on its way.
    `hops`: it has made; `ttl`: it may still make. `msg_id`: names it in the acknowledgement. `clockwise`: which way it goes.
    """

    ring_version: int
    eid: ElectionId
    body: Body
    max_seen: Epoch
    hops: int
    ttl: int
    msg_id: int
    clockwise: bool = True

    @property
    def claimed(self) -> Epoch | None:
        """That of the claim or result inside."""
        return self.body.epoch if isinstance(self.body, Elected | Install | Coordinator) else None

    @property
    def kind(self) -> str:
        """What is inside."""
        return type(self.body).__name__

    @classmethod
    def kinds(cls) -> tuple[str, ...]:
        """All that can be inside."""
        return tuple(body.__name__ for body in get_args(Body))


class HopAck(Word, frozen=True):
    """The envelope `msg_id` was received. It promises nothing else."""

    msg_id: int
