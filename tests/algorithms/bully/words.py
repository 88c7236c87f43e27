"""Bully on a table: settings of the test profile, and messages in few words."""

from typing import Any

from algorithms.electing.one import One
from quorate.algorithms.bully import SPEC, BullyConfig
from quorate.algorithms.bully.messages import Alive, Election, PreVoteReply, Victory, VictoryAck
from quorate.algorithms.electing.epoch import NEVER, Epoch
from quorate.algorithms.electing.messages import ElectionId, Heartbeat, HeartbeatAck, Resign, Takeover
from quorate.algorithms.electing.promise import Promise
from quorate.algorithms.electing.rank import Rank
from quorate.core.ids import NodeId

PROFILE: dict[str, Any] = {
    "election_timeout_ms": 70,
    "heartbeat_ms": 20,
    "delay_ms": 10,
    "processing_ms": 1,
    "sync_ms": 5,
    "clock_drift_percent": 10,
}
"""D = 10, p = 1, T_hb = 20, T_fd = 70, so T_alive = 21 and T_victory = 43."""


def config(**changes: Any) -> BullyConfig:
    """The test profile, without the guard."""
    return BullyConfig(**{**PROFILE, "guard": "none", **changes})


def guarded(**changes: Any) -> BullyConfig:
    """The test profile, with the guard."""
    return config(guard="majority", **changes)


def bully(node: NodeId = 2, n: int = 3, *, promised: Epoch = NEVER, boot: int = 1, **changes: Any) -> One:
    """A node that has just started, on an empty disk unless it has promised something."""
    hard = Promise(promised) if promised != NEVER else None
    return One(SPEC, config(**changes), node, range(1, n + 1), hard=hard, boot=boot)


def following(leader: NodeId, node: NodeId = 2, n: int = 3, counter: int = 1, **changes: Any) -> One:
    """A node that hears `leader`."""
    one = bully(node, n, **{"preempt": False, **changes})
    one.receive(leader, heartbeat(leader, counter))
    one.disk()
    assert one.state.leader == leader
    return one


def leading(node: NodeId = 3, n: int = 3, **changes: Any) -> One:
    """A node that leads; with the guard all have granted it. It is the highest, and nobody who ranks higher answers if it asks."""
    one = bully(node, n, **changes)
    one.wait(one.state.settings.election_timeout_ms + 12)
    if one.role == "electing":
        one.wait(21)
    assure(one)
    for peer in one.state.others:
        if one.role == "claiming":
            one.receive(peer, VictoryAck(1, one.state.epoch, granted=True, promised=one.state.epoch))
    one.disk()
    assert one.role == "leader", one.role
    return one


def assure(one: One) -> None:
    """Whoever it asks first says that it would grant its claim."""
    for peer in one.state.others:
        if one.role == "pre_claiming":
            one.receive(peer, PreVoteReply(1, one.state.eid, granted=True, known=one.state.known))


def rank(node: NodeId, freshness: int = 0, priority: int = 0) -> Rank:
    """Of a node."""
    return Rank(priority, freshness, node)


def heartbeat(node: NodeId, counter: int, boot: int = 1, **fields: Any) -> Heartbeat:
    """That `node` leads `counter`."""
    return Heartbeat(boot, Epoch(counter, node), 1, 0, fields.pop("rank", rank(node)), **fields)


def victory(node: NodeId, counter: int, boot: int = 1, **fields: Any) -> Victory:
    """That `node` has won, or wants to win, `counter`."""
    return Victory(boot, Epoch(counter, node), ElectionId(node, boot, 1), fields.pop("rank", rank(node)))


def election(node: NodeId, boot: int = 1, **fields: Any) -> Election:
    """`node` asks."""
    return Election(boot, ElectionId(node, boot, 1), fields.pop("rank", rank(node)), fields.pop("max_seen", NEVER))


def alive(node: NodeId, eid: ElectionId, **fields: Any) -> Alive:
    """`node` answers."""
    return Alive(1, eid, fields.pop("rank", rank(node)), fields.pop("max_seen", NEVER), fields.pop("leader", None))


def resign(node: NodeId, counter: int, successor: NodeId | None = None) -> Resign:
    """`node` gives up."""
    return Resign(1, Epoch(counter, node), successor)


def ack(epoch: Epoch, known: Epoch, sent_at: int = 0) -> HeartbeatAck:
    """An answer to a heartbeat of `epoch`."""
    return HeartbeatAck(1, epoch, 1, sent_at, known)


def takeover(node: NodeId, epoch: Epoch, **fields: Any) -> Takeover:
    """`node` wants to lead."""
    return Takeover(1, epoch, fields.pop("rank", rank(node)))


__all__ = ["NEVER", "SPEC", "ElectionId", "Epoch", "Promise", "VictoryAck"]
