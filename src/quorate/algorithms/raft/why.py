"""Why there is no leader, why a proposal is not decided, why this node does not campaign, who is slow: in words, out of the state alone.

Theory of operation. Nothing here changes anything or asks anybody; it may be called at any moment, while a disk hangs too. What a
node cannot know it does not say: it speaks of what it has heard, and of how long ago. `recent` has what it explained before, for
what leaves no trace in the state.
"""

from collections.abc import Iterator, Sequence, Set

from quorate.algorithms.logged.quorum import quorum_size
from quorate.algorithms.raft.roles import quorum_contact
from quorate.algorithms.raft.state import RaftState, Role
from quorate.algorithms.raft.why_replication import why_not_committed, why_slow
from quorate.core.finding import Explained, Finding
from quorate.core.ids import SECOND, Nanos, NodeId
from quorate.core.words import entries, have, nodes, share, span

RECENT_NS: Nanos = 60 * SECOND
"""What was explained longer ago explains nothing now."""

REFUSALS = {
    "leader_alive": "it had heard a leader within the election timeout",
    "stale_term": "that term was over there",
    "already_voted": "its vote of that term was given to another node",
    "log_behind": "it has entries that the candidate lacks",
}
"""Why a vote was refused, in the words of the one who refused."""


def why(raft: RaftState, now: Nanos, recent: Sequence[Explained]) -> list[Finding]:
    """Everything that this node can say, the questions in the order of `QUESTIONS`."""
    now = max(now, raft.now)
    lately = [explained for explained in recent if now - explained.at < RECENT_NS]
    return [
        *_why_no_leader(raft, now),
        *why_not_committed(raft, now),
        *_why_no_vote(raft, now, lately),
        *why_slow(raft, now),
    ]


def unheard(raft: RaftState, now: Nanos) -> set[NodeId]:
    """Voters whose processes are known to have died, or that owe an answer: to a leader for an election timeout, or to a campaign.
    Who was asked nothing has no reason to speak."""
    silent = raft.unreachable & raft.voters
    if raft.role is Role.LEADER:
        limit = now - raft.config.election_timeout_ns
        return silent | {peer for peer in raft.voters & raft.progress.keys() if raft.progress[peer].contact_at <= limit}
    asked = raft.asked_at
    if asked is None or now - asked < 2 * raft.config.heartbeat_ns:
        return silent
    return silent | {voter for voter in raft.voters - {raft.me} if raft.heard_at.get(voter, -1) < asked}


# Why is there no leader?


def _why_no_leader(raft: RaftState, now: Nanos) -> Iterator[Finding]:
    if raft.removed:
        text = "this node belongs to the group no more: it takes no part in elections; let it join anew with an empty directory"
        yield Finding("leader", "removed", text)
    elif raft.role is Role.LEADER:
        yield from _as_leader(raft, now)
    elif raft.leader is not None:
        heard = "" if raft.leader_contact is None else f", heard {span(now - raft.leader_contact)} ago"
        yield Finding("leader", "follows", f"node {raft.leader} leads term {raft.term}{heard}", raft.leader)
    else:
        yield Finding(
            "leader", "no_leader", f"no leader of term {raft.term} is known: {raft.why or 'none was heard yet'}"
        )
        yield from _missing_quorum(raft, now)
        yield from _campaign(raft)


def _as_leader(raft: RaftState, now: Nanos) -> Iterator[Finding]:
    timeout = raft.config.election_timeout_ns
    text = f"this node leads term {raft.term}"
    yield Finding("leader", "leads", text if raft.ready else f"{text}, and is not ready to serve yet", raft.me)
    if not raft.ready:
        text = f"its first entry of the term, {raft.noop_index}, must be committed and applied first"
        yield Finding("leader", "not_ready", text)
    silence = now - quorum_contact(raft)
    if silence > raft.config.heartbeat_ns * 2:
        yield Finding(
            "leader",
            "losing_quorum",
            f"it has not heard from a majority for {span(silence)}, and steps down after {span(timeout)}",
        )
    yield from _missing_quorum(raft, now)
    transfer = raft.transfer
    if transfer is not None:
        target = transfer.target
        lacks = raft.log.last_index - raft.progress[target].match if target in raft.progress else 0
        step = "was told to campaign" if transfer.ordered else f"is let catch up first, and lacks {entries(lacks)}"
        begun, left = now - transfer.deadline + timeout, transfer.deadline - now
        text = f"it has been handing leadership to node {target} for {span(begun)}: node {target} {step}"
        yield Finding("leader", "transferring", f"{text}; given up in {span(left)}", target)


def _missing_quorum(raft: RaftState, now: Nanos) -> Iterator[Finding]:
    """Whether so many are silent that nobody can be elected, or that one more would be too many."""
    silent = unheard(raft, now)
    for voters in raft.voter_sets:
        need, left = quorum_size(voters), len(voters - silent)
        gone = voters & silent
        if not gone or left > need:
            continue
        which = "voters" if len(raft.voter_sets) == 1 else f"voters ({nodes(voters)})"
        text = f"{need} of {len(voters)} {which} are needed; {_what_became_of(raft, now, gone)}"
        if left < need:
            yield Finding("leader", "no_quorum", text, min(gone) if len(gone) == 1 else None)
        else:
            yield Finding("leader", "no_margin", f"{text}: if one more fails, nobody can lead")


def _what_became_of(raft: RaftState, now: Nanos, gone: Set[NodeId]) -> str:
    dead, mute = gone & raft.unreachable, gone - raft.unreachable
    parts = [f"{nodes(dead)} {have(dead)} no process: connections are refused"] if dead else []
    if mute:
        known = [raft.heard_at[node] for node in mute if node in raft.heard_at]
        since = (
            f" for {span(now - max(known))}"
            if len(known) == len(mute)
            else ""
            if known
            else " since this process began"
        )
        parts.append(f"{nodes(mute)} {have(mute)} not answered{since}")
    return ", and ".join(parts)


def _campaign(raft: RaftState) -> Iterator[Finding]:
    """How the campaign under way stands, and who refused in it, or in the last one."""
    if raft.role in (Role.PRE_CANDIDATE, Role.CANDIDATE):
        granted = [node for node, vote in raft.votes.items() if vote and node != raft.me]
        silent = sorted(raft.voters - raft.votes.keys() - {raft.me})
        asked = "it asks whether it could win" if raft.role is Role.PRE_CANDIDATE else "it campaigns for"
        parts = [f"{asked} term {raft.campaign_term}"]
        parts += [f"{nodes(granted)} said yes"] if granted else []
        parts += [f"{nodes(silent)} {have(silent)} not answered"] if silent else []
        if raft.role is Role.CANDIDATE and raft.me not in raft.votes:
            parts.append("its own vote is not on its disk yet")
        yield Finding("leader", "campaigning", "; ".join(parts))
    for node, (term, reason) in sorted(raft.refusals.items()):
        text = f"node {node} refused to elect this node in term {term}: {REFUSALS.get(reason, reason or 'it gave no reason')}"
        yield Finding("leader", "refused_by", text, node)


# Why does this node not vote, or not campaign?


def _why_no_vote(raft: RaftState, now: Nanos, recent: Sequence[Explained]) -> Iterator[Finding]:
    yield _part_in_elections(raft, now)
    if raft.leader is None and raft.voted_for not in (None, raft.me):
        text = f"its vote of term {raft.term} is given to node {raft.voted_for}; it has one a term"
        yield Finding("vote", "voted", text, raft.voted_for)
    for explained in recent:
        fields, ago = explained.fields, span(now - explained.at)
        if explained.reason == "overslept":
            late = fields.get("late_ns")
            text = (
                f"{ago} ago its process had not run for {span(late if isinstance(late, int) else 0)} when its wait was over: "
                "it had heard nobody, which proves nothing, and waits anew"
            )
            yield Finding("vote", "overslept", text)
        elif explained.reason in ("vote_refused", "pre_vote_refused"):
            candidate, term = fields.get("candidate"), fields.get("term", fields.get("for_term"))
            text = f"{ago} ago it refused node {candidate} its vote for term {term}: {_own_words(fields.get('why'))}"
            yield Finding("vote", "refused", text, candidate if isinstance(candidate, int) else None)
        elif explained.reason == "transfer_declined":
            text = f"{ago} ago it did not obey node {fields.get('sender')}, which told it to take over without being its leader"
            yield Finding("vote", "transfer_declined", text)


def _own_words(reason: int | str | None) -> str:
    words = {"stale_term": "that term was over here", "log_behind": "it has entries that node lacks"}
    return words.get(str(reason), REFUSALS.get(str(reason), str(reason)))


def _part_in_elections(raft: RaftState, now: Nanos) -> Finding:
    """The one reason that counts most."""
    incoming = raft.incoming
    if raft.removed:
        return Finding("vote", "removed", "it belongs to the group no more")
    if raft.role is Role.LEADER:
        return Finding("vote", "leads", "it leads")
    if incoming is not None:
        got = share(incoming.offset, incoming.meta.size)
        return Finding("vote", "installing", f"it cannot lead before it has all of a snapshot that it is sent: {got}")
    if not raft.may_campaign:
        role = raft.configuration.role(raft.me)
        text = "it is a learner: it has everything, votes when it is asked, and never campaigns"
        if role != "learner":
            text = "it is no member of the group that it knows of, and waits to be let in"
        return Finding("vote", f"is_{role}", text)
    if raft.role in (Role.PRE_CANDIDATE, Role.CANDIDATE):
        return Finding("vote", "campaigning", f"it campaigns for term {raft.campaign_term} itself")
    wait = span(max(0, raft.election_deadline - now))
    if raft.leader_contact is not None and now - raft.leader_contact < raft.config.election_timeout_ns:
        text = (
            f"it neither campaigns nor votes for another: it heard {_leader_heard(raft)} "
            f"{span(now - raft.leader_contact)} ago; if nothing more is heard it campaigns in {wait}"
        )
        return Finding("vote", "hears_leader", text, raft.leader)
    return Finding("vote", "waits", f"it votes when it is asked, and campaigns in {wait} if nobody else does before")


def _leader_heard(raft: RaftState) -> str:
    return "a leader" if raft.leader is None else f"node {raft.leader}, which leads,"
