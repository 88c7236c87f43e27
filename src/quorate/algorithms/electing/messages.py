"""Messages that Bully and ring have in common. Every one carries `boot`: the sender's start counter."""

from quorate.algorithms.electing.epoch import Epoch
from quorate.algorithms.electing.rank import Rank
from quorate.core.ids import Nanos, NodeId
from quorate.core.message import Message
from quorate.core.requests import Request


class Word(Message, frozen=True):
    """Base of them all."""

    boot: int

    @property
    def claimed(self) -> Epoch | None:
        """The epoch that its sender says it leads, or wants to; None: it says nothing of the kind."""
        return None


class ElectionId(Message, frozen=True):
    """Which election of which process of which node; every answer echoes it, so that a late one is known for one."""

    node: NodeId
    boot: int
    number: int


class Heartbeat(Word, frozen=True):
    """I lead `epoch`. `sent_at` is by the sender's own clock, echoed and not read by anybody else. `successors`: who should take over,
    the best first, where the algorithm keeps such a list."""

    epoch: Epoch
    number: int
    sent_at: Nanos
    rank: Rank
    successors: tuple[NodeId, ...] = ()

    @property
    def claimed(self) -> Epoch:
        """Its own."""
        return self.epoch


class HeartbeatAck(Word, frozen=True):
    """With the guard: I follow you, and do not help another for a while. In any case, with a `known` above your epoch: you lead no
    more, or should not."""

    epoch: Epoch
    number: int
    sent_at: Nanos
    known: Epoch


class Takeover(Word, frozen=True):
    """I rank higher than you: hand over to me, if your policy allows it."""

    epoch: Epoch
    rank: Rank


class Resign(Word, frozen=True):
    """I lead `epoch` no more. `successor`: who should; None: whoever is elected."""

    epoch: Epoch
    successor: NodeId | None


class Ask(Word, frozen=True):
    """Somebody asked me for this; you lead. (`boot`, `id`) is never used twice by a node."""

    id: int
    request: Request


class AskReply(Word, frozen=True):
    """To the process that was started as number `asked_by`. `refused` is empty when it has come to pass."""

    asked_by: int
    id: int
    refused: str = ""
    hint: NodeId | None = None
