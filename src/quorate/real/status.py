"""What a node says of itself, in every state of its life."""

import os

import msgspec

from quorate.core.algorithm import DiskState, PeerStatus, SnapshotWork, Status
from quorate.core.ids import Index, NodeId, Term
from quorate.real.group import GroupStatus, describe_group
from quorate.version import __version__


class NodeStatus(msgspec.Struct, frozen=True):
    """What a node says of itself. `role` is `stopped` before start and after stop, `failed` after a failure, which `failed` explains.

    `applied`: by this node's machine. `why`: while no leader is known, the reason in words. `snapshot_work`: what is
    being done here with a snapshot, and how far it is; what is being sent is with the peer that gets it. `disk`: `ok`, `hung` or `full`.
    `group`: the members, as this node knows them.
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
    snapshot_work: SnapshotWork | None = None
    disk: DiskState = "ok"
    group: GroupStatus = GroupStatus()


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
        snapshot_work=status.snapshot_work if runs else None,
        disk=status.disk if runs else "ok",
        group=describe_group(status, leads=runs and status.leader == node),
    )
