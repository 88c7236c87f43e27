"""Why a proposal is not decided, and who is slow. See `why.py`."""

from collections.abc import Iterator, Mapping

from quorate.algorithms.logged.quorum import joint_value, quorum_size
from quorate.algorithms.raft.progress import Mode, Progress
from quorate.algorithms.raft.state import RaftState, Role
from quorate.core.finding import Finding
from quorate.core.ids import Index, Nanos, NodeId
from quorate.core.words import entries, have, nodes, share, size, span

FAR_BEHIND = 1000
"""Entries. A peer that lacks fewer and answers is merely busy."""

NEARLY_FULL = 80
"""Percent of a limit."""

# Why is my proposal not decided?


def why_not_committed(raft: RaftState, now: Nanos) -> Iterator[Finding]:
    """On a leader, what its newest entries wait for; elsewhere, what stands between this node's callers and an answer."""
    if raft.role is Role.LEADER:
        yield from _refusing(raft)
        yield from _waiting_for_quorum(raft, now)
    elif raft.leader is None:
        yield Finding("commit", "no_leader", "no leader is known that could take a proposal: they wait on this node")
    else:
        yield _forwarded(raft)
    if raft.applied < raft.commit:
        text = f"of what is committed up to {raft.commit:,} this node has applied {raft.applied:,}: {_own_disk(raft)}"
        yield Finding("commit", "not_applied", text)


def _forwarded(raft: RaftState) -> Finding:
    leader = raft.leader
    if not raft.forwards:
        text = f"nothing that was proposed here waits for node {leader}, which leads"
        return Finding("commit", "nothing_waits", text, leader)
    text = f"{len(raft.forwards)} batches that were proposed here were sent to node {leader}, which leads: ask there"
    return Finding("commit", "forwarded", text, leader)


def _refusing(raft: RaftState) -> Iterator[Finding]:
    """Proposals that a leader does not even take."""
    if raft.transfer is not None:
        target = raft.transfer.target
        text = f"while leadership is handed to node {target} proposals are refused as transferring; they come again by themselves"
        yield Finding("commit", "transferring", text, target)
    limit = raft.config.uncommitted_bytes
    if raft.uncommitted_bytes * 100 >= limit * NEARLY_FULL:
        text = (
            f"{size(raft.uncommitted_bytes)} wait for a quorum, of the {size(limit)} that may (uncommitted_bytes): "
            "what does not fit is refused as busy"
        )
        yield Finding("commit", "uncommitted_limit", text)


def _waiting_for_quorum(raft: RaftState, now: Nanos) -> Iterator[Finding]:
    last = raft.log.last_index
    if raft.commit == last:
        yield Finding("commit", "all_committed", f"everything is committed, up to entry {last:,}")
        return
    index = max(raft.commit + 1, raft.noop_index)
    if index > raft.commit + 1:
        text = (
            f"entries {raft.commit + 1:,} to {index - 1:,} are of earlier terms: "
            f"they are committed together with {index:,}, the first of this one"
        )
        yield Finding("commit", "earlier_terms", text)
    held = _held(raft)
    for voters in raft.voter_sets:
        lacking = {voter for voter in voters if held.get(voter, -1) < index}
        missing = quorum_size(voters) - (len(voters) - len(lacking))
        if missing > 0:
            yield _short_of(raft, index, missing, lacking, now)
    if joint_value(raft.voter_sets, held) >= index:
        yield Finding("commit", "about_to_commit", f"entry {index:,} is on a quorum of disks and is being committed")


def _held(raft: RaftState) -> dict[NodeId, Index]:
    return {raft.me: raft.durable} | {peer: progress.match for peer, progress in raft.progress.items()}


def _short_of(raft: RaftState, index: Index, missing: int, lacking: set[NodeId], now: Nanos) -> Finding:
    """`missing` more of `lacking` must have entry `index` on disk."""
    reasons = [f"this node's own disk: {_own_disk(raft)}"] if raft.me in lacking else []
    dead = lacking & raft.unreachable
    reasons += [f"{nodes(dead)} {have(dead)} no process"] if dead else []
    reasons += [
        _state_of(raft, peer, raft.progress[peer], now)[1] for peer in sorted(lacking & raft.progress.keys() - dead)
    ]
    text = f"entry {index:,} waits for {missing} more of {nodes(lacking)}: {'; '.join(reasons)}"
    return Finding("commit", "waits_for_quorum", text, min(lacking) if len(lacking) == 1 else None)


def _own_disk(raft: RaftState) -> str:
    writing = raft.log.last_index - raft.durable
    if writing:
        return f"{entries(writing)} of its log, from {raft.durable + 1:,} on, {'is' if writing == 1 else 'are'} being written"
    return "its disk has all of its log"


# Who is slow?


def why_slow(raft: RaftState, now: Nanos) -> Iterator[Finding]:
    """As far as this node can see: a leader sees all its peers, the others only themselves."""
    found = [*_slow_peers(raft, now), *_slow_self(raft)]
    if not found:
        seen = (
            "all nodes keep up"
            if raft.role is Role.LEADER
            else "this node keeps up; of the others its leader knows more"
        )
        found.append(Finding("slow", "nobody", seen))
    yield from found


def _slow_peers(raft: RaftState, now: Nanos) -> Iterator[Finding]:
    for peer, progress in sorted(raft.progress.items()):
        code, text = _state_of(raft, peer, progress, now)
        if code != "keeps_up":
            yield Finding("slow", code, text, peer)


def _state_of(raft: RaftState, peer: NodeId, progress: Progress, now: Nanos) -> tuple[str, str]:
    """How a peer stands: what hinders it most, and how far it is behind."""
    behind = raft.log.last_index - progress.match
    lack = f"node {peer} lacks {entries(behind)}" if behind else f"node {peer} has everything"
    silence = now - progress.contact_at
    if peer in raft.unreachable:
        return "unreachable", f"{lack}, and its process is gone: connections to it are refused"
    if silence >= raft.config.election_timeout_ns:
        never = " (never since this node leads)" if not progress.round else ""
        return "silent", f"{lack}, and has not answered for {span(silence)}{never}"
    outgoing = progress.outgoing
    if outgoing is not None:
        got = share(outgoing.held or 0, outgoing.meta.size)
        wait = "" if outgoing.served else "; it waits for its turn (snapshot_transfers)"
        return "snapshot", f"{lack}, which are compacted here: it is being sent a snapshot, {got}{wait}"
    if behind and progress.window_full(raft.config.inflight_messages, raft.config.inflight_bytes):
        under_way = f"{len(progress.window)} messages, {size(progress.window_bytes)}"
        return "window_full", f"{lack}, and as much is on its way to it as may be ({under_way})"
    if silence > 3 * raft.config.heartbeat_ns:
        return "late", f"{lack}, and last answered {span(silence)} ago"
    if behind and progress.mode is Mode.PROBE:
        return "probing", f"{lack}, and is being asked where its log agrees, from {progress.next - 1:,} down"
    return ("far_behind" if behind >= FAR_BEHIND else "keeps_up"), f"{lack}, and is being sent them" if behind else lack


def _slow_self(raft: RaftState) -> Iterator[Finding]:
    incoming = raft.incoming
    if incoming is not None:
        got = share(incoming.offset, incoming.meta.size)
        yield Finding(
            "slow", "installing", f"this node lacked what is compacted elsewhere: it is sent a snapshot, {got}", raft.me
        )
    if raft.role is Role.LEADER and raft.durable < _held_by_others(raft, _held(raft)):
        text = f"this node's own disk is behind those of the others: {_own_disk(raft)}"
        yield Finding("slow", "own_disk", text, raft.me)
    elif raft.log.last_index - raft.durable >= FAR_BEHIND:
        yield Finding("slow", "own_disk", f"this node's own disk: {_own_disk(raft)}", raft.me)


def _held_by_others(raft: RaftState, held: Mapping[NodeId, Index]) -> Index:
    """What a quorum would have if this node had all."""
    return joint_value(raft.voter_sets, {**held, raft.me: raft.log.last_index})
