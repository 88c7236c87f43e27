"""Why there is no leader, why a proposal is not decided, why this node does not lead, who is slow: in words, out of the state alone.

Nothing here changes anything or asks anybody. What a node cannot know it does not say: it speaks of what it has heard, and of how long ago.
"""

from collections.abc import Iterator, Sequence

from quorate.algorithms.zab.leading import Leading, Phase
from quorate.algorithms.zab.session import Session, Stage
from quorate.algorithms.zab.state import Role, ZabState
from quorate.core.finding import Explained, Finding
from quorate.core.ids import SECOND, Nanos
from quorate.core.words import entries, have, nodes, share, size, span

RECENT_NS: Nanos = 60 * SECOND
"""What was explained longer ago explains nothing now."""

FAR_BEHIND = 1000
"""Entries. A learner that lacks fewer and answers is merely busy."""

NEARLY_FULL = 80
"""Percent of a limit."""


def why(zab: ZabState, now: Nanos, recent: Sequence[Explained]) -> list[Finding]:
    """Everything that this node can say, the questions in the order of `QUESTIONS`."""
    now = max(now, zab.now)
    lately = [explained for explained in recent if now - explained.at < RECENT_NS]
    return [*_leader(zab, now), *_commit(zab), _vote(zab, lately), *_slow(zab, now)]


# Why is there no leader?


def _leader(zab: ZabState, now: Nanos) -> Iterator[Finding]:
    if zab.leader == zab.me:
        yield Finding("leader", "leads", f"this node leads epoch {zab.current_epoch}", zab.me)
    elif zab.leader is not None:
        yield Finding("leader", "follows", f"node {zab.leader} leads epoch {zab.current_epoch}", zab.leader)
    else:
        yield Finding("leader", "no_leader", f"no leader is known: {zab.why}")
    if zab.leading is not None:
        yield from _missing_quorum(zab, zab.leading, now)
    elif zab.leader is None:
        yield from _unreachable(zab)


def _missing_quorum(zab: ZabState, leading: Leading, now: Nanos) -> Iterator[Finding]:
    """Whether so many are silent that this leader must give up, or that one more would be too many."""
    limit = zab.config.sync_ns
    heard = {sid for sid, session in leading.sessions.items() if now - session.heard_at < limit}
    gone = zab.voters - heard - {zab.me}
    present = (heard & zab.voters) | {zab.me}
    if not gone:
        return
    text = f"{nodes(gone)} {have(gone)} not been heard for {span(limit)}"
    if not zab.decides(present):
        yield Finding("leader", "no_quorum", f"{text}: the rest is no quorum", min(gone) if len(gone) == 1 else None)
    elif not all(zab.decides(present - {sid}) for sid in present - {zab.me}):
        yield Finding("leader", "no_margin", f"{text}: if one more fails, nobody can lead")


def _unreachable(zab: ZabState) -> Iterator[Finding]:
    missing = zab.voters - zab.connected - {zab.me}
    if missing and not zab.decides(set(zab.voters - missing)):
        dead = missing & zab.unreachable
        text = f"no connection to {nodes(missing)}" + (f"; of {nodes(dead)} the process is gone" if dead else "")
        yield Finding(
            "leader", "no_quorum", f"{text}: the rest is no quorum", min(missing) if len(missing) == 1 else None
        )


# Why is my proposal not decided?


def _commit(zab: ZabState) -> Iterator[Finding]:
    leading, learning = zab.leading, zab.learning
    if zab.leader is None:
        yield Finding("commit", "no_leader", "no leader is known that could take a proposal: they wait on this node")
    elif leading is not None:
        yield from _waiting(zab, leading)
    elif learning is not None and learning.forwards:
        text = f"{len(learning.forwards)} batches that were proposed here were sent to node {zab.leader}, which leads: ask there"
        yield Finding("commit", "forwarded", text, zab.leader)
    else:
        yield Finding(
            "commit", "nothing_waits", f"nothing that was proposed here waits for node {zab.leader}", zab.leader
        )
    if zab.applied < zab.commit:
        text = f"of what is committed up to {zab.commit:,} this node has applied {zab.applied:,}: its disk has not written the rest"
        yield Finding("commit", "not_applied", text)


def _waiting(zab: ZabState, leading: Leading) -> Iterator[Finding]:
    last, limit = zab.log.last_index, zab.config.uncommitted_bytes
    if zab.commit >= last:
        yield Finding("commit", "nothing_waits", "everything in this leader's log is committed")
        return
    lacking = [
        sid
        for sid in sorted(zab.voters - {zab.me})
        if sid not in leading.sessions or leading.sessions[sid].acked_to <= zab.commit
    ]
    text = f"{entries(last - zab.commit)} wait for a quorum; {nodes(lacking)} {have(lacking)} not acknowledged the next"
    if zab.durable <= zab.commit:
        text += ", nor has this node's own disk"
    yield Finding("commit", "waits_for_quorum", text, lacking[0] if len(lacking) == 1 else None)
    if leading.uncommitted_bytes * 100 >= limit * NEARLY_FULL:
        text = (
            f"{size(leading.uncommitted_bytes)} wait for a quorum, of the {size(limit)} that may (uncommitted_bytes): "
            "what does not fit is refused as busy"
        )
        yield Finding("commit", "uncommitted_limit", text)


# Why does this node not vote?


def _vote(zab: ZabState, lately: Sequence[Explained]) -> Finding:
    if not zab.votes:
        role = zab.configuration.role(zab.me)
        if role == "learner":
            return Finding("vote", "is_learner", "it is an observer: it has everything that is committed, and no vote")
        return Finding("vote", "is_stranger", "it is no member of the group that it knows of, and waits to be let in")
    if not zab.quorums.weight(zab.me):
        return Finding(
            "vote", "weighs_nothing", "its vote weighs nothing (quorum_weights, quorum_groups): it never leads"
        )
    if zab.leader is not None:
        return Finding("vote", "hears_leader", "it votes for nobody as long as it has a leader", zab.leader)
    if zab.role is Role.LOOKING:
        rounds = sum(explained.reason == "looking" for explained in lately)
        text = f"it votes for node {zab.vote.sid} in round {zab.round}, the {rounds}. within a minute"
        return Finding("vote", "campaigning", text, zab.vote.sid)
    word = "leads" if zab.role is Role.LEADING else "follows"
    return Finding("vote", "waits", f"it {word} node {zab.vote.sid}, as elected, in the phase of {zab.phase.value}")


# Who is slow?


def _slow(zab: ZabState, now: Nanos) -> Iterator[Finding]:
    leading = zab.leading
    if leading is None or zab.phase is not Phase.BROADCAST:
        return
    for sid, session in leading.sessions.items():
        found = _slowness(zab, session, now)
        if found is not None:
            yield Finding("slow", found[0], f"node {sid} {found[1]}", sid)
    for sid in sorted(set(zab.configuration.ids) - leading.sessions.keys() - {zab.me}):
        yield Finding("slow", "silent", f"node {sid} does not follow this leader", sid)


def _slowness(zab: ZabState, session: Session, now: Nanos) -> tuple[str, str] | None:
    lacks = zab.log.last_index - session.acked_to
    if session.outgoing is not None:
        held, whole = session.outgoing.held or 0, session.outgoing.meta.size
        return "snapshot", f"is being sent a snapshot: it has {share(held, whole)}"
    if session.stage is not Stage.ACTIVE:
        return "synchronising", f"is being brought in line ({session.stage.value})"
    silence = now - session.heard_at
    if silence >= 2 * zab.config.tick_ns:
        return "silent", f"was last heard {span(silence)} ago"
    if session.follower and lacks > FAR_BEHIND:
        return "far_behind", f"lacks {entries(lacks)}"
    return None
