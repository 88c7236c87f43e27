"""What a node says of itself, in every state of its life."""

import os

import msgspec

from quorate.core.algorithm import PeerStatus, Status
from quorate.core.ids import Index, NodeId, Term
from quorate.version import __version__


class NodeStatus(msgspec.Struct, frozen=True):
    """What a node says of itself. `role` is `stopped` before start and after stop, `failed` after a failure, which `failed` explains.

    `applied`: by this node's machine. `why`: while no leader is known, the reason in words.
    """

    cluster: str
    id: NodeId
    pid: int
    algorithm: str
    role: str
    term: Term
    leader: NodeId | None
    ready: bool
    commit: Index
    applied: Index
    last_index: Index
    snapshot_index: Index
    log_bytes: int
    version: str
    uptime_s: float
    peers: dict[NodeId, PeerStatus]
    failed: str | None
    why: str


def describe(
    *,
    cluster: str,
    node: NodeId,
    algorithm: str,
    life: str,
    status: Status | None,
    failure: BaseException | None,
    log_bytes: int,
    uptime_s: float,
) -> NodeStatus:
    """Put together what is known. `life`: `running`, `stopped` or `failed`; a node that does not run knows no leader."""
    runs = life == "running"
    status = status or Status(algorithm=algorithm, node=node, role=life, term=0, leader=None)
    return NodeStatus(
        cluster=cluster,
        id=node,
        pid=os.getpid(),
        algorithm=algorithm,
        role=status.role if runs else life,
        term=status.term,
        leader=status.leader if runs else None,
        ready=status.ready and runs,
        commit=status.commit,
        applied=status.applied,
        last_index=status.last_index,
        snapshot_index=status.snapshot_index,
        log_bytes=log_bytes,
        version=__version__,
        uptime_s=uptime_s,
        peers=status.peers if runs else {},
        failed=str(failure) if failure is not None else None,
        why=status.why if runs else "",
    )
