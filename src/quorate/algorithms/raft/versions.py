"""Who understands what, while releases are mixed: a rolling upgrade uses nothing new where it is not understood."""

import msgspec

from quorate.algorithms.raft.messages import SINCE
from quorate.algorithms.raft.state import RaftState
from quorate.core.ids import NodeId
from quorate.core.message import NEWEST_VERSION


def understands(raft: RaftState, node: NodeId, kind: type[msgspec.Struct]) -> bool:
    """Whether messages or requests of that type mean something to `node`, as far as this process has met it. One that it never met
    counts as new: it may be gone for good, and must not hold the others back."""
    return node == raft.me or raft.versions.get(node, NEWEST_VERSION) >= SINCE.get(kind, 1)


def acknowledged(raft: RaftState, leader: NodeId | None) -> str:
    """How a peer says that a chunk of a snapshot is durable. To a leader of version 1, which has one chunk under way and knows no
    other word, "go on from there" says the same."""
    return "held" if leader is None or raft.versions.get(leader, NEWEST_VERSION) >= 2 else "continue"


def all_understand(raft: RaftState, kind: type[msgspec.Struct]) -> bool:
    """As `understands`, of every member: what goes into the log reaches them all."""
    return all(understands(raft, node, kind) for node in raft.peers)
